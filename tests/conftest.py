"""Cities for the tests: a small demo city, made once, and the real data where they lie beside the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from geodata import pipeline
from geodata.city import CityData, read_city
from geodata.store import Store

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a demo city of one year; tests must not change it."""
    folder = tmp_path_factory.mktemp("demo") / "city"
    pipeline.make_demo_city(Store(folder), years=1, seed=0)
    return folder


@pytest.fixture(scope="session")
def demo_city(demo_folder: Path) -> CityData:
    """Return that city."""
    return read_city(Store(demo_folder))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real boundaries and incidents, or skip."""
    if not REAL_DATA.is_dir():
        pytest.skip("real data are not beside the project")
    return REAL_DATA
