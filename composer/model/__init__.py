"""The frozen values that travel from stage to stage, a module for each step in which they come to be.

Fragments, profiles and the workspace file become a Catalog (:mod:`.sources`, with what YAML says in :mod:`.yaml_nodes`). A profile with its
layers folded is a ResolvedProfile (:mod:`.resolved`). Its agents with edits, includes and gates applied are blocks, whose lines are then
filled (:mod:`.planned`). Laid out and emitted they are an OutputFile, whose segments say where each character came from (:mod:`.outputs`).
"""
