"""Measure neighbours, Gi*, Moran's I, density and concentration beside libpysal and esda, and print one table.

``python -m tests.bench.patterns [--rows 125] [--columns 160] [--mean 0.5] [--permutations 999]``

Each pair is measured in one run, one after the other, on one thread; the best of three stands, of esda's permutations
the second, because the first compiles. That both find the same is said in the last column.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import geopandas as gpd
import libpysal
import numpy as np
import shapely
from esda import G_Local, Moran, Moran_Local

from geodata.patterns.concentration import concentration
from geodata.patterns.gi_star import Chance, gi_star
from geodata.patterns.kde import kernel_density
from geodata.patterns.local_moran import global_moran, local_moran
from geodata.patterns.neighbours import contiguity
from tests.bench import machine

SIDE_M = 250.0


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    for name, default in {"rows": 125, "columns": 160, "permutations": 999}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--mean", type=float, default=0.5)
    options = parser.parse_args()
    y, x = (each.ravel() * SIDE_M for each in np.mgrid[: options.rows, : options.columns])
    cells = gpd.GeoDataFrame(geometry=shapely.box(x, y, x + SIDE_M, y + SIDE_M), crs="EPSG:4547")
    counts = np.random.default_rng(0).poisson(options.mean, len(cells)).astype(float)
    print(f"{len(cells)} cells, {options.mean} incidents a cell, {machine()}, load {os.getloadavg()[0]:.1f}\n")
    print("| what | ours | libpysal, esda | theirs / ours | the same? |")
    print("|---|--:|--:|--:|---|")
    spatial(cells, counts, options.permutations)
    alone(x, y, counts)


def spatial(cells: gpd.GeoDataFrame, counts: np.ndarray, permutations: int) -> None:
    """Measure what libpysal and esda do too."""
    seconds, mesh = timed(partial(contiguity, cells))
    others, graph = timed(partial(libpysal.graph.Graph.build_contiguity, cells, rook=False))
    line("neighbours by contiguity", seconds, others, (graph.cardinalities.to_numpy() == mesh.cardinality).all())
    weights = graph.to_W()
    seconds, own = timed(partial(gi_star, counts, mesh, chance=Chance.NORMAL))
    others, known = timed(partial(G_Local, counts, weights, transform="B", star=True, permutations=0))
    line("Gi*, normal p-values and FDR", seconds, others, np.allclose(own.z, known.Zs))
    line("Gi*, exact p-values and FDR", timed(partial(gi_star, counts, mesh))[0])
    options: dict[str, Any] = {"permutations": permutations, "seed": 1}
    seconds, own = timed(partial(gi_star, counts, mesh, chance=Chance.CONDITIONAL, **options))
    esda = {**options, "n_jobs": 1, "keep_simulations": False}
    others, known = timed(partial(G_Local, counts, weights, transform="B", star=True, **esda), 2)
    # on the lower side esda does not count ties
    high = gi_star(counts, mesh, include_self=False, chance=Chance.NORMAL).z > 0.5
    off = np.abs(own.p - np.minimum(1, 2 * known.p_sim))[high].max()
    line(
        f"Gi*, {permutations} conditional permutations",
        seconds,
        others,
        f"p of high neighbours differ by {off:.3f} at most",
    )
    line("Gi*, 99,999 conditional permutations", timed(partial(gi_star, counts, mesh, chance=Chance.CONDITIONAL))[0])
    seconds, local = timed(partial(local_moran, counts, mesh, **options))
    others, known = timed(partial(Moran_Local, counts, weights, **esda), 2)
    same = np.allclose(local.i * (len(counts) - 1) / len(counts), known.Is)
    line(f"local Moran, {permutations} permutations", seconds, others, same)
    seconds, whole = timed(partial(global_moran, counts, mesh, permutations=permutations), 1)
    others, known = timed(partial(Moran, counts, weights, permutations=permutations), 1)
    line(f"global Moran, {permutations} permutations", seconds, others, np.isclose(whole.i, known.I))


def alone(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> None:
    """Measure what nobody else does."""
    bounds = (0.0, 0.0, float(x.max()), float(y.max()))
    for n in (20_000, 1_000_000):
        east, north = np.random.default_rng(1).uniform(0, 1, (2, n)) * np.array([[bounds[2]], [bounds[3]]])
        seconds, _ = timed(partial(kernel_density, east, north, bandwidth_m=250.0, cell_m=50.0, bounds=bounds))
        line(f"kernel density of {n:,} incidents, 50 m cells", seconds)
    line("concentration beside 199 simulations of chance", timed(partial(concentration, counts))[0])


def timed(work: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """Return the least time that some work takes [s], and what it returns."""
    least = np.inf
    for _ in range(times):
        began = time.perf_counter()
        found = work()
        least = min(least, time.perf_counter() - began)
    return least, found


def line(what: str, own: float, others: float | None = None, same: object = "") -> None:
    """Print a row of the table."""
    theirs = ["", ""] if others is None else [f"{others * 1000:.1f} ms", f"{others / own:.1f}"]
    print("| " + " | ".join([what, f"{own * 1000:.1f} ms", *theirs, str(same)]) + " |", flush=True)


if __name__ == "__main__":
    main()
