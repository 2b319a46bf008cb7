"""Missing ids, written once."""
