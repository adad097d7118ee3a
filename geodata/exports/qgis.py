"""QGIS styles (QML) that look like the screen: classes in their colours, circles for counts, dots for incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from geodata.exports.table import Look

RIM, MISSING = "91,107,122,255", "154,167,178,255"
CIRCLE, LAND = "31,95,168", "251,250,247,255"
MM_PER_PIXEL = 25.4 / 96
TINY_PX = 4
"""Circles of a smaller radius have no line, which would be all that is seen."""
NO_DATA = "无数据 no data"
THIN, THINNER = 46, 102
"""How opaque circles, and tiny ones, are, of 255."""


def class_style(field: str, looks: Sequence[Look], *, dense: bool = False) -> str:
    """Return a style that fills places by class; what has no class is hatched.

    Parameters
    ----------
    field
        Holds the class, -1 = none.
    looks
        Of each class.
    dense
        Whether the places are so many that borders would be all that is seen.
    """
    fills = [(str(k), look.word, _fill(str(k), look.fill, dense=dense)) for k, look in enumerate(looks)]
    return _style(_classes(field, [*fills, ("-1", NO_DATA, _hatch(str(len(looks))))]))


def circle_style(field: str, value: str, largest: int, radius_px: float, *, dense: bool = False) -> str:
    """Return a style that draws a circle in every place, its area in step with a number, as large as on the screen.

    Parameters
    ----------
    field
        Holds the class: 0, and -1 where nothing is known.
    value
        Holds the number.
    largest, radius_px
        What the largest circle stands for, and its radius on the screen [px].
    dense
        As of `class_style`.
    """
    most, across = max(largest, 1), 2 * radius_px * MM_PER_PIXEL
    tiny = f'"{value}" < {most * (TINY_PX / max(radius_px, 1e-9)) ** 2:.6g}'
    growing = {
        "size": f'{across:.3f} * sqrt("{value}" / {most}.0)',
        "fillColor": f"if({tiny}, '{CIRCLE},{THINNER}', '{CIRCLE},{THIN}')",
        "outlineStyle": f"if({tiny}, 'no', 'solid')",
        "enabled": f'coalesce("{value}", 0) > 0',
    }
    rim = {"outline_color": f"{CIRCLE},255", "outline_width": f"{1.5 * MM_PER_PIXEL:.3f}"}
    circle = _symbol("@0@1", _dot(across, f"{CIRCLE},{THIN}", rim, _by_expression(growing)), "marker")
    middle = _layer("CentroidFill", {"point_on_surface": "1", "point_on_all_parts": "0"}, circle, above=1)
    known = _symbol("0", _simple_fill(LAND, "solid", LAND if dense else MISSING) + middle)
    shown = [("0", "", known), ("-1", NO_DATA, _hatch("1"))]
    largest_first = f'<orderby><orderByClause asc="0" nullsFirst="0">{escape(value)}</orderByClause></orderby>'
    return _style(_classes(field, shown, levels=True, order=largest_first))


def dot_style() -> str:
    """Return a style of small dots."""
    rim = {"outline_color": "255,255,255,255", "outline_width": "0.1"}
    return _style(
        '<renderer-v2 type="singleSymbol" forceraster="0" symbollevels="0" enableorderby="0">'
        f"<symbols>{_symbol('0', _dot(1.6, f'{CIRCLE},190', rim), 'marker')}</symbols></renderer-v2>"
    )


def _classes(field: str, shown: Sequence[tuple[str, str, str]], *, levels: bool = False, order: str = "") -> str:
    """Return a renderer of classes, each as (value, word, symbol); with `levels` all land lies below all circles."""
    categories = "".join(
        f'<category value="{value}" type="long" symbol="{k}" label={quoteattr(word)} render="true"/>'
        for k, (value, word, _) in enumerate(shown)
    )
    symbols = "".join(symbol for _, _, symbol in shown)
    return (
        f'<renderer-v2 type="categorizedSymbol" attr="{field}" forceraster="0" symbollevels="{int(levels)}" '
        f'enableorderby="{int(bool(order))}"><categories>{categories}</categories><symbols>{symbols}</symbols>'
        f"{order}</renderer-v2>"
    )


def _by_expression(looks: Mapping[str, str]) -> str:
    """Return what of a symbol follows from the fields of a place, each as an expression."""
    told = "".join(
        f'<Option name="{name}" type="Map"><Option name="active" type="bool" value="true"/>'
        f'<Option name="expression" type="QString" value={quoteattr(look)}/>'
        '<Option name="type" type="int" value="3"/></Option>'
        for name, look in looks.items()
    )
    return (
        '<data_defined_properties><Option type="Map"><Option name="name" type="QString" value=""/>'
        f'<Option name="properties" type="Map">{told}</Option>'
        '<Option name="type" type="QString" value="collection"/></Option></data_defined_properties>'
    )


def _style(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.28.0" styleCategories="Symbology">{renderer}<blendMode>0</blendMode>'
        "<featureBlendMode>0</featureBlendMode><layerOpacity>1</layerOpacity></qgis>"
    )


def _fill(name: str, colour: str, *, dense: bool) -> str:
    fill = ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5)) + ",255"
    return _symbol(name, _simple_fill(fill, "solid", fill if dense else RIM))


def _hatch(name: str) -> str:
    return _symbol(name, _simple_fill(MISSING, "b_diagonal", MISSING))


def _symbol(name: str, layers: str, kind: str = "fill") -> str:
    return f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">{layers}</symbol>'


def _simple_fill(colour: str, brush: str, rim: str) -> str:
    line = {"outline_color": rim, "outline_style": "solid", "outline_width": "0.15", "outline_width_unit": "MM"}
    return _layer("SimpleFill", {"color": colour, "style": brush, **line})


def _dot(across: float, colour: str, rim: Mapping[str, str], more: str = "") -> str:
    look = {"name": "circle", "color": colour, **rim, "outline_width_unit": "MM"}
    return _layer("SimpleMarker", {**look, "size": f"{across:.3f}", "size_unit": "MM"}, more)


def _layer(kind: str, options: Mapping[str, str], more: str = "", *, above: int = 0) -> str:
    told = "".join(f'<Option name="{k}" type="QString" value={quoteattr(v)}/>' for k, v in options.items())
    return (
        f'<layer class="{kind}" enabled="1" locked="0" pass="{above}"><Option type="Map">{told}</Option>{more}</layer>'
    )
