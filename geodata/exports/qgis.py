"""QGIS styles (QML) that look like the screen: classes in their colours, circles for counts, dots for incidents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import quoteattr

from geodata.exports.table import Look

RIM = "91,107,122,255"
CIRCLE, LAND = "31,95,168,190", "251,250,247,255"
LARGEST_MM = 14
"""Across, of the circle that stands for the largest number."""


def class_style(field: str, looks: Sequence[Look]) -> str:
    """Return a style that fills places by class; what has no class is hatched."""
    fills = [(str(k), look.word, _fill(str(k), look.fill)) for k, look in enumerate(looks)]
    fills.append(("-1", "无数据 no data", _hatch(str(len(looks)))))
    categories = "".join(
        f'<category value="{value}" type="long" symbol="{k}" label={quoteattr(word)} render="true"/>'
        for k, (value, word, _) in enumerate(fills)
    )
    symbols = "".join(symbol for _, _, symbol in fills)
    return _style(
        f'<renderer-v2 type="categorizedSymbol" attr="{field}" forceraster="0" symbollevels="0" enableorderby="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols></renderer-v2>"
    )


def circle_style(field: str, largest: int) -> str:
    """Return a style that draws a circle in every place, its area in step with a number."""
    size = quoteattr(f'{LARGEST_MM} * sqrt(coalesce("{field}", 0) / {max(largest, 1)}.0)')
    growing = (
        '<data_defined_properties><Option type="Map"><Option name="name" type="QString" value=""/>'
        '<Option name="properties" type="Map"><Option name="size" type="Map">'
        '<Option name="active" type="bool" value="true"/>'
        f'<Option name="expression" type="QString" value={size}/><Option name="type" type="int" value="3"/>'
        '</Option></Option><Option name="type" type="QString" value="collection"/></Option></data_defined_properties>'
    )
    circle = _symbol("@0@1", _dot(LARGEST_MM, 0.2, growing), "marker")
    middle = _layer("CentroidFill", {"point_on_surface": "1", "point_on_all_parts": "0"}, circle)
    return _single(_symbol("0", _simple_fill(LAND, "solid") + middle))


def dot_style() -> str:
    """Return a style of small dots."""
    return _single(_symbol("0", _dot(1.6, 0.1), "marker"))


def _single(symbol: str) -> str:
    return _style(
        '<renderer-v2 type="singleSymbol" forceraster="0" symbollevels="0" enableorderby="0">'
        f"<symbols>{symbol}</symbols></renderer-v2>"
    )


def _style(renderer: str) -> str:
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        f'<qgis version="3.28.0" styleCategories="Symbology">{renderer}<blendMode>0</blendMode>'
        "<featureBlendMode>0</featureBlendMode><layerOpacity>1</layerOpacity></qgis>"
    )


def _fill(name: str, colour: str) -> str:
    rgb = ",".join(str(int(colour[k : k + 2], 16)) for k in (1, 3, 5))
    return _symbol(name, _simple_fill(f"{rgb},255", "solid"))


def _hatch(name: str) -> str:
    return _symbol(name, _simple_fill("154,167,178,255", "b_diagonal"))


def _symbol(name: str, layers: str, kind: str = "fill") -> str:
    return f'<symbol name="{name}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">{layers}</symbol>'


def _simple_fill(colour: str, brush: str) -> str:
    rim = {"outline_color": RIM, "outline_style": "solid", "outline_width": "0.15", "outline_width_unit": "MM"}
    return _layer("SimpleFill", {"color": colour, "style": brush, **rim})


def _dot(size: float, rim: float, more: str = "") -> str:
    look = {"name": "circle", "color": CIRCLE, "outline_color": "255,255,255,255", "outline_width": f"{rim}"}
    return _layer("SimpleMarker", {**look, "size": f"{size}", "size_unit": "MM"}, more)


def _layer(kind: str, options: Mapping[str, str], more: str = "") -> str:
    told = "".join(f'<Option name="{k}" type="QString" value={quoteattr(v)}/>' for k, v in options.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0"><Option type="Map">{told}</Option>{more}</layer>'
