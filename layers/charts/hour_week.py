"""When it happens: hour of the day by weekday."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geodata.written import whole
from layers.style import RAMP, Figure, figure_layout
from layers.text import text
from layers.view import ViewState


def hour_week_figure(counts: npt.NDArray[np.int64], view: ViewState) -> Figure:
    """Draw incidents by weekday and hour.

    Parameters
    ----------
    counts
        Incidents, shape (7, 24), Monday first.
    """
    days = text(view.lang, "weekdays").split(" ")
    hours = [str(hour) for hour in range(24)]
    unit = text(view.lang, "hour_axis")
    hover = [
        [f"{day} {hour}{unit} · {whole(counts[d, h])}" for h, hour in enumerate(hours)] for d, day in enumerate(days)
    ]
    cells = {
        "type": "heatmap",
        "z": counts.tolist(),
        "x": hours,
        "y": days,
        "colorscale": [[k / (len(RAMP) - 1), colour] for k, colour in enumerate(RAMP)],
        "zmin": 0,
        "zmax": max(int(counts.max()), 1),
        "xgap": 1,
        "ygap": 1,
        "showscale": False,
        "hovertext": hover,
        "hoverinfo": "text",
    }
    ticks = ["0", "6", "12", "18", "23"]
    layout = figure_layout(
        view.theme,
        xaxis={"type": "category", "tickvals": ticks, "ticktext": [tick + unit for tick in ticks], "tickangle": 0},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return {"data": [cells], "layout": layout}
