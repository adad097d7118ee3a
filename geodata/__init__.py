"""The library under the map: files to places, incidents, counts and scores; it knows nothing of a browser."""
