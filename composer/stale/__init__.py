"""Edits whose text stands in place of another: what that other text is, and which edits it has changed under."""
