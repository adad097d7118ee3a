"""How the map page looks: no legend on the land, one frame for all levels, no line that ends within a number."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser
PLACES_WITHIN = """(part) => {
    const box = document.querySelector(part).getBoundingClientRect();
    const onLand = (each) => each.closest(".leaflet-pingan-places-pane path");
    let found = 0;
    for (let x = box.left + 2; x < box.right; x += 8) {
        for (let y = box.top + 2; y < box.bottom; y += 8) {
            if (document.elementsFromPoint(x, y).some(onLand)) found += 1;
        }
    }
    return found;
}"""
DRAWN = """(parts) => {
    const host = document.createElement("p");
    host.dataset.drawn = JSON.stringify(parts);
    document.body.append(host);
    pingan.drawParts();
    const found = [host.textContent, ...[...host.querySelectorAll(".unbroken")].map((each) => each.textContent)];
    host.remove();
    return found;
}"""


@pytest.mark.parametrize("search", ["?level=street&measure=rate", "?place=440402&measure=rate&theme=projector"])
def test_the_legend_of_rates_hides_no_place(atlas: AtlasPage, search: str) -> None:
    atlas.page.set_viewport_size(
        {"width": 1920, "height": 1080} if "projector" in search else {"width": 1440, "height": 900}
    )
    atlas.open(search)
    atlas.wait_for("!!document.querySelector('#legend h2')")
    assert atlas.page.evaluate(PLACES_WITHIN, "#map") > 100
    assert atlas.page.evaluate(PLACES_WITHIN, "#legend") == 0
    assert not atlas.complaints


def test_the_city_stands_in_the_same_frame_at_every_level(atlas: AtlasPage) -> None:
    def frame(search: str) -> Any:
        atlas.open(search)
        state = atlas.state()
        return pytest.approx([*state["center"], state["zoom"]], abs=0.01)

    atlas.open()
    state = atlas.state()
    whole = [*state["center"], state["zoom"]]
    for search in ("?level=street", "?level=street&measure=rate", "?measure=count"):
        assert whole == frame(search), search


@pytest.mark.parametrize(
    ("words", "pieces"),
    [
        ("15\u2009577 件，前一时段 19\u2009360", ["15\u2009577", "19\u2009360"]),
        (
            "2026-03-05 to 2026-08-20: 1\u2009234.5 (33\u2009%)",
            ["2026-03-05", "2026-08-20", "1\u2009234.5", "33\u2009%"],
        ),
        ("1\u2009234", []),
        ("环比 +104", []),
    ],
)
def test_no_line_ends_within_a_number_or_a_date(atlas: AtlasPage, words: str, pieces: list[str]) -> None:
    atlas.open()
    assert atlas.page.evaluate(DRAWN, [words]) == [words, *pieces]
    assert atlas.page.evaluate(DRAWN, [["select", {}, ["option", {}, words]]]) == [words], "an option holds text alone"
