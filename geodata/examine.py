"""The coordinate examination 坐标体检: which system are raw numbers really in, how sure is that, what would it cost.

A file says "WGS-84" and was exported from a map of 高德; nobody sees it, and a third of its incidents land in the wrong
community. So every batch is read in each way that its numbers allow, and the evidence chooses: earlier incidents that
are trusted (people call from the same buildings again), then the city's outline (nobody calls from the sea). Where
neither tells, the examination says so. It only looks: what becomes of the numbers is the caller's decision.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError
from scipy.spatial import cKDTree

from geodata.columns import LONLAT_CRS
from geodata.coordinates import CoordinateSystem, Degrees, fits, metric_crs, to_lonlat
from geodata.errors import BoundaryError
from geodata.locate import NOWHERE, locate_points
from geodata.vocabulary import LEVELS, PlaceLevel

MIN_POINTS = 30
"""With fewer distinct positions nothing is said."""
SURE_RATIO = 0.8
"""The best reading must be this much nearer than the second, or the answer is "unsure"."""

_SHIFTED = ("wgs84", "gcj02", "bd09")
_CHINA = (73.0, 18.0, 135.5, 54.0)
_MARGIN_DEG = 0.3
_MOST_POINTS = 5000
_MOST_TRUSTED = 500_000
_FLOOR_M = 10.0
"""Nearer than this counts as at the same spot: doors, GPS, rounding."""
_FINE_ENOUGH = 1 / 3
"""Evidence coarser than this share of the difference that it should decide on is no evidence."""
_SAME_M = 1.0
_NEAR_M = 300.0
"""Borders farther apart than this are not the same borders, even where only one reading is possible."""
_OUTLINE_RATIO = 0.25
"""For one position that only the second reading keeps inside, the best must keep so many: four."""
_STEP_M = 25.0
_MOST_BORDER = 200_000

_EARTH_M_PER_DEG = 111_320.0
_RADIUS_M = 6_371_008.8
_NAMES = {"wgs84": "WGS-84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
_KNOWN_FROM = {
    "gcj02": ("高德、腾讯", "Amap, Tencent"),
    "bd09": ("百度", "Baidu"),
    "EPSG:3857": ("网络墨卡托", "Web Mercator"),
}
_PACKINGS = {
    "e6": ("写成度的一百万倍", "in millionths of a degree"),
    "e7": ("写成度的一千万倍", "in ten-millionths of a degree"),
    "dm": ("度、分连写", "degrees and minutes run together"),
    "dms": ("度、分、秒连写", "degrees, minutes and seconds run together"),
}
_SWAPPED = ("两列颠倒", "the two columns swapped")
_LEVEL_NAMES = {
    "district": ("区", "district"),
    "street": ("镇街", "street"),
    "community": ("村居", "community"),
    "grid_cell": ("网格", "grid cell"),
}
_TOLD_LEVELS = ("community", "street", "district", "grid_cell")
_OUTLINES = Path(__file__).parent / "demo" / "outlines.json"

_SIZES = (
    ("", 0.0, 181.0),
    ("dm", 1_000.0, 18_100.0),
    ("dms", 100_000.0, 1_810_000.0),
    ("e6", 1e6, 1.81e8),
    ("e7", 1e7, 1.81e9),
)
"""Packing, and between which sizes its larger numbers lie."""

Lines = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reading:
    """One way to read a pair of numbers as a position.

    Attributes
    ----------
    system
        A code for :meth:`CoordinateSystem.parse`.
    swapped
        Whether the first number is north (or latitude).
    packing
        ``""`` as they are; ``"e6"``, ``"e7"`` degrees times a million or ten; ``"dm"`` 11333.5 for 113° 33.5′;
        ``"dms"`` 1133330 for 113° 33′ 30″.

    Examples
    --------
    >>> str(Reading("gcj02", swapped=True))
    'swapped:gcj02'
    >>> lon, lat = Reading("wgs84", packing="dm").to_lonlat(np.array([11333.0]), np.array([2216.26]))
    >>> float(lon[0]), float(lat[0].round(6))
    (113.55, 22.271)
    """

    system: str
    swapped: bool = False
    packing: str = ""

    def __str__(self) -> str:
        return ":".join([*["swapped"] * self.swapped, *[self.packing] * bool(self.packing), self.system])

    def to_lonlat(self, x: Degrees, y: Degrees) -> tuple[Degrees, Degrees]:
        """Read raw numbers as WGS-84 degrees; NaN where they are no position."""
        first, second = _unpacked(x, self.packing), _unpacked(y, self.packing)
        east, north = (second, first) if self.swapped else (first, second)
        return to_lonlat(east, north, CoordinateSystem(self.system))

    @property
    def names(self) -> tuple[str, str]:
        """Return its name in Chinese and in English."""
        name = _NAMES.get(self.system) or str(CoordinateSystem(self.system))
        remarks = (_KNOWN_FROM.get(self.system), _PACKINGS.get(self.packing), _SWAPPED if self.swapped else None)
        notes = [remark for remark in remarks if remark]
        if not notes:
            return name, name
        return f"{name}（{'；'.join(note[0] for note in notes)}）", f"{name} ({'; '.join(note[1] for note in notes)})"


@dataclass(frozen=True)
class Candidate:
    """A reading that the numbers allow, and what speaks for it.

    Attributes
    ----------
    reading
        The reading.
    fit_m
        How far it leaves the numbers from what they are compared with [m, + 10 m]: points, the geometric mean distance
        to the nearest trusted incident; shapes, the lower quartile of the distance between borders. NaN without.
    inside
        Share of the points inside the city, 0 … 1; NaN if no outline is known, and for shapes.
    """

    reading: Reading
    fit_m: float
    inside: float


@dataclass(frozen=True)
class Examination:
    """What the examination of one batch or boundary file found.

    Attributes
    ----------
    declared
        The system that the file is said to be in; None if nothing is said.
    likely
        The reading that fits best; None if no known reading puts the numbers near the city.
    confidence
        How probably `likely` is right, 0 … 1; only worth acting on where `sure`.
    sure
        Whether the evidence decides.
    n
        Distinct positions that were looked at.
    candidates
        What the range of the numbers allows, best first.
    wrong_share
        A level, to the share of positions that land in another place of it, or in none, if `declared` is believed
        instead of `likely`; empty if one of them is unknown.
    """

    declared: str | None
    likely: Reading | None
    confidence: float
    sure: bool
    n: int
    candidates: tuple[Candidate, ...]
    wrong_share: dict[str, float]

    @property
    def as_declared(self) -> bool:
        """Return whether the likely reading is the declared one."""
        return self.declared is not None and self.likely == Reading(self.declared)

    @property
    def is_refuted(self) -> bool:
        """Return whether the declared system puts the numbers nowhere near the city, whatever they are in truth."""
        readings = [each.reading for each in self.candidates]
        return self.n >= MIN_POINTS and self.declared is not None and Reading(self.declared) not in readings

    @property
    def to_ask(self) -> bool:
        """Return whether somebody must decide: surely another system than declared, or one that is not known."""
        unknown = self.n >= MIN_POINTS and self.likely is None
        return unknown or self.is_refuted or (self.sure and not self.as_declared)

    def sentence(self, language: str = "zh") -> str:
        """Say the finding in one or two sentences, in ``"en"``, or in Chinese for anything else."""
        zh, en = self._sentences()
        return en if language == "en" else zh

    def _sentences(self) -> tuple[str, str]:
        if self.n < MIN_POINTS:
            return (
                f"只有 {self.n} 个不同位置，不足 {MIN_POINTS} 个，看不出坐标系。",
                f"Only {self.n} distinct positions, fewer than {MIN_POINTS}: the coordinate system cannot be told.",
            )
        if self.likely is None:
            return (
                "按已知的任何一种坐标系读取，这些坐标都不在本市附近，请核对坐标列和坐标系。",
                "No known coordinate system puts these numbers near the city: check the columns and their system.",
            )
        if not self.sure:
            return self._doubt(self.likely)
        zh, en = self.likely.names
        if self.declared is None:
            return f"没有写明坐标系，看来是 {zh}。", f"No coordinate system is given; it looks like {en}."
        said_zh, said_en = Reading(self.declared).names
        if self.as_declared:
            return (
                f"坐标与声明相符：{said_zh}。看了 {self.n:,} 个不同位置。",
                f"The coordinates agree with {said_en}, as declared ({self.n:,} distinct positions).",
            )
        cost_zh, cost_en = self._cost("若不纠偏", "If not corrected")
        return (
            f"声明是 {said_zh}，看来其实是 {zh}。{cost_zh}",
            f"Declared as {said_en}, these coordinates look like {en}.{cost_en}",
        )

    def _doubt(self, likely: Reading) -> tuple[str, str]:
        zh, en = likely.names
        others = [each.reading.names for each in self.candidates if each.reading != likely]
        also_zh, also_en = (f"，也可能是 {others[0][0]}", f", perhaps {others[0][1]}") if others else ("", "")
        guess_zh, guess_en = f"最像 {zh}{also_zh}。", f"most like {en}{also_en}."
        if self.declared is None or self.as_declared:
            return f"看不出来是哪一种坐标系：{guess_zh}", f"The coordinate system cannot be told: {guess_en}"
        _, said_en = Reading(self.declared).names
        if self.is_refuted:
            return (
                "按声明的坐标系读取，这些坐标不在本市附近：" + guess_zh,
                f"Read as {said_en}, as declared, these numbers lie nowhere near the city: {guess_en}",
            )
        cost_zh, cost_en = self._cost("若真是这样而仍按声明处理", f"If so, and read as {said_en}")
        return (
            f"看不出来是哪一种坐标系：{guess_zh}{cost_zh}",
            f"The coordinate system cannot be told: {guess_en}{cost_en}",
        )

    def _cost(self, zh: str, en: str) -> tuple[str, str]:
        level = next((level for level in _TOLD_LEVELS if self.wrong_share.get(level)), None)
        if level is None:
            return "", ""
        percent = max(round(100 * self.wrong_share[level]), 1)
        level_zh, level_en = _LEVEL_NAMES[level]
        return (
            f"{zh}，{percent} % 的点会落错{level_zh}。",
            f" {en}, {percent} % of the points land in the wrong {level_en}.",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON, both sentences included."""
        return {
            "declared": self.declared,
            "likely": asdict(self.likely) if self.likely else None,
            "confidence": round(self.confidence, 3),
            "sure": self.sure,
            "n": self.n,
            "candidates": [
                {
                    "reading": str(each.reading),
                    **asdict(each.reading),
                    "fit_m": _rounded(each.fit_m, 1),
                    "inside": _rounded(each.inside, 4),
                }
                for each in self.candidates
            ],
            "wrong_share": {level: round(share, 4) for level, share in self.wrong_share.items()},
            "to_ask": self.to_ask,
            "zh": self.sentence("zh"),
            "en": self.sentence("en"),
        }


@dataclass(frozen=True)
class _Trial:
    """A reading carried out."""

    reading: Reading
    lon: Degrees
    lat: Degrees

    @property
    def metres(self) -> Degrees:
        return _metres(self.lon, self.lat)


@dataclass(frozen=True)
class _Evidence:
    """What one kind of evidence says of the trials: a fit each, smaller is better, none if it is silent."""

    fit: Degrees
    sure: bool
    confidence: float

    @property
    def best(self) -> int:
        return int(np.argmin(self.fit))


_NOTHING = _Evidence(np.zeros(0), sure=False, confidence=0.0)


def examine_points(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    declared: str | None,
    places: gpd.GeoDataFrame | None,
    trusted: tuple[npt.ArrayLike, npt.ArrayLike] | None,
) -> Examination:
    """Find the coordinate system of a batch of raw positions.

    Each distinct position counts once, so that the one point of an office, given three thousand times, has one voice.

    Parameters
    ----------
    x, y
        The numbers as the file gives them, shape (n,); what is not finite or zero is left out.
    declared
        What they are said to be: a code for :meth:`CoordinateSystem.parse`, or a WKT definition; None if unknown.
    places
        Live places of any levels: ``level`` and polygons in EPSG:4326; None if there are none yet.
    trusted
        Longitudes and latitudes [degrees, WGS-84] of earlier incidents, shape (m,) each; None if there are none.

    Raises
    ------
    BoundaryError
        If `declared` is no coordinate system.
    """
    system = _system(declared)
    count, x, y = _distinct(x, y)
    if count < MIN_POINTS:
        return _unknown(system, count)
    places = None if places is None or places.empty else places
    known = _known(trusted)
    home = _home(places, known)
    trials = _trials(x, y, system, home)
    if not trials:
        return _unknown(system, count)
    inside = _inside(trials, places)
    near = _by_distance(trials, _incident_fits(trials, known)) if known is not None else _NOTHING
    land = _by_outline(inside) if inside is not None else _NOTHING
    chosen, sure, confidence = _judged(near, land, len(trials), home)
    unknown = [math.nan] * len(trials)
    fit_m = near.fit.tolist() if near.fit.size else unknown
    shares = inside.mean(axis=1).tolist() if inside is not None else unknown
    candidates = [Candidate(*each) for each in zip((t.reading for t in trials), fit_m, shares, strict=True)]
    likely = trials[chosen]
    return Examination(
        declared=system,
        likely=likely.reading,
        confidence=confidence,
        sure=sure,
        n=count,
        candidates=_ordered(candidates, chosen),
        wrong_share=_wrong_shares(x, y, system, likely, places),
    )


def examine_shapes(
    shapes: gpd.GeoSeries | Lines, *, declared: str | None, reference: gpd.GeoDataFrame | None = None
) -> Examination:
    """Find the coordinate system of a boundary file.

    Sources draw the coast differently, by hundreds of metres, and agree on the borders over land: so the lower
    quartile of the distance between the borders is compared, from the side that has less of them to the other.

    Parameters
    ----------
    shapes
        Raw shapes, in whatever units, the CRS that they carry not looked at; invalid ones are welcome.
    declared
        What they are said to be, as for :func:`examine_points`.
    reference
        Places whose coordinates are right, EPSG:4326; without, the outline of Zhuhai that comes with the project.

    Raises
    ------
    BoundaryError
        If `declared` is no coordinate system.
    """
    system = _system(declared)
    lines = _borders(np.asarray(shapes, dtype=object))
    vertices = shapely.get_coordinates(lines)
    count, x, y = _distinct(vertices[:, 0], vertices[:, 1])
    if count < MIN_POINTS:
        return _unknown(system, count)
    reference = _level_like(_outlines() if reference is None or reference.empty else reference, len(shapes))
    trials = _trials(x, y, system, _home(reference, None))
    if not trials:
        return _unknown(system, count)
    fit = _border_fits(lines, [trial.reading for trial in trials], reference)
    evidence = _by_distance(trials, fit)
    candidates = [Candidate(trial.reading, float(one), math.nan) for trial, one in zip(trials, fit, strict=True)]
    likely = trials[evidence.best]
    return Examination(
        declared=system,
        likely=likely.reading,
        confidence=evidence.confidence,
        sure=evidence.sure,
        n=count,
        candidates=_ordered(candidates, evidence.best),
        wrong_share=_wrong_areas(np.asarray(shapes, dtype=object), system, likely.reading, reference),
    )


def _unknown(declared: str | None, count: int) -> Examination:
    return Examination(declared, None, confidence=0.0, sure=False, n=count, candidates=(), wrong_share={})


def _judged(near: _Evidence, land: _Evidence, count: int, home: Box | None) -> tuple[int, bool, float]:
    """Weigh earlier incidents and the outline: which trial is best, whether that is sure, and how sure."""
    if count == 1:
        # nothing else is possible by range, which proves something only where it is known where the city lies
        share = 1.0 - float(land.fit[0]) if land.fit.size else 1.0
        return (0, share >= 0.5, share) if home is not None else (0, False, 0.5)
    if near.sure and land.sure and near.best != land.best:
        return near.best, False, 0.5
    for evidence in (near, land):
        if evidence.sure:
            return evidence.best, True, evidence.confidence
    for evidence in (near, land):
        if evidence.fit.size:
            return evidence.best, False, evidence.confidence
    return 0, False, 1.0 / count


def _by_distance(trials: Sequence[_Trial], fit: Degrees) -> _Evidence:
    """Judge distances [m]: the best must be clearly nearest, and near in comparison with what is to be told apart."""
    if len(fit) == 1:
        return _Evidence(fit, sure=bool(fit[0] <= _NEAR_M), confidence=1.0 if fit[0] <= _NEAR_M else 0.5)
    best, second = np.argsort(fit)[:2]
    ratio = float(fit[best] / fit[second])
    apart = min(_apart_m(trials[best], trial) for number, trial in enumerate(trials) if number != best)
    fine = fit[best] <= _FINE_ENOUGH * apart
    confidence = 1.0 / (1.0 + ratio**8)
    return _Evidence(fit, sure=bool(fine and ratio <= SURE_RATIO), confidence=confidence if fine else 0.5)


def _by_outline(inside: Mask) -> _Evidence:
    """Judge by positions that fall out of the city: those that only the best or only the second keeps inside."""
    outside = 1.0 - inside.mean(axis=1)
    if len(outside) == 1:
        return _Evidence(outside, sure=True, confidence=1.0)
    best, second = np.argsort(outside, kind="stable")[:2]
    gained = int((inside[best] & ~inside[second]).sum())
    lost = int((inside[second] & ~inside[best]).sum())
    # three imagined positions on either side: a handful of points on a coast is no evidence
    ratio = (lost + 3) / (gained + 3)
    return _Evidence(outside, sure=ratio <= _OUTLINE_RATIO and outside[best] <= 0.1, confidence=1.0 - ratio / 2)


def _incident_fits(trials: Sequence[_Trial], known: Degrees) -> Degrees:
    """Return how far [m] each trial leaves the points from the nearest trusted incident, in the geometric mean.

    The geometric mean hears the few points that lie exactly where something was reported before, which a shifted batch
    does not have; a median hears only how densely the town is built.
    """
    tree = cKDTree(_metres(known[:, 0], known[:, 1]))
    return np.array([math.exp(np.log(tree.query(trial.metres)[0] + _FLOOR_M).mean()) for trial in trials])


def _border_fits(lines: Lines, readings: Sequence[Reading], reference: gpd.GeoDataFrame) -> Degrees:
    truth = _borders(reference.geometry.to_numpy())
    read = [_moved(lines, reading) for reading in readings]
    fewer = _length_deg(read[0]) <= _length_deg(truth)
    tree = cKDTree(_along(truth)) if fewer else None
    fits_m = []
    for each in read:
        points = _along(each)
        distance_m = tree.query(points)[0] if tree else cKDTree(points).query(_along(truth))[0]
        fits_m.append(np.quantile(distance_m, 0.25) + _FLOOR_M)
    return np.array(fits_m)


def _trials(x: Degrees, y: Degrees, declared: str | None, home: Box | None) -> list[_Trial]:
    """Carry out every reading that puts most of the numbers near the city, each position once.

    Readings that agree within a metre (CGCS2000 and WGS-84, GCJ-02 outside China) are one: the declared or plainer one.
    """
    found: list[_Trial] = []
    for reading in _readings(x, y, declared, home):
        trial = _Trial(reading, *reading.to_lonlat(x, y))
        if _plausible(trial, home, stated=reading.system == declared) and not any(_same(trial, each) for each in found):
            found.append(trial)
    if not found:
        return []
    # what one reading cannot read is left out of all, so that all are judged by the same points
    every = np.logical_and.reduce([np.isfinite(trial.lon) for trial in found])
    return [_Trial(trial.reading, trial.lon[every], trial.lat[every]) for trial in found]


def _readings(x: Degrees, y: Degrees, declared: str | None, home: Box | None) -> Iterator[Reading]:
    """Yield what the size of the numbers allows, the declared system first."""
    if declared is not None:
        yield Reading(declared)
    size = float(max(np.median(np.abs(x)), np.median(np.abs(y))))
    packings = [name for name, least, most in _SIZES if least <= size < most]
    for packing in packings:
        for swapped in (False, True):
            yield from (Reading(system, swapped, packing) for system in _SHIFTED)
    if size >= 10_000.0:
        for system in _plane_systems(x, y, home):
            yield from (Reading(system, swapped) for swapped in (False, True))


def _plane_systems(x: Degrees, y: Degrees, home: Box | None) -> list[str]:
    """Name the plane systems that are in use around the city, and those that the numbers' zone prefix names."""
    systems = ["EPSG:3857"]
    for prefix in {int(np.median(x) // 1e6), int(np.median(y) // 1e6)}:
        systems += [f"EPSG:{4513 + prefix - 25}"] * (25 <= prefix <= 45)
        systems += [f"EPSG:{4491 + prefix - 13}"] * (13 <= prefix <= 23)
    if home is None:
        return systems
    lon, lat = (home[0] + home[2]) / 2, (home[1] + home[3]) / 2
    meridian = 3 * round(lon / 3)
    if _within(np.array([lon]), np.array([lat]), _CHINA)[0]:
        around = range(max(meridian - 3, 75), min(meridian + 3, 135) + 1, 3)
        systems += [f"EPSG:{4534 + (each - 75) // 3}" for each in around]
    zone = int((lon + 180.0) // 6.0) + 1
    north = 32600 if lat >= 0 else 32700
    systems += [f"EPSG:{north + each}" for each in range(zone - 1, zone + 2) if 1 <= each <= 60]
    return [*dict.fromkeys([*systems, metric_crs(lon, lat)])]


def _plausible(trial: _Trial, home: Box | None, *, stated: bool) -> bool:
    if home is not None:
        near = _within(trial.lon, trial.lat, home)
    elif stated:
        near = fits(trial.lon, trial.lat, CoordinateSystem(trial.reading.system))
    else:
        near = _within(trial.lon, trial.lat, _CHINA)
    if trial.reading.system in ("gcj02", "bd09") and not stated:
        near &= _within(trial.lon, trial.lat, _CHINA)
    # more than half: any two readings then have points in common
    return float(near.mean()) > 0.5


def _same(one: _Trial, other: _Trial) -> bool:
    return _apart_m(one, other) < _SAME_M


def _inside(trials: Sequence[_Trial], places: gpd.GeoDataFrame | None) -> Mask | None:
    """Return which positions of each trial lie in the city, shape (trials, points)."""
    if places is None:
        return None
    coarsest = places[places["level"] == _levels(places)[0]].geometry.to_numpy()
    return np.stack([locate_points(trial.lon, trial.lat, coarsest) != NOWHERE for trial in trials])


def _wrong_shares(
    x: Degrees, y: Degrees, declared: str | None, likely: _Trial, places: gpd.GeoDataFrame | None
) -> dict[str, float]:
    if declared is None or places is None:
        return {}
    truly = likely.reading.to_lonlat(x, y)
    believed = Reading(declared).to_lonlat(x, y)
    shares = {}
    for level in _levels(places):
        shapes = places[places["level"] == level].geometry.to_numpy()
        true, said = locate_points(*truly, shapes), locate_points(*believed, shapes)
        located = true != NOWHERE
        if located.any():
            shares[level] = float((true != said)[located].mean())
    return shares


def _wrong_areas(shapes: Lines, declared: str | None, likely: Reading, reference: gpd.GeoDataFrame) -> dict[str, float]:
    """Return the share of the ground that changes its place if the declared system is believed."""
    if declared is None:
        return {}
    west, south, east, north = reference.total_bounds
    lon, lat = (each.ravel() for each in np.meshgrid(np.linspace(west, east, 100), np.linspace(south, north, 100)))
    true, said = (
        locate_points(lon, lat, shapely.make_valid(_moved(shapes, reading))) for reading in (likely, Reading(declared))
    )
    located = true != NOWHERE
    return {_levels(reference)[0]: float((true != said)[located].mean())} if located.any() else {}


def _system(declared: str | None) -> str | None:
    if declared is None or not declared.strip():
        return None
    try:
        return CoordinateSystem.parse(declared).code
    except BoundaryError:
        try:
            return CoordinateSystem.of_file(pyproj.CRS.from_wkt(declared)).code
        except CRSError:
            pass
        raise


def _distinct(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int, Degrees, Degrees]:
    """Return how many distinct positions there are, and at most some thousands of them, spread evenly."""
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    given = np.isfinite(x) & np.isfinite(y) & ~((x == 0.0) & (y == 0.0))
    distinct = np.unique(x[given] + 1j * y[given])
    kept = distinct[:: _stride(len(distinct), _MOST_POINTS)]
    return len(distinct), kept.real.copy(), kept.imag.copy()


def _stride(count: int, most: int) -> int:
    return max(-(-count // most), 1)


def _known(trusted: tuple[npt.ArrayLike, npt.ArrayLike] | None) -> Degrees | None:
    """Return distinct trusted positions [degrees], shape (m, 2); None if they are too few."""
    if trusted is None:
        return None
    lon, lat = np.asarray(trusted[0], dtype=np.float64), np.asarray(trusted[1], dtype=np.float64)
    every = slice(None, None, _stride(len(lon), _MOST_TRUSTED))
    lon, lat = lon[every], lat[every]
    given = np.isfinite(lon) & np.isfinite(lat)
    distinct = np.unique(lon[given] + 1j * lat[given])
    return np.column_stack([distinct.real, distinct.imag]) if len(distinct) >= MIN_POINTS else None


def _home(places: gpd.GeoDataFrame | None, known: Degrees | None) -> Box | None:
    """Return the box that the city lies in [degrees], with a margin; None if nothing is known of it."""
    boxes = [] if places is None else [places.total_bounds]
    if known is not None:
        boxes.append(np.quantile(known, [0.005, 0.995], axis=0).ravel())
    if not boxes:
        return None
    west, south = np.min(boxes, axis=0)[:2] - _MARGIN_DEG
    east, north = np.max(boxes, axis=0)[2:] + _MARGIN_DEG
    return float(west), float(south), float(east), float(north)


def _within(lon: Degrees, lat: Degrees, box: Box) -> Mask:
    within: Mask = (lon >= box[0]) & (lat >= box[1]) & (lon <= box[2]) & (lat <= box[3])
    return within


def _unpacked(values: Degrees, packing: str) -> Degrees:
    """Undo a packing; NaN where minutes or seconds would be 60 or more."""
    values = np.asarray(values, dtype=np.float64)
    if packing in ("e6", "e7"):
        return values / float(f"1{packing}")
    if packing in ("dm", "dms"):
        size = np.abs(values)
        # either way whole minutes and their remainder: minutes with decimals, or minutes followed by seconds
        whole, seconds = (size, np.zeros_like(size)) if packing == "dm" else (np.floor(size / 100.0), size % 100.0)
        minutes = whole % 100.0
        degrees = np.floor(whole / 100.0) + minutes / 60.0 + seconds / 3600.0
        return np.where((minutes < 60.0) & (seconds < 60.0), np.copysign(degrees, values), np.nan)
    return values


def _levels(places: gpd.GeoDataFrame) -> list[str]:
    """Return the levels that places have, from coarse to fine."""
    present = set(places["level"])
    return [level.value for level in LEVELS if level.value in present]


def _level_like(places: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Return the level whose number of places is most like `count`: its borders are drawn as finely."""
    counts = places["level"].value_counts()
    level = min(_levels(places), key=lambda each: abs(math.log(counts[each] / max(count, 1))))
    return places[places["level"] == level]


@lru_cache(maxsize=1)
def _outlines() -> gpd.GeoDataFrame:
    features = json.loads(_OUTLINES.read_text("utf-8"))
    return gpd.GeoDataFrame.from_features(features, crs=LONLAT_CRS).assign(level=PlaceLevel.DISTRICT.value)


def _borders(shapes: Lines) -> Lines:
    """Return every ring and line of shapes; collections are opened, points have no border."""
    parts = shapely.get_parts(shapely.get_parts(shapely.force_2d(shapes)))
    rings = shapely.get_rings(parts)
    kind = shapely.get_type_id(parts)
    lines = parts[(kind == shapely.GeometryType.LINESTRING) | (kind == shapely.GeometryType.LINEARRING)]
    return np.concatenate([rings, lines])


def _moved(shapes: Lines, reading: Reading) -> Lines:
    """Read shapes in a way; those with a vertex nowhere on earth become None."""
    moved = shapely.transform(
        shapely.force_2d(shapes), lambda vertices: np.column_stack(reading.to_lonlat(vertices[:, 0], vertices[:, 1]))
    )
    vertices, owner = shapely.get_coordinates(moved, return_index=True)
    moved[np.unique(owner[~np.isfinite(vertices).all(axis=1)])] = None
    return moved


def _along(lines: Lines) -> Degrees:
    """Return points [m] every 25 m along lines, fewer where that would be too many."""
    step = max(_STEP_M / _EARTH_M_PER_DEG, _length_deg(lines) / _MOST_BORDER)
    points = shapely.get_coordinates(shapely.segmentize(lines, step))
    points = points[:: _stride(len(points), 2 * _MOST_BORDER)]
    return _metres(points[:, 0], points[:, 1])


def _length_deg(lines: Lines) -> float:
    return float(np.nansum(shapely.length(lines)))


def _metres(lon: Degrees, lat: Degrees) -> Degrees:
    """Return positions on a globe [m], shape (n, 3): straight distances, anywhere, right to half a percent."""
    phi, theta = np.radians(lat), np.radians(lon)
    ring = np.cos(phi)
    return _RADIUS_M * np.column_stack([ring * np.cos(theta), ring * np.sin(theta), np.sin(phi)])


def _apart_m(one: _Trial, other: _Trial) -> float:
    """Return how far two trials leave the same points from each other [m], in the median."""
    return float(np.nanmedian(np.linalg.norm(one.metres - other.metres, axis=1)))


def _ordered(candidates: Sequence[Candidate], best: int) -> tuple[Candidate, ...]:
    """Return the best first, then by fit, then by the share inside."""
    rest = [each for number, each in enumerate(candidates) if number != best]
    return candidates[best], *sorted(rest, key=lambda each: (_known_or(each.fit_m), -_known_or(each.inside)))


def _known_or(value: float, otherwise: float = 0.0) -> float:
    return otherwise if math.isnan(value) else value


def _rounded(value: float, digits: int) -> float | None:
    return None if math.isnan(value) else round(value, digits)
