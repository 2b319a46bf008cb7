"""The stages in order, as plain calls: read this first."""

from __future__ import annotations

from collections.abc import Sequence

from composer.errors import Diagnostics
from composer.files.sources import Sources
from composer.lookup.index import Index, index_catalog
from composer.lookup.scope import open_scope
from composer.model import Catalog, OutputFile, RenderedDocument, ResolvedProfile
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

__all__ = ["compose_profile", "read_index"]


def read_index(sources: Sources, diagnostics: Diagnostics, known: Catalog | None = None) -> Index:
    """Read a workspace and look every name up: sources -> Catalog -> Index. What is ``known`` already is not parsed again."""
    catalog = load_catalog(sources, diagnostics, known)
    index = index_catalog(catalog, diagnostics)
    vet_index(index)
    return index


def compose_profile(
    name: str, index: Index, overrides: Sequence[Override], target: Target, diagnostics: Diagnostics
) -> tuple[OutputFile, ...]:
    """Compose the agents of one profile: resolve, plan, render, lay out, emit. What is wrong is collected, not raised."""
    profile = resolve_profile(name, index, overrides, diagnostics)
    if profile is None:
        return ()
    documents = _compose_agents(profile, index, target, diagnostics)
    if diagnostics.errors or index.diagnostics.errors:
        # A text that could not be read would look as if edits and conditions had emptied the agent.
        documents = [document for document in documents if document.body]
    return emit_documents(documents, target, diagnostics)


def _compose_agents(profile: ResolvedProfile, index: Index, target: Target, diagnostics: Diagnostics) -> list[RenderedDocument]:
    composed: list[Composed] = []
    documents: list[RenderedDocument] = []
    for agent in profile.agents:
        is_verbatim = agent.fragment.document.syntax.is_verbatim
        if not is_verbatim:
            target.check_fields(agent.name, agent.fields, agent.location, diagnostics)
        scope = open_scope(profile, agent, index.catalog.declarations, target.name, diagnostics)
        plan = plan_agent(agent, index, scope)
        document = render_agent(plan, index, scope)
        composed.append(Composed(plan, scope))
        documents.append(lay_out_verbatim(document) if is_verbatim else lay_out(document, index.sharing.laid))
    # What could not be read or planned would look as if it had no effect.
    if not diagnostics.errors and not index.diagnostics.errors:
        check_reach(profile.profile, composed, index, diagnostics)
    return documents
