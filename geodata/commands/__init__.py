"""The commands of ``app.py``, one module a group; each has ``add(commands, common)``."""
