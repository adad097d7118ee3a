"""Where the city lies and how it is served: every setting, its default and one sentence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What an operator may set, on the command line or in the environment."""

    city: Path = Path("city")
    """The city folder: all of a city's state; copying it is a backup (``--city``, ``PINGAN_CITY``)."""
    host: str = "127.0.0.1"
    """The address to listen on; other machines reach the server only if this is changed (``--host``)."""
    port: int = 8050
    """The port to listen on (``--port``)."""
    debug: bool = False
    """Show errors in the browser and reload on change; for developers only (``--debug``)."""

    @classmethod
    def from_env(cls) -> Settings:
        """Read the settings that the environment may give."""
        return cls(city=Path(os.environ.get("PINGAN_CITY") or "city"))
