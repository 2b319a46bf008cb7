"""What a workspace holds, and how much of it is shared."""
