"""Where the city lies and how it is served: every setting, its default and one sentence."""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from geodata.tiles import KEY_FILE_VARIABLE, KEY_VARIABLE


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
    allow_import: bool = False
    """Let everybody who reaches the server import data, not this machine alone (``--allow-import``,
    ``PINGAN_ALLOW_IMPORT=1``)."""
    most_upload: int = 2 * 1024**3
    """The longest file that the data page takes, in bytes (``PINGAN_MOST_UPLOAD``)."""
    basemap_key: str = field(default="", repr=False)
    """The key of the basemap's service, in the place of ``{key}`` in its address (``PINGAN_BASEMAP_KEY``, or the file
    that ``PINGAN_BASEMAP_KEY_FILE`` names)."""

    @classmethod
    def from_env(cls) -> Settings:
        """Read the settings that the environment may give."""
        most = os.environ.get("PINGAN_MOST_UPLOAD", "")
        return cls(
            city=Path(os.environ.get("PINGAN_CITY") or "city"),
            allow_import=os.environ.get("PINGAN_ALLOW_IMPORT") == "1",
            most_upload=int(most) if most.isdecimal() else cls.most_upload,
            basemap_key=_secret(KEY_VARIABLE, KEY_FILE_VARIABLE),
        )

    def import_allowed(self, asked_host: str) -> bool:
        """Say whether a visitor may import: where the operator allows it, or at the machine itself.

        Parameters
        ----------
        asked_host
            The host of the address that the visitor asked for. A server that listens to this machine only may still
            be shown to others by a proxy, under another name.

        Examples
        --------
        >>> Settings().import_allowed("127.0.0.1:8050"), Settings().import_allowed("atlas.example.gov.cn")
        (True, False)
        >>> Settings(host="0.0.0.0").import_allowed("localhost:8050")
        False
        """
        return self.allow_import or (is_loopback(self.host) and is_loopback(asked_host))


def _secret(variable: str, file_variable: str) -> str:
    """Return a secret of the environment, or of the file that the environment names; "" if there is none."""
    given, file = os.environ.get(variable, "").strip(), os.environ.get(file_variable, "")
    if given or not file:
        return given
    with suppress(OSError, UnicodeDecodeError):  # whoever needs the key says that it is missing
        return Path(file).read_text(encoding="utf-8").strip()
    return ""


def is_loopback(host: str) -> bool:
    """Say whether a host, with or without a port, is the machine itself."""
    name = re.sub(r"^\[(.*)\](:[0-9]+)?$|^([^:]*):[0-9]+$", r"\1\3", host)  # without port and brackets
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.lower() == "localhost"
