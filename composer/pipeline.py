"""The stages in order, as plain calls: read this first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from composer.errors import Diagnostics
from composer.files.sources import Sources
from composer.lookup.index import Index, index_catalog
from composer.lookup.scope import open_scope
from composer.model.outputs import OutputFile, RenderedDocument
from composer.model.resolved import ResolvedAgent, ResolvedProfile
from composer.model.sources import Catalog
from composer.records import dataclass
from composer.stages.emit import emit_documents
from composer.stages.layout import lay_out
from composer.stages.load import load_catalog
from composer.stages.plan import plan_agent
from composer.stages.reach import Composed, check_reach
from composer.stages.render import render_agent
from composer.stages.resolve import Override, resolve_profile
from composer.stages.vet import vet_index
from composer.targets import Target
from composer.verbatim import lay_out_verbatim

__all__ = ["Done", "Run", "compose_agent", "compose_profile", "nobody_asks", "read_index"]

Done = Callable[[str], None]
"""Is called with a stage's name whenever a part of it is done; whoever wants to know where time goes looks at a clock then."""


def nobody_asks(stage: str) -> None:
    """Let a stage end without notice."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What is the same for all profiles that are composed together: what was read, the values that beat every layer, and what it is for."""

    index: Index
    target: Target
    overrides: Sequence[Override] = ()
    done: Done = nobody_asks


def read_index(
    sources: Sources, diagnostics: Diagnostics, known: Catalog | None = None, texts: Index | None = None, done: Done = nobody_asks
) -> Index:
    """Read a workspace and look every name up: sources -> Catalog -> Index.

    What is ``known`` already is not parsed again, nor are the ``texts`` of an index in which nothing was wrong, and what is as it was
    there is not vetted again.
    """
    catalog = load_catalog(sources, diagnostics, known)
    done("load")
    index = index_catalog(catalog, diagnostics, texts)
    done("index")
    vet_index(index, texts)
    done("vet")
    return index


def compose_profile(name: str, run: Run, diagnostics: Diagnostics) -> tuple[OutputFile, ...]:
    """Compose the agents of one profile: resolve, plan, render, lay out, emit. What is wrong is collected, not raised."""
    index, done = run.index, run.done
    profile = resolve_profile(name, index, run.overrides, diagnostics)
    done("resolve")
    if profile is None:
        return ()
    agents = [compose_agent(agent, profile, run, diagnostics) for agent in profile.agents]
    documents = [document for document, _ in agents]
    # What could not be read or planned would look as if it had no effect, or as if edits and conditions had emptied the agent.
    if not diagnostics.errors and not index.diagnostics.errors:
        check_reach(profile.profile, [composed for _, composed in agents], index, diagnostics)
    if diagnostics.errors or index.diagnostics.errors:
        documents = [document for document in documents if document.body]
    done("reach")
    files = emit_documents(documents, run.target, diagnostics)
    done("emit")
    return files


def compose_agent(agent: ResolvedAgent, profile: ResolvedProfile, run: Run, diagnostics: Diagnostics) -> tuple[RenderedDocument, Composed]:
    """Compose one agent up to its layout: plan, render, lay out; and tell what it reached."""
    index, target, done = run.index, run.target, run.done
    is_verbatim = agent.fragment.document.syntax.is_verbatim
    if not is_verbatim:
        target.check_fields(agent.name, agent.fields, agent.location, diagnostics)
    scope = open_scope(profile, agent, index.catalog.declarations, target.name, diagnostics)
    plan = plan_agent(agent, index, scope)
    done("plan")
    document = render_agent(plan, index, scope)
    done("render")
    document = lay_out_verbatim(document) if is_verbatim else lay_out(document, index.sharing.laid)
    done("lay out")
    return document, Composed(agent.name, plan.reached, plan.landed, scope.used)
