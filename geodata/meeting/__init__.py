"""The meeting (研判会): what it is prepared from, frozen, and what can be said of it in words."""
