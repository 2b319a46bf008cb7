"""First files: a workspace to begin with, and one file of each kind."""
