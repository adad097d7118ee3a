"""What leaves as a file and comes back: the mark of our own exports, and texts that no spreadsheet runs.

A quotation mark goes before a text that would run as a formula, and comes off when it is read back.
"""

from __future__ import annotations

import re

EXPORT_MARK = "pingan_export"
"""The column by which an export of incidents is known when it comes back: it is coarser than what it was made of."""
SIGNS = "=+\\-@\t\r\n＝＋－＠﹢﹣﹦﹫"
"""A spreadsheet may take a cell that begins with one of these for a formula (after OWASP), full width included."""
_RISKY = re.compile(f"'*[{SIGNS}]")
RESTORED = f"^'('*[{SIGNS}])"
"""What is taken off again, as a regular expression; group 1 stays."""


def neutral(text: str) -> str:
    """Return a text that no spreadsheet runs; plain numbers stay numbers.

    Examples
    --------
    >>> [neutral(text) for text in ("=1+1", "香湾", "-3.5", "'=x", "＝1")]
    ["'=1+1", '香湾', '-3.5', "''=x", "'＝1"]
    """
    if not _RISKY.match(text) or re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text):
        return text
    return "'" + text


def restored(text: str) -> str:
    """Return the text that `neutral` was given.

    Examples
    --------
    >>> [restored(neutral(text)) for text in ("=1+1", "'=x", "-3.5", "'a")]
    ['=1+1', "'=x", '-3.5', "'a"]
    """
    return re.sub(RESTORED, r"\1", text)
