"""The compiled loops and the general ways give the same answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.mapping import Mapping
from tests.geodata.test_validate import CHINESE, GOOD, cells, checked, use


def agree(rows, mapping):
    found = []
    for way in ("general", "compiled"):
        with pytest.MonkeyPatch.context() as patch:
            use(patch, way)
            found.append(checked(rows, mapping, [*GOOD, "备注"][: len(rows[0]) if rows else 6]))
    assert str(found[0].checked.incidents.to_pylist()) == str(found[1].checked.incidents.to_pylist())
    assert found[0].set_aside.equals(found[1].set_aside)


written = st.one_of(
    cells,
    st.from_regex(
        r"[ ]?(19|20)[0-9]{2}[-/.][0-9]{1,2}[-/][0-9]{1,2}"
        r"([ T][0-9]{1,2}:[0-9]{1,2}(:[0-9]{2}([.][0-9]{1,3})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
    ),
    st.from_regex(r"[+-]?[0-9]{0,4}[.]?[0-9]{0,18}"),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(*[written] * (len(GOOD) + 1)), max_size=6))
def test_the_compiled_loops_and_the_general_ways_agree(rows):
    agree(rows, CHINESE)


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from(["%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y", "%Y年%m月", "%H:%M %Y-%m-%d", "%Y-%d-%m"]),
    st.lists(
        st.from_regex(r"[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}( [0-9]{1,2}:[0-9]{2}:[0-9]{2} ?([APap][Mm])?)?")
        | st.from_regex(r"(19|20)[0-9]{2}[-年][0-9]{1,2}[-月]([0-9]{1,2})?")
        | st.from_regex(r"[0-9]{1,2}:[0-9]{2} (19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}"),
        max_size=6,
    ),
)
def test_the_compiled_loop_reads_a_format_as_the_general_way_does(time_format, texts):
    agree([["A", text, "113", "22", "x"] for text in texts], Mapping("m", CHINESE.columns, time_format=time_format))
