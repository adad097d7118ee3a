"""The phone page: one small place, what to look at there, and in what order to walk."""
