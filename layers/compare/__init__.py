"""The comparison page: two views, the same scale, and what of their difference is more than chance."""
