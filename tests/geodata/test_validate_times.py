"""The calendar of zones, whose answers for a million rows are those of one row at a time."""

# ruff: noqa: DTZ001 - what a time is without its zone is the question here
import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geodata.mapping import Mapping
from geodata.validate.times import DAY_US, on_calendar, read_clock

ZONES = [
    "Asia/Shanghai",
    "America/Chicago",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kolkata",
]
EPOCH = dt.datetime(1970, 1, 1)


def moments(texts, zone):
    return on_calendar(read_clock([pa.chunked_array([texts])]), Mapping("m", {}, time_zone=zone))


def expected(local, zone):
    """Return UTC and wall time as Python has them; a skipped time moves to the first that exists."""
    here = local.replace(tzinfo=ZoneInfo(zone))
    back = here.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if back == local:
        return here.astimezone(dt.UTC), local
    gap = here.replace(fold=0).utcoffset(), here.replace(fold=1).utcoffset()
    # the clock stood at the end of the gap when it had run to its begin
    utc = (local.replace(tzinfo=dt.UTC) - gap[0]).replace(tzinfo=dt.UTC)
    low, high = utc - dt.timedelta(hours=25), utc
    while high - low > dt.timedelta(seconds=1):
        middle = low + (high - low) // 2
        changed = middle.astimezone(ZoneInfo(zone)).utcoffset() == gap[1]
        low, high = (low, middle) if changed else (middle, high)
    utc = high.replace(microsecond=0)
    return utc, utc.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


times = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2099, 12, 31)).map(
    lambda time: time.replace(second=0, microsecond=0)
)


@settings(deadline=None, max_examples=200)
@given(times, st.sampled_from(ZONES))
@example(dt.datetime(2021, 3, 14, 2, 30), "America/Chicago")
@example(dt.datetime(2021, 11, 7, 1, 30), "America/Chicago")
@example(dt.datetime(2018, 11, 4, 0, 0), "America/Sao_Paulo")
@example(dt.datetime(2018, 2, 17, 23, 30), "America/Sao_Paulo")
@example(dt.datetime(1988, 7, 1, 12), "Asia/Shanghai")
@example(dt.datetime(1991, 9, 15, 1, 30), "Asia/Shanghai")
@example(dt.datetime(2022, 4, 3, 1, 45), "Australia/Lord_Howe")
def test_a_local_time_stands_where_the_clocks_of_its_zone_showed_it(local, zone):
    utc, wall = expected(local, zone)
    found = moments([f"{local:%Y-%m-%d %H:%M}"], zone)
    assert EPOCH + dt.timedelta(microseconds=int(found.at[0])) == utc.replace(tzinfo=None)
    assert (int(found.on[0]), int(found.hour[0])) == ((wall - EPOCH).days, wall.hour)


@settings(deadline=None, max_examples=200)
@given(times, st.sampled_from(ZONES))
@example(dt.datetime(2021, 3, 14, 8, 0), "America/Chicago")
@example(dt.datetime(2021, 11, 7, 7, 30), "America/Chicago")
def test_a_time_with_an_offset_has_the_local_day_and_hour(utc, zone):
    wall = utc.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    found = moments([f"{utc:%Y-%m-%dT%H:%MZ}"], zone)
    assert EPOCH + dt.timedelta(microseconds=int(found.at[0])) == utc
    assert (int(found.on[0]), int(found.hour[0])) == ((wall - EPOCH).days, wall.hour)


def test_many_rows_are_read_as_one_is():
    rng = np.random.default_rng(1)
    stamps = np.datetime64("2021-01-01", "m") + rng.integers(0, 525_600, 120_000).astype("timedelta64[m]")
    texts = [str(stamp).replace("T", " ") for stamp in stamps]
    many = moments(texts, "America/Chicago")
    for at in range(0, 120_000, 7919):
        one = moments([texts[at]], "America/Chicago")
        assert (many.at[at], many.on[at], many.hour[at]) == (one.at[0], one.on[0], one.hour[0])


def test_a_day_begins_at_its_local_midnight():
    found = moments(["2024-05-01"], "Asia/Shanghai")
    assert found.at[0] == int(found.on[0]) * DAY_US - 8 * 3600 * 1_000_000
