"""The page's parts: every id that a callback names is there, and every id that is there is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import Dash

from callbacks.map_page import MAP_OUTPUTS, PANEL_OUTPUTS
from geodata.city import CityData
from layers import ids
from layers.pages.map import page
from tests.callbacks import app_of
from tests.layers import components, odd_views, plain, rendered

ROOT = Path(__file__).resolve().parents[2]
ALL_IDS = {name: value for name, value in vars(ids).items() if name.isupper()}


def page_ids(part: Any) -> dict[str, dict[str, Any]]:
    return {c["props"]["id"]: c for c in components(plain(part)) if c["props"].get("id")}


def test_every_part_that_a_callback_reads_or_writes_is_on_the_page(demo_folder: Path) -> None:
    app: Dash = app_of(demo_folder)
    there = page_ids(page())
    assert app.callback_map
    for output, made in app.callback_map.items():
        names = [tuple(name.rsplit(".", 1)) for name in output.strip(".").split("...")]
        names += [(part["id"], part["property"]) for part in (*made["inputs"], *made["state"])]
        for part, _ in names:
            assert part in there, f"{output} names {part}"


def test_every_property_that_a_callback_names_exists(demo_folder: Path) -> None:
    there = page_ids(page())
    modules = {"dash_core_components": dash.dcc, "dash_html_components": dash.html}
    for output, made in app_of(demo_folder).callback_map.items():
        names = [tuple(name.rsplit(".", 1)) for name in output.strip(".").split("...")]
        names += [(part["id"], part["property"]) for part in (*made["inputs"], *made["state"])]
        for part, prop in names:
            component = there[part]
            kind = getattr(modules[component["namespace"]], component["type"])
            taken = [name.replace("data-*", "data-drawn") for name in kind(id="x")._prop_names]
            assert prop in taken, f"{part}.{prop}"


def test_every_part_that_is_filled_is_on_the_page(demo_city: CityData) -> None:
    there = page_ids(page())
    for part in (*MAP_OUTPUTS, *PANEL_OUTPUTS):
        assert part in there


def test_every_id_is_used(demo_city: CityData) -> None:
    used = set(page_ids(page()))
    for view in odd_views(demo_city).values():
        used |= set(page_ids(list(rendered(view, demo_city).values())))
    assert set(ALL_IDS.values()) - used == set()


def test_every_id_of_the_page_has_a_name(demo_city: CityData) -> None:
    used = set(page_ids(page())) - {"app"}
    for view in odd_views(demo_city).values():
        used |= set(page_ids(list(rendered(view, demo_city).values())))
    assert used - set(ALL_IDS.values()) == set()


def test_ids_are_distinct() -> None:
    assert len(set(ALL_IDS.values())) == len(ALL_IDS)


def test_no_id_is_written_twice_in_the_code() -> None:
    for path in [*(ROOT / "layers").rglob("*.py"), *(ROOT / "callbacks").rglob("*.py")]:
        if path.name == "ids.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "id" and isinstance(node.value, ast.Constant):
                assert node.value.value == "app", path


def test_the_scripts_name_only_parts_that_exist() -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "js").glob("*.js"))
    named = set(re.findall(r"""(?:getElementById\(|set_props\()\s*["']([\w-]+)["']""", scripts))
    there = set(ALL_IDS.values()) | {"app", "react-entry-point"}
    made_by_scripts = set(re.findall(r"""\.id\s*=\s*["']([\w-]+)["']""", scripts))
    assert named - there - made_by_scripts == set()


@pytest.mark.parametrize("name", ["paint", "applyDocument"])
def test_the_functions_that_run_in_the_browser_are_there(name: str) -> None:
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "js").glob("*.js"))
    assert re.search(rf"\b{name}\b\s*[:=(,}}]", scripts)


def test_every_function_that_a_callback_calls_in_the_browser_is_tested_above(demo_folder: Path) -> None:
    called = {
        each["clientside_function"]["function_name"]
        for each in app_of(demo_folder)._callback_list
        if each.get("clientside_function")
    }
    assert called == {"paint", "applyDocument"}
