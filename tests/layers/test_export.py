"""A view as a table: what the page shows, in words of its language, and links to it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from dash import html

from geodata.city import CityData
from layers.export import FORMATS, INCIDENT_FORMATS, export_links, part_of, place_table, slug, title
from layers.maps.values import map_values
from layers.pictures.picture import parse_picture
from layers.text import text
from layers.view import default_view, parse_view


def links(menu: html.Details) -> list[html.A]:
    return [part for row in menu.children[1].children for part in row.children if isinstance(part, html.A)]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_menu_leads_to_every_file_of_the_view(demo_city: CityData, lang: str) -> None:
    view = parse_view(f"?level=street&sub=fire&hours=18-24&rows=2&lang={lang}", demo_city)
    found = links(export_links(view))
    ends = [link.href.partition("?")[0].removeprefix("/export/") for link in found]
    pictures = ["picture.png", "picture.svg", "picture.png", "picture.png", "picture.png"]
    assert ends == [*FORMATS, *INCIDENT_FORMATS, *pictures]
    for link, end in zip(found, ends, strict=True):
        read = parse_view if not end.startswith("picture") else lambda query, city: parse_picture(query, city).view
        assert read(link.href.partition("?")[2], demo_city) == view.but(rows=0)


def test_where_no_hours_are_known_none_are_drawn(demo_city: CityData) -> None:
    found = [link.href for link in links(export_links(default_view(demo_city), hours=False))]
    assert not any("chart=hours" in href for href in found)


def test_pictures_for_publication_are_offered_where_maps_are_reviewed_and_refused_in_words_elsewhere(
    demo_city: CityData,
) -> None:
    view = default_view(demo_city)
    refused, offered = (export_links(view, reviewed=reviewed) for reviewed in (False, True))
    assert "review" in text("en", "export_not_public")
    assert text("zh", "export_not_public") in str(refused)
    assert text("zh", "export_not_public") not in str(offered)
    wanted = [
        parse_picture(link.href.partition("?")[2], demo_city) for link in links(offered) if "picture" in link.href
    ]
    internal, public = wanted[: len(wanted) // 2], wanted[len(wanted) // 2 :]
    assert [replace(each, public=True) for each in internal] == public
    assert not any("public" in link.href for link in links(refused))


def test_facts_tell_what_the_numbers_rest_on(demo_city: CityData) -> None:
    made = place_table(parse_view("?level=street&lang=en&hours=18-24&days=off", demo_city), demo_city)
    told = dict(made.facts)
    assert told["Period"].startswith("Oct 2026")
    assert told["Filters"] == "18:00–24:00, Weekends and holidays"
    assert told["Data version"] == demo_city.data_version
    assert made.simulated
    assert "Method" not in told  # what is filtered has no score
    assert not re.search(r"[\u4e00-\u9fff]", " ".join([*told, made.title, *(column.name for column in made.columns)]))


def test_supposed_weights_are_said(demo_city: CityData) -> None:
    official, supposed = (
        dict(place_table(parse_view(query, demo_city), demo_city).facts) for query in ("", "?weights=fire:0.5")
    )
    assert len(supposed) == len(official) + 1


def test_a_part_of_a_table_is_that_part_of_it(demo_city: CityData) -> None:
    view = parse_view("?level=street", demo_city)
    whole, part = place_table(view, demo_city), place_table(view, demo_city, slice(5, 9))
    assert part.records() == whole.records()[5:9]
    assert part.closing == whole.closing
    values = map_values(view, demo_city)
    assert part_of(values, slice(5, 9)).counted.total != values.counted.total
    assert part_of(values, slice(None)) is values


def test_a_finest_place_is_told_among_its_siblings(demo_city: CityData) -> None:
    finest = demo_city.place(int(demo_city.members(demo_city.levels[-1], demo_city.city)[0]))
    made = place_table(default_view(demo_city).but(place=finest.token), demo_city)
    assert finest.token in made.column("token").values
    assert dict(made.facts)["范围"] == demo_city.lineage(finest)[-2].name


def test_expected_and_observed_are_those_of_what_is_shown(demo_city: CityData) -> None:
    every, fire = (place_table(parse_view(f"?level=street{more}", demo_city), demo_city) for more in ("", "&sub=fire"))
    assert all(a >= b for a, b in zip(every.column("expected").values, fire.column("expected").values, strict=True))
    one = place_table(parse_view("?level=street&type=street_vending", demo_city), demo_city)
    assert "expected" not in [column.key for column in one.columns]


def test_names_of_files_are_plain(demo_city: CityData) -> None:
    view = default_view(demo_city).but(place="street:440402006")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", slug(view))
    assert "2026年10月" in title(default_view(demo_city), demo_city)
