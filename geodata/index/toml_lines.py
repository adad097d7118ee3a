"""On which line of a TOML file a table, key or element stands: what `tomllib` does not tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Address = tuple[str | int, ...]
"""Keys and positions from the root, for example ("sub_index", 0, "weight")."""
_TOKEN = re.compile(
    r'"""(?:\\[\s\S]|[^\\])*?"""(?!")'
    r"|'''[\s\S]*?'''(?!')"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[\]{}=,.\n]"
    r"|[^\s\[\]{}=,.\#\"']+"
)


def lines_of(text: str) -> dict[Address, int]:
    r"""Map the address of everything in a valid TOML text to its line, counted from 1.

    A table stands where its header does, a key where it is written; what was written in several places stands in the
    first.

    Examples
    --------
    >>> lines_of('a = 1\n[[b]]\nc = [\n  { d = 2 },\n]\n')[("b", 0, "c", 0, "d")]
    4
    """
    scan = _Scan(_tokens(text))
    table: Address = ()
    while scan.tokens:
        if scan.taken("\n"):
            continue
        if scan.taken("["):
            table = scan.header()
        else:
            scan.pair(table)
    return scan.lines


def _tokens(text: str) -> list[tuple[str, int]]:
    """Return words and signs with their lines, last first; comments left out."""
    tokens, line, seen = [], 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        if not match[0].startswith("#"):
            tokens.append((match[0], line))
    return tokens[::-1]


@dataclass
class _Scan:
    tokens: list[tuple[str, int]]
    """Still to be read, the next one last."""
    lines: dict[Address, int] = field(default_factory=dict)
    _length: dict[Address, int] = field(default_factory=dict)
    """How many tables each array of tables has so far."""

    @property
    def _next(self) -> tuple[str, int]:
        return self.tokens[-1] if self.tokens else ("\n", 0)

    def taken(self, sign: str) -> bool:
        """Read a sign if it comes next."""
        if self.tokens and self._next[0] == sign:
            self.tokens.pop()
            return True
        return False

    def header(self) -> Address:
        """Read the rest of ``[a.b]`` or ``[[a.b]]``; return the address of the table that begins."""
        line = self._next[1]
        several = self.taken("[")
        *above, last = self._keys()
        address: Address = ()
        for key in above:
            address = self._inside((*address, key), line)
        address = (*address, last)
        if several:
            self.lines.setdefault(address, line)
            self._length[address] = self._length.get(address, 0) + 1
        address = self._inside(address, line)
        self.lines.setdefault(address, line)
        while self.taken("]"):
            pass
        return address

    def _inside(self, address: Address, line: int) -> Address:
        """Return the last table of an array of tables, the table itself if it is none."""
        self.lines.setdefault(address, line)
        return (*address, self._length[address] - 1) if address in self._length else address

    def pair(self, table: Address) -> None:
        """Read ``a.b = value``."""
        line = self._next[1]
        for key in self._keys():
            table = (*table, key)
            self.lines.setdefault(table, line)
        self.taken("=")
        self._value(table)

    def _keys(self) -> list[str]:
        keys = []
        while self.tokens and self._next[0] not in ("=", "]", "\n"):
            if not self.taken("."):
                keys.append(self.tokens.pop()[0].strip("\"'"))
        return keys

    def _value(self, address: Address) -> None:
        if self.taken("["):
            position = 0
            while self.tokens and not self.taken("]"):
                if not (self.taken("\n") or self.taken(",")):
                    self.lines.setdefault((*address, position), self._next[1])
                    self._value((*address, position))
                    position += 1
        elif self.taken("{"):
            while self.tokens and not self.taken("}"):
                if not (self.taken("\n") or self.taken(",")):
                    self.pair(address)
        else:
            while self.tokens and self._next[0] not in (",", "]", "}", "\n"):
                self.tokens.pop()
