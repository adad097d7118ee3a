"""Do the data look as they came about? Questions to a source about its own deliveries, never about a person.

Four patterns that chance does not explain: days without any incident of a kind, entries made long after the fact,
graver cases that turn into lighter ones, and a source that fell silent. A finding is a question, not a verdict: a new
form, a merger of offices or a holiday may answer it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from geodata.city import CityData
from geodata.counts import CountIndex
from geodata.index.catalogue import Indicator, Method
from geodata.index.expected import SILENT_EVENTS, day_classes, source_coverage
from geodata.store import Store
from geodata.vocabulary import TimePrecision

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FALSE_SHARE = 0.01
"""Share of findings of a kind that chance may make (Benjamini and Hochberg)."""
LATE_DAYS = 7
"""An entry received longer after the fact than this is late: the corrected version of the index is out by then."""
LEAST_LATE, LATE_FACTOR = 5, 2.0
"""Late entries of a month count as too many from this number, and from this multiple of the usual, on."""
RECENT_DAYS = 180
"""Grades of the last so many days are compared with those of the base year."""
LEAST_MOVED = 5.0
"""Cases more than expected in the lighter grade, at least."""
_CHUNK = 1 << 22
_EPOCH = np.datetime64("1970-01", "M")


class FindingKind(StrEnum):
    """What chance does not explain."""

    ZERO_DAYS = "zero_days"
    BACK_DATED = "back_dated"
    HEAPING = "heaping"
    SILENT = "silent"


@dataclass(frozen=True)
class Finding:
    """One question to a source."""

    kind: FindingKind
    source: str
    start: dt.date
    end: dt.date
    """Half-open span of local days."""
    observed: int
    """Incidents of the span: none of a kind (ZERO_DAYS, SILENT), those entered late (BACK_DATED), or those in the
    lighter grade (HEAPING)."""
    expected: float
    """As many of them as the source's own usual would bring."""
    p: float
    """Probability of this or more by chance."""
    indicator: str = ""
    """ZERO_DAYS, HEAPING: id of the indicator."""
    types: tuple[str, ...] = ()
    """HEAPING: the lighter and the graver type."""
    batch: int = 0
    """BACK_DATED: the import that brought most of them."""
    of: int = 0
    """BACK_DATED: incidents of the month; HEAPING: incidents of both grades."""


def audit_city(city: CityData, store: Store | None = None) -> list[Finding]:
    """Look for all patterns; the least likely first.

    Parameters
    ----------
    city
        The city.
    store
        Its folder, to read when incidents were received; None = entries made late are not looked for.
    """
    findings = [*silent_sources(city), *zero_days(city), *heaping(city)]
    if store is not None:
        findings += back_dated(store)
    return sorted(findings, key=lambda finding: (finding.p, -finding.expected, finding.source, finding.start))


# --- silence ---


@dataclass(frozen=True)
class QuietRun:
    """Days without any incident of a group."""

    group: int
    first: int
    """Position of the first of the days."""
    end: int
    """Position of the day after the last."""
    expected: float
    p: float
    """exp(−expected): what a Poisson count gives for none at all."""


def quiet_runs(counts: Counts, due: Values, *, false_share: float = FALSE_SHARE) -> list[QuietRun]:
    """Return the runs of empty days that are too long for chance.

    After every day with incidents comes a run of empty days, often of none; the chance that it brings as much
    expectation as it did is at most exp(−Σ due), so that all runs of all groups are one family of tests.

    Parameters
    ----------
    counts
        Incidents by group and day, shape (n_groups, n_days).
    due
        Incidents expected, same shape; 0 where nothing was to be delivered.
    false_share
        Share of chance among what is reported.
    """
    runs: list[QuietRun] = []
    n_tests = 0
    for group, (daily, expected) in enumerate(zip(counts, due, strict=True)):
        active = np.flatnonzero(daily)
        n_tests += len(active)
        before = np.concatenate([[0.0], np.cumsum(expected)])
        ends = np.append(active[1:], len(daily))
        total = before[ends] - before[active + 1] if len(active) else np.empty(0)
        runs += [
            QuietRun(group, int(active[k]) + 1, int(ends[k]), float(total[k]), float(np.exp(-total[k])))
            for k in np.flatnonzero(total > -np.log(false_share)).tolist()
        ]
    runs.sort(key=lambda run: run.p)
    kept = [k for k, run in enumerate(runs) if run.p * n_tests <= false_share * (k + 1)]
    return runs[: kept[-1] + 1] if kept else []


def zero_days(city: CityData) -> list[Finding]:
    """Find days on which a source that delivered had nothing of an indicator that it usually has."""
    index, method = city.index, city.method
    if index.span is None:
        return []
    first = index.span[0]
    n_days, n_indicators = (index.span[1] - first).days + 1, len(method.scored)
    sources = np.flatnonzero(_daily_sources(index))
    counts = _source_indicator_days(index, method)[sources].reshape(-1, n_days)
    covered = np.repeat(source_coverage(index)[sources], n_indicators, axis=0)
    usual = np.tile(_month_factors(city), (len(sources), 1)) * _class_means(counts, covered, _classes(city)) * covered
    total = (counts * covered).sum(axis=1, keepdims=True)
    due = np.where(total >= SILENT_EVENTS, total * usual / np.maximum(usual.sum(axis=1, keepdims=True), 1e-12), 0.0)
    return [
        Finding(
            kind=FindingKind.ZERO_DAYS,
            source=index.sources[int(sources[run.group // n_indicators])],
            start=first + dt.timedelta(days=run.first),
            end=first + dt.timedelta(days=run.end),
            observed=0,
            expected=run.expected,
            p=run.p,
            indicator=method.scored[run.group % n_indicators].id,
        )
        for run in quiet_runs(counts, due)
    ]


def silent_sources(city: CityData) -> list[Finding]:
    """Find the days on which a source that had begun to deliver sent nothing at all, too many for chance."""
    index = city.index
    if index.span is None:
        return []
    counts, covered = index.source_days(), source_coverage(index)
    begun = np.cumsum(counts, axis=1) > 0
    usual = _class_means(counts, begun, _classes(city))
    findings = []
    for source in np.flatnonzero(_daily_sources(index)).tolist():
        for start, end in _runs(begun[source] & ~covered[source]):
            expected = float(usual[source, start:end].sum())
            if expected >= SILENT_EVENTS:  # an office that closes on holidays has not fallen silent
                first, last = (index.span[0] + dt.timedelta(days=k) for k in (start, end))
                name = index.sources[source]
                findings.append(Finding(FindingKind.SILENT, name, first, last, 0, expected, float(np.exp(-expected))))
    return findings


def _daily_sources(index: CountIndex) -> Flags:
    """Say which sources date every incident to the day, shape (n_sources,)."""
    by_month = np.zeros(len(index.sources), dtype=np.bool_)
    if index.precision is TimePrecision.MONTH:
        month = list(TimePrecision).index(TimePrecision.MONTH)
        by_month[np.unique(index.source[index.exactness == month])] = True
    return ~by_month


def _source_indicator_days(index: CountIndex, method: Method) -> Counts:
    """Count incidents by source, counted indicator and day, shape (n_sources, n_scored, n_days)."""
    column = np.full(len(index.types), -1, dtype=np.int64)
    position = {name: k for k, name in enumerate(index.types)}
    for number, indicator in enumerate(method.scored):
        for kind in indicator.types:
            if kind.id in position:
                column[position[kind.id]] = number
    n_days = int(index.days[-1] - index.days[0]) + 1
    shape = (len(index.sources), len(method.scored), n_days)
    counts = np.zeros(int(np.prod(shape)), dtype=np.int64)
    for start in range(0, len(index.day), _CHUNK):
        part = slice(start, start + _CHUNK)
        which = column[index.kind[part]]
        cell = (index.source[part].astype(np.int64) * shape[1] + which) * n_days + (index.day[part] - index.days[0])
        counts += np.bincount(cell[which >= 0], minlength=len(counts))
    return counts.reshape(shape)


def _classes(city: CityData) -> npt.NDArray[np.int8]:
    """Return workday, weekend or holiday of each day of the index, shape (n_days,)."""
    first, last = city.index.span or (dt.date.min, dt.date.min)
    return day_classes(first, last + dt.timedelta(days=1), city.settings.time_zone)


def _class_means(counts: Counts, known: Flags, classes: npt.NDArray[np.int8]) -> Values:
    """Return the mean count of each day's class in the same row, over the known days; shape of `counts`."""
    means = np.zeros(counts.shape)
    for each in np.unique(classes):
        chosen = known & (classes == each)
        mean = (counts * chosen).sum(axis=1, keepdims=True) / np.maximum(chosen.sum(axis=1, keepdims=True), 1)
        means += mean * (classes == each)
    return means


def _month_factors(city: CityData) -> Values:
    """Return the month factor of each counted indicator on each day, shape (n_scored, n_days); 1 where unknown."""
    first, last = city.index.span or (dt.date.min, dt.date.min)
    months = np.array([(first + dt.timedelta(days=k)).month - 1 for k in range((last - first).days + 1)])
    known = {} if city.active_calibration is None else city.active_calibration.month_factor
    return np.array([np.asarray(known.get(each.id, [1.0] * 12))[months] for each in city.method.scored])


def _runs(flags: Flags) -> Iterator[tuple[int, int]]:
    """Return start and end of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return iter(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


# --- shares: late entries, lighter grades ---


def share_p_value(part: npt.ArrayLike, whole: npt.ArrayLike, other_part: npt.ArrayLike, other: npt.ArrayLike) -> Values:
    """Return the probability of so large a part or a larger one, if both wholes had the same share (Fisher, one-sided).

    Parameters
    ----------
    part, whole
        Incidents of a kind, and all incidents, in the group in question.
    other_part, other
        The same elsewhere.
    """
    k, n, k0, n0 = (np.asarray(each, dtype=np.int64) for each in (part, whole, other_part, other))
    p = np.asarray(stats.hypergeom.sf(k - 1, n + n0, k + k0, n), dtype=np.float64)
    return np.where(n + n0 > 0, p, 1.0)  # nothing there says nothing


def _significant(p: Values, false_share: float = FALSE_SHARE) -> Flags:
    return np.asarray(stats.false_discovery_control(p) <= false_share) if len(p) else np.zeros(0, dtype=np.bool_)


def heaping(city: CityData) -> list[Finding]:
    """Find indicators whose lighter grade grew at the cost of the next graver one since the base year.

    Where cases just above a threshold are written down as just below it, the sum of both grades stays and the share of
    the lighter one rises. Looked at are the indicators whose types become graver from first to last.
    """
    index, base = city.index, city.active_calibration
    if index.span is None or base is None:
        return []
    end = index.span[1] + dt.timedelta(days=1)
    start = max(end - dt.timedelta(days=RECENT_DAYS), base.base_end)
    if start >= end:
        return []
    before = _source_types(index, base.base_start, base.base_end)
    now = _source_types(index, start, end)
    pairs = [
        (source, indicator.id, light.id, grave.id, city.type_positions[light.id], city.type_positions[grave.id])
        for source in range(len(index.sources))
        for indicator in city.method.scored
        if _is_ladder(indicator)
        for light, grave in pairwise(indicator.types)
        if light.id in city.type_positions and grave.id in city.type_positions
    ]
    rows, low, high = (np.array([pair[k] for pair in pairs], dtype=np.intp) for k in (0, 4, 5))
    part, whole = now[rows, low], now[rows, low] + now[rows, high]
    usual_part, usual = before[rows, low], before[rows, low] + before[rows, high]
    tested = (whole > 0) & (usual > 0)
    p = np.ones(len(pairs))
    p[tested] = share_p_value(part[tested], whole[tested], usual_part[tested], usual[tested])
    expected = whole * usual_part / np.maximum(usual, 1)
    found = np.zeros(len(pairs), dtype=np.bool_)
    found[tested] = _significant(p[tested])
    found &= part - expected >= LEAST_MOVED
    return [
        Finding(
            kind=FindingKind.HEAPING,
            source=index.sources[pairs[k][0]],
            start=start,
            end=end,
            observed=int(part[k]),
            expected=float(expected[k]),
            p=float(p[k]),
            indicator=pairs[k][1],
            types=pairs[k][2:4],
            of=int(whole[k]),
        )
        for k in np.flatnonzero(found).tolist()
    ]


def _is_ladder(indicator: Indicator) -> bool:
    weights = [kind.severity for kind in indicator.types]
    return len(weights) > 1 and all(light < grave for light, grave in pairwise(weights))


def _source_types(index: CountIndex, start: dt.date, end: dt.date) -> Counts:
    """Count incidents of a half-open span of days by source and type, shape (n_sources, n_types)."""
    rows, n = index.rows(start, end), len(index.types)
    cell = index.source[rows].astype(np.int64) * n + index.kind[rows]
    return np.bincount(cell, minlength=len(index.sources) * n).reshape(-1, n)


def back_dated(store: Store) -> list[Finding]:
    """Find months of which far more was entered late than of the source's other months.

    Late is what was received more than `LATE_DAYS` days after it happened. Incidents without a time of receipt, or
    dated by month only, say nothing. The import named is the one that brought most of the late entries.
    """
    findings = []
    for source, tallies in _receipts(store).items():
        months = sorted({month for month, _ in tallies})
        late, n = (
            np.array([sum(t[k] for (of, _), t in tallies.items() if of == month) for month in months], dtype=np.int64)
            for k in range(2)
        )
        p = share_p_value(late, n, late.sum() - late, n.sum() - n)
        expected = n * (late.sum() - late) / np.maximum(n.sum() - n, 1)
        found = _significant(p) & (late >= LEAST_LATE) & (late >= LATE_FACTOR * expected) & (n < n.sum())
        for k in np.flatnonzero(found).tolist():
            start = (_EPOCH + np.timedelta64(months[k], "M")).astype("datetime64[D]").astype(dt.date)
            batches = {batch: tally[0] for (month, batch), tally in tallies.items() if month == months[k]}
            findings.append(
                Finding(
                    kind=FindingKind.BACK_DATED,
                    source=source,
                    start=start,
                    end=(start + dt.timedelta(days=32)).replace(day=1),
                    observed=int(late[k]),
                    expected=float(expected[k]),
                    p=float(p[k]),
                    batch=max(batches, key=batches.__getitem__),
                    of=int(n[k]),
                )
            )
    return findings


def _receipts(store: Store) -> dict[str, dict[tuple[int, int], tuple[int, int]]]:
    """Return source → (month since 1970, batch) → incidents received late, and all with a time of receipt."""
    state = store.state()
    superseded = store.superseded(state)
    found: dict[str, dict[tuple[int, int], tuple[int, int]]] = {}
    for file in state.files():
        table = store.read_file_table(file, ["occurred_on", "occurred_at", "received_at", "time_precision"])
        live = np.ones(table.num_rows, dtype=np.bool_)
        live[superseded.get(file.path, [])] = False
        live &= pc.is_valid(table["received_at"]).to_numpy()
        live &= pc.not_equal(table["time_precision"], TimePrecision.MONTH.value).to_numpy()
        late = _times(table, "received_at") - _times(table, "occurred_at") > np.timedelta64(LATE_DAYS, "D")
        month = table["occurred_on"].to_numpy().astype("datetime64[M]").astype(np.int64)[live]
        numbers, which = np.unique(month, return_inverse=True)
        of_source = found.setdefault(state.batch(file.batch).source, {})
        for number, n_late, n in zip(numbers, np.bincount(which, late[live]), np.bincount(which), strict=True):
            before = of_source.get((int(number), file.batch), (0, 0))
            of_source[int(number), file.batch] = (before[0] + int(n_late), before[1] + int(n))
    return found


def _times(table: pa.Table, column: str) -> npt.NDArray[np.datetime64]:
    return np.asarray(table[column].to_numpy(), dtype="datetime64[us]")
