"""Composing the same workspace again and again, in one process: what an edit does not touch is not composed a second time."""
