"""Pictures of a view for paper and slides: SVG, and the same drawing as PNG."""
