"""Rings of incidents in a real browser: they add up, open by key, tell what lies at one address, and recover."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route

from geodata.city import CityData
from geodata.written import THIN
from layers.points import hidden_types
from layers.view import parse_view
from tests.browser.page import AtlasPage
from tests.browser.test_journeys import path_to_a_cell

pytestmark = pytest.mark.browser
RINGS = "[...document.querySelectorAll('.incident-circle')]"
MOST_STEPS = 12


def number(written: str) -> int:
    found = re.search(rf"\d[\d{THIN}]*", written)
    assert found, written
    return int(found.group().replace(THIN, ""))


def shown(atlas: AtlasPage) -> tuple[list[int], int]:
    """Return the numbers in the rings, and how many dots there are."""
    numbers = atlas.page.evaluate(f"{RINGS}.map((e) => e.textContent)")
    return [number(text) for text in numbers], atlas.page.locator(".incident-dot").count()


def test_rings_add_up_open_by_key_and_tell_what_lies_at_one_address(atlas: AtlasPage, demo_city: CityData) -> None:
    place = path_to_a_cell(demo_city)[2]
    atlas.open(f"?place={place}&period=2026")
    atlas.wait_for(f"{RINGS}.length > 0")
    numbers, dots = shown(atlas)
    view = parse_view(f"?place={place}&period=2026", demo_city)
    rows = demo_city.index.selected(view.period.start, view.period.end, within=demo_city.find(place).within)
    assert sum(numbers) + dots == int((~hidden_types(demo_city)[demo_city.index.kind[rows]]).sum())
    assert number(atlas.text(".rings-key summary")) == sum(numbers) + dots
    parts = [number(text) for text in atlas.page.locator(".rings-key li .n").all_text_contents()]
    assert sum(parts) == sum(numbers) + dots
    arcs = f"{RINGS}.map((e) => [...e.querySelectorAll('[data-n]')].reduce((sum, a) => sum + Number(a.dataset.n), 0))"
    assert atlas.page.evaluate(arcs) == numbers
    assert atlas.page.evaluate("document.querySelectorAll('.leaflet-pingan-points-pane [tabindex=\"0\"]').length") == 1

    atlas.page.locator(".incident-circle[tabindex='0']").focus()
    zoom = atlas.state()["zoom"]
    for _ in range(MOST_STEPS):
        atlas.page.evaluate("document.activeElement.dataset.old = 1")
        atlas.key("Enter")
        atlas.wait_for("document.querySelector('.incident-box') || !document.querySelector('[data-old]')")
        if atlas.page.locator(".incident-box").count():
            break
        atlas.wait_for("document.activeElement.matches('.incident-circle, .incident-dot')")
    assert atlas.state()["zoom"] > zoom
    lines = [number(text) for text in atlas.page.locator(".incident-box li .n").all_text_contents()]
    heading = atlas.page.locator(".incident-box strong")
    assert sum(lines) == (number(heading.text_content() or "") if heading.count() else 0)
    atlas.key("Escape")
    assert atlas.page.locator(".incident-box").count() == 0
    assert atlas.query["place"] == place


def test_a_row_of_the_list_is_opened_on_the_map_and_the_list_is_sorted(atlas: AtlasPage, demo_city: CityData) -> None:
    place = path_to_a_cell(demo_city)[2]
    atlas.open(f"?place={place}&rows=1")
    atlas.page.locator(".incidents-card th a").nth(1).click()
    atlas.wait_for("document.querySelectorAll('.incidents-card th')[1].getAttribute('aria-sort') === 'ascending'")
    assert atlas.query["order"] == "type"
    link = atlas.page.locator(".incidents-card .to-map a[href*='#at=']").first
    target = link.get_attribute("href") or ""
    link.click()
    atlas.settled(parse_view(target.partition("#")[0][1:], demo_city).place)
    atlas.wait_for("document.querySelector('.incident-mark')")
    lat, lon = (float(part) for part in target.partition("#at=")[2].split(","))
    inside = f"pingan.places.scene().map.getBounds().contains([{lat}, {lon}])"
    assert atlas.page.evaluate(inside)
    atlas.page.locator(".crumbs a.crumb").last.click()
    atlas.settled(place)
    atlas.wait_for("!document.querySelector('.incident-mark')")


def test_incidents_that_did_not_load_say_so_and_come_with_a_click(atlas: AtlasPage, demo_city: CityData) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=404, body="{}")

    atlas.page.route("**/points?*", refuse)
    atlas.open(f"?place={path_to_a_cell(demo_city)[2]}")
    again = atlas.page.locator(".points-note button")
    again.wait_for()
    atlas.page.wait_for_timeout(2000)  # a map that still settles asks again by itself
    assert atlas.page.locator(".incident-circle").count() == 0
    atlas.page.unroute("**/points?*", refuse)
    again.click()
    atlas.wait_for(f"{RINGS}.length > 0")
    assert again.count() == 0
    atlas.complaints.clear()  # those that were asked for


def test_incidents_are_asked_for_until_they_come_and_the_map_is_not_at_rest_before(
    atlas: AtlasPage, demo_city: CityData
) -> None:
    held: list[Route] = []
    failed: list[str] = []

    def hold_then_fail(route: Route) -> None:
        if not failed:
            held.append(route)
        elif len(failed) < 4:  # more often than one question is asked again
            failed.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    atlas.page.route("**/points?*", hold_then_fail)
    atlas.page.goto(f"{atlas.address}/?place={path_to_a_cell(demo_city)[2]}")
    atlas.wait_for("document.querySelector('.headline') && pingan.state().key && pingan.state().pattern === null")
    atlas.page.wait_for_timeout(1000)  # all else is there
    assert atlas.state()["pending"]
    failed.append(held[-1].request.url)
    for route in held:
        route.abort()
    atlas.settled()
    assert len(failed) == 4
    assert atlas.page.evaluate(f"{RINGS}.length") > 0
    assert atlas.page.locator(".points-note").count() == 0
    atlas.complaints[:] = [each for each in atlas.complaints if "ERR_FAILED" not in each]
