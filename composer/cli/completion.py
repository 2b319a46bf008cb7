"""What a shell offers after Tab: names of files and what a quick look into them finds. Nothing is composed, nothing is ever raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Final

import typer

__all__ = ["complete_explained", "complete_fragments", "complete_names", "complete_profiles", "complete_settings"]

_ID: Final = re.compile(r"(?<!\\)\{#([a-z0-9-]+)\}")
_VARIABLE: Final = re.compile(r"^  ([a-z][a-z0-9_]*):\s", re.MULTILINE)
_KINDS: Final = ("profiles", "agents", "fragments", "variables", "looks", "targets")

Completer = Callable[[typer.Context, str], Iterable[str]]


def _safe(completer: Completer) -> Callable[[typer.Context, str], list[str]]:
    """Offer only what fits what was typed; nothing where anything goes wrong: a traceback at the prompt helps nobody."""

    @wraps(completer)
    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        try:
            return [name for name in completer(ctx, incomplete) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 - see above
            return []

    return complete


def _root(ctx: typer.Context) -> Path:
    """Return the workspace that the command line names, or the nearest one above."""
    named = next((folder for level in (ctx, ctx.parent) if level is not None and (folder := level.params.get("workspace"))), ".")
    start = Path(str(named)).resolve()
    return next((folder for folder in (start, *start.parents) if (folder / "profiles").is_dir()), start)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _profiles(root: Path) -> Iterable[str]:
    return sorted(path.stem for path in (root / "profiles").glob("*.yaml"))


def _fragments(root: Path) -> Iterable[str]:
    folder = root / "fragments"
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.md"))


@_safe
def complete_profiles(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Offer the profiles that can be built."""
    from composer.starter.pack import is_abstract  # noqa: PLC0415 - only when somebody presses Tab

    root = _root(ctx)
    for name in _profiles(root):
        if name.startswith(incomplete) and not is_abstract((root / "profiles" / f"{name}.yaml").read_bytes()):
            yield name


@_safe
def complete_names(ctx: typer.Context, incomplete: str) -> Iterable[str]:  # noqa: ARG001 - the shape that Typer calls
    """Offer everything that can be shown: fragments, agents, profiles."""
    root = _root(ctx)
    return [*_profiles(root), *_fragments(root)]


@_safe
def complete_fragments(ctx: typer.Context, incomplete: str) -> Iterable[str]:  # noqa: ARG001 - the shape that Typer calls
    """Offer the fragments."""
    return _fragments(_root(ctx))


@_safe
def complete_explained(ctx: typer.Context, incomplete: str) -> Iterable[str]:
    """Offer addresses once there is a ``#``; else fragments, and the files of the folder that is being typed."""
    root = _root(ctx)
    home, hash_sign, _ = incomplete.partition("#")
    if hash_sign:
        return [f"{home}#{name}" for name in dict.fromkeys(_ID.findall(_text(root / "fragments" / f"{home}.md")))]
    return [*_fragments(root), *_paths(incomplete)]


def _paths(incomplete: str) -> Iterable[str]:
    folder, slash, _ = incomplete.rpartition("/")
    place = Path(folder + slash or ".")
    for path in sorted(place.iterdir()) if place.is_dir() else ():
        name = f"{folder}{slash}{path.name}"
        if path.is_dir():
            yield f"{name}/"
        elif path.suffix == ".md":
            yield name


@_safe
def complete_settings(ctx: typer.Context, incomplete: str) -> Iterable[str]:  # noqa: ARG001 - the shape that Typer calls
    """Offer the names of declared variables, with the sign that follows."""
    root = _root(ctx)
    declared: set[str] = set()
    for path in (root / "agent-composer.yaml", *(root / "fragments").rglob("*.md")):
        _, found, below = f"\n{_text(path)}".partition("\nvars:\n") if path.is_file() else ("", "", "")
        lines = re.split(r"^(?=\S)", below, maxsplit=1, flags=re.MULTILINE)[0] if found else ""
        declared.update(_VARIABLE.findall(lines))
    return sorted(f"{name}=" for name in declared)
