"""A corpus of bad inputs: each a few lines that write one file, and what must become of it."""
