"""The map played through time: classes and values of consecutive periods, each as a visit to that period shows them."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np

from geodata.city import CityData
from geodata.pooled import prepare_pooled
from geodata.vocabulary import Period, PeriodKind
from layers.maps.legend import closing_line
from layers.maps.places import map_payload
from layers.maps.values import MapValues, map_values
from layers.text import period_name
from layers.view import ViewState, city_of, shown_measure

LONGEST = 60
"""Periods that a strip shows at most; what is earlier is a page back."""
MOST_FRAMES = 36
MOST_CLASSES = 300_000
"""Classes of one answer at most: 36 frames of 8,000 places, or 13 of 22,000."""
MOST_LABELLED = 1000
"""Of more places only classes are sent: their labels have no room."""
NO_CLASS = 255
LONGEST_DAYS, LONGEST_WEEKS = 31, 140
"""Spans of so many days are shown among days, or among weeks; longer ones among months."""


def strip_kind(period: Period) -> PeriodKind:
    """Return the kind of period that a strip shows; of a span the one that it was chosen from."""
    if period.kind is not PeriodKind.RANGE:
        return period.kind
    if period.start.day == 1 and period.end.day == 1:
        return PeriodKind.MONTH
    if period.days <= LONGEST_DAYS:
        return PeriodKind.DAY
    return PeriodKind.WEEK if period.days <= LONGEST_WEEKS else PeriodKind.MONTH


def strip_periods(view: ViewState, city: CityData) -> list[Period]:
    """Return the periods of a strip, ascending: a page of ``LONGEST`` of them, counted from the last, with the present.

    Pages stand still while one steps through them.
    """
    whole, kind = city.unfiltered, strip_kind(view.period)
    if whole.data_as_of is None:
        return []
    present = view.period
    if kind is not present.kind:
        present = Period.containing(min(present.end - dt.timedelta(days=1), whole.data_as_of), kind)
    period, page = Period.containing(whole.data_as_of, kind), list[Period]()
    while whole.offers(period) and present not in page:
        page = []
        while len(page) < LONGEST and whole.offers(period):
            page.append(period)
            period = period.previous()
    return page[::-1]


def frame_periods(view: ViewState, city: CityData, n_places: int) -> list[Period]:
    """Return the periods that are played: the strip's, or from the present one on as many as an answer holds."""
    periods = strip_periods(view, city)
    most = min(MOST_FRAMES, max(2, MOST_CLASSES // max(1, n_places)))
    present = next((k for k, each in enumerate(periods) if each.start >= view.period.start), 0)
    first = min(present, max(0, len(periods) - most))
    return periods[first : first + most]


def series_of(view: ViewState, live: CityData) -> tuple[ViewState, tuple[Period, ...]]:
    """Return what makes the frames of a view and nothing else: the same for every period of a strip."""
    city = city_of(view, live)
    periods = frame_periods(view, city, len(map_values(view.but(compare="target"), city).rows))
    plain = view.but(compare="target", layer="", rows=0, order="", theme="light")
    return (plain.but(period=periods[0]) if periods else plain), tuple(periods)


def frames(view: ViewState, live: CityData) -> dict[str, Any]:
    """Return what the browser plays.

    Parameters
    ----------
    view
        What is looked at; its own period is one of those played, unless it is a span.
    live
        The city, from which `city_of` makes what each period sees.

    Returns
    -------
    dict
        ``key`` of the map that the frames belong to, and one entry a frame in ``periods``, ``names``, ``classes``
        (base64 of one byte a place, ``NO_CLASS`` = no data), ``values`` and ``counts`` (None where there are more than
        ``MOST_LABELLED`` places, whose labels have no room) and ``closing``.
    """
    now = city_of(view, live)
    shown = map_values(view.but(compare="target"), now)
    measure, n = shown_measure(view, now), len(shown.rows)
    found: dict[str, Any] = {
        "key": map_payload(view, now, shown)["key"],
        **{part: [] for part in ("periods", "names", "classes", "values", "counts", "closing")},
    }
    periods = frame_periods(view, now, n)
    moments = list(_moments(view, live, periods, n))
    if strip_kind(view.period) is PeriodKind.DAY and measure == "score":
        for city in {id(city): city for _, city in moments}.values():
            prepare_pooled(city, shown.level, [each.period for each, its in moments if its is city])
    for each, city in moments:
        if shown_measure(each, city) != measure:
            continue  # a version that cannot score this: another scale
        values = map_values(each, city)
        _add(found, each, city, values)
    return found


def _moments(
    view: ViewState, live: CityData, periods: list[Period], n_places: int
) -> Iterator[tuple[ViewState, CityData]]:
    """Give the view of each period with its city, which keeps nothing that it does not need again."""
    beside: dict[int, CityData] = {}
    for period in periods:
        each = view.but(period=period, compare="target")  # no frame shows a change
        city = city_of(each, live)
        if id(city) not in beside:
            beside[id(city)] = city.aside(64 if n_places <= MOST_LABELLED else 4)
        yield each, beside[id(city)]


def _add(found: dict[str, Any], view: ViewState, city: CityData, values: MapValues) -> None:
    payload = map_payload(view, city, values)
    classes = np.where(values.klass < 0, NO_CLASS, values.klass).astype(np.uint8)
    labelled = len(values.rows) <= MOST_LABELLED or values.measure == "count"  # circles are drawn of values
    found["periods"].append(str(view.period))
    found["names"].append(period_name(view.lang, view.period))
    found["classes"].append(base64.b64encode(classes.tobytes()).decode())
    sized = labelled or values.measure == "count"  # circles are drawn from the numbers themselves
    found["values"].append(payload["value"] if sized else None)
    found["counts"].append(payload["count"] if labelled else None)
    found["closing"].append(closing_line(view, city, values))
