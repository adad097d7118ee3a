"""What a file calls its columns and its types: mapping files, those shipped, and a guess by usual names.

A mapping is data. Its columns may list several names, tried in order, so that one mapping fits a source's download and
its programming interface; its types turn the source's words into ids of the catalogue, and nothing else is scored. It
can be written down again, and kept under the layout of the files that it fits.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from geodata.coordinates import CoordinateSystem
from geodata.errors import BoundaryError, MappingError
from geodata.index.catalogue import load_method, shipped_versions

COLUMN_KEYS = (
    "id",
    "time",
    "clock",
    "time_parts",
    "lon",
    "lat",
    "crs",
    "place",
    "type",
    "severity",
    "status",
    "received_at",
)
"""What a mapping can say of a file's columns; every other column of the file is kept as `extra`."""

EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}
"""Time formats that are numbers since 1970, UTC → their unit [µs]."""

_SHOWN_NAMES, _SHOWN_NAME = 30, 20
"""Column names that a refusal lists, and the characters of each."""

_KINDS = {
    "name": str,
    "time_format": str,
    "time_zone": str,
    "crs": str,
    "type_value": str,
    "missing_position": list,
    "midnight_is_unknown": bool,
    "columns": dict,
    "types": dict,
}

_USUAL_NAMES = {
    "id": "id 编号 incident_id case_id event_id 事件编号 案件编号 警情编号 接警单编号 工单编号 任务号",
    "time": "time 时间 occurred_at occurred_on date datetime timestamp month created_date created_at 发生时间 案发时间 "
    "事发时间 报警时间 接警时间 上报时间 受理时间 发生日期 日期 月份",
    "clock": "clock time_of_day 时刻 发生时刻 案发时刻 事发时刻 报警时刻 接警时刻",
    "lon": "lon lng longitude long 经度 x x坐标 坐标x 经度坐标 point_x",
    "lat": "lat latitude 纬度 y y坐标 坐标y 纬度坐标 point_y",
    "crs": "crs coordinate_system 坐标系 坐标系统 坐标类型 坐标系类型",
    "place": "place_path 地址路径 区划路径 行政区划路径 所属区域 所属区划 行政区划 所属网格 网格 所属社区 所属村居 "
    "社区村居 村居 社区 所属镇街 所属街道 镇街 街道 乡镇街道 街镇",
    "type": "type 类型 category 类别 incident_type event_type crime_type primary_type 事件类型 案件类型 警情类型 "
    "警情类别 事件类别 案件类别 诉求类型 问题类型",
    "severity": "severity 严重程度 严重性 等级 事件等级",
    "status": "status 状态 办理状态 处置状态",
    "received_at": "received_at 接收时间 入库时间",
}

_DATE_AND_TIME = {
    column: column.replace("日期", "时间").replace("date", "time")
    for column in (
        "日期",
        "发生日期",
        "案发日期",
        "事发日期",
        "报警日期",
        "接警日期",
        "上报日期",
        "受理日期",
        "date",
    )
}
"""A column of days → the column that then holds the time of day."""


@dataclass(frozen=True)
class Mapping:
    """How to read the rows of one source.

    Parameters
    ----------
    name
        What people call it.
    columns
        Our name (one of COLUMN_KEYS) → the file's column, or several, of which the first that the file has is taken;
        ``time_parts`` instead lists the columns of year, month, day, hour and minute, and needs them all. ``clock``
        holds the time of day where ``time`` is a day, ``crs`` a row's own coordinate system, and ``place`` the path,
        name or code of a place, which may stand instead of ``lon`` and ``lat``.
    time_format
        "" for ISO 8601 and Chinese dates; else a format of strptime, tried before those; or ``epoch_s``, ``epoch_ms``.
    time_zone
        Where times without a zone are local.
    crs
        Where positions are given, a name for :meth:`CoordinateSystem.parse`.
    types
        The file's word → id of the catalogue; case and outer spaces do not matter.
    missing_position
        Positions, in the file's own units, that stand for "no position".
    type_value
        The word for every row of a file that has no column of types; "" if the column is needed.
    midnight_is_unknown
        Whether 00:00 means that the hour is not given.
    """

    name: str
    columns: dict[str, str | list[str]]
    time_format: str = ""
    time_zone: str = "Asia/Shanghai"
    crs: str = "wgs84"
    types: dict[str, str] = field(default_factory=dict)
    missing_position: list[list[float]] = field(default_factory=list)
    type_value: str = ""
    midnight_is_unknown: bool = False

    def resolve(self, columns: Iterable[str]) -> dict[str, list[str]]:
        """Return our name → the columns of a file, one each but for ``time_parts``; what it lacks is left out.

        Raises
        ------
        MappingError
            If the file has no column for the time, the position or the type.
        """
        seen = {column_key(name): name for name in reversed([*columns])}
        found: dict[str, list[str]] = {}
        for key in COLUMN_KEYS:
            named = [seen[column_key(name)] for name in _as_list(self.columns.get(key)) if column_key(name) in seen]
            whole = len(named) == len(_as_list(self.columns.get(key)))
            if named and (key != "time_parts" or whole):
                found[key] = named if key == "time_parts" else named[:1]
        if "time" in found:
            found.pop("time_parts", None)
        else:
            found.pop("clock", None)
        self._demand(found, [*seen.values()][::-1])
        return found

    def _demand(self, found: dict[str, list[str]], columns: list[str]) -> None:
        missing = [key for key in ("lon", "lat") if key not in found]
        if len(missing) == len(("lon", "lat")) and "place" in found:
            missing = []
        if "time" not in found and "time_parts" not in found:
            missing.insert(0, "time")
        if "type" not in found and not self.type_value:
            missing.append("type")
        if missing:
            zh = {"time": "时间", "lon": "经度", "lat": "纬度", "type": "类型"}
            shown = [name if len(name) <= _SHOWN_NAME else f"{name[:_SHOWN_NAME]}…" for name in columns[:_SHOWN_NAMES]]
            raise MappingError(
                f"文件缺少{'、'.join(zh[key] for key in missing)}列，请用 --mapping 写明；"
                f"文件的列有：{'、'.join(shown)}。",
                f"The file has no column for {', '.join(missing)}: name it with --mapping; it has {', '.join(shown)}.",
            )


def column_key(name: str) -> str:
    """Return a column's name without what people do not see: width, case, outer spaces, and space for underscore.

    Examples
    --------
    >>> column_key(" Crime  Type ") == column_key("ｃｒｉｍｅ_type")
    True
    """
    text = re.sub(r"[\u200b-\u200f\ufeff]", "", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\s_]+", "_", text.strip()).casefold()


def word_key(word: str) -> str:
    """Return a type's word as it is compared: without width, case and outer spaces."""
    return unicodedata.normalize("NFKC", word).strip().casefold()


def guess_mapping(columns: Sequence[str]) -> Mapping:
    """Return the mapping of a file whose columns have usual names, Chinese or English.

    Where a day and a time stand side by side (日期, 时间), the second is taken as the time of day.

    Parameters
    ----------
    columns
        The names as the file has them.

    Returns
    -------
    Mapping
        With Chinese time, WGS-84 degrees, and the types of the catalogue alone.

    Raises
    ------
    MappingError
        If no column can be the time, the longitude, the latitude or the type: names them, and the columns seen.

    Examples
    --------
    >>> guess_mapping(["编号", "发生时间", "经度", "纬度", "类型"]).columns["time"]
    '发生时间'
    >>> guess_mapping(["发生时间", "位置/经度", "位置/纬度", "类型"]).columns["lon"]
    '位置/经度'
    """
    usual: dict[str, str | list[str]] = {
        key: [*names.split(), *_below_a_title(names.split(), columns)] for key, names in _USUAL_NAMES.items()
    }
    found = Mapping("usual names", usual).resolve(columns)
    chosen: dict[str, str | list[str]] = {key: names[0] for key, names in found.items()}
    seen = {column_key(name): name for name in columns}
    for date, time in _DATE_AND_TIME.items():
        if "clock" not in chosen and date in seen and chosen["time"] == seen.get(time):
            chosen["time"], chosen["clock"] = seen[date], seen[time]
    return Mapping("usual names", chosen)


def _below_a_title(usual: list[str], columns: Sequence[str]) -> list[str]:
    """Return the columns of a header of two rows (位置/经度) whose lower name is a usual one."""
    return [name for name in columns if "/" in name and column_key(name.rpartition("/")[2]) in usual]


def layout_key(columns: Iterable[str]) -> str:
    """Return 32 hexadecimal digits that stand for a set of columns, whatever their order, width and case.

    Examples
    --------
    >>> layout_key(["编号", "Crime Type"]) == layout_key(["crime_type", "编号 "])
    True
    """
    names = sorted({column_key(name) for name in columns})
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()[:32]


def shipped_mappings() -> list[str]:
    """Return the names of the mappings that come with the program, in alphabetical order."""
    return sorted(entry.name.removesuffix(".toml") for entry in _shipped().iterdir() if entry.name.endswith(".toml"))


def shipped_mapping(name: str) -> Mapping:
    """Return a mapping that comes with the program.

    Raises
    ------
    MappingError
        If there is none of this name.
    """
    if name not in shipped_mappings():
        known = shipped_mappings()
        raise MappingError(
            f"没有名为“{name[:40]}”的内置映射，可用的有：{'、'.join(known)}。",
            f"No mapping named {name[:40]!r} is built in: there are {', '.join(known)}.",
        )
    return parse_mapping(_shipped().joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml")


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    MappingError
        If the file is missing or no TOML, has a key that is not known or of the wrong kind, or names a type that no
        catalogue has: names the file and the key.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(
            f"映射文件 {path.name} 无法读取，请检查路径，并存为 UTF-8。",
            f"Mapping file {path.name} cannot be read: check its path, and save it as UTF-8.",
        ) from error
    return parse_mapping(text, path.name)


def mapping_to_toml(mapping: Mapping) -> str:
    """Return the text of a mapping file that :func:`parse_mapping` reads as the same mapping.

    Examples
    --------
    >>> print(mapping_to_toml(guess_mapping(["日期", "经度", "纬度", "类型"])))
    name = "usual names"
    time_format = ""
    time_zone = "Asia/Shanghai"
    crs = "wgs84"
    type_value = ""
    midnight_is_unknown = false
    missing_position = []
    <BLANKLINE>
    [columns]
    "time" = "日期"
    "lon" = "经度"
    "lat" = "纬度"
    "type" = "类型"
    <BLANKLINE>
    [types]
    <BLANKLINE>
    """
    texts = ("name", "time_format", "time_zone", "crs", "type_value", "midnight_is_unknown", "missing_position")
    lines = [f"{key} = {_toml_value(getattr(mapping, key))}" for key in texts]
    for table in ("columns", "types"):
        entries = getattr(mapping, table).items()
        lines += ["", f"[{table}]", *(f"{_toml_value(key)} = {_toml_value(value)}" for key, value in entries)]
    return "\n".join(lines) + "\n"


def _toml_value(value: object) -> str:
    # TOML's texts are JSON's but for the one control character that JSON leaves as it is
    if isinstance(value, list):
        return f"[{', '.join(map(_toml_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _shipped() -> Any:  # a Traversable, whose module moved between versions of Python
    return resources.files("geodata").joinpath("mappings")


def _as_list(names: str | list[str] | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else names


def _wrong(file: str, key: str, zh: str, en: str) -> MappingError:
    return MappingError(f"映射文件 {file} 的 {key} {zh}。", f"In mapping file {file}, {key} {en}.")


def parse_mapping(text: str, name: str) -> Mapping:
    """Read the text of a mapping file.

    Parameters
    ----------
    text
        TOML.
    name
        What the file is called, for messages; without ``.toml`` it is the mapping's name if the text gives none.

    Raises
    ------
    MappingError
        As :func:`load_mapping`.
    """
    file = name
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(
            f"映射文件 {file} 不是合法的 TOML：{error}。", f"Mapping file {file} is not TOML: {error}."
        ) from error
    for key, value in content.items():
        if key not in _KINDS:
            raise _wrong(file, key, f"不认识，可用的键有：{'、'.join(_KINDS)}", f"is unknown: use {', '.join(_KINDS)}")
        if not isinstance(value, _KINDS[key]):
            raise _wrong(file, key, "的值类型不对", f"must be a {_KINDS[key].__name__}")
    mapping = Mapping(**{"name": file.removesuffix(".toml"), "columns": {}} | content)
    _check_columns(file, mapping)
    _check_places(file, mapping)
    _check_types(file, mapping.types, _catalogue_ids())
    return mapping


def _check_columns(file: str, mapping: Mapping) -> None:
    for key, names in mapping.columns.items():
        if key not in COLUMN_KEYS:
            known = ", ".join(COLUMN_KEYS)
            raise _wrong(file, f"columns.{key}", f"不认识，可用的有：{known}", f"is unknown: use {known}")
        # TOML gives whatever the file says, not what the type promises
        listed: object = [names] if isinstance(names, str) else names
        if not isinstance(listed, list) or not listed or not all(isinstance(name, str) and name for name in listed):
            raise _wrong(file, f"columns.{key}", "必须是列名或列名的数组", "must be a column name or a list of them")
    if "time_parts" in mapping.columns and not 2 <= len(_as_list(mapping.columns["time_parts"])) <= 5:
        raise _wrong(file, "columns.time_parts", "应依次为年、月、日、时、分", "lists year, month, day, hour, minute")
    if not {"time", "time_parts"} & mapping.columns.keys():
        raise _wrong(file, "columns.time", "没有写", "is missing")
    if "clock" in mapping.columns and "time" not in mapping.columns:
        raise _wrong(file, "columns.clock", "须与日期列 columns.time 一起写", "needs the days in columns.time")
    position = () if "place" in mapping.columns and not {"lon", "lat"} & mapping.columns.keys() else ("lon", "lat")
    for key in (*position, *(() if mapping.type_value else ("type",))):
        if key not in mapping.columns:
            raise _wrong(file, f"columns.{key}", "没有写", "is missing")


def _check_places(file: str, mapping: Mapping) -> None:
    try:
        CoordinateSystem.parse(mapping.crs)
    except BoundaryError as error:
        raise MappingError(f"映射文件 {file}：{error.zh}", f"Mapping file {file}: {error.en}") from error
    try:
        ZoneInfo(mapping.time_zone)
    except (ValueError, OSError, KeyError) as error:
        raise _wrong(
            file, "time_zone", "不是时区名，如 Asia/Shanghai", "is no time zone such as Asia/Shanghai"
        ) from error
    for position in mapping.missing_position:
        if not isinstance(position, list) or [isinstance(n, int | float) for n in position] != [True, True]:
            raise _wrong(file, "missing_position", "应写成 [[0, 0]]", "must look like [[0, 0]]")
    if mapping.time_format in EPOCHS:
        return
    try:
        moment = dt.datetime(2000, 1, 2, tzinfo=dt.UTC).strftime(mapping.time_format)
        pd.to_datetime(moment, format=mapping.time_format or None)
    except ValueError as error:
        raise _wrong(file, "time_format", "不是 strptime 的格式", "is no format of strptime") from error


def _check_types(file: str, types: dict[str, str], known: Collection[str]) -> None:
    for word, type_id in types.items():
        if not isinstance(type_id, str) or type_id not in known:
            raise _wrong(
                file,
                f"types.“{word}”" if not word.isascii() else f"types.{word!r}",
                f"指向目录中没有的类型“{type_id}”，请查看方法文件中的类型 id",
                f"names {type_id!r}, which the catalogue does not have: see the ids in the method file",
            )


@lru_cache(maxsize=1)
def _catalogue_ids() -> frozenset[str]:
    """Return the ids of the incident types of every shipped version of the method."""
    texts = [path.read_text(encoding="utf-8") for path in shipped_versions().values()]
    return frozenset(name for text in texts for name in load_method(text).types)
