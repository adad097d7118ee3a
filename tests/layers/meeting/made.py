"""Meetings for the tests: prepared from a city, with decisions and outcomes that a test chooses."""

from __future__ import annotations

from typing import Any

from geodata.alerts.book import Told
from geodata.city import CityData
from geodata.meeting.prepare import prepare
from geodata.meeting.record import FORMAT, Decision, Earlier, Meeting, Outcome
from geodata.vocabulary import Period

PROBLEMS = ("主城区乱摆卖反复，早晚高峰占道突出", "夜间噪音扰民警情集中", "电动自行车违规充电隐患较多")
MEASURES = ("在重点路段实行早晚高峰定点值守，引导摊贩入场经营", "19时至23时加密巡逻", "对老旧小区逐栋排查充电设施")
UNITS = ("综合行政执法办", "派出所", "应急管理办")
OUTCOMES = (
    Outcome("reached", 96, "2026-10-01", "2026-10-28", "worked", "fewer", 0.71, 0.58, 0.87, 96, 135.2, "{}"),
    Outcome("missed", 120, "2026-10-01", "2026-10-28", "unclear", "no_difference", 0.96, 0.8, 1.15, 120, 125.0, "{}"),
    Outcome(
        "missed", 88, "2026-10-01", "2026-10-28", "moved", "fewer_here_more_around", 0.66, 0.5, 0.85, 88, 133.0, "{}"
    ),
    Outcome("running", 60, "2026-10-04", "2026-10-31", "", "", None, None, None, None, None, ""),
    Outcome("unknown", None, "", "", "", "", None, None, None, None, None, ""),
    Outcome("missed", 12, "2026-10-01", "2026-10-28", "unclear", "too_few", None, None, None, 12, 9.0, "{}"),
)


def decision(city: CityData, token: str, k: int, **more: Any) -> Decision:
    """Return a decision on a place."""
    facts: dict[str, Any] = {
        "id": f"d{k}",
        "meeting": "m1",
        "problem": PROBLEMS[k % 3],
        "measure": MEASURES[k % 3],
        "lead": UNITS[k % 3],
        "helpers": ("社区居委会", "交警中队")[: k % 3],
        "deadline": "2026-12-05",
        "start": "2026-11-02",
        "place": token,
        "place_name": city.find(token).name,
        "types": ("city_management",),
        "types_name": "城市管理",
        "baseline": 144,
        "target": 115,
        "front": "city_management",
        "made_at": "2026-11-01T02:00:00Z",
    }
    return Decision(**(facts | more))


def earlier(city: CityData, token: str, k: int) -> Earlier:
    """Return an earlier decision, each with another outcome."""
    return Earlier(decision(city, token, k, meeting="m0", deadline="2026-10-28"), OUTCOMES[k % len(OUTCOMES)])


def meeting(
    city: CityData,
    token: str,
    month: str,
    *,
    told: Told | None = None,
    earlier: tuple[Earlier, ...] = (),
    decisions: tuple[Decision, ...] = (),
) -> Meeting:
    """Return a meeting on a place and a period."""
    made = prepare(city, told or Told(), city.find(token), Period.parse(month))
    return Meeting(FORMAT, "m1", "2026-11-01T01:00:00Z", "9f3c1a7be0d24c55", made, earlier, decisions)
