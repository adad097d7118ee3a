"""A sheet of paper that is drawn on: plain SVG with text that can be read back, and the same as PNG."""

from __future__ import annotations

import html
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import resvg_py

from geodata.written import THIN
from layers.pictures.fonts import Family, families, folders, fonts_for
from layers.style import INK, PAPER
from layers.text import FONT_PROBE

POINTS_PER_INCH = 72
HATCH = "M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"
"""Strokes of the tile of 8 × 8 that says "no data", as assets/js/places.js has it."""
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = str.maketrans({THIN: "\u00a0", "\u202f": "\u00a0", "\t": " ", "\n": " ", "\r": " "})
"""Thin spaces, which Chinese fonts lack, are written as plain ones, which there are thin."""
_PIECE = re.compile(r"[（《【]*(?:[^\s\u2e80-\uffef]+\s*|.)")
"""What stands on one line: a word or a Chinese character, with the brackets that open before it."""
_CLOSING = "，。、；：！？）】》”’%‰·,.;:!?)]}"
"""What never begins a line."""


@dataclass(frozen=True)
class Size:
    """The size of a picture."""

    width: int
    height: int
    """Pixels of the PNG."""
    dpi: int
    printed: bool = False
    """Whether it has a size on paper, which the files say."""

    @property
    def points(self) -> tuple[float, float]:
        """Return width and height in points, the unit of everything on the sheet."""
        return self.width / self.dpi * POINTS_PER_INCH, self.height / self.dpi * POINTS_PER_INCH


SIZES = {"a4": Size(3508, 2480, 300, printed=True), "screen": Size(1920, 1080, 144)}
"""A4 landscape, and a screen or a slide."""


@dataclass
class Sheet:
    """What is drawn so far; lengths in points, y downwards."""

    size: Size
    parts: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """Every text on the sheet."""
    tiles: dict[tuple[str, str, str, float], str] = field(default_factory=dict)

    @property
    def width(self) -> float:
        """Return the width in points."""
        return self.size.points[0]

    @property
    def height(self) -> float:
        """Return the height in points."""
        return self.size.points[1]

    # --- drawing ---

    def rect(self, x: float, y: float, width: float, height: float, fill: str, more: str = "") -> None:
        """Fill a rectangle."""
        box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"'
        self.parts.append(f'<rect {box} fill="{fill}"{_and(more)}/>')

    def path(self, path: str, *, fill: str = "none", stroke: str = "none", width: float = 0.0, more: str = "") -> None:
        """Draw a path of SVG."""
        line = f' stroke="{stroke}" stroke-width="{_n(width)}" stroke-linejoin="round"' if stroke != "none" else ""
        if path:
            self.parts.append(f'<path d="{path}" fill="{fill}"{line}{_and(more)}/>')

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, width: float, more: str = "") -> None:
        """Draw a straight line."""
        self.path(f"M{_n(x1)},{_n(y1)}L{_n(x2)},{_n(y2)}", stroke=stroke, width=width, more=more)

    def circle(self, x: float, y: float, radius: float, fill: str, more: str = "") -> None:
        """Draw a circle."""
        self.parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" fill="{fill}"{_and(more)}/>')

    def image(self, source: str, x: float, y: float, width: float, height: float, more: str = "") -> None:
        """Lay a picture on the sheet, a ``data:`` address."""
        box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" preserveAspectRatio="none"'
        self.parts.append(f'<image {box} href="{source}"{_and(more)}/>')

    def open(self, more: str) -> None:
        """Begin a group that shares attributes."""
        self.parts.append(f"<g {more}>")

    def close(self) -> None:
        """End the last group."""
        self.parts.append("</g>")

    def framed(self, begun: int, x: float, y: float, width: float, height: float) -> None:
        """Cover what was drawn since there were `begun` parts outside of a box, and lay all of it below the rest.

        Rectangles in the colour of the paper are drawn faster than a clip is.
        """
        right, foot = x + width, y + height
        self.rect(0, 0, self.width, y, PAPER)
        self.rect(0, foot, self.width, self.height - foot, PAPER)
        self.rect(0, y, x, height, PAPER)
        self.rect(right, y, self.width - right, height, PAPER)
        self.parts = self.parts[begun:] + self.parts[:begun]

    def tile(self, path: str, stroke: str, ground: str, scale: float) -> str:
        """Return the fill that repeats a tile of 8 × 8 with strokes on a ground."""
        key = (path, stroke, ground, scale)
        name = self.tiles.setdefault(key, f"tile{len(self.tiles)}")
        return f"url(#{name})"

    # --- writing ---

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        *,
        bold: bool = False,
        fill: str = INK,
        anchor: str = "start",
        halo: str = "",
        halo_width: float = 0.28,
        kind: str = "",
    ) -> None:
        """Write a line; `y` is its base line, `kind` names what it tells to those who read the file.

        A halo is so wide in parts of the size of the letters.
        """
        words = writable(words)
        if not words:
            return
        self.words.append(words)
        more = ' font-weight="700"' if bold else ""
        more += f' text-anchor="{anchor}"' if anchor != "start" else ""
        more += f' class="{kind}"' if kind else ""
        if halo:
            more += (
                f' stroke="{halo}" stroke-width="{_n(size * halo_width)}" stroke-linejoin="round" paint-order="stroke"'
            )
        at = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" fill="{fill}"'
        self.parts.append(f"<text {at}{more}>{html.escape(words, quote=False)}</text>")

    def lines(self, x: float, y: float, words: str, size: float, width: float, **more: str | bool) -> float:
        """Write words in as many lines as they need; return the base line below them."""
        leading = 1.45 * size
        for line in wrapped(words, size, width, bold=bool(more.get("bold"))):
            self.text(x, y, line, size, **more)  # type: ignore[arg-type] # the same names
            y += leading
        return y

    # --- files ---

    def svg(self) -> bytes:
        """Return the picture as SVG."""
        return self._svg(fonts_for(self.words), _paper_size(self.size)).encode()

    def png(self) -> bytes:
        """Return the picture as PNG, drawn from the SVG."""
        fonts = fonts_for(self.words)
        head = f'width="{self.size.width}" height="{self.size.height}"'
        files = [file for family in fonts for file in family.files]
        made = bytes(resvg_py.svg_to_bytes(svg_string=self._svg(fonts, head), font_files=files, skip_system_fonts=True))
        return with_density(made, self.size.dpi) if self.size.printed else made

    def _svg(self, fonts: Sequence[Family], head: str) -> str:
        names = ", ".join(f"'{name}'" for name in [*(family.name for family in fonts), *ELSEWHERE])
        box = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        defs = "".join(_tile(name, *key) for key, name in self.tiles.items())
        ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
        font = f'font-family="{names}, sans-serif"'
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" {head} {box} {font}><defs>{defs}</defs>{ground}\n{body}\n</svg>\n'
        )


ELSEWHERE = ("Microsoft YaHei", "PingFang SC", "Source Han Sans SC")
"""What an SVG is written with where the fonts of this machine are missing."""


def _paper_size(size: Size) -> str:
    if not size.printed:
        return f'width="{size.width}" height="{size.height}"'
    return f'width="{round(size.width / size.dpi * 25.4)}mm" height="{round(size.height / size.dpi * 25.4)}mm"'


def _tile(name: str, path: str, stroke: str, ground: str, scale: float) -> str:
    fill = f'<rect width="8" height="8" fill="{ground}"/>' if ground else ""
    return (
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse" '
        f'patternTransform="scale({_n(scale)})">'
        f'{fill}<path d="{path}" fill="none" stroke="{stroke}" stroke-width="1.5" stroke-linecap="round"/></pattern>'
    )


def _and(more: str) -> str:
    return f" {more}" if more else ""


def _n(value: float) -> str:
    """Write a length, no longer than it must be: 12.5, 3."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


# --- words ---


def writable(words: str) -> str:
    """Return words as SVG may hold them: no control characters, no spaces that fonts lack."""
    return _UNWRITABLE.sub("", words.translate(_SPACES)).strip()


def first_family() -> Family | None:
    """Return the family that widths are measured with: the first that knows Chinese, else the first."""
    known = families(tuple(folders()))
    return next((family for family in known if all(map(family.has, FONT_PROBE))), next(iter(known), None))


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """Return how wide words will be written."""
    family = first_family()
    return size * len(words) if family is None else family.width(writable(words), size, bold=bold)


def wrapped(words: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Break words into lines: between Chinese characters, else at spaces; no line begins with a closing sign.

    A word that is longer than a line is broken where the line ends.
    """
    lines, line = [], ""
    for piece in re.findall(_PIECE, writable(words)):
        fits = width_of(line + piece.rstrip(), size, bold=bold) <= width
        if fits or not line or piece[0] in _CLOSING:
            line += piece
        else:
            lines.append(line.rstrip())
            line = piece.lstrip()
        while width_of(line.rstrip(), size, bold=bold) > width and len(line) > 1 and piece[0] not in _CLOSING:
            cut = next(n for n in range(len(line) - 1, 0, -1) if n == 1 or width_of(line[:n], size, bold=bold) <= width)
            lines.append(line[:cut])
            line = line[cut:]
    return [*lines, line.rstrip()] if line.strip() else lines


# --- PNG ---


def with_density(png: bytes, dpi: int) -> bytes:
    """Return a PNG that says how large it is on paper."""
    per_metre = round(dpi / 0.0254)
    body = b"pHYs" + struct.pack(">IIB", per_metre, per_metre, 1)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    end = 8 + 25  # signature and header
    return png[:end] + chunk + png[end:]
