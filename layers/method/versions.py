"""Versions of the method: which is in force from when, and what differs between two, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from geodata.city import CityData
from geodata.errors import SelectionError
from geodata.index.catalogue import Method, load_method, shipped_versions
from geodata.index.expected import Calibration
from geodata.index.versions import What, calibration_differences, describe, differences
from layers.method.parts import Part, choice, name_of, section
from layers.method.view import MethodView
from layers.text import text

SHOWN = 40
"""So many differences stand open, the rest folded."""
NAMES = ("version", "name", "name_en")
"""What the list of versions says already."""


@dataclass(frozen=True)
class Version:
    """A version that can be looked at."""

    method: Method
    calibration: Calibration | None
    valid_from: dt.date | None
    """None = it comes with the product and is not in force here."""


def known_versions(city: CityData) -> dict[str, Version]:
    """Return the versions in force in a city, latest first, then what else ships, by version."""
    found = {
        each.method.version: Version(each.method, each.calibration, each.valid_from) for each in reversed(city.versions)
    }
    for path in shipped_versions().values():
        method = load_method(path.read_text(encoding="utf-8"), path.name)
        found.setdefault(method.version, Version(method, None, None))
    return found


def versions_section(view: MethodView, city: CityData) -> html.Section:
    """Return the list of versions and the differences between two of them.

    Raises
    ------
    SelectionError
        If the view names a version that there is not.
    """
    lang, known = view.lang, city.kept("known versions", lambda: known_versions(city))
    before, after = compared(view, city, list(known))
    for name in (before, after):
        if name not in known:
            raise SelectionError(f"没有方法版本“{name}”。", f"there is no version {name!r} of the method.")
    rows = [_version(version, lang) for version in known.values()]
    menus = [
        choice(
            text(lang, key),
            before if part == "before" else after,
            [(f"{name_of(known[name].method, lang)} {name}", view.but(**{part: name}), name == now) for name in known],
            f"{part}|{view.search()}",
        )
        for key, part, now in (("version_first", "before", before), ("version_second", "after", after))
    ]
    return section(
        "versions",
        text(lang, "method_versions"),
        [
            html.P(text(lang, "versions_lead"), className="prose"),
            html.Ul(rows, className="version-list"),
            html.Div(menus, className="choices"),
            _differences(known[before], known[after], lang),
        ],
    )


def compared(view: MethodView, city: CityData, known: Sequence[str]) -> tuple[str, str]:
    """Return the two versions that are compared: by default the one in force and the one before it."""
    after = view.after or city.method.version
    earlier = [each.method.version for each in city.versions if each.method.version != after]
    others = [name for name in known if name != after]
    return view.before or next(iter([*earlier[::-1], *others]), after), after


def _version(version: Version, lang: str) -> html.Li:
    if version.valid_from is None:
        since = text(lang, "version_shipped")
    elif version.valid_from == dt.date.min:
        since = text(lang, "version_always")
    else:
        since = text(lang, "version_since", day=version.valid_from)
    size = text(
        lang,
        "version_size",
        subs=len(version.method.sub_indices),
        indicators=len(version.method.indicators),
    )
    tag = html.Span(version.method.version, className="tag")
    parts = [html.B([name_of(version.method, lang), tag]), html.Span(since), html.Small(size)]
    return html.Li(parts, className="" if version.valid_from is None else "on")


def _differences(before: Version, after: Version, lang: str) -> Part:
    old, new = before.method, after.method
    found = [d for d in differences(old, new) if d.what is not What.METHOD or d.field not in NAMES]
    if before.calibration is not None and after.calibration is not None:
        found += calibration_differences(before.calibration, after.calibration)
    names = {"before": old.version, "after": new.version}
    if not found:
        return html.P(text(lang, "differences_none", **names), className="said")
    items = [html.Li(describe(each, old, new)[lang == "en"]) for each in found]
    parts: list[Part] = [
        html.H3(text(lang, "differences", **names, n=len(found))),
        html.Ul(items[:SHOWN], className="differences"),
    ]
    if len(items) > SHOWN:
        rest = html.Details(
            [
                html.Summary(text(lang, "differences_more", n=len(items) - SHOWN)),
                html.Ul(items[SHOWN:], className="differences"),
            ]
        )
        parts.append(rest)
    return html.Div(parts)
