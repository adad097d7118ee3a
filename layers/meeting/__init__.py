"""The meeting: its pages, and what is taken away from it."""
