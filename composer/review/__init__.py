"""What a person decides about stale edits, and how it is carried out."""
