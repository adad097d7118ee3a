"""Command that ranks places: ranks."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from geodata.city import CityData
from geodata.commands.common import add_command, add_form, add_level, present_level, print_json, print_table, read
from geodata.errors import SelectionError
from geodata.index.bands import BANDS, NO_BAND
from geodata.ranking import DRAWS, Ranking, rank_places
from geodata.vocabulary import Period

HEADS = ("place_id", "name", "score", "low", "high", "band", "rank", "best", "worst", "tier")


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    """Register the command."""
    sentence = "名次区间与档次 rank places: spans of ranks, and tiers of places that can be told apart"
    ranks = add_command(commands, common, "ranks", _ranks, sentence)
    add_level(ranks)
    ranks.add_argument("--period", required=True, help="周期 2026-10-05, 2026-W41, 2026-10, 2026-Q4 or 2026")
    ranks.add_argument("--draws", type=int, default=DRAWS, metavar="N", help="模拟次数 number of simulations")
    ranks.add_argument("--seed", type=int, default=0, help="随机种子 random seed: the same seed, the same spans")
    add_form(ranks)


def _ranks(args: argparse.Namespace) -> None:
    if not 100 <= args.draws <= 100_000 or args.seed < 0:
        raise SelectionError(
            "--draws 应在 100 与 100000 之间，--seed 不小于 0。",
            "`--draws` must be between 100 and 100000, `--seed` 0 or greater.",
        )
    city, period = read(args), Period.parse(args.period)
    if not city.offers(period):
        raise SelectionError(f"周期 {args.period} 没有数据。", f"there are no data for the period {args.period}.")
    city = city.at(period)
    level = present_level(city, args.level)
    ranking = rank_places(city, level, period, draws=args.draws, seed=args.seed)
    inside = np.isin(ranking.rows, city.members(level, city.find(args.within)))
    rows = [_row(city, ranking, int(k)) for k in ranking.order if inside[k]]
    if args.json:
        places = [dict(zip(HEADS, row, strict=True)) for row in rows]
        head = {"level": level.value, "period": str(period), "method": city.method.version}
        print_json({**head, "ranked": ranking.n_ranked, "draws": args.draws, "seed": args.seed, "places": places})
        return
    print_table(list(HEADS), rows, as_csv=args.csv)


def _row(city: CityData, ranking: Ranking, k: int) -> list[Any]:
    record = city.places.iloc[int(ranking.rows[k])]
    head = [str(record["place_id"]), str(record["name"])]
    if not np.isfinite(ranking.score[k]):
        return [*head, *[None] * (len(HEADS) - 2)]
    numbers = [round(float(values[k]), 6) for values in (ranking.score, ranking.low, ranking.high)]
    band = BANDS[int(ranking.band[k])].value if ranking.band[k] != NO_BAND else None
    places = [int(values[k]) for values in (ranking.rank, ranking.best, ranking.worst, ranking.tier)]
    return [*head, *numbers, band, *places]
