"""Phones that drive a wall: a page and a highlighted place, held in memory while the server runs, and nothing else.

Wall and phones ask again several times a second; an answer is a few dozen bytes and opens no file. The key that the
wall shows as a QR code lets somebody turn its pages. It gives no other right: what changes the city is guarded on its
own, with or without a key.
"""

from __future__ import annotations

import re
import secrets
import socket
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from geodata.errors import SelectionError
from geodata.settings import is_loopback

MOST = 64
"""Walls that are driven at once; the one that nobody asked after for longest goes first."""
IDLE_S = 12 * 3600.0
"""After so long without a question a key is forgotten [s]."""
HEARD_S = 3.0
"""A phone that asked within this time is there [s]."""
_KEY = re.compile(r"[A-Za-z0-9_-]{16,43}")
_PAGE = re.compile(r"[a-z0-9_:.-]{0,80}")
_PLACE = re.compile(r"[\w:.|-]{0,80}")


@dataclass
class Channel:
    """What a wall and its phones have in common."""

    meeting: str
    page: str = ""
    """Id of the page that is shown."""
    place: str = ""
    """Token of the highlighted place."""
    n: int = field(default_factory=lambda: int(time.time()))
    """Grows with every change, also over a new start of the server: nobody turns a page a second for long."""
    edition: int = 0
    """Grows when the meeting itself is another, by a decision."""
    asked: float = 0.0
    heard: float = float("-inf")
    """When a phone asked last."""

    def told(self, now: float) -> dict[str, object]:
        """Return what wall and phones are told."""
        there = now - self.heard < HEARD_S
        return {"n": self.n, "page": self.page, "place": self.place, "edition": self.edition, "phone": there}


class Pairing:
    """All walls that are driven, by their keys."""

    def __init__(self) -> None:
        self._channels: OrderedDict[str, Channel] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, meeting: str, key: str = "") -> str:
        """Let a wall be driven; return its key.

        Parameters
        ----------
        meeting
            Id of the meeting that it shows.
        key
            The one that the wall had from a server that was started anew, "" for none.

        Raises
        ------
        SelectionError
            If the key is none, or another meeting's.
        """
        if key and not _KEY.fullmatch(key):
            raise _no_key()
        key = key or secrets.token_urlsafe(16)
        with self._lock:
            known = self._channels.get(key)
            if known is not None and known.meeting != meeting:
                raise _no_key()
            if known is None:
                self._channels[key] = Channel(meeting, asked=time.monotonic())
            self._forget()
        return key

    def ask(self, meeting: str, key: str, *, phone: bool) -> dict[str, object]:
        """Return which page a wall shows and what is highlighted.

        Raises
        ------
        SelectionError
            If there is no such key.
        """
        now = time.monotonic()
        with self._lock:
            channel = self._channel(meeting, key, now)
            if phone:
                channel.heard = now
            return channel.told(now)

    def turn(self, meeting: str, key: str, page: str, place: str) -> dict[str, object]:
        """Turn to a page and highlight a place, "" for none; who comes last is right.

        Raises
        ------
        SelectionError
            If there is no such key, or it is no page or place.
        """
        if not (_PAGE.fullmatch(page) and _PLACE.fullmatch(place)):
            raise SelectionError("没有这一页或这个地点。", "There is no such page or place.")
        now = time.monotonic()
        with self._lock:
            channel = self._channel(meeting, key, now)
            if (channel.page, channel.place) != (page, place):
                channel.page, channel.place, channel.n = page, place, channel.n + 1
            return channel.told(now)

    def changed(self, meeting: str) -> None:
        """Tell all who look at a meeting that a decision was taken or withdrawn."""
        with self._lock:
            for channel in self._channels.values():
                if channel.meeting == meeting:
                    channel.edition += 1

    def _channel(self, meeting: str, key: str, now: float) -> Channel:
        channel = self._channels.get(key)
        if channel is None or channel.meeting != meeting:
            raise _no_key()
        channel.asked = now
        self._channels.move_to_end(key)
        return channel

    def _forget(self) -> None:
        now = time.monotonic()
        for key in [key for key, channel in self._channels.items() if now - channel.asked > IDLE_S]:
            del self._channels[key]
        while len(self._channels) > MOST:
            self._channels.popitem(last=False)


class NoKeyError(SelectionError):
    """A key that this server does not know."""

    status = 404


def _no_key() -> NoKeyError:
    return NoKeyError("配对已失效，请重新扫描大屏上的二维码。", "The pairing has ended: scan the wall's code again.")


def reachable(asked: str, listens: str) -> str:
    """Return the host at which phones reach the server, "" if they cannot.

    Parameters
    ----------
    asked
        Host and port that the wall asked for.
    listens
        The address that the server listens on.

    Examples
    --------
    >>> reachable("10.1.2.3:8050", "0.0.0.0"), reachable("127.0.0.1:8050", "127.0.0.1")
    ('10.1.2.3:8050', '')
    """
    if not is_loopback(asked):
        return asked
    if is_loopback(listens):
        return ""
    here = listens if listens not in ("", "0.0.0.0", "::") else own_address()  # noqa: S104 - told apart, not listened on
    port = urlsplit(f"//{asked}").port
    host = f"[{here}]" if ":" in here else here
    return f"{host}:{port}" if here and port else host


def own_address() -> str:
    """Return this machine's address on its network, "" if it has none; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # of a datagram socket this only chooses the way
            found = str(probe.getsockname()[0])
        except OSError:
            return ""
    return "" if is_loopback(found) or found == "0.0.0.0" else found  # noqa: S104
