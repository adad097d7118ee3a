"""The small files beside this module: what is true of Zhuhai, and what was made up for it (see README.md here)."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from geodata.columns import LONLAT_CRS

HERE = Path(__file__).parent

METRIC_CRS = "EPSG:4547"
"""CGCS2000, 3-degree zone of 114° E: metres in Zhuhai."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Objects = NDArray[np.object_]
"""Texts or shapes."""


@dataclass(frozen=True)
class Facts:
    """Everything that is read and not drawn at random.

    Attributes
    ----------
    outlines
        The three districts, EPSG:4326, columns place_id and geometry, sorted by place_id.
    names
        Index place_id (6, 9 or 12 digits), columns name and name_en.
    census
        Index place_id of the districts, columns residents [persons] and households.
    seeds
        A row a point: place_id of a street or community, lon, lat [degrees], x, y [m], people_per_km2, reach_km.
    """

    outlines: gpd.GeoDataFrame
    names: pd.DataFrame
    census: pd.DataFrame
    seeds: pd.DataFrame

    @property
    def settlements(self) -> pd.DataFrame:
        """Return the seeds of streets: the centres that people live around."""
        return self.seeds[self.seeds["place_id"].str.len() == 9]

    @property
    def anchors(self) -> pd.DataFrame:
        """Return the seeds of communities whose position is known."""
        return self.seeds[self.seeds["place_id"].str.len() == 12]


def read_facts() -> Facts:
    """Read the outlines, names, census and seeds that the demo city starts from."""
    outlines = json.loads((HERE / "outlines.json").read_text("utf-8"))
    seeds = _read_csv("seeds.csv")
    x, y = to_metres(seeds["lon"].to_numpy(), seeds["lat"].to_numpy())
    return Facts(
        outlines=gpd.GeoDataFrame.from_features(outlines, crs=LONLAT_CRS)[["place_id", "geometry"]],
        names=_read_csv("places.csv").set_index("place_id"),
        census=_read_csv("census.csv").set_index("place_id"),
        seeds=seeds.assign(x=x, y=y),
    )


@dataclass(frozen=True)
class TypeHabits:
    """How one incident type behaves.

    Attributes
    ----------
    name, sub_index
        Ids of the method.
    source
        Who reports it.
    per_day
        City-wide mean [incidents a day].
    where
        What it is spread by: residents, households, firms, road or area.
    hours, week, season
        Rhythms of `read_rhythms`, shapes (24,), (7,) and (12,).
    holiday
        Factor on a statutory holiday.
    trend
        Relative change a year.
    """

    name: str
    sub_index: str
    source: str
    per_day: float
    where: str
    hours: Floats
    week: Floats
    season: Floats
    holiday: float
    trend: float


def read_types() -> dict[str, TypeHabits]:
    """Read the habits of every incident type, by its id."""
    rhythms, owner = _read_rhythms(), _sub_index_of_types()
    with (HERE / "types.csv").open(encoding="utf-8", newline="") as lines:
        return {
            row["type"]: TypeHabits(
                name=row["type"],
                sub_index=owner[row["type"]],
                source=row["source"],
                per_day=float(row["per_day"]),
                where=row["where"],
                **{kind: rhythms[kind][row[kind]] for kind in ("hours", "week", "season")},
                holiday=float(row["holiday"]),
                trend=float(row["trend"]),
            )
            for row in csv.DictReader(lines)
        }


def _read_rhythms() -> dict[str, dict[str, Floats]]:
    """Read the rhythms of a day (24), a week (7, from Monday) and a year (12), each scaled to mean 1."""
    rhythms = json.loads((HERE / "rhythms.json").read_text("utf-8"))
    return {
        kind: {name: np.array(values, float) / np.mean(values) for name, values in named.items()}
        for kind, named in rhythms.items()
    }


def to_metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Project degrees to metres of `METRIC_CRS`, easting first."""
    x, y = Transformer.from_crs(LONLAT_CRS, METRIC_CRS, always_xy=True).transform(lon, lat)
    return np.asarray(x, float), np.asarray(y, float)


def to_degrees(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn metres of `METRIC_CRS` back into degrees, longitude first."""
    lon, lat = Transformer.from_crs(METRIC_CRS, LONLAT_CRS, always_xy=True).transform(x, y)
    return np.asarray(lon, float), np.asarray(lat, float)


def _read_csv(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name, dtype={"place_id": str})


def _sub_index_of_types() -> dict[str, str]:
    catalogue = tomllib.loads((HERE.parent / "index" / "methods" / "3.0.toml").read_text("utf-8"))
    return {
        incident_type["id"]: sub_index["id"]
        for sub_index in catalogue["sub_index"]
        for indicator in sub_index["indicator"]
        for incident_type in indicator.get("types", [])
    }
