"""Existing agent files -> fragments and profiles that build them again, byte for byte.

sources (files) -> agents (taken apart, alike ones together) -> factored (shared runs of blocks as fragments) -> files of a workspace, which
the real pipeline composes and which are compared with the sources before anything is written.
"""

from __future__ import annotations
