"""A journey through the layers: choose hot spots, see them outlined, read who owns them, go back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from geodata.city import CityData
from geodata.spots.hotspots import hotspots
from layers.view import parse_view
from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser


def choose(atlas: AtlasPage, layer: str) -> None:
    """Click a layer's link and wait for its drawing and its card."""
    atlas.page.locator(f'.layers .choices a[href*="layer={layer}"]').click()
    atlas.wait_for(f"(pingan.state().pattern || {{}}).layer === '{layer}' && !pingan.state().pending")
    atlas.wait_for(f"document.querySelector('.pattern-card.{layer}') !== null")


def painted(atlas: AtlasPage) -> int:
    """Return how many points of the pattern's canvas are painted, once the frame that paints it is over."""
    count: int = atlas.page.evaluate(
        """async () => {
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const canvas = document.querySelector('.leaflet-pingan-pattern-pane canvas');
            if (!canvas || !canvas.width) return 0;
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let n = 0;
            for (let i = 3; i < data.length; i += 4) n += data[i] > 0;
            return n;
        }"""
    )
    return count


def test_hot_spots_are_chosen_drawn_and_told_and_the_way_back_leads_back(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open("?place=440402")
    where = atlas.state()["center"], atlas.state()["zoom"]
    assert atlas.state()["pattern"] is None
    choose(atlas, "hotspots")
    view = parse_view("?place=440402", demo_city)
    found = hotspots(demo_city, demo_city.find("440402"), view.period)
    assert found.hotspots, "the demo city has hot spots here"
    assert atlas.query["layer"] == "hotspots"
    assert atlas.state()["pattern"]["n"] == len(found.hotspots)
    assert "1" in atlas.state()["pattern"]["marks"]
    atlas.wait_for("document.querySelectorAll('.pattern-mark').length > 0")
    assert painted(atlas) > 0
    assert found.hotspots[0].owners[0].place.name in atlas.text(".pattern-card .owners")
    assert (atlas.state()["center"], atlas.state()["zoom"]) == where, "the map never jumps"

    choose(atlas, "density")
    assert atlas.page.locator(".pattern-picture").count() == 1
    assert atlas.page.locator(".pattern-mark").count() == 0

    atlas.page.go_back()
    atlas.wait_for("(pingan.state().pattern || {}).layer === 'hotspots'")
    atlas.wait_for("document.querySelector('.pattern-card.hotspots') !== null")
    atlas.page.go_back()
    atlas.wait_for("pingan.state().pattern === null && !document.querySelector('.pattern-card')")
    assert painted(atlas) == 0
    assert "layer" not in atlas.query


def test_a_layer_that_could_not_be_fetched_is_fetched_when_asked_again(atlas: AtlasPage) -> None:
    atlas.open("?place=440402")
    atlas.page.route("**/pattern?**", lambda route: route.abort())
    atlas.page.locator(".layers .choices a[href*='layer=hotspots']").click()
    atlas.page.locator(".layer-note button").wait_for()
    assert atlas.state()["pattern"] is None
    atlas.page.unroute("**/pattern?**")
    atlas.page.evaluate("document.querySelector('.layer-note button')?.click()")  # it may have mended itself by now
    atlas.wait_for("(pingan.state().pattern || {}).layer === 'hotspots'")
    assert atlas.page.locator(".layer-note").count() == 0
    atlas.complaints[:] = [each for each in atlas.complaints if "ERR_FAILED" not in each]


def test_a_layer_that_could_not_be_fetched_comes_by_itself(atlas: AtlasPage) -> None:
    failed: list[str] = []

    def fail_at_first(route: Route) -> None:
        if len(failed) < 5:  # more often than one question is asked again
            failed.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    atlas.page.route("**/pattern?**", fail_at_first)
    atlas.open("?place=440402&layer=hotspots")
    assert len(failed) == 5
    assert (atlas.state()["pattern"] or {})["layer"] == "hotspots"
    assert atlas.page.locator(".layer-note").count() == 0
    atlas.complaints[:] = [each for each in atlas.complaints if "ERR_FAILED" not in each]


def test_the_first_numbers_are_always_shown_and_none_covers_another(atlas: AtlasPage) -> None:
    atlas.open("")
    choose(atlas, "hotspots")
    atlas.wait_for("document.querySelectorAll('.pattern-mark').length > 0")
    marks = atlas.state()["pattern"]["marks"]
    assert marks[:5] == [str(n) for n in range(1, min(5, atlas.state()["pattern"]["n"]) + 1)]
    covered = atlas.page.evaluate(
        """() => {
            const found = '.leaflet-pingan-labels-pane .place-label, .pattern-mark';
            const all = [...document.querySelectorAll(found)].map((each) => each.getBoundingClientRect());
            const over = (a, b) => a.left < b.right - 1 && a.top < b.bottom - 1;
            const meet = (a, b) => over(a, b) && over(b, a);
            return all.filter((a, n) => all.some((b, k) => k > n && meet(a, b))).length;
        }"""
    )
    assert covered == 0


def test_the_table_of_classes_stays_in_its_card(atlas: AtlasPage) -> None:
    atlas.open("")
    choose(atlas, "emerging")
    room, need = atlas.page.evaluate(
        "(() => { const card = document.querySelector('.pattern-card'), table = card.querySelector('.classes');"
        " return [card.getBoundingClientRect().right, table.getBoundingClientRect().right]; })()"
    )
    assert need <= room - 8


def test_an_owner_leads_to_its_place_with_the_layer_kept(atlas: AtlasPage, demo_city: CityData) -> None:
    atlas.open("?layer=hotspots")
    atlas.wait_for("document.querySelector('.pattern-card .owners a') !== null")
    owner = atlas.text(".pattern-card .owners a")
    atlas.page.locator(".pattern-card .owners a").first.click()
    atlas.wait_for("new URLSearchParams(location.search).has('place')")
    place = atlas.query["place"]
    atlas.settled(place)
    assert demo_city.find(place).name == owner
    assert atlas.query["layer"] == "hotspots"
    atlas.wait_for("document.querySelector('.pattern-card.hotspots') !== null")
