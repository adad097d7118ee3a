"""The map: its values, colours and legend."""
