"""A journey through classes and circles: keep a class, draw others, see counts, and nothing moves the map."""

from __future__ import annotations

import pytest

from tests.browser.page import AtlasPage

pytestmark = pytest.mark.browser


def test_classes_are_kept_redrawn_and_counted_as_circles(atlas: AtlasPage) -> None:
    atlas.open("?measure=rate&level=street")
    fills = "pingan.places.scene().layers.map((layer) => layer.options.fillColor)"
    before = atlas.page.evaluate(fills)
    atlas.page.locator(".legend .classes a.class").nth(2).click()
    atlas.wait_for(f"new Set({fills}).size === 2")
    kept = atlas.page.evaluate(fills)
    classes = atlas.state()["classes"]
    assert [a == b for a, b in zip(before, kept, strict=True)] == [kind == 2 for kind in classes]
    assert atlas.query["classes"] == "2"
    atlas.page.go_back()
    atlas.wait_for(f"new Set({fills}).size > 2")

    atlas.page.locator(".schemes summary").click()
    where = atlas.state()["center"], atlas.state()["zoom"]
    atlas.page.locator('.schemes a[href*="scheme=jenks-5"]').click()
    atlas.wait_for("document.querySelector('.schemes a.on')?.href.includes('jenks')")
    assert "自然断点 5 级" in atlas.text(".chips")
    field = atlas.page.locator(".own-breaks input")
    field.fill("90, 20")
    field.press("Enter")
    assert field.get_attribute("aria-invalid") == "true"
    field.fill("20, 90")
    field.press("Enter")
    atlas.wait_for("document.querySelectorAll('.legend .classes a.class').length === 3")
    assert atlas.query["scheme"] == "manual:20,90"

    atlas.page.locator('.compare a[href*="measure=count"]').click()
    atlas.wait_for("(pingan.places.scene().circled || 0) > 0 && !pingan.state().pending")
    assert set(atlas.page.evaluate(fills)) <= {"#fbfaf7", "url(#pingan-hatch)"}
    assert atlas.state()["zoom"] == where[1], "the map never jumps"
    assert atlas.state()["center"] == pytest.approx(where[0], abs=0.002)
    assert atlas.complaints == []
