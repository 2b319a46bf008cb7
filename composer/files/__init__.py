"""Files below one root, read and written without ever leaving it; and the lock."""
