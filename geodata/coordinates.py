"""Coordinate systems: WGS-84, CGCS2000, the shifted GCJ-02 and BD-09, and any EPSG code; degrees in, degrees out.

GCJ-02 (高德, 腾讯) and BD-09 (百度) are WGS-84 moved by a smooth formula, about 600 m and 1.2 km in Zhuhai. They have
no EPSG code, so no library can be asked: forty lines here move whole arrays, forward by the formula, back by iteration.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from pyproj.exceptions import CRSError, ProjError

from geodata.columns import LONLAT_CRS
from geodata.errors import BoundaryError

Degrees = npt.NDArray[np.float64]
Shift = Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
_BD_TURNS = math.pi * 3000.0 / 180.0

# the shifts change by less than 6e-3 of a step, so from 0.01 degrees four rounds end below 1e-10
_ROUNDS = 4

# points moved at a time: what a formula needs in between then stays in the processor's cache
_BLOCK = 8192

# systems are used a little beyond their area, but not in another part of the world
_MARGIN = 10.0

_NAMED = {"wgs84": "wgs84", "cgcs2000": "cgcs2000", "gcj02": "gcj02", "bd09": "bd09", "crs84": "wgs84"}
_SAME_AS_EPSG = {"EPSG:4326": "wgs84", "EPSG:4490": "cgcs2000"}
_DEGREES_AS_THEY_ARE = ("wgs84", "cgcs2000")

# what makes PROJ open the file that a definition names: a grid, a geoid, or a chain of steps in its own language
_NAMES_A_FILE = re.compile(
    r"grids|parameter_?file|difference file|extension|geoid_?model|(?:proj|init|step)\s*=", re.IGNORECASE
)


@dataclass(frozen=True)
class CoordinateSystem:
    """A coordinate system by its code: ``wgs84``, ``cgcs2000``, ``gcj02``, ``bd09``, ``EPSG:n``, or a WKT definition.

    Build one with :meth:`parse` (a word that a person wrote) or :meth:`of_file` (what a file says of itself).
    CGCS2000 is taken as WGS-84: they differ by less than a metre.

    Examples
    --------
    >>> CoordinateSystem.parse("GCJ-02").code, CoordinateSystem.parse("epsg:4490").code
    ('gcj02', 'cgcs2000')
    """

    code: str

    @classmethod
    def parse(cls, text: str) -> CoordinateSystem:
        """Read a system from its name, in any case and with or without a hyphen, or from a WKT definition.

        Raises
        ------
        BoundaryError
            If the name is unknown, or the EPSG code is not one of positions on the ground.
        """
        name = unicodedata.normalize("NFKC", str(text)).strip().lower()
        if known := _NAMED.get(re.sub(r"[-_ ]", "", name)):
            return cls(known)
        if (found := re.fullmatch(r"epsg:+\s*([0-9]{4,6})", name)) and _is_horizontal(f"EPSG:{found[1]}"):
            code = f"EPSG:{found[1]}"
            return cls(_SAME_AS_EPSG.get(code, code))
        # a definition, as files without a code carry it
        if "[" in name and not names_a_file(str(text)) and _is_horizontal(str(text)):
            return cls(str(text))
        shown = str(text)[:40]
        raise BoundaryError(
            f"坐标系“{shown}”无法识别，请写 wgs84、cgcs2000、gcj02、bd09 或 EPSG 代码（如 EPSG:4547）。",
            f"Coordinate system {shown!r} is unknown: write wgs84, cgcs2000, gcj02, bd09 or a code such as EPSG:4547.",
        )

    @classmethod
    def of_file(cls, crs: pyproj.CRS) -> CoordinateSystem:
        """Return the system that a file carries, by its EPSG code where it has one and by its WKT where not.

        Raises
        ------
        BoundaryError
            If it can only be used with a further file that it names.
        """
        if crs.to_authority() == ("OGC", "CRS84"):
            return cls("wgs84")
        epsg = crs.to_epsg()
        code = f"EPSG:{epsg}" if epsg else crs.to_wkt()
        if names_a_file(code):
            raise BoundaryError(
                f"坐标系“{crs.name[:40]}”要用到别的文件，不予采用，请另行指定坐标系。",
                f"Coordinate system {crs.name[:40]!r} needs a further file, which is not opened: give another one.",
            )
        return cls(_SAME_AS_EPSG.get(code, code))

    @property
    def is_degrees(self) -> bool:
        """Return whether its coordinates are degrees of longitude and latitude."""
        return self.code in _NAMED.values() or bool(pyproj.CRS(self.code).is_geographic)

    def __str__(self) -> str:
        return self.code if len(self.code) < 20 else pyproj.CRS(self.code).name


def names_a_file(definition: str) -> bool:
    """Return whether a definition of a system may make PROJ open a file that it names."""
    return _NAMES_A_FILE.search(definition) is not None


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Move WGS-84 positions to GCJ-02, point by point.

    Parameters
    ----------
    lon, lat
        Positions [degrees, WGS-84], of one shape. NaN passes through; outside China nothing is moved.

    Returns
    -------
    tuple of np.ndarray
        Longitudes and latitudes [degrees, GCJ-02], of the same shape.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(np.array([113.55]), np.array([22.271]))
    >>> float(lon[0].round(6)), float(lat[0].round(6))
    (113.555092, 22.268025)
    """
    moved_lon, moved_lat = _copies(lon, lat)
    inside = _in_china(moved_lon, moved_lat)
    east, north = _gcj_shift(moved_lon[inside], moved_lat[inside])
    moved_lon[inside] += east
    moved_lat[inside] += north
    return moved_lon, moved_lat


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Move GCJ-02 positions [degrees] back to WGS-84, within 1e-9 degrees; NaN and what is outside China stay."""
    moved_lon, moved_lat = _copies(lon, lat)
    inside = _in_china(moved_lon, moved_lat)
    moved_lon[inside], moved_lat[inside] = _undo(_gcj_forward, moved_lon[inside], moved_lat[inside])
    return moved_lon, moved_lat


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Move GCJ-02 positions [degrees] to BD-09; what is not on earth passes through."""
    moved_lon, moved_lat = _copies(lon, lat)
    given = _on_earth(moved_lon, moved_lat)
    moved_lon[given], moved_lat[given] = _bd_forward(moved_lon[given], moved_lat[given])
    return moved_lon, moved_lat


def bd09_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Move BD-09 positions [degrees] back to GCJ-02, to within 1e-9 degrees; what is not on earth passes through."""
    moved_lon, moved_lat = _copies(lon, lat)
    given = _on_earth(moved_lon, moved_lat)
    moved_lon[given], moved_lat[given] = _undo(_bd_forward, moved_lon[given], moved_lat[given])
    return moved_lon, moved_lat


def to_lonlat(x: Degrees, y: Degrees, system: CoordinateSystem) -> tuple[Degrees, Degrees]:
    """Turn positions of any system into WGS-84 degrees.

    Parameters
    ----------
    x, y
        East and north, or longitude and latitude, in the units of `system`, of one shape; x always comes first.
    system
        Where they are given.

    Returns
    -------
    tuple of np.ndarray
        Longitudes and latitudes [degrees, WGS-84]; NaN where a coordinate is missing, not finite, or nowhere on earth.

    Raises
    ------
    BoundaryError
        If nobody knows how to get from `system` to degrees.
    """
    lon, lat = _copies(x, y)
    missing = ~(np.isfinite(lon) & np.isfinite(lat))
    if system.code == "bd09":
        lon, lat = gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    elif system.code == "gcj02":
        lon, lat = gcj02_to_wgs84(lon, lat)
    elif system.code not in _DEGREES_AS_THEY_ARE:
        try:
            lon, lat = _copies(*_transformer(system.code).transform(lon, lat))
        except ProjError as error:
            raise BoundaryError(
                f"坐标系 {system} 无法换算为经纬度，请另行指定坐标系。",
                f"Coordinate system {system} cannot be turned into degrees: give another one.",
            ) from error
    nowhere = missing | ~(np.isfinite(lon) & np.isfinite(lat))
    lon[nowhere], lat[nowhere] = np.nan, np.nan
    return lon, lat


def shapes_to_lonlat(geometries: gpd.GeoSeries, system: CoordinateSystem) -> gpd.GeoSeries:
    """Turn shapes of any system into flat shapes in EPSG:4326, vertex by vertex.

    Parameters
    ----------
    geometries
        Shapes in the units of `system`, shape (n,); the CRS that they carry is not looked at, heights are dropped.
    system
        Where they are given.

    Returns
    -------
    gpd.GeoSeries
        The shapes [degrees, EPSG:4326] on the same index; a missing shape stays missing.

    Raises
    ------
    BoundaryError
        If a vertex falls where `system` is not used, which means that it is not the file's.
    """
    flat = shapely.force_2d(geometries.to_numpy())

    def moved(vertices: Degrees) -> Degrees:
        return np.column_stack(to_lonlat(vertices[:, 0], vertices[:, 1], system))

    shapes = shapely.transform(flat, moved)
    vertices = shapely.get_coordinates(shapes)
    if not np.all(fits(vertices[:, 0], vertices[:, 1], system)):
        raise BoundaryError(
            f"按坐标系 {system} 读取时，有些边界点落在它的适用范围之外，请用 --crs 写明文件真正的坐标系。",
            f"Read as {system}, some boundary points lie far outside its area: give the file's true system with --crs.",
        )
    return gpd.GeoSeries(shapes, index=geometries.index, crs=LONLAT_CRS)


def metric_crs(lon: float, lat: float) -> str:
    """Name the plane system, in metres, for lengths and areas around a place.

    Zhuhai and its neighbours (112.5–115.5° E, 20–26° N) get EPSG:4547, the national CGCS2000 zone of 114° E; elsewhere
    it is the UTM zone of the longitude, and the polar system beyond 84° N and 80° S.

    Parameters
    ----------
    lon, lat
        The middle of the area [degrees, WGS-84].

    Returns
    -------
    str
        An EPSG code; scale is right within 0.1 % in the zone.

    Raises
    ------
    BoundaryError
        If the place is not on earth.

    Examples
    --------
    >>> metric_crs(113.55, 22.27), metric_crs(-87.63, 41.88), metric_crs(151.2, -33.9)
    ('EPSG:4547', 'EPSG:32616', 'EPSG:32756')
    """
    if not (abs(lon) <= 180.0 and abs(lat) <= 90.0):
        raise BoundaryError(
            f"经纬度（{lon}，{lat}）不在地球上，请检查边界的坐标系。",
            f"Longitude {lon} and latitude {lat} are not on earth: check the coordinate system of the boundaries.",
        )
    if 112.5 <= lon <= 115.5 and 20.0 <= lat <= 26.0:
        return "EPSG:4547"
    hemisphere = 32600 if lat >= 0 else 32700
    zone = 61 if lat > 84.0 or lat < -80.0 else min(int((lon + 180.0) // 6.0) + 1, 60)
    return f"EPSG:{hemisphere + zone}"


def fits(lon: Degrees, lat: Degrees, system: CoordinateSystem) -> npt.NDArray[np.bool_]:
    """Return which positions can come from a system: on earth, and within 10° of the area that it is made for.

    Parameters
    ----------
    lon, lat
        Positions after :func:`to_lonlat` [degrees, WGS-84], shape (n,); NaN does not fit.
    system
        The system that they were given in.

    Returns
    -------
    np.ndarray
        True where plausible, shape (n,).
    """
    west, south, east, north = _area_of_use(system.code)
    return _on_earth(lon, lat) & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


@lru_cache(maxsize=32)
def _transformer(code: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(code, LONLAT_CRS, always_xy=True)


@lru_cache(maxsize=32)
def _area_of_use(code: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north [degrees] with a margin; the whole earth if the system does not say."""
    area = None if code in _NAMED.values() else pyproj.CRS(code).area_of_use
    if area is None or area.west >= area.east:
        return -180.0, -90.0, 180.0, 90.0
    return area.west - _MARGIN, area.south - _MARGIN, area.east + _MARGIN, area.north + _MARGIN


def _is_horizontal(code: str) -> bool:
    try:
        crs = pyproj.CRS(code)
    except CRSError:
        return False
    return len(crs.axis_info) == 2 and (crs.is_geographic or crs.is_projected)


def _copies(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    return np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)


def _on_earth(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    on_earth: npt.NDArray[np.bool_] = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
    return on_earth


def _in_china(lon: Degrees, lat: Degrees) -> npt.NDArray[np.bool_]:
    west, south, east, north = _CHINA
    # NaN compares false, and so is never moved
    return (lon > west) & (lon < east) & (lat > south) & (lat < north)


def _gcj_shift(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Return how far GCJ-02 lies east and north of WGS-84 [degrees]."""
    x, y = lon - 105.0, lat - 35.0
    root, pi = np.sqrt(np.abs(x)), np.pi
    sine = np.sin(2.0 * pi * x)
    ripple = 80.0 * sine * (1.0 - sine * sine)  # is 20 sin 6πx + 20 sin 2πx, with one sine less
    east_waves = ripple + 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3.0)
    east_waves += 150.0 * np.sin(pi * x / 12.0) + 300.0 * np.sin(pi * x / 30.0)
    north_waves = ripple + 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3.0)
    north_waves += 160.0 * np.sin(pi * y / 12.0) + 320.0 * np.sin(pi * y / 30.0)
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + east_waves * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + north_waves * 2.0 / 3.0
    sine_squared = np.sin(np.radians(lat)) ** 2
    m = 1.0 - _ECCENTRICITY_SQUARED * sine_squared
    normal_m = _SEMI_MAJOR_M / np.sqrt(m)
    east = np.degrees(east_m / (normal_m * np.sqrt(1.0 - sine_squared)))
    north = np.degrees(north_m / (normal_m * (1.0 - _ECCENTRICITY_SQUARED) / m))
    return east, north


def _gcj_forward(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    east, north = _gcj_shift(lon, lat)
    return lon + east, lat + north


def _bd_forward(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_TURNS)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_TURNS)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _undo(forward: Shift, lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Find the points that `forward` moves to (lon, lat), by taking the shift of the last guess off the target."""
    found_lon, found_lat = lon.copy(), lat.copy()
    for start in range(0, len(lon), _BLOCK):
        block = slice(start, start + _BLOCK)
        guess_lon, guess_lat = found_lon[block], found_lat[block]  # views: what is moved here is moved there
        for _ in range(_ROUNDS):
            there_lon, there_lat = forward(guess_lon, guess_lat)
            guess_lon += lon[block] - there_lon
            guess_lat += lat[block] - there_lat
    return found_lon, found_lat
