"""The application on the demo city, and a client of its server."""

from __future__ import annotations

from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient

from tests.callbacks import app_of, client_of


@pytest.fixture
def app(demo_folder: Path) -> Dash:
    return app_of(demo_folder)


@pytest.fixture
def client(demo_folder: Path) -> FlaskClient:
    return client_of(demo_folder)
