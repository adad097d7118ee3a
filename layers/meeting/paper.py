"""What a meeting leaves on paper: its minutes as DOCX and PDF, and one page as PNG for a chat group.

The minutes are put together once (`layers.meeting.minutes`) and written by two hands, so that both say the same.
"""

from __future__ import annotations

from layers.meeting.minutes import minutes
from layers.meeting.page import Deck
from layers.meeting.poster import poster
from layers.meeting.typeset import pdf_of
from layers.meeting.word import docx_of


def docx(deck: Deck) -> bytes:
    """Return the minutes as DOCX."""
    return docx_of(minutes(deck))


def pdf(deck: Deck) -> bytes:
    """Return the minutes as PDF."""
    return pdf_of(minutes(deck))


def png(deck: Deck) -> bytes:
    """Return the meeting on one page as PNG, for a phone."""
    return poster(deck).png()
