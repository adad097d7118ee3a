"""Parts of a page beside the map."""
