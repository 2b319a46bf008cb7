"""Markdown with statements in it: lines to blocks, and the texts of blocks as templates."""
