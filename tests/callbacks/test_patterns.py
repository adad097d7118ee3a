"""The pattern above the places as the server hands it out: by its own address, and as a card by its own callback."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from callbacks.application import ROOT
from callbacks.live import LiveCity
from geodata.store import Store
from layers import ids
from layers.view import LAYERS
from tests.callbacks import UNPACKED, app_of, asked, output_with, server_callbacks
from tests.layers import said

MOST_BYTES = 100_000


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_has_an_address_of_its_own(client: FlaskClient, layer: str) -> None:
    answer = client.get(f"/pattern?layer={layer}&place=440402", headers=UNPACKED)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert len(answer.data) <= MOST_BYTES
    assert answer.get_json()["layer"] == layer
    assert client.get(f"/pattern?layer={layer}&place=440402&v=abc", headers=UNPACKED).data == answer.data


def test_hot_spots_are_outlines_with_numbers(client: FlaskClient) -> None:
    drawn = client.get("/pattern?layer=hotspots").get_json()
    assert len(drawn["look"]) == len(drawn["shapes"]["shapes"]) > 0
    assert [words for _, _, words in drawn["marks"]] == [str(n) for n in range(1, len(drawn["marks"]) + 1)]


@pytest.mark.parametrize(
    "query", ["", "layer=", "layer=nonsense", "layer=hotspots&place=nonsense", "layer=density&place=%ff"]
)
def test_what_was_never_offered_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/pattern?{query}").status_code == 400


def test_the_card_comes_by_a_callback_of_its_own(demo_folder: Path, client: FlaskClient) -> None:
    app = app_of(demo_folder)
    both = output_with(app, f"{ids.PATTERN}.children")
    assert ids.PANEL not in both.replace("...", ".").split(".")
    assert sum(f"{ids.PATTERN}.children" in output for output in server_callbacks(app)) == 1
    parts = asked(client, app, f"{ids.PATTERN}.children", "?layer=density")
    assert "不作显著性检验" in said(parts[ids.PATTERN]["children"])
    assert "件/平方公里" in said(parts[ids.PATTERN_KEY]["children"])


def test_without_a_layer_card_and_legend_are_empty_as_the_page_knows_without_asking(
    demo_folder: Path, client: FlaskClient
) -> None:
    card = output_with(app_of(demo_folder), f"{ids.PATTERN}.children")
    assert f'const CARD = "{card}";' in (ROOT / "assets/js/network.js").read_text(encoding="utf-8")
    parts = asked(client, app_of(demo_folder), f"{ids.PATTERN}.children", "")
    assert parts[ids.PATTERN]["children"] == parts[ids.PATTERN_KEY]["children"] == []


def test_map_and_card_wait_for_each_other_by_layer(demo_folder: Path) -> None:
    live = LiveCity(Store(demo_folder))
    assert live.folder == demo_folder
    with live.asked("clusters"):
        assert live.asked("clusters").locked()
        assert not live.asked("hotspots").locked()
