"""What the tests of the server share: one application a city folder, and calls as the page makes them."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from geodata.settings import Settings

CALL = "/_dash-update-component"
UNPACKED = {"Accept-Encoding": "identity"}


@functools.cache
def app_of(folder: Path) -> Dash:
    """Return the application on a city folder, made once."""
    return create_app(Settings(city=folder))


def client_of(folder: Path) -> FlaskClient:
    """Return a client of that application."""
    client: FlaskClient = app_of(folder).server.test_client()
    return client


def server_callbacks(app: Dash) -> list[str]:
    """Return the outputs of the callbacks that run on the server."""
    return [output for output, made in app.callback_map.items() if "callback" in made]


def output_with(app: Dash, part: str) -> str:
    """Return the output of the server's callback that writes a part."""
    return next(output for output in server_callbacks(app) if part in output)


def envelope(app: Dash, output: str, *values: Any, state: tuple[Any, ...] = ()) -> dict[str, Any]:
    """Return the body that the page sends to a callback, with the values of its inputs and states."""
    made = app.callback_map[output]
    names = output.removeprefix("..").removesuffix("..").split("...")
    outputs = [dict(zip(("id", "property"), name.rsplit(".", 1), strict=True)) for name in names]
    first = made["inputs"][0]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [{**part, "value": value} for part, value in zip(made["inputs"], values, strict=True)],
        "changedPropIds": [f"{first['id']}.{first['property']}"],
        "state": [{**part, "value": value} for part, value in zip(made["state"], state, strict=True)],
    }


def asked(client: FlaskClient, app: Dash, part: str, search: str) -> dict[str, Any]:
    """Return what the page gets for a link from the callback that writes a part."""
    answer = client.post(CALL, json=envelope(app, output_with(app, part), search))
    assert answer.status_code == 200, (search, answer.text)
    response: dict[str, Any] = json.loads(body_of(answer))["response"]
    return response


def body_of(answer: TestResponse) -> bytes:
    """Return an answer's body, unpacked."""
    return gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
