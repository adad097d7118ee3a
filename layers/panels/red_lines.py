"""What red-line incidents did to the composite: a line of the headline, and the marked periods of the trend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geodata.index.catalogue import IncidentType
from geodata.written import decimal, signed, whole
from layers.elements import html
from layers.panels.story import Story
from layers.text import text
from layers.view import TOTAL

LEAST_TAKEN = 0.005
"""Fewer points than this are rounding, not a red line."""


def red_line_note(told: Story) -> list[html.P]:
    """Print what red-line incidents took off the present score, on a line of its own."""
    view, city, period = told.view, told.city, told.judged_period
    if view.sub_index != TOTAL:
        return []
    counts = city.index.period_types([period.start, period.end], told.place.within, outside=False)[0]
    words = _words(told, counts, *told.red_line)
    return [html.P(words, className="red-line")] if words else []


def red_lines_of_trend(told: Story) -> list[str]:
    """Say of each period of the trend what its red-line incidents did, "" where there were none; [] if nowhere any."""
    if told.view.sub_index != TOTAL:
        return []
    scores = told.history.scores
    words = [
        _words(told, counts, float(before), float(taken)) if np.isfinite(taken) else ""
        for counts, before, taken in zip(told.history.counts, scores.composite, scores.red_line, strict=True)
    ]
    return words if any(words) else []


def _words(told: Story, counts: npt.NDArray[np.int64], before: float, taken: float) -> str:
    """Say which red-line incidents there were and what they took off the score `before`; "" without any.

    Parameters
    ----------
    counts
        Incidents by type, shape (n_types,).
    """
    lang = told.view.lang
    named = [
        text(lang, "red_line_type", name=kind.name_en if lang == "en" else kind.name, n=whole(n))
        for kind, n in _found(told, counts)
    ]
    if not named:
        return ""
    what = text(lang, "comma").join(named)
    if taken < LEAST_TAKEN:
        return text(lang, "red_line_below", what=what)
    return text(lang, "red_line_taken", points=signed(-taken), what=what, before=decimal(before))


def _found(told: Story, counts: npt.NDArray[np.int64]) -> list[tuple[IncidentType, int]]:
    """Return the types that take points off the place's level, and how many of each there were."""
    city, level = told.city, told.place.level
    applies = level is not None and level.value in city.method.red_lines.levels
    found = [
        (kind, int(counts[city.type_positions[name]]))
        for name, kind in city.method.types.items()
        if name in city.type_positions and (kind.deduction or (kind.red_line and applies))
    ]
    return [(kind, n) for kind, n in found if n]
