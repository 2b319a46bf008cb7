"""What a change reaches: the outputs that an edit would touch, and those that differ between two git revisions."""
