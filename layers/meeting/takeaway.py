"""What is taken away from a meeting: its minutes, its slides and a page for a chat group."""

from __future__ import annotations

from enum import StrEnum

from layers.meeting.page import Deck


class Kind(StrEnum):
    """A kind of file."""

    DOCX = "docx"
    PPTX = "pptx"
    PDF = "pdf"
    PNG = "png"


MEDIA_TYPES: dict[str, str] = {
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.PPTX: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Kind.PDF: "application/pdf",
    Kind.PNG: "image/png",
}


def write(deck: Deck, kind: str) -> bytes:
    """Return a meeting as a file; the same deck gives the same bytes.

    What makes a kind of file is loaded when the first one is asked for.

    Parameters
    ----------
    kind
        Value of a `Kind`.

    Raises
    ------
    ValueError
        If there is no such kind.
    """
    if Kind(kind) is Kind.PPTX:
        from layers.meeting import slides

        return slides.pptx(deck)
    from layers.meeting import paper

    return {Kind.DOCX: paper.docx, Kind.PDF: paper.pdf, Kind.PNG: paper.png}[Kind(kind)](deck)
