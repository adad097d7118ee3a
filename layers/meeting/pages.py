"""The pages of a meeting: which findings, numbers and drawings stand on which page, so that each is read at a glance.

A page has at most ``MOST_SENTENCES`` sentences and seven key numbers; lists are cut to what a wall has room for, and
say so. The minutes hold every sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geodata.city import CityData, Place
from geodata.effects.judge import Answer
from geodata.errors import SelectionError
from geodata.meeting.briefing import Briefing, Change, Counted, Front, Reference, Scored, Why
from geodata.meeting.outcome import names_of
from geodata.meeting.record import Decision, Earlier, Meeting, Outcome
from geodata.meeting.words import Sentence, findings
from geodata.vocabulary import Band, Period, PlaceLevel
from geodata.written import decimal, printed_scores, signed, whole
from layers.maps.legend import closing_line
from layers.maps.values import MapValues, map_values
from layers.meeting.page import (
    Area,
    Bars,
    Cell,
    DecisionRow,
    Deck,
    Frame,
    HourGrid,
    Key,
    KeyNumber,
    MapView,
    Page,
    Shapes,
    Table,
)
from layers.meeting.shapes import shapes_of
from layers.style import BAND_COLOURS, CIRCLE, arrow
from layers.text import band_name, level_counted, level_name, period_name, text, weekday_name
from layers.view import TOTAL, ViewState, city_of, shown_level

MOST_SENTENCES = 4
MOST_NUMBERS = 7
"""What a room takes in at once."""
MOST_PARTS = 8
"""Rows of a table beside a map."""
MOST_TYPES = 4
"""Bars of a front."""
MOST_CAUSES = 6
MOST_ALERTS = 9
MOST_DECISIONS = 5
"""Rows of decisions on one page."""
MOST_OF_FRONT = 1
"""Earlier decisions on the page of a front."""
WIDEST, NARROWEST = 0.062, 0.02
"""Radius of the largest circle, as a share of the map's width: where places are far apart, and where they are near."""
COMPARED = ("previous", "year_ago")
BANDS = tuple(Band)
SAID_BY_FRAME = ("title", "simulated")
"""Sentences that heading and footer of every page say."""
GROUPS = (("types", "types_moved"), ("places", "places_moved"), ("hours",), ("weekday",), ("front_few", "front_none"))
"""Sentences of a front that tell more than its numbers do; those of a group lean on one another."""


def deck(meeting: Meeting, city: CityData, lang: str) -> Deck:
    """Return the pages of a meeting.

    Parameters
    ----------
    meeting
        The meeting as it is kept.
    city
        The data that it was prepared from: its snapshot.
    lang
        ``zh`` or ``en``.
    """
    return _Deck(meeting, city, lang).deck()


def drilled(meeting: Meeting, city: CityData, lang: str, page: str, token: str) -> tuple[MapView, Table, Shapes] | None:
    """Return the map of the parts of another place as a page of the meeting shows its own, None if it has no parts.

    Parameters
    ----------
    page
        Id of a page with a map, ``where`` or ``front:<sub-index>``.
    token
        Of the place: the meeting's own or one that lies in it.

    Raises
    ------
    SelectionError
        If there is no such place.
    """
    made = _Deck(meeting, city, lang)
    place, front = made.city.find(token), page.partition(":")[2]
    values = made.values(place, front)
    if values is None:
        return None
    view = made.map(place, front, values)
    view = replace(view, title=f"{place.in_language(lang)} · {view.title}")
    return view, made.parts(place, front, values), shapes_of(made.city, place, values.level)


@dataclass(frozen=True)
class _Deck:
    """One meeting being laid out."""

    meeting: Meeting
    data: CityData
    lang: str

    def say(self, key: str, **values: object) -> str:
        return text(self.lang, key, **values)

    @property
    def briefing(self) -> Briefing:
        return self.meeting.briefing

    @cached_property
    def period(self) -> Period:
        return Period.parse(self.briefing.title.period)

    @cached_property
    def city(self) -> CityData:
        return self.data.unfiltered.at(self.period)

    @cached_property
    def place(self) -> Place:
        return self.city.find(self.briefing.title.token)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        return findings(self.briefing, self.lang)

    def of(self, section: str) -> tuple[Sentence, ...]:
        return tuple(each for each in self.sentences if each.section == section)

    def deck(self) -> Deck:
        """Put the pages together."""
        pages = tuple(self.pages())
        shapes = {}
        for page in pages:
            if page.map is not None:
                key = f"{page.map.place}|{page.map.level}"
                shapes[key] = shapes_of(self.city, self.city.find(page.map.place), PlaceLevel(page.map.level))
        return Deck(self.lang, self.frame(), pages, shapes)

    def frame(self) -> Frame:
        title = self.briefing.title
        as_of = day_words(self.lang, title.data_as_of)
        footer = self.say(
            "meeting_footer",
            as_of=as_of,
            version=self.briefing.method.version,
            boundaries=title.boundary_version[:8],
            snapshot=self.meeting.snapshot[:8],
        )
        mark = self.say("simulated_short") if title.simulated else ""
        place, period = title.place.in_language(self.lang), period_name(self.lang, self.period)
        heading = self.say("meeting_heading", place=place, period=period)
        return Frame(heading, footer, mark, place, period)

    def pages(self) -> Iterator[Page]:
        agenda = self.briefing.agenda
        made: dict[str, Callable[[], Page]] = {
            "score": self.score,
            "why": self.why,
            "where": self.where,
            "others": self.others,
            "alerts": self.alerts,
        }
        yield self.title()
        if self.meeting.earlier:
            yield self.earlier()
        for each in agenda:
            if each.startswith("front:"):
                yield self.front(each.partition(":")[2])
            elif each in made:
                yield made[each]()
        yield self.decisions()
        yield self.supervision()
        yield self.minutes()

    def page_title(self, page: str) -> str:
        if page.startswith("front:"):
            return self.named_front(page.partition(":")[2]).name.in_language(self.lang)
        if page == "others" and not any(each.startswith("front:") for each in self.briefing.agenda):
            return self.say("meeting_page_all")
        return self.say(f"meeting_page_{page}")

    def named_front(self, front: str) -> Front:
        return next(each for each in self.briefing.fronts if each.id == front)

    # --- title ---

    def title(self) -> Page:
        place = self.briefing.title.place.in_language(self.lang)
        told = self.of("title")
        complete = all(each.key in SAID_BY_FRAME for each in told)
        return Page(
            "title",
            self.say("meeting_of", place=place),
            sentences=tuple(each for each in told if each.key not in SAID_BY_FRAME)[:MOST_SENTENCES],
            numbers=self.facts(),
            tables=(self.agenda(),),
            note=self.say("meeting_complete") if complete else "",
        )

    def facts(self) -> tuple[KeyNumber, ...]:
        """Return what the meeting rests on."""
        title = self.briefing.title
        sources = self.say("meeting_fact_sources_n", n=self.briefing.completeness.n_sources)
        version = self.say("meeting_fact_method_version", version=self.briefing.method.version)
        return (
            KeyNumber(self.say("meeting_fact_period"), period_name(self.lang, self.period)),
            KeyNumber(self.say("meeting_fact_as_of"), day_words(self.lang, title.data_as_of)),
            KeyNumber(self.say("meeting_fact_sources"), sources),
            KeyNumber(self.say("meeting_fact_method"), version),
        )

    def agenda(self) -> Table:
        pages = ["earlier"] if self.meeting.earlier else []
        pages += [each for each in self.briefing.agenda if each != "title"] + ["decisions", "supervision", "minutes"]
        rows = tuple(
            (Cell(str(k), float(k)), Cell(self.page_title(each)), Cell(self.because(each)))
            for k, each in enumerate(pages, 1)
        )
        columns = tuple(self.say(f"meeting_agenda_{each}") for each in ("no", "page", "why"))
        return Table(self.say("meeting_agenda"), columns, (True, False, False), rows)

    def because(self, page: str) -> str:
        """Say why a page is on the agenda, "" of those that every meeting has."""
        if page.startswith("front:"):
            why = self.named_front(page.partition(":")[2]).page
            return self.say("comma_words").join(self.say(f"meeting_because_{each}") for each in why)
        if page == "why":
            return self.say("meeting_because_why")
        if page == "alerts":
            return self.say("meeting_because_alerts", n=whole(self.briefing.alerts.n))
        if page == "earlier":
            return self.say("meeting_because_earlier", n=len(self.meeting.earlier))
        return ""

    # --- numbers ---

    def written_score(self, value: float | None) -> str:
        return "—" if value is None else decimal(float(printed_scores(value, self.briefing.method.bands)))

    def score_number(self, label: str, score: Scored) -> KeyNumber:
        if score.value is None:
            return KeyNumber(label, "—", self.say("meeting_no_score"), at=score.at)
        low, high = (self.written_score(each) for each in (score.low, score.high))
        note = self.say("interval_capped" if score.low == score.high else "interval", low=low, high=high)
        return KeyNumber(label, self.written_score(score.value), note, score.band, score.at)

    def score_numbers(self, key: str, score: Scored) -> list[KeyNumber]:
        """Return a score and its changes; where there is none there is nothing to change."""
        changes = [] if score.value is None else self.change_numbers("meeting_score_change", score, 1)
        return [self.score_number(self.say(key), score), *changes]

    def change_number(self, label: str, change: Change, digits: int) -> KeyNumber:
        if change.difference is None:
            return KeyNumber(label, "—", self.say(f"meeting_not_{change.why_not}"), at=change.at)
        if not round(change.difference, digits):
            return KeyNumber(label, signed(0.0, digits), self.say("meeting_even"), at=change.at)
        mark = arrow(change.difference, change.sure)
        note = f"{mark} {self.say('sure' if change.sure else 'not_sure')}"
        return KeyNumber(label, signed(change.difference, digits), note, at=change.at)

    def change_numbers(self, key: str, record: Scored | Counted, digits: int) -> list[KeyNumber]:
        """Return both changes; of a year the period before is that of a year ago."""
        changes = [(name, getattr(record, name)) for name in COMPARED]
        return [
            self.change_number(self.say(key, compare=self.say(f"meeting_{name}")), change, digits)
            for name, change in changes
            if change.why_not != "same"
        ]

    def count_number(self, counted: Counted) -> KeyNumber:
        return KeyNumber(self.say("meeting_count"), whole(counted.n), at=counted.at)

    # --- score, why ---

    def score(self) -> Page:
        made = self.briefing
        numbers = self.score_numbers("meeting_score", made.score)
        standing = made.standing
        if standing is not None:
            level = level_counted(self.lang, PlaceLevel(made.title.level), standing.n)
            key = "meeting_rank_alike" if standing.n_tiers == 1 else "meeting_rank_tier"
            span = f"{standing.best}–{standing.worst}" if standing.best != standing.worst else str(standing.best)
            note = self.say(key, n=standing.n, level=level, tier=standing.tier)
            numbers.append(KeyNumber(self.say("meeting_rank"), span, note, at=standing.at))
        counted = [self.count_number(made.total), *self.change_numbers("meeting_count_change", made.total, 0)]
        numbers = counted + numbers if made.score.value is None else numbers + counted  # what is known comes first
        first = ("score", "score_capped", "no_score", "red_line", "quiet", "quiet_unscored", "quiet_alone")
        told = chosen(self.of("score"), (*first, "total", "score_changes", "standing", "standing_alike"))
        return Page("score", self.page_title("score"), told, tuple(numbers[:MOST_NUMBERS]))

    def why(self) -> Page:
        made = self.briefing
        pairs = zip(COMPARED, (made.why, made.why_year_ago), strict=True)
        numbers = self.change_numbers("meeting_score_change", made.score, 1)
        bars = tuple(self.causes(name, why) for name, why in pairs if explained(why))
        told = chosen(self.of("why"), ("why_up", "why_down", "along", "why_not", "against"))
        return Page("why", self.page_title("why"), told, tuple(numbers), bars)

    def causes(self, name: str, why: Why) -> Bars:
        """Return what a change is made of; all bars together are the change."""
        told = sorted((c for c in why.causes if not c.uneven and c.happened), key=lambda cause: -abs(cause.happened))
        rows = [(cause.name.in_language(self.lang), cause.happened) for cause in told[:MOST_CAUSES]]
        rest = round(sum(cause.happened for cause in told[MOST_CAUSES:]), 2)
        rows.append((self.say("meeting_cause_rest"), rest))
        others = ("base", "weights", "red_lines", "uneven")
        rows += [(self.say(f"meeting_cause_{kind}"), getattr(why, kind)) for kind in others]
        rows = [(label, value) for label, value in rows if round(value, 2)]
        return Bars(
            title=self.say("meeting_causes_of", compare=self.say(f"meeting_{name}"), change=signed(why.change, 2)),
            unit=self.say("meeting_points"),
            names=tuple(label for label, _ in rows),
            values=tuple(value for _, value in rows),
            texts=tuple(signed(value, 2) for _, value in rows),
            signed=True,
        )

    # --- maps ---

    def values(self, place: Place, front: str) -> MapValues | None:
        """Return what a map of the parts of a place shows, None if it has none.

        A front is shown by its numbers; the composite by scores, unless most parts have too few incidents for one.
        """
        view = self.view(place, front, "count" if front else "score")
        if shown_level(view, self.city) is None:
            return None
        found = map_values(view, city_of(view, self.city))
        if not front and (found.measure != "score" or 2 * np.isfinite(found.value).sum() < len(found.value)):
            view = view.but(measure="count")
            found = map_values(view, city_of(view, self.city))
        return found

    def view(self, place: Place, front: str, measure: str) -> ViewState:
        return ViewState(self.period, place.token, sub_index=front or TOTAL, measure=measure, lang=self.lang)

    def map(self, place: Place, front: str, values: MapValues) -> MapView:
        level, circles = self.within(level_name(self.lang, values.level)), values.measure != "score"
        what = self.named_front(front).name.in_language(self.lang) if front else ""
        what = what or self.say("meeting_all_incidents" if circles else "total")
        parts = [self.city.place(int(row)) for row in values.rows]
        known = [float(value) for value in values.value if np.isfinite(value)]
        largest = max(known, default=0.0)
        widest = widest_circle(shapes_of(self.city, place, values.level))
        areas = []
        for part, value, klass in zip(parts, values.value.tolist(), values.klass.tolist(), strict=True):
            missing = not np.isfinite(value) or klass < 0
            radius = widest * (value / largest) ** 0.5 if circles and not missing and largest else 0.0
            written = "" if missing else whole(value) if circles else self.written_score(value)
            colour = "" if missing else CIRCLE if circles else BAND_COLOURS[BANDS[klass]][0]
            at = Reference(part.token, str(self.period), sub_index=front)
            name = part.in_language(self.lang)
            areas.append(Area(part.token, name, None if missing else value, written, colour, round(radius, 5), at))
        view = self.view(place, front, values.measure)
        return MapView(
            title=self.say("meeting_map_count" if circles else "meeting_map_score", level=level, what=what),
            place=place.token,
            level=values.level.value,
            front=front,
            circles=circles,
            areas=tuple(areas),
            keys=self.keys(values, circles=circles, largest=largest),
            closing=closing_line(view, city_of(view, self.city), values),
        )

    def keys(self, values: MapValues, *, circles: bool, largest: float) -> tuple[Key, ...]:
        n_missing = int((~np.isfinite(values.value) | (values.klass < 0)).sum())
        if circles:
            n = int((np.nan_to_num(values.value) > 0).sum())
            found = [Key(CIRCLE, self.say("meeting_circle", n=whole(largest)), n)] if largest else []
        else:
            found = [
                Key(BAND_COLOURS[band][0], f"{BAND_COLOURS[band][2]} {band_name(self.lang, band)}", n)
                for k, band in enumerate(BANDS)
                if (n := int((values.klass == k).sum()))
            ]
        return (*found, Key("", self.say("no_data"), n_missing)) if n_missing else tuple(found)

    def parts(self, place: Place, front: str, values: MapValues) -> Table:
        """Return the table beside a map: of scores the lowest and those that changed, of numbers the largest."""
        own = place.token == self.place.token
        where = self.briefing.where if own and not front else None
        told = {part.token: part for part in (*where.below, *where.moved)} if where else {}
        moved = {part.token for part in where.moved} if where else set()
        by_count = values.measure != "score"
        order = sorted(
            range(len(values.rows)),
            key=lambda i: (not np.isfinite(values.value[i]), -values.value[i] if by_count else values.value[i]),
        )
        tokens = [self.city.place(int(row)).token for row in values.rows]
        first = [i for i in order if tokens[i] in told]
        kept = set((first + [i for i in order if i not in first])[:MOST_PARTS])
        rows = tuple(self.part(values, i, front, moved=tokens[i] in moved) for i in order if i in kept)
        level, rest = level_name(self.lang, values.level), len(order) - len(rows)
        counted = level_counted(self.lang, values.level, rest)
        more = self.say("meeting_more_on_map" if own else "meeting_more_parts", n=rest, level=counted) if rest else ""
        title = self.say("meeting_parts_counts" if by_count else "meeting_parts", level=self.within(level))
        columns = (self.say("meeting_n"),) if by_count else (self.say("score"), self.say("meeting_band"))
        numeric = (True,) if by_count else (True, False)
        return Table(title, (level, *columns, self.say("meeting_previous")), (False, *numeric, True), rows, more)

    def within(self, name: str) -> str:
        """Return a name as it stands within a sentence."""
        return name.lower() if self.lang == "en" else name

    def part(self, values: MapValues, i: int, front: str, *, moved: bool) -> tuple[Cell, ...]:
        place, value = self.city.place(int(values.rows[i])), float(values.value[i])
        at = Reference(place.token, str(self.period), sub_index=front)
        known = np.isfinite(value)
        name = Cell(place.in_language(self.lang))
        compared = Reference(place.token, str(self.period), compare="previous", sub_index=front)
        change = float(values.change[i]) if np.isfinite(values.change[i]) else None
        if values.measure != "score":
            # of numbers beside a map nobody asked which stand among all: their arrows stay open
            cells = (Cell(whole(value) if known else "—", value if known else None, at),)
            last = change_cell(self.lang, change, moved=False, digits=0, at=compared)
            return (name, *cells, last)
        band = BANDS[int(values.klass[i])] if known else None
        score = Cell(self.written_score(value), value, at) if known else Cell("—")
        word = Cell(band_name(self.lang, band), band=band.value) if band else Cell(self.say("no_data"))
        return (name, score, word, change_cell(self.lang, change, moved=moved, digits=1, at=compared))

    def where(self) -> Page:
        values = self.values(self.place, "")
        told = chosen(self.of("where"), ("parts_moved", "parts_not_moved", "in_none"))
        if values is None:
            return Page("where", self.page_title("where"), told)
        shown = self.map(self.place, "", values)
        return Page("where", self.page_title("where"), told, map=shown, tables=(self.parts(self.place, "", values),))

    # --- fronts ---

    def front(self, front_id: str) -> Page:
        front, section = self.named_front(front_id), f"front:{front_id}"
        numbers = self.score_numbers("meeting_front_score", front.score)
        if front.count is not None:
            numbers.append(self.count_number(front.count))
            numbers += self.change_numbers("meeting_count_change", front.count, 0)
        if front.n_alerts:
            numbers.append(KeyNumber(self.say("meeting_alerts_n"), whole(front.n_alerts), at=front.at))
        values = self.values(self.place, front_id)
        earlier = [each for each in self.meeting.earlier if each.decision.front == front_id]
        return Page(
            section,
            front.name.in_language(self.lang),
            of_front(self.of(section), MOST_SENTENCES - bool(earlier)),
            tuple(numbers[:MOST_NUMBERS]),
            bars=(self.types(front),) if front.types else (),
            hours=self.hours(front),
            map=None if values is None else self.map(self.place, front_id, values),
            earlier=tuple(self.earlier_row(each) for each in earlier[:MOST_OF_FRONT]),
        )

    def types(self, front: Front) -> Bars:
        told = [each for each in front.types if each.count.n]
        rows = [(each.name.in_language(self.lang), each.count.n) for each in told[:MOST_TYPES]]
        rest = told[MOST_TYPES:]
        if rest:
            rows.append((self.say("meeting_types_other", n=len(rest)), sum(each.count.n for each in rest)))
        return Bars(
            title=self.say("meeting_types"),
            unit=self.say("unit_incidents"),
            names=tuple(name for name, _ in rows),
            values=tuple(float(n) for _, n in rows),
            texts=tuple(whole(n) for _, n in rows),
            signed=False,
        )

    def hours(self, front: Front) -> HourGrid | None:
        hours = front.hours
        if hours is None or not hours.known:
            return None
        known = {"known": whole(hours.known), "unknown": whole(hours.unknown)}
        note = self.say("meeting_hours_known", **known) if hours.unknown else ""
        days = tuple(weekday_name(self.lang, day) for day in range(1, 8))
        return HourGrid(self.say("meeting_hours"), days, hours.counts, note, hours.at)

    def others(self) -> Page:
        rest = [front for front in self.briefing.fronts if not front.page]
        columns = (
            self.say("meeting_front"),
            self.say("score"),
            self.say("meeting_band"),
            self.say("meeting_score_change", compare=self.say("meeting_previous")),
            self.say("meeting_score_change", compare=self.say("meeting_year_ago")),
            self.say("meeting_n"),
            self.say("meeting_count_change", compare=self.say("meeting_previous")),
            self.say("meeting_count_change", compare=self.say("meeting_year_ago")),
        )
        numeric = (False, True, False, True, True, True, True, True)
        table = Table("", columns, numeric, tuple(map(self.other, rest)), self.say("meeting_arrows"))
        told = self.of("others")
        return Page("others", self.page_title("others"), told[:MOST_SENTENCES], tables=(table,))

    def other(self, front: Front) -> tuple[Cell, ...]:
        score = front.score
        word = band_name(self.lang, Band(score.band)) if score.band else "—"
        cells = [
            Cell(front.name.in_language(self.lang)),
            Cell(self.written_score(score.value), score.value, score.at),
            Cell(word, band=score.band),
        ]
        cells += [self.changed(change, 1) for change in (score.previous, score.year_ago)]
        if front.count is None:
            return (*cells, Cell("—"), Cell("—"), Cell("—"))
        cells.append(Cell(whole(front.count.n), float(front.count.n), front.count.at))
        cells += [self.changed(change, 0) for change in (front.count.previous, front.count.year_ago)]
        return tuple(cells)

    def changed(self, change: Change, digits: int) -> Cell:
        if change.why_not == "few":
            return Cell(self.say("meeting_few_short"))
        return change_cell(self.lang, change.difference, moved=change.moved, digits=digits, at=change.at)

    # --- alerts ---

    def alerts(self) -> Page:
        alerts = self.briefing.alerts
        rows = []
        for line in alerts.lines[:MOST_ALERTS]:
            red = line.of_red_line or line.expected is None
            rows.append(
                (
                    Cell(self.say(f"meeting_alert_{line.level}"), float(line.level)),
                    Cell(line.place_name.in_language(self.lang)),
                    Cell(line.name.in_language(self.lang)),
                    Cell(period_name(self.lang, Period.parse(line.week))),
                    Cell(whole(line.observed), float(line.observed), line.at),
                    Cell(
                        self.say("meeting_red_line") if red else decimal(line.expected), None if red else line.expected
                    ),
                    Cell(self.say(f"meeting_said_{line.disposition}")),
                )
            )
        rest = len(alerts.lines) - len(rows)
        columns = tuple(
            self.say(f"meeting_alert_{each}")
            for each in ("level", "place", "what", "week", "seen", "expected", "answer")
        )
        more = self.say("meeting_more", n=rest) if rest else ""
        table = Table("", columns, (False, False, False, False, True, True, False), tuple(rows), more)
        told = tuple(each for each in self.of("alerts") if each.key not in ("alert", "alert_red_line"))
        return Page("alerts", self.page_title("alerts"), told[:MOST_SENTENCES], tables=(table,))

    # --- decisions ---

    def place_of(self, decision: Decision) -> str:
        """Return the name of a decision's place, as it was written where the place is no more."""
        try:
            return self.city.find(decision.place).in_language(self.lang)
        except SelectionError:
            return decision.place_name

    def types_of(self, decision: Decision) -> str:
        """Return what a decision counts; in Chinese as it was written, for a method may have changed names since."""
        if not decision.types:
            return self.say("meeting_all_types")
        return names_of(self.city, decision.types, "en") if self.lang == "en" else decision.types_name

    def decision_row(self, decision: Decision, outcome: Outcome | None = None) -> DecisionRow:
        goal = self.say(
            "meeting_goal",
            place=self.place_of(decision),
            what=self.types_of(decision),
            baseline=whole(decision.baseline),
            target=whole(decision.target),
        )
        state = effect = answer = ""
        at = self.seen(decision, str(self.period))
        if outcome is not None:
            key = f"meeting_state_{outcome.state}"
            if outcome.now is None:
                key = "meeting_state_running_unknown" if outcome.state == "running" else "meeting_state_unknown"
            now = "—" if outcome.now is None else whole(outcome.now)
            state = self.say(key, now=now, last=day_words(self.lang, outcome.now_last))
            answer, effect = outcome.answer, self.effect(outcome)
            if outcome.now_first:
                at = self.seen(decision, f"{outcome.now_first}..{outcome.now_last}")
        return DecisionRow(
            id=decision.id,
            problem=decision.problem,
            measure=decision.measure,
            lead=decision.lead,
            helpers=self.say("meeting_helpers").join(decision.helpers),
            deadline=day_words(self.lang, decision.deadline),
            goal=goal,
            state=state,
            effect=effect,
            answer=answer,
            at=at,
        )

    def seen(self, decision: Decision, period: str) -> Reference:
        """Return the view that shows what a decision counts, as far as one view can."""
        method, types = self.city.method, decision.types
        only = types[0] if len(types) == 1 else ""
        if method.sub_index(only) is not None:
            return Reference(decision.place, period, sub_index=only)
        if any(each.id == only for each in method.indicators):
            return Reference(decision.place, period, indicator=only)
        if only in method.types:
            return Reference(decision.place, period, incident_type=only)
        return Reference(decision.place, period, sub_index=decision.front)

    def effect(self, outcome: Outcome) -> str:
        """Say in words whether a measure worked, "" while that is not asked."""
        if not outcome.answer:
            return ""
        fall = ""
        if outcome.ratio is not None and outcome.low is not None and outcome.high is not None:
            percent, low, high = (decimal(100 * (1 - ratio), 0) for ratio in (outcome.ratio, outcome.high, outcome.low))
            fall = self.say("meeting_fall", percent=percent, low=low, high=high)
        why = self.say(f"meeting_why_{outcome.why}", fall=fall)
        return self.say("meeting_effect", answer=self.say(f"meeting_answer_{Answer(outcome.answer).value}"), why=why)

    def earlier_row(self, earlier: Earlier) -> DecisionRow:
        return self.decision_row(earlier.decision, earlier.outcome)

    def earlier(self) -> Page:
        rows = tuple(self.earlier_row(each) for each in self.meeting.earlier)
        return Page(
            "earlier",
            self.page_title("earlier"),
            earlier=rows[:MOST_DECISIONS],
            note=self.left_out(len(rows), MOST_DECISIONS),
        )

    def left_out(self, n: int, most: int) -> str:
        return self.say("meeting_more", n=n - most) if n > most else ""

    def decisions(self) -> Page:
        rows = tuple(self.decision_row(each) for each in self.meeting.decisions)
        return Page(
            "decisions",
            self.page_title("decisions"),
            sentences=tuple(self.findings()),
            decisions=rows[-MOST_DECISIONS:],
            note=self.left_out(len(rows), MOST_DECISIONS),
        )

    def findings(self) -> Iterator[Sentence]:
        """Yield what a meeting may decide about: the first that is told of each front with a page, or of all fronts."""
        fronts = [each for each in self.briefing.agenda if each.startswith("front:")]
        for section in fronts[:MOST_SENTENCES] or ["others"]:
            yield from chosen(self.of(section), ("front_score", "front_no_score"), most=1)

    def supervision(self) -> Page:
        """Return what is to be followed up: decisions of this meeting, and earlier ones that still run."""
        due = [(each.deadline, self.decision_row(each)) for each in self.meeting.decisions]
        due += [
            (each.decision.deadline, self.earlier_row(each))
            for each in self.meeting.earlier
            if each.outcome.state in ("running", "unknown")
        ]
        due.sort(key=lambda pair: pair[0])
        rows = tuple(row for _, row in due)
        own = {each.id for each in self.meeting.decisions}
        return Page(
            "supervision",
            self.page_title("supervision"),
            decisions=tuple(row for row in rows[:MOST_DECISIONS] if row.id in own),
            earlier=tuple(row for row in rows[:MOST_DECISIONS] if row.id not in own),
            note=self.left_out(len(rows), MOST_DECISIONS),
        )

    def minutes(self) -> Page:
        """Return everything in words: all sentences, all decisions, and what became of the earlier ones."""
        return Page(
            "minutes",
            self.page_title("minutes"),
            self.sentences,
            earlier=tuple(self.earlier_row(each) for each in self.meeting.earlier),
            decisions=tuple(self.decision_row(each) for each in self.meeting.decisions),
        )


def explained(why: Why) -> bool:
    """Say whether a change is more than chance and was taken apart."""
    return why.sure and not why.why_not


def of_front(sentences: Sequence[Sentence], most: int) -> tuple[Sentence, ...]:
    """Return the sentences of a front that a page has room for: what changed first, then what its drawings show."""
    groups = [[each for each in sentences if each.key in keys] for keys in GROUPS]
    groups.sort(key=lambda group: not any(each.key.endswith("_moved") for each in group))
    kept: list[Sentence] = []
    for group in groups:
        kept += group if len(kept) + len(group) <= most else []
    told = [each for each in sentences if not any(each in group for group in groups)]
    kept += told[: most - len(kept)]
    return tuple(each for each in sentences if each in kept)


def chosen(sentences: Sequence[Sentence], first: Sequence[str], most: int = MOST_SENTENCES) -> tuple[Sentence, ...]:
    """Return as many sentences as a page has room for, in their order: those of the keys named first before others."""
    order = {key: k for k, key in enumerate(first)}
    ranked = sorted(sentences, key=lambda each: order.get(each.key, len(order)))
    kept = ranked[:most]
    return tuple(each for each in sentences if each in kept)


def widest_circle(shapes: Shapes) -> float:
    """Return the radius of the largest circle: neighbours meet it, and are not hidden by it."""
    at = np.array(list(shapes.points.values()), dtype=np.float64).reshape(-1, 2)
    if len(at) < 2:
        return WIDEST
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)) + np.diag(np.full(len(at), np.inf))
    return float(np.clip(0.75 * np.median(apart.min(axis=1)), NARROWEST, WIDEST))


def change_cell(lang: str, change: float | None, *, moved: bool, digits: int, at: Reference) -> Cell:
    """Return a change in a table, with an arrow that is filled where it stands among all of its list."""
    if change is None:
        return Cell("—")
    if not round(change, digits):
        return Cell(text(lang, "meeting_even"), 0.0, at)
    return Cell(f"{arrow(change, moved)} {signed(change, digits)}", change, at)


def day_words(lang: str, day: str) -> str:
    """Return a day as it is spoken, a dash for none."""
    return period_name(lang, Period.parse(day)) if day else "—"
