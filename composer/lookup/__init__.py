"""What the stages look up: addresses, what an include brings, the names that a text sees."""
