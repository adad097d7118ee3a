"""The data page as its own scripts use it: uploads, events, and waiting for the child processes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from geodata.settings import Settings
from geodata.store import Store
from layers.data import ids
from tests.callbacks import body_of, envelope, output_with
from tests.layers import components, plain, said

CALL = "/data/_dash-update-component"
OURS = {"X-Pingan-Request": "1", "Origin": "http://localhost"}
PATIENCE_S = 60.0


class Desk:
    """One browser window on the data page of a city folder."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        self.store = Store(folder)
        server = create_app(Settings(city=folder, **settings)).server
        self.page: Dash = server.config["PAGES"]["/data/"]
        self.client: FlaskClient = server.test_client()
        self.state: dict[str, Any] | None = None
        self.version = ""
        self.told = 0

    # --- uploading ---

    def post(self, content: Any, *, name: str = "a.csv", headers: Any = None, **more: Any) -> TestResponse:
        """Send a file as the page does."""
        query = {"name": name, **more.pop("query", {})}
        return self.client.post("/data/upload", query_string=query, data=content, headers=headers or OURS, **more)

    def upload(self, content: bytes, name: str = "a.csv") -> str:
        """Send a whole file; return its token."""
        answer = self.post(content, name=name, query={"size": str(len(content))})
        assert answer.status_code == 200, answer.text
        return str(answer.get_json()["token"])

    def incoming(self) -> list[str]:
        """Return what lies in the folder of files on their way in."""
        folder = self.folder / "incoming"
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []

    # --- events ---

    def event(self, **event: Any) -> TestResponse:
        """Tell an event; return the raw answer."""
        self.told += 1
        body = envelope(self.page, output_with(self.page, ids.STEP), {**event, "n": self.told}, state=(self.state,))
        return self.client.post(CALL, json=body)

    def tell(self, **event: Any) -> None:
        """Tell an event and wait until no job is under way."""
        self._take(self.event(**event))
        end = time.monotonic() + PATIENCE_S
        while self.state and self.state.get("job") and time.monotonic() < end:
            job = self.client.get(f"/data/jobs/{self.state['job']}").get_json()
            if job["state"] != "running":
                self._take(self.event(kind="job", token=self.state["token"]))
            else:
                time.sleep(0.05)
        assert not (self.state and self.state.get("job")), "the job did not end"

    def _take(self, answer: TestResponse) -> None:
        assert answer.status_code == 200, answer.text
        response = json.loads(body_of(answer))["response"]
        if ids.STEP in response:
            self.state = response[ids.STEP]["data"]
        self.version = response.get(ids.VERSION, {}).get("data", self.version)

    # --- what is shown ---

    def part(self, part: str, search: str = "") -> Any:
        """Return what a part of the page shows for a link, as plain data."""
        output = output_with(self.page, f"{part}.children")
        given = (self.state, search) if part == ids.WIZARD else (search, self.version)
        answer = self.client.post(CALL, json=envelope(self.page, output, *given))
        assert answer.status_code == 200, answer.text
        return json.loads(body_of(answer))["response"][part]["children"]

    def panel(self, lang: str = "zh") -> str:
        """Return the texts of the import's panel."""
        return said(self.part(ids.WIZARD, "?lang=en" if lang == "en" else ""))

    # --- whole ways ---

    def bring_in(self, content: bytes, source: str, *, name: str = "a.csv", **chosen: Any) -> int:
        """Upload, look, check and publish a file whose columns have usual names; return its batch."""
        self.tell(kind="open")
        self.tell(kind="inspect", token=self.upload(content, name), source=source)
        self.check(**chosen)
        self.tell(kind="publish")
        return self.store.batches()[-1].id

    def check(self, **chosen: Any) -> None:
        """Check with the columns that the form proposes, and some others."""
        form = fields(self.part(ids.WIZARD))
        self.tell(kind="check", **{**form, **chosen})


def rows_of(part: Any) -> list[list[Any]]:
    """Return the cells of the rows that a part shows."""
    (table,) = [c["props"]["data-rows"] for c in components(plain(part)) if "data-rows" in c["props"]]
    return [row["cells"] for row in json.loads(table)["rows"]]


def fields(part: Any) -> dict[str, str]:
    """Return what the fields of a form hold, by name: as the page's script reads them."""
    found: dict[str, str] = {}
    nodes = [part]
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, list):
            nodes = node + nodes
        elif isinstance(node, dict):
            props = node.get("props", {})
            if node.get("type") == "Select":
                given = json.loads(props["data-options"])
                values = [value for value, _ in given["options"]]
                found[props["name"]] = given["value"] if given["value"] in values else values[0]
            elif node.get("type") == "Input" and "name" in props:
                found[props["name"]] = props.get("value", "")
            nodes = [props.get("children"), *nodes]
    return found
