"""What is measured, not counted: rates of things done, survey means, levels, benefits; by place, indicator and period.

Every kind comes down to two numbers that may be added up over places and days, a *numerator* and a *denominator*:
failures of cases (complement), shortfall from 100 times replies (survey), level times readings (level), benefits of
exposure times days (benefit). Their quotient in the base year is what is expected later.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from geodata.errors import InputFileError, SelectionError
from geodata.index.catalogue import Indicator, Method
from geodata.locate import NOWHERE, Index
from geodata.vocabulary import Period

Values = npt.NDArray[np.float64]
MEASURE_COLUMNS = ("place_id", "indicator", "start", "end", "n", "value")
"""Place ("" = the city), indicator, half-open span of local days, cases and what was measured of them."""
FILE_COLUMNS = ("place_id", "indicator", "period", "n", "value")
LEAST_COVERAGE = 0.5
"""Less of a period than this measured in a place is missing there."""
_EPOCH = dt.date(1970, 1, 1).toordinal()


def no_measures() -> pd.DataFrame:
    """Return an empty table of measurements."""
    return pd.DataFrame(
        {
            "place_id": pd.Series(dtype="str"),
            "indicator": pd.Series(dtype="str"),
            "start": pd.Series(dtype="datetime64[s]"),
            "end": pd.Series(dtype="datetime64[s]"),
            "n": pd.Series(dtype="float64"),
            "value": pd.Series(dtype="float64"),
        }
    )


def read_measures(table: pd.DataFrame, known_places: set[str], method: Method) -> pd.DataFrame:
    """Turn a file's text columns into measurements.

    Parameters
    ----------
    table
        Text columns place_id ("" or the word city = the city), indicator (id or name), period (2026-10-05, 2026-W41,
        2026-10, 2026-Q4, 2026), n, value. Of a complement n things were due and `value` of them done; of a survey n
        replied and `value` is their mean, 0 to 100; of a level `value` is the mean of n readings; of a benefit `value`
        is the number of acts and n says nothing.
    known_places
        Ids of the city's places.
    method
        Whose indicators they are.

    Returns
    -------
    pd.DataFrame
        ``MEASURE_COLUMNS``; the last of repeated rows counts.

    Raises
    ------
    InputFileError
        If a column is missing, or rows cannot be used: nothing is stored then.
    """
    if missing := [column for column in FILE_COLUMNS if column not in table.columns]:
        raise InputFileError(
            f"监测数据文件缺少“{missing[0]}”列；需要的列：{'、'.join(FILE_COLUMNS)}。",
            f"the file of measurements has no column {missing[0]!r}; it needs {', '.join(FILE_COLUMNS)}.",
        )
    words = {word.lower(): i for i in method.measured for word in (i.id, i.name, i.name_en)}
    texts = {column: table[column].astype("str").str.strip() for column in FILE_COLUMNS}
    chosen = [words.get(word.lower()) for word in texts["indicator"]]
    kind = np.array([indicator.kind if indicator else "" for indicator in chosen])
    periods = [_period(word) for word in texts["period"]]
    n, value = (pd.to_numeric(texts[column], errors="coerce").to_numpy(np.float64) for column in ("n", "value"))
    n = np.where(np.isnan(n) & (texts["n"] == "") & np.isin(kind, ("benefit", "level")), 1.0, n)
    place = texts["place_id"].where(texts["place_id"].str.lower() != "city", "")
    faults = {
        ("地点编号在边界中不存在", "place ids that the boundaries do not have"): ~place.isin(known_places | {""}),
        ("指标未知，或不是监测类指标", "indicators that are unknown, or are counted, not measured"): kind == "",
        ("周期无法识别", "unreadable periods"): np.array([period is None for period in periods]),
        ("n 或 value 不是非负数", "n or value that are no numbers >= 0"): ~(
            (n >= 0) & (value >= 0) & np.isfinite(n + value)
        ),
        ("完成数大于应办数", "more things done than were due"): (kind == "complement") & (value > n),
        ("满意度大于 100", "survey means above 100"): (kind == "survey") & (value > 100),
    }
    found = {words_: np.asarray(rows) for words_, rows in faults.items() if np.asarray(rows).any()}
    if found:
        zh = "；".join(f"{w[0]}（第 {_rows(rows)} 行）" for w, rows in found.items())
        en = "; ".join(f"{w[1]} (rows {_rows(rows)})" for w, rows in found.items())
        raise InputFileError(f"监测数据文件有误：{zh}。", f"the file of measurements is wrong: {en}.")
    measures = pd.DataFrame(
        {
            "place_id": place,
            "indicator": [indicator.id for indicator in chosen if indicator],
            "start": pd.to_datetime([period.start for period in periods if period]).astype("datetime64[s]"),
            "end": pd.to_datetime([period.end for period in periods if period]).astype("datetime64[s]"),
            "n": n,
            "value": value,
        }
    )
    return merged_measures(no_measures(), measures)


def merged_measures(earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Add measurements to earlier ones: the later of two rows of one place, indicator and period counts.

    Raises
    ------
    InputFileError
        If two rows of one place and indicator overlap without being the same period.
    """
    parts = [part for part in (earlier, later) if len(part)]
    if not parts:
        return no_measures()
    key = ["place_id", "indicator", "start", "end"]
    both = pd.concat(parts, ignore_index=True).drop_duplicates(key, keep="last").sort_values(key, ignore_index=True)
    before = both.groupby(["place_id", "indicator"])["end"].shift()
    if (overlap := (before > both["start"]).to_numpy()).any():
        row = both[overlap].iloc[0]
        where = f"{row['place_id'] or 'city'} {row['indicator']} {row['start']:%Y-%m-%d}"
        raise InputFileError(
            f"同一地点同一指标的周期互相重叠：{where}；请按同一种周期报送，或先撤销原有数据。",
            f"periods of one place and indicator overlap: {where}; deliver one kind of period, or undo first.",
        )
    return both[list(MEASURE_COLUMNS)]


def _period(word: str) -> Period | None:
    try:
        return Period.parse(word)
    except SelectionError:
        return None


def _rows(fault: npt.NDArray[np.bool_]) -> str:
    return ", ".join(str(row + 1) for row in np.flatnonzero(fault)[:5])


@dataclass(frozen=True)
class _Track:
    """One indicator over time: cumulative sums at day boundaries, by column (a place that measured, or holds one)."""

    edges: Values
    """Days since 1970-01-01 at which something begins or ends, ascending, shape (n_edges,)."""
    sums: Values
    """Numerator, denominator and days measured before each edge, shape (3, n_edges, n_columns)."""
    column: Index
    """Column of each place, ``NOWHERE`` where nothing was ever measured, shape (n_places + 1,); last the city."""

    def between(self, start: Values, end: Values, columns: Index) -> Values:
        """Return numerator, denominator and days measured in spans, in some columns, shape (3, n_spans, n)."""
        if len(columns) >= self.sums.shape[2]:  # each column once, not once a place
            return (self._at(end, self.sums) - self._at(start, self.sums))[:, :, columns]
        sums = self.sums[:, :, columns]
        return self._at(end, sums) - self._at(start, sums)

    def _at(self, day: Values, sums: Values) -> Values:
        here = np.minimum(np.maximum(day, self.edges[0]), self.edges[-1])
        k = np.minimum(np.maximum(self.edges.searchsorted(here, side="right") - 1, 0), len(self.edges) - 2)
        share = ((here - self.edges[k]) / (self.edges[k + 1] - self.edges[k]))[:, np.newaxis]
        return np.asarray(sums[:, k] * (1 - share) + sums[:, k + 1] * share)


@dataclass(frozen=True)
class MeasureIndex:
    """Everything measured, ready to be added up over places and days; a row is spread evenly over its days."""

    tracks: Mapping[str, _Track]
    """By indicator."""

    @classmethod
    def build(
        cls,
        measures: pd.DataFrame,
        indicators: Sequence[Indicator],
        place_ids: Sequence[str],
        parent: Index,
        exposure: Mapping[str, Values],
        years: Sequence[int],
    ) -> MeasureIndex:
        """Add up measurements from the finest places that have them to the city; a place's own row wins over its parts.

        Parameters
        ----------
        measures
            ``MEASURE_COLUMNS``.
        indicators
            The measured indicators of the method.
        place_ids
            Id of each place, coarse levels first.
        parent
            Row of the next coarser place of each place, ``NOWHERE`` at the top, shape (n_places,).
        exposure
            Exposure in units of the method by kind, shape (n_places, n_years); of the kinds that benefits are held
            against.
        years
            The years of `exposure`.
        """
        rows_of = pd.Series(np.arange(len(place_ids)), index=pd.Index(place_ids))
        rows_of = rows_of[~rows_of.index.duplicated()]
        tracks = {}
        for indicator in indicators:
            mine = measures[measures["indicator"] == indicator.id]
            row = mine["place_id"].map(rows_of).fillna(len(place_ids)).astype(int).to_numpy()
            row = np.where((row == len(place_ids)) & (mine["place_id"].to_numpy() != ""), NOWHERE, row)
            mine, row = mine[row != NOWHERE], row[row != NOWHERE]
            if len(mine):
                weight = None
                if indicator.kind == "benefit":
                    if indicator.exposure not in exposure:
                        continue
                    year = np.clip(mine["start"].dt.year.to_numpy() - years[0], 0, len(years) - 1)
                    table = exposure[indicator.exposure]
                    weight = np.vstack([table, np.nansum(table[parent == NOWHERE], axis=0)])[row, year]
                tracks[indicator.id] = _track(mine, indicator.kind, row, weight, parent)
        return cls(tracks)

    def between(
        self, indicator: str, spans: Sequence[tuple[dt.date, dt.date]], rows: Index | None
    ) -> tuple[Values, Values]:
        """Return what was measured of an indicator in places over half-open spans of days.

        Parameters
        ----------
        rows
            Places; None = the city as one.

        Returns
        -------
        numerator, denominator
            Shape (n_spans · n_rows,), span after span; the denominator is NaN where less than ``LEAST_COVERAGE`` was
            measured.
        """
        n = len(spans) * (1 if rows is None else len(rows))
        track = self.tracks.get(indicator)
        if track is None:
            return np.zeros(n), np.full(n, np.nan)
        column = track.column[[-1]] if rows is None else track.column[rows]
        first, last = _day_numbers([start for start, _ in spans]), _day_numbers([end for _, end in spans])
        numerator, denominator, days = track.between(first, last, column)
        least = LEAST_COVERAGE * (last - first)[:, np.newaxis]
        missing = (column == NOWHERE) | (days < least) | ~(denominator > 0)
        return np.where(missing, 0.0, numerator).ravel(), np.where(missing, np.nan, denominator).ravel()

    def base(self, start: dt.date, end: dt.date) -> dict[str, float]:
        """Return numerator / denominator of the city by indicator over a span; what was not measured is left out."""
        answer = {}
        for name, track in self.tracks.items():
            n, d, _ = track.between(_day_numbers([start]), _day_numbers([end]), track.column[[-1]])[:, 0, 0]
            if track.column[-1] != NOWHERE and d > 0 and n > 0:
                answer[name] = float(n / d)
        return answer


def _day_numbers(days: Sequence[dt.date]) -> Values:
    return np.array([day.toordinal() - _EPOCH for day in days], dtype=np.float64)


def _track(mine: pd.DataFrame, kind: str, row: npt.NDArray[np.intp], weight: Values | None, parent: Index) -> _Track:
    n_places = len(parent)
    start, end = (mine[name].to_numpy().astype("datetime64[D]").astype(np.float64) for name in ("start", "end"))
    edges = np.unique(np.concatenate([start, end]))
    up = np.append(np.where(parent == NOWHERE, n_places, parent), NOWHERE)  # the city is the last row
    chain = np.zeros(n_places + 1, dtype=np.bool_)
    above = np.unique(row)
    while len(above):
        chain[above] = True
        above = np.unique(up[above])
        above = above[(above != NOWHERE) & ~chain[np.where(above == NOWHERE, 0, above)]]
    used = np.flatnonzero(chain)
    column = np.full(n_places + 1, NOWHERE, dtype=np.int32)
    column[used] = np.arange(len(used))
    rates = np.full((3, len(edges) - 1, len(used)), np.nan)
    numbers = _numbers(mine, kind, weight) / (end - start)
    for k, (low, high) in enumerate(zip(np.searchsorted(edges, start), np.searchsorted(edges, end), strict=True)):
        rates[:2, low:high, column[row[k]]] = numbers[:, k, np.newaxis]
        rates[2, low:high, column[row[k]]] = 1.0
    _add_up(rates, column[up[used]], up[used] != NOWHERE)
    rates = np.nan_to_num(rates)
    sums = np.concatenate(
        [np.zeros((3, 1, len(used))), np.cumsum(rates * np.diff(edges)[np.newaxis, :, np.newaxis], axis=1)], axis=1
    )
    return _Track(edges, sums, column)


def _numbers(mine: pd.DataFrame, kind: str, weight: Values | None) -> Values:
    """Return numerator and denominator of each row, shape (2, n_rows)."""
    n, value = mine["n"].to_numpy(np.float64), mine["value"].to_numpy(np.float64)
    match kind:
        case "complement":
            return np.array([n - value, n])
        case "survey":
            return np.array([n * (100.0 - value), n])
        case "level":
            return np.array([n * value, n])
        case _:
            days = (mine["end"] - mine["start"]).dt.days.to_numpy(np.float64)
            return np.array([value, days * (weight if weight is not None else 0.0)])


def _add_up(rates: Values, parent: Index, has_parent: npt.NDArray[np.bool_]) -> None:
    """Fill the columns that have no rows of their own with the sums of their parts, finest first; in place.

    Columns stand in the order of places, coarse levels first and the city last: so the city is done at the end.
    """
    order = [*range(rates.shape[2] - 2, -1, -1), rates.shape[2] - 1]
    total, known = np.zeros(rates.shape), np.zeros(rates.shape[1:], dtype=np.bool_)
    for here in order:
        own = np.isfinite(rates[0, :, here])
        inherited = ~own & known[:, here]
        rates[:2, inherited, here] = total[:2, inherited, here]
        rates[2, inherited, here] = 1.0
        if has_parent[here]:
            there = own | inherited
            total[:, there, parent[here]] += rates[:, there, here]
            known[there, parent[here]] = True
