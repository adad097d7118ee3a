"""Where is there more than expected just now? The prospective space-time scan (docs/METHOD.md).

A cylinder is a zone, which is a place and its nearest neighbours, over the last days. The likeliest cylinder is
compared with the likeliest ones of maps that chance made, so that looking at a million cylinders costs no false alarm.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import special

from geodata.compiled import compiled, processors

Values = npt.NDArray[np.float64]
Small = npt.NDArray[np.float32]
Index = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]

_MAPS = 32
"""Maps that are scanned together, side by side in memory, so that one instruction treats several."""
_MOST_LISTED, _WIDEST_LISTED, _LISTED = 30.0, 10.0, 1024
"""Up to this mean and dispersion a count's chances are listed, up to so many, and looked up for all maps together."""
_SLACK = np.float32(1 - 1e-4)
"""Single precision must not skip a cylinder."""
_TIE = 1e-9
"""Ratios that differ by less, as a share, are the same ratio added up in another order."""
_TIE_DECIMALS = 3
"""Distances are compared to this many decimals of a metre: a shift of the origin must not reorder neighbours."""


class Statistic(StrEnum):
    """What the counts are held against."""

    EXPECTATION = "expectation"
    """The expectation from outside: a rise of the whole city is found too."""
    KULLDORFF = "kulldorff"
    """The rest of the data: given all incidents, only their distribution can be odd."""


@dataclass(frozen=True)
class Cluster:
    """A zone that had more than expected over the last days."""

    places: Places
    """Positions of its places in the input, nearest to the centre first."""
    centre: int
    radius_m: float
    days: int
    """The last so many days, up to the last one scanned."""
    observed: float
    expected: float
    llr: float
    """Logarithm of the likelihood ratio against "as expected"."""
    p: float
    """Share of chance maps whose likeliest cylinder is at least as likely; conservative but for the first cluster."""

    @property
    def relative_risk(self) -> float:
        """Observed over expected."""
        return self.observed / self.expected


@dataclass(frozen=True)
class Scan:
    """Likeliest clusters first; no two share a place."""

    clusters: tuple[Cluster, ...]
    chance: Values
    """Logarithm of the likelihood ratio of each chance map's likeliest cylinder, ascending, shape (replicas,)."""


def llr_expectation(count: npt.ArrayLike, expected: npt.ArrayLike) -> Values:
    """Return c ln(c/e) - (c - e) where c > e, else 0: the likelihood ratio against an expectation from outside."""
    c, e = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(expected, dtype=np.float64))
    return np.where(c > e, special.kl_div(c, e), 0.0)


def llr_kulldorff(count: npt.ArrayLike, expected: npt.ArrayLike, total: float) -> Values:
    """Return c ln(c/e) + (C-c) ln((C-c)/(C-e)) where c > e, else 0: inside against outside.

    Parameters
    ----------
    count, expected
        Inside, broadcast against each other.
    total
        All incidents C, to which the expectation adds up as well.
    """
    c, e = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(expected, dtype=np.float64))
    return np.where(c > e, special.rel_entr(c, e) + special.rel_entr(total - c, total - e), 0.0)


def dispersion_of(counts: npt.ArrayLike, expected: npt.ArrayLike) -> float:
    """Return how many times its mean a count varies, at least 1: Σ (c-e)² / Σ e.

    A cluster raises it too: leave out the days that are to be scanned.

    Parameters
    ----------
    counts, expected
        As for `scan`.
    """
    c, e = _filled(counts, expected)
    return max(1.0, float(np.sum((c - e) ** 2) / e.sum())) if e.sum() > 0 else 1.0


def scan(
    counts: npt.ArrayLike,
    expected: npt.ArrayLike,
    x_m: npt.ArrayLike,
    y_m: npt.ArrayLike,
    *,
    statistic: Statistic = Statistic.EXPECTATION,
    max_share: float = 0.5,
    max_days: int = 28,
    max_radius_m: float = np.inf,
    dispersion: float = 1.0,
    replicas: int = 999,
    seed: int = 0,
    most: int = 10,
) -> Scan:
    """Find the zones that have had more than expected over the last 1 … `max_days` days.

    Chance maps vary around `expected` (for ``KULLDORFF`` given the number of all incidents). In trials with twenty
    incidents a day one map in twenty gave p <= 0.05 by chance, as it should; one in seven where the expectation was 5 %
    too low (``KULLDORFF``: still one in twenty), and one in three where counts varied by 1.25 times their mean and
    `dispersion` did not say so. Where nothing is expected nothing is scanned; a NaN is neither counted nor expected.

    Parameters
    ----------
    counts, expected
        Incidents and their expectation by day and place, shape (n_days, n_places), the last day last, all >= 0.
        For ``KULLDORFF`` the expectation is scaled to add up to the incidents.
    x_m, y_m
        Positions of the places [m], shape (n_places,), projected.
    statistic
        What the counts are held against.
    max_share
        A zone holds at most this share of all that is expected.
    max_days
        Longest window [days].
    max_radius_m
        A zone reaches at most so far from its centre [m].
    dispersion
        Variance of a count over its mean, by day and place, >= 1; 1 is Poisson. Learn it from earlier days with
        `dispersion_of`.
    replicas
        Chance maps; the smallest p is 1 / (replicas + 1).
    seed
        The same seed gives the same p, on any number of processors.
    most
        At most so many clusters.
    """
    observed, due = _filled(counts, expected)
    position = np.column_stack([np.asarray(axis, dtype=np.float64) for axis in (x_m, y_m)])
    # from west to east, so that neither ties nor random numbers depend on the order of the rows
    across = np.lexsort((position[:, 1], position[:, 0]))
    observed, due, position = observed[:, across], due[:, across], position[across]
    total = None
    if statistic == Statistic.KULLDORFF:
        total = float(observed.sum())
        due = due * (total / due.sum() if due.sum() > 0 else 0.0)
    zones = _zones(position, due.sum(axis=0), max_share, max_radius_m)
    days = min(max_days, len(observed))
    cylinders = _Cylinders(*zones, _window_sums(due, days), total)
    chance = np.sort(_chance_maxima(cylinders, due, dispersion, replicas, seed))
    clusters = []
    for cluster in _clusters(cylinders, _window_sums(observed, days), chance, most):
        radius = float(np.hypot(*(position[cluster.places[-1]] - position[cluster.centre])))
        places = across[cluster.places]
        clusters.append(replace(cluster, places=places, centre=int(places[0]), radius_m=radius))
    return Scan(tuple(clusters), chance)


def _filled(counts: npt.ArrayLike, expected: npt.ArrayLike) -> tuple[Values, Values]:
    observed, due = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if observed.ndim != 2 or observed.shape != due.shape:
        msg = f"`counts` and `expected` must both be (n_days, n_places), not {observed.shape} and {due.shape}."
        raise ValueError(msg)
    if (observed < 0).any() or (due < 0).any():
        msg = "`counts` and `expected` must not be negative."
        raise ValueError(msg)
    known = np.isfinite(observed) & np.isfinite(due)
    return np.where(known, observed, 0.0), np.where(known, due, 0.0)


def _window_sums(by_day: Values, days: int) -> Values:
    """Return sums over the last 1 … `days` days by place, shape (n_places, days)."""
    return np.ascontiguousarray(np.cumsum(by_day[::-1][:days], axis=0).T)


# --- cylinders ---


def _zones(position: Values, weight: Values, max_share: float, max_radius_m: float) -> tuple[Index, Index]:
    """Return every place's nearest places, itself first, shape (n_places, widest), and how many, shape (n_places,)."""
    most = max_share * weight.sum() * (1 + 1e-12)
    rows = []
    for place in range(len(position)):
        distance = np.hypot(*(position - position[place]).T).round(_TIE_DECIMALS)
        distance[place] = -1.0
        near = np.argsort(distance, kind="stable")
        within = (np.cumsum(weight[near]) <= most) & (distance[near] <= max_radius_m)
        rows.append(near[: len(near) if within.all() else within.argmin()])
    reach = np.array([len(row) for row in rows], dtype=np.int32)
    order = np.zeros((len(rows), reach.max(initial=0)), dtype=np.int32)
    for place, row in enumerate(rows):
        order[place, : len(row)] = row
    return order, reach


@dataclass(frozen=True)
class _Cylinders:
    """All that are looked at: the first k of a place's nearest places, k = 1 … reach, over the last 1 … n days."""

    order: Index
    reach: Index
    due: Values
    """Expected by place over the last days, shape (n_places, n_days)."""
    total: float | None
    """All incidents, if the ratio is that of inside to outside."""

    def without(self, places: Places) -> _Cylinders:
        """Leave out the zones that hold any of some places."""
        taken = np.isin(self.order, places) & (np.arange(self.order.shape[1]) < self.reach[:, None])
        first = np.where(taken.any(axis=1), taken.argmax(axis=1), self.order.shape[1])
        return replace(self, reach=np.minimum(self.reach, first).astype(np.int32))

    def likeliest(self, counts: Small) -> tuple[Values, Index]:
        """Return each map's largest ratio, shape (maps,), and its centre, size and days, shape (maps, 3).

        Parameters
        ----------
        counts
            Incidents as in `due`, shape (n_places, n_days, `_MAPS`).
        """
        best, where = np.zeros(_MAPS), np.zeros((_MAPS, 3), dtype=np.int32)
        given = self.total is not None
        compiled(_search)(self.order, self.reach, counts, self.due, self.total or 0.0, given, best, where)
        return best, where


def _clusters(cylinders: _Cylinders, observed: Values, chance: Values, most: int) -> list[Cluster]:
    """Find the likeliest cylinder, then the likeliest of those that share no place with it, and so on."""
    found: list[Cluster] = []
    counts = np.zeros((*observed.shape, _MAPS), dtype=np.float32)
    counts[:, :, 0] = observed
    while len(found) < most:
        best, where = cylinders.likeliest(counts)
        if best[0] <= 0:
            break
        centre, size, days = (int(part) for part in where[0])
        places = cylinders.order[centre, :size].astype(np.intp)
        c, e = (float(sums[places, days - 1].sum()) for sums in (observed, cylinders.due))
        rarer = len(chance) - int(np.searchsorted(chance, best[0] * (1 - _TIE)))
        p = (1 + rarer) / (1 + len(chance))
        found.append(Cluster(places, centre, 0.0, days, observed=c, expected=e, llr=float(best[0]), p=p))
        cylinders = cylinders.without(places)
    return found


# --- chance ---


def _chance_maxima(cylinders: _Cylinders, due: Values, dispersion: float, replicas: int, seed: int) -> Values:
    """Return the largest ratio of each chance map, shape (replicas,); each block of maps has its own random numbers."""
    days = cylinders.due.shape[1]

    def block(child: np.random.SeedSequence) -> Values:
        sums = _chance_sums(due, days, cylinders.total, dispersion, np.random.default_rng(child))
        return cylinders.likeliest(sums)[0]

    blocks = np.random.SeedSequence(seed).spawn(-(-replicas // _MAPS))
    with ThreadPoolExecutor(processors()) as pool:
        return np.concatenate([np.empty(0), *pool.map(block, blocks)])[:replicas]


def _chance_sums(due: Values, days: int, total: float | None, dispersion: float, random: np.random.Generator) -> Small:
    """Return sums of chance maps over the last 1 … `days` days, shape (n_places, days, maps)."""
    latest = due[::-1][:days].T
    if total is None and latest.max(initial=0.0) <= _MOST_LISTED and dispersion <= _WIDEST_LISTED:
        uniform = np.asarray(random.random((*latest.shape, _MAPS)))
        sums = np.empty(uniform.shape, dtype=np.float32)
        compiled(_throw)(np.ascontiguousarray(latest), float(dispersion), uniform, sums)
        return sums
    maps = _chance_maps(due, days, total, dispersion, random)
    return np.ascontiguousarray(np.cumsum(maps, axis=1, dtype=np.float32).transpose(2, 1, 0))


def _chance_maps(due: Values, days: int, total: float | None, dispersion: float, random: np.random.Generator) -> Counts:
    """Throw incidents at the latest days, or a given number at all days; shape (maps, days, n_places), latest first."""
    latest = due[::-1][:days]
    shape = (_MAPS, *latest.shape)
    if total is None:
        return random.poisson(_varied(np.broadcast_to(latest, shape), dispersion, random))
    cells = np.append(latest.ravel(), due[: len(due) - days].sum())  # all days before in one
    rate = _varied(np.broadcast_to(cells, (_MAPS, len(cells))), dispersion, random)
    sums = rate.sum(axis=1, keepdims=True)
    thrown = random.multinomial(np.where(sums[:, 0] > 0, round(total), 0), rate / np.where(sums > 0, sums, 1.0))
    return thrown[:, :-1].reshape(shape)


def _varied(rate: Values, dispersion: float, random: np.random.Generator) -> Values:
    """Let rates vary as a gamma, so that counts are negative binomial with `dispersion` times their mean as variance.

    Given their sum, such counts are Dirichlet-multinomial, whose shares are these very rates.
    """
    return random.gamma(rate / (dispersion - 1.0), dispersion - 1.0) if dispersion > 1.0 else rate


# --- compiled ---


def _throw(mean: Values, dispersion: float, uniform: Values, sums: Small) -> None:
    """Turn uniform numbers into counts by the list of P(N ≤ k), and add them up over the days.

    Negative binomial counts with `dispersion` times their mean as variance, Poisson if it is 1, have
    ``P(0) = exp(-mean ln(dispersion) / (dispersion - 1))`` and ``P(k + 1) = P(k) (mean / dispersion + b k) / (k + 1)``
    with ``b = 1 - 1 / dispersion``.

    Parameters
    ----------
    mean
        Shape (n_places, n_days).
    dispersion
        At least 1.
    uniform, sums
        From 0 to 1, and what is filled, shape (n_places, n_days, `_MAPS`).
    """
    below = np.empty(_LISTED)
    rate = np.log(dispersion) / (dispersion - 1.0) if dispersion > 1.0 else 1.0
    b = 1.0 - 1.0 / dispersion
    for place in range(mean.shape[0]):
        for day in range(mean.shape[1]):
            a, k = mean[place, day] / dispersion, 0
            chance = np.exp(-mean[place, day] * rate)
            below[0] = chance
            while k < _LISTED - 1 and (chance > 1e-18 or k < a):
                chance *= (a + b * k) / (k + 1)
                k += 1
                below[k] = below[k - 1] + chance
            below[k] = 1.0
            for each in range(_MAPS):
                count = 0
                while uniform[place, day, each] >= below[count]:
                    count += 1
                sums[place, day, each] = count + (sums[place, day - 1, each] if day > 0 else 0.0)


def _search(
    order: Index,
    reach: Index,
    counts: Small,
    due: Values,
    total: float,
    given: bool,
    best: Values,
    where: Index,
) -> None:
    """Grow every centre's zone place by place and keep the likeliest cylinder of each map.

    The ratio is at most ((c-e) / width)²: (1+x) ln(1+x) - x is at most x²/2 for the part inside, and (1-y) ln(1-y) + y
    at most y² for the part outside. So hardly any cylinder needs a logarithm once a fairly likely one is known.
    """
    days = due.shape[1]
    inside, summed = np.zeros((days, _MAPS), dtype=np.float32), np.zeros(days)
    root = np.zeros(_MAPS, dtype=np.float32)  # of the largest ratio so far
    for centre in range(len(order)):
        inside[:] = 0
        summed[:] = 0
        for step in range(reach[centre]):
            place = order[centre, step]
            for day in range(days):
                summed[day] += due[place, day]
                e = summed[day]
                mean = np.float32(e)
                width = np.float32(np.sqrt(2 * e * (total - e) / (total + e) if given else 2 * e))
                hits = np.int32(0)
                for each in range(_MAPS):
                    inside[day, each] += counts[place, day, each]
                    hits |= np.int32(inside[day, each] > mean + width * root[each])
                if hits == 0 or e <= 0:
                    continue
                for each in range(_MAPS):
                    c = np.float64(inside[day, each])
                    if c <= e:
                        continue
                    ratio = c * np.log(c / e)
                    if not given:
                        ratio -= c - e
                    elif c < total:
                        ratio += (total - c) * np.log((total - c) / (total - e))
                    if ratio > best[each]:
                        best[each] = ratio
                        root[each] = np.float32(np.sqrt(ratio)) * _SLACK
                        where[each, 0], where[each, 1], where[each, 2] = centre, step + 1, day + 1
