"""The most frequent types of incidents; each is a link that keeps only that type, its number one to the rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geodata.city import CityData
from geodata.columns import UNMAPPED
from geodata.written import signed, whole
from layers.elements import dcc, html
from layers.text import text
from layers.view import ViewState

LONGEST = 8


def type_name(type_id: str, city: CityData, lang: str) -> str:
    """Return the name of a type; of one that no mapping knows, the source's own word."""
    kind = city.method.types.get(type_id)
    if kind is not None:
        return kind.name_en if lang == "en" else kind.name
    return text(lang, "unmapped", word=type_id.removeprefix(UNMAPPED))


def types_card(
    view: ViewState, city: CityData, now: npt.NDArray[np.int64], before: npt.NDArray[np.int64] | None
) -> html.Section:
    """List the most frequent types with their counts.

    Parameters
    ----------
    now, before
        Incidents of the current place by type, shape (n_types,), in both periods; only the types that the view counts
        are not 0.
    """
    if not now.any():
        empty = html.P(text(view.lang, "no_incidents"), className="muted")
        return html.Section([html.H2(text(view.lang, "top_types")), empty], className="card types")
    order = np.argsort(-now, kind="stable")
    order = order[now[order] > 0]
    most = int(now.max())
    rows = [_row(view, city, int(k), now, before, most) for k in order[:LONGEST]]
    rest = order[LONGEST:]
    if len(rest):
        rows.append(
            html.Li(
                [
                    html.Span(text(view.lang, "other_types", n=len(rest)), className="name muted"),
                    html.Span(whole(now[rest].sum()), className="n"),
                ]
            )
        )
    return html.Section(
        [html.H2(text(view.lang, "top_types")), html.Ul(rows, className="bars")], className="card types"
    )


def _row(
    view: ViewState, city: CityData, k: int, now: npt.NDArray[np.int64], before: npt.NDArray[np.int64] | None, most: int
) -> html.Li:
    type_id = city.index.types[k]
    on = view.incident_type == type_id
    change = "" if before is None else signed(float(now[k] - before[k]), 0)
    return html.Li(
        [
            dcc.Link(
                [
                    html.Span(type_name(type_id, city, view.lang), className="name"),
                    html.Span(change, className="delta"),
                    html.Span(className="bar", style={"width": f"{100 * now[k] / most:.1f}%"}),
                ],
                href=view.but(incident_type="" if on else type_id).href(),
                className="on" if on else "",
            ),
            dcc.Link(
                whole(now[k]),
                href=view.but(incident_type=type_id, rows=1).href(),
                className="n",
                title=text(view.lang, "rows_see_n", n=whole(now[k])),
            ),
        ]
    )
