"""The parts of the data page: sources, batches and their rows, boundaries, and the steps of an import."""
