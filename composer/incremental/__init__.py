"""Composing the same workspace again and again: what an edit does not touch is not composed a second time.

`earlier` serves one process, and `between_runs` each of several, one after the other.
"""
