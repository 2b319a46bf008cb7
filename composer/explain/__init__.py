"""Where an output comes from: a line, a file, an address."""
