"""The index: method, expectations, scores, bands, comparison."""
