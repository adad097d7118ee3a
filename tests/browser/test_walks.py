"""Random walks: whatever is clicked, map, texts, numbers and address agree; without chips all is as at first."""

from __future__ import annotations

import random

import pytest

from geodata.city import CityData
from tests.browser.page import AtlasPage
from tests.browser.walker import Walker, walk, watch

pytestmark = pytest.mark.browser


def test_random_walks_end_where_the_address_says_and_lead_home(atlas: AtlasPage, demo_city: CityData) -> None:
    watch(atlas.page)
    atlas.open()
    first = atlas.state()
    for seed in (1, 2):
        walker = Walker(atlas, demo_city, random.Random(seed), pages=False)  # noqa: S311 - no secret
        assert walk(walker, first, steps=4) == [], walker.done
