"""Patterns in space and time: hot spots, density, concentration, repeats, clusters and what they foretell."""
