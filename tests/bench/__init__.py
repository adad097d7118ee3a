"""Measurements, run by hand (`make bench`); never timed tests."""
