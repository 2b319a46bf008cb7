"""The front matter fields of a Claude Code sub-agent (2.1.329), in the order of the tool's own reference, as data."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from composer.targets.base import FieldKind, FieldSpec

__all__ = ["EXAMPLE_PARTS", "FIELDS", "TOOLS", "UNAVAILABLE_TOOLS"]

_SPECS = (
    FieldSpec("description", FieldKind.TEXT, "When to hand work to this agent.", is_required=True),
    # Ours, not the tool's: written into the description. It stands here so that every list of fields shows it there.
    FieldSpec("examples", FieldKind.EXAMPLES, "Sample requests by id; written into the description."),
    FieldSpec("tools", FieldKind.TOOLS, "The only tools that the agent may use; all of them if left out."),
    FieldSpec("disallowedTools", FieldKind.TOOLS, "Tools that the agent may not use."),
    FieldSpec("model", FieldKind.WORD, "`inherit`, an alias such as `sonnet`, or the full id of a model."),
    FieldSpec(
        "permissionMode",
        FieldKind.CHOICE,
        "How the agent asks before it acts.",
        ("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan", "manual"),
    ),
    FieldSpec("maxTurns", FieldKind.COUNT, "The agent stops after this many turns."),
    FieldSpec("skills", FieldKind.NAMES, "Skills that are put into the agent's context at its start."),
    FieldSpec("mcpServers", FieldKind.SERVERS, "MCP servers of this agent: names, or `name: settings` maps."),
    FieldSpec("hooks", FieldKind.MAP, "Commands to run at points of the agent's life, by event."),
    FieldSpec("memory", FieldKind.CHOICE, "Where the agent keeps notes between sessions.", ("user", "project", "local")),
    FieldSpec("background", FieldKind.FLAG, "Whether the agent always runs in the background."),
    FieldSpec("omitClaudeMd", FieldKind.FLAG, "Whether the agent starts without the CLAUDE.md files."),
    FieldSpec(
        "effort",
        FieldKind.CHOICE_OR_COUNT,
        "How much the model thinks.",
        ("low", "medium", "high", "xhigh", "max"),
    ),
    FieldSpec("isolation", FieldKind.CHOICE, "Where the agent works apart from the session.", ("worktree", "remote")),
    FieldSpec(
        "color",
        FieldKind.CHOICE,
        "The agent's colour in lists.",
        ("red", "blue", "green", "yellow", "purple", "orange", "pink", "cyan"),
    ),
    FieldSpec("initialPrompt", FieldKind.TEXT, "The first turn where the agent runs as the main session."),
    FieldSpec("experimental", FieldKind.MAP, "Options that may change: `cacheTtl` is `5m` or `1h`."),
)

FIELDS: Final[Mapping[str, FieldSpec]] = MappingProxyType({spec.name: spec for spec in _SPECS})
"""By key, in the order in which they are written; ``name`` comes before them and is not set as a field."""

EXAMPLE_PARTS: Final = ("context", "user", "assistant", "commentary")

UNAVAILABLE_TOOLS: Final = frozenset(
    {
        "AskUserQuestion",
        "EndConversation",
        "EnterPlanMode",
        "EnterWorktree",
        "ExitWorktree",
        "ScheduleWakeup",
        "WaitForMcpServers",
        "Workflow",
    }
)
"""Tools that exist, but that a sub-agent never gets, listed or not."""

TOOLS: Final = UNAVAILABLE_TOOLS | {
    "Agent",
    "Bash",
    "BashOutput",
    "CronCreate",
    "CronDelete",
    "CronList",
    "Edit",
    "ExitPlanMode",
    "Glob",
    "Grep",
    "KillShell",
    "LSP",
    "ListMcpResourcesTool",
    "Monitor",
    "MultiEdit",
    "NotebookEdit",
    "NotebookRead",
    "PowerShell",
    "PushNotification",
    "Read",
    "ReadMcpResourceTool",
    "RemoteTrigger",
    "SendMessage",
    "ShareOnboardingGuide",
    "Skill",
    "SlashCommand",
    "Task",
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskOutput",
    "TaskStop",
    "TaskUpdate",
    "TeamCreate",
    "TeamDelete",
    "TodoWrite",
    "ToolSearch",
    "WebFetch",
    "WebSearch",
    "Write",
}
"""The built-in tools, older names that still work included."""
