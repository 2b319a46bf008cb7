"""Texts of a workspace that say nearly the same: found, measured, and each pair with the merge that it proposes."""
