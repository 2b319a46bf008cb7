"""Times agent-composer against a least program for the same work, and against other generators. See README.md."""
