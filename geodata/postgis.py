"""Places and incidents straight from PostgreSQL: the same tables as from files, streamed, and nothing is ever written.

An address is ``postgresql://user@host/database?table=schema.table`` or ``…?query=SELECT …``, with ``&geometry=column``
where a table has several; names are taken letter by letter, and ``%`` and ``&`` inside a query are written %25 and %26.
A password belongs into ~/.pgpass or PGPASSWORD; wherever it stands, no message, name or table that comes from here has
it. Every transaction is read-only and every statement has a time limit. Names go to the server as quoted identifiers.
"""

from __future__ import annotations

import hashlib
import importlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely
from pyarrow import csv
from pyproj.exceptions import CRSError

from geodata.coordinates import CoordinateSystem, shapes_to_lonlat
from geodata.errors import BoundaryError, InputFileError
from geodata.readers import MAX_CELL, RawChunk, TableFile, set_aside_frame

CONNECT_S = 10
"""How long a server has to answer [s]."""
STATEMENT_S = 3600
"""How long one statement may run, the reading of a whole table included [s]."""
CHUNK_ROWS = 250_000
CHUNK_BYTES = 32 * 1024**2

_SCHEMES = ("postgresql", "postgres")
_SPATIAL = ("geometry", "geography")
_LEFT_OUT = (*_SPATIAL, "raster", "bytea", "tsvector")
_SHORT = ("int2", "int4", "int8", "float4", "float8", "bool", "date", "time", "timetz", "timestamp", "interval", "uuid")
_POSITION = ("lon", "lat")
_STRANGE = "\0"  # what stands where a point should be; no column of a database has this name
_SESSION = {
    "statement_timeout": f"{STATEMENT_S}s",
    "lock_timeout": f"{CONNECT_S}s",
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",  # every float as it is, in the fewest digits
    "jit": "off",  # compiling takes longer than it saves
}


@dataclass(frozen=True)
class Address:
    """What an address names: a server, and a table or a query on it."""

    name: str
    """``host/database/table``: what is shown and stored; no user, no password."""
    table: tuple[str, ...]
    """The name of the table with its schema, if that is given; () for a query."""
    query: str
    geometry: str
    """The column with the position or the shape, "" for the only one."""
    connect: dict[str, str] = field(repr=False)
    """What libpq is told."""

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read an address.

        Raises
        ------
        InputFileError
            If it is none, names neither or both of a table and a query, or psycopg is not installed.
        """
        psycopg = _psycopg()
        try:
            scheme, netloc, path, asked, fragment = urlsplit(url)
        except ValueError:
            raise _no_address() from None
        if scheme not in _SCHEMES or netloc.count("@") > 1 or "@" in path or fragment:
            raise _no_address()  # a password with such a sign would be taken for something else, and shown
        pairs = parse_qsl(asked, keep_blank_values=True)
        own = {key: value.strip() for key, value in pairs if key in ("table", "query", "geometry")}
        rest = urlencode([(key, value) for key, value in pairs if key not in own], quote_via=quote)
        try:
            connect = psycopg.conninfo.conninfo_to_dict(f"{scheme}://{netloc}{path}?{rest}")
        except psycopg.Error:
            raise _no_address() from None  # libpq repeats what it does not understand, and that may be the password
        table, query = own.get("table", ""), own.get("query", "").rstrip("; \n")
        if bool(table) == bool(query):
            raise InputFileError(
                "数据库地址应写明一张表或一个查询：…?table=模式.表 或 …?query=SELECT …。",
                "the database address must name one table or one query: `…?table=schema.table` or `…?query=SELECT …`.",
            )
        what = table or f"query-{hashlib.sha256(query.encode()).hexdigest()[:8]}"
        name = "/".join((_host(connect), str(connect.get("dbname") or "default"), what))
        parts = tuple(plain or quoted for quoted, plain in re.findall(r'"([^"]+)"|([^".]+)', table))
        return cls(name, parts, query, own.get("geometry", ""), {key: str(value) for key, value in connect.items()})

    def scrubbed(self, text: str) -> str:
        """Return one line of a message of the server, without the password."""
        secret = self.connect.get("password", "")
        clean = text.replace(secret, "***") if secret else text
        return " ".join(clean.split())[:300].rstrip("。.")


def is_address(text: str) -> bool:
    """Return whether a text names a database rather than a file.

    Examples
    --------
    >>> is_address("postgresql://reader@db/city?table=public.streets"), is_address("streets.geojson")
    (True, False)
    """
    return text.startswith(tuple(f"{scheme}://" for scheme in _SCHEMES))


def read_places(url: str, crs: str | None = None) -> tuple[gpd.GeoDataFrame, CoordinateSystem]:
    """Read polygons of places from a table or a query.

    Parameters
    ----------
    url
        The address of the table.
    crs
        The coordinate system, which wins over the table's SRID; None to believe that.

    Returns
    -------
    tuple
        As `readers.read_places`: one row a place, attributes as text, "" where missing, geometry in EPSG:4326; and the
        system that the shapes were read in.

    Raises
    ------
    InputFileError
        If the database cannot be read, or the table has no geometry.
    BoundaryError
        If the SRID is 0 and `crs` is None, or it does not fit the coordinates.
    """
    asked = CoordinateSystem.parse(crs) if crs else None
    address = Address.parse(url)
    with _session(address) as session:
        source = _Source.look(session, address)
        if not source.geometry:
            raise source.without_geometry(session)
        system = asked or source.system(session)
        rows = session.cursor(binary=True).execute(source.shapes()).fetchall()
    if not rows:
        raise _cannot_read(address, "里面没有任何地块", "it has no rows")
    if system is None:
        raise BoundaryError(
            f"表 {address.name} 的 SRID 为 0，没有写明坐标系，请用 --crs 指定（如 cgcs2000、gcj02、EPSG:4547）。",
            f"The table {address.name} has SRID 0: give its coordinate system with --crs (cgcs2000, gcj02 …).",
        )
    names = [column.name for column in source.attributes]
    attributes = pd.DataFrame([row[:-1] for row in rows], columns=names, dtype="str").fillna("")
    shapes = shapely.from_wkb(np.array([row[-1] for row in rows], dtype=object))
    geometry = shapes_to_lonlat(gpd.GeoSeries(shapes), system)
    return gpd.GeoDataFrame(attributes.drop(columns="geometry", errors="ignore"), geometry=geometry), system


def open_table(url: str) -> TableFile:
    """Look at a table or a query of incidents; its rows are streamed when they are asked for.

    A column of points becomes ``lon`` and ``lat`` in the table's own system. Cells are text, "" where null; times with
    a zone are in UTC. Rows come in the server's order.

    Raises
    ------
    InputFileError
        If the database cannot be read.
    """
    address = Address.parse(url)
    with _session(address) as session:
        source = _Source.look(session, address)
        system = source.system(session) if source.geometry else None
        plan = session.execute(source.fill("EXPLAIN (FORMAT JSON) {incidents}")).fetchone()[0]
    expected = max(int(plan[0]["Plan"]["Plan Rows"]), 1)  # a guess, good enough for a progress bar
    return TableFile(
        columns=source.names,
        kind="postgis",
        read=partial(_chunks, source, expected),
        crs=system.code if system else None,
        notes=source.notes(system),
    )


# --- the server ---


def _psycopg() -> Any:
    """Import the client of PostgreSQL, which only this module needs, and only now."""
    try:
        importlib.import_module("psycopg.conninfo")
        return importlib.import_module("psycopg")
    except ImportError as error:
        raise InputFileError(
            "没有安装 PostgreSQL 客户端，请先运行 pip install 'psycopg[binary]'。",
            "the client of PostgreSQL is not installed: run `pip install 'psycopg[binary]'`.",
        ) from error


def _no_address() -> InputFileError:
    return InputFileError(
        "数据库地址写法有误，应为 postgresql://用户@主机:端口/库?table=模式.表，密码里的 @ 等符号要写成 %40 的形式。",
        "the database address is not valid: write `postgresql://user@host:port/database?table=schema.table`, and signs "
        "such as @ in a password as %40.",
    )


def _host(connect: dict[str, Any]) -> str:
    host = str(connect.get("host") or connect.get("hostaddr") or "localhost")
    host = "localhost" if host.startswith("/") else host  # a socket
    port = str(connect.get("port") or "5432")
    return host if port == "5432" else f"{host}:{port}"


def _cannot_read(address: Address, zh: str, en: str) -> InputFileError:
    return InputFileError(f"数据库表 {address.name} 无法读取：{zh}。", f"{address.name} cannot be read: {en}.")


@contextmanager
def _session(address: Address) -> Iterator[Any]:
    """Open a read-only transaction with time limits; say plainly what the server refuses."""
    psycopg = _psycopg()
    ours = {"connect_timeout": str(CONNECT_S), "application_name": "pingan-atlas"}
    try:
        session = psycopg.connect(**ours | address.connect | {"client_encoding": "utf-8"})
    except (psycopg.Error, UnicodeError) as error:
        why = address.scrubbed(str(error))
        raise InputFileError(
            f"连不上数据库 {address.name}（{why}）；请检查地址、账号和网络。",
            f"the database {address.name} cannot be reached ({why}): check the address, the account and the network.",
        ) from None
    try:
        session.read_only = True
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.execute(
            "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
            (list(_SESSION), list(_SESSION.values())),
        )
        yield session
    except psycopg.Error as error:
        raise _refused(address, error) from None
    finally:
        session.close()


_REFUSALS = {
    "42P01": (
        "没有这张表，请检查模式名和表名（区分大小写）",
        "there is no such table, check its name letter by letter",
    ),
    "3F000": ("没有这个模式，请检查模式名", "there is no such schema, check its name"),
    "42501": ("账号没有读取权限，请让管理员授予 SELECT", "the account may not read it, ask for SELECT"),
    "25006": ("查询要修改数据，而这里只能读取", "the query would change data, and only reading is allowed"),
    "57014": ("超过了时间限制，请缩小查询范围", "it took longer than allowed, ask for less"),
    "55P03": ("表正被锁住，请稍后再试", "the table is locked, try again later"),
}


def _refused(address: Address, error: Any) -> InputFileError:
    """Put an error of the server into a sentence."""
    why = address.scrubbed(error.diag.message_primary or str(error))
    said = (f"数据库报告“{why}”，请据此修改", f"the database says {why!r}")
    return _cannot_read(address, *_REFUSALS.get(error.sqlstate or "", said))


# --- what is read ---


@dataclass(frozen=True)
class _Column:
    name: str
    kind: str
    """The server's name of the type, ``int4`` or ``geometry``."""
    modifier: int
    """Of a geometry: its SRID and kind, -1 where they are not declared."""


@dataclass(frozen=True)
class _Source:
    """A table or query, and how its columns are asked for."""

    address: Address
    columns: tuple[_Column, ...]
    geometry: str
    """The column with the position or the shape, "" where none."""
    postgis: str
    """The schema that PostGIS is installed in, "" where it is not."""

    @classmethod
    def look(cls, session: Any, address: Address) -> _Source:
        """Ask for the columns, and choose the geometry."""
        cursor = session.cursor(binary=True)  # the extended protocol: one statement, and no second one behind it
        cursor.execute(_sql("SELECT * FROM {relation} AS source LIMIT 0").format(relation=_relation(address)))
        oids = [column.type_code for column in cursor.description]
        kinds = dict(session.execute("SELECT oid::int8, typname FROM pg_type WHERE oid = ANY(%s)", (oids,)).fetchall())
        columns = tuple(
            _Column(column.name, str(kinds.get(column.type_code, "")), cursor.pgresult.fmod(number))
            for number, column in enumerate(cursor.description)
        )
        extension = session.execute(
            "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'postgis'"
        ).fetchone()
        source = cls(address, columns, _geometry(address, columns), extension[0] if extension else "")
        if twice := sorted({name for name in source.names if source.names.count(name) > 1}):
            shown = ", ".join(twice)
            raise _cannot_read(
                address, f"列名重复（{shown}），请改名", f"column names are repeated ({shown}), rename them"
            )
        return source

    @property
    def attributes(self) -> list[_Column]:
        """Return the columns that become text."""
        return [column for column in self.columns if column.kind not in _LEFT_OUT]

    @property
    def names(self) -> list[str]:
        """Return the columns of the incidents; the position comes last, and the names are its own."""
        own = [column.name for column in self.attributes]
        if not self.geometry:
            return own
        return [*(f"{name}_2" if name in _POSITION else name for name in own), *_POSITION]

    def notes(self, system: CoordinateSystem | None) -> list[tuple[str, str]]:
        """Tell what was done to the table."""
        notes = []
        left_out = [column.name for column in self.columns if column.kind in _LEFT_OUT and column.name != self.geometry]
        if left_out:
            shown = ", ".join(left_out)
            notes.append((f"未读取的二进制或几何列：{shown}", f"binary or geometry columns left out: {shown}"))
        if self.geometry and system is None:
            notes.append(("几何列的 SRID 为 0，请写明坐标系", "the geometry has SRID 0: give its coordinate system"))
        return notes

    def without_geometry(self, session: Any) -> InputFileError:
        """Say that there is no geometry, and which tables of the database have one."""
        if not self.postgis:
            return _cannot_read(
                self.address,
                "该库没有安装 PostGIS，请让管理员执行 CREATE EXTENSION postgis",
                "PostGIS is not installed in the database, ask for `CREATE EXTENSION postgis`",
            )
        listed = "SELECT f_table_schema || '.' || f_table_name FROM {postgis}.geometry_columns ORDER BY 1 LIMIT 10"
        tables = ", ".join(row[0] for row in session.execute(self.fill(listed)).fetchall())
        return _cannot_read(
            self.address,
            f"它没有几何列；该库有几何列的表：{tables or '无'}",
            f"it has no geometry column; tables that have one: {tables or 'none'}",
        )

    # --- coordinate system ---

    def system(self, session: Any) -> CoordinateSystem | None:
        """Return the coordinate system of the geometry, None for SRID 0 or without any shape."""
        modifier = next(column.modifier for column in self.columns if column.name == self.geometry)
        srids = [session.execute(self.fill("SELECT {postgis}.postgis_typmod_srid(%s)"), (modifier,)).fetchone()[0]]
        if modifier < 0 or srids == [0]:
            every = (
                "SELECT DISTINCT {postgis}.st_srid({shape}) FROM {relation} AS source WHERE {shape} IS NOT NULL LIMIT 4"
            )
            srids = sorted(row[0] for row in session.execute(self.fill(every)).fetchall())
        if len(srids) > 1:
            shown = ", ".join(map(str, srids))
            raise _cannot_read(self.address, f"几何列混有几种 SRID（{shown}）", f"its geometry mixes SRIDs ({shown})")
        return self._system_of(session, srids[0]) if srids and srids[0] else None

    def _system_of(self, session: Any, srid: int) -> CoordinateSystem:
        known = "SELECT auth_name, auth_srid, srtext FROM {postgis}.spatial_ref_sys WHERE srid = %s"
        authority, code, text = session.execute(self.fill(known), (srid,)).fetchone() or ("", 0, "")
        if authority == "EPSG":
            return CoordinateSystem.parse(f"EPSG:{code}")
        try:
            return CoordinateSystem.of_file(pyproj.CRS.from_wkt(text or ""))
        except CRSError:
            raise _cannot_read(
                self.address, f"SRID {srid} 的坐标系没有定义", f"its SRID {srid} is not defined in spatial_ref_sys"
            ) from None

    # --- statements ---

    def fill(self, statement: str) -> Any:
        """Put names into a statement as quoted identifiers; functions of PostGIS are its own, and none of that name."""
        parts = {"relation": _relation(self.address), "postgis": _name(self.postgis)}
        if self.geometry:
            shape = _sql("{column}::{postgis}.geometry")
            parts["shape"] = shape.format(column=_name("source", self.geometry), postgis=parts["postgis"])
        if "{cells}" in statement:
            parts["cells"] = _sql("").join(_sql("{}, ").format(self._cell(column)) for column in self.attributes)
        if "{incidents}" in statement:
            parts["incidents"] = self.fill(_POINTS if self.geometry else _NO_POINTS)
        return _sql(statement).format(**parts)

    def _cell(self, column: _Column) -> Any:
        """Return a column as text, cut where it is too long anyway."""
        if column.kind == "timestamptz":
            text = "{}::text || ':00'"  # 06:30:00+00 in UTC becomes +00:00, as ISO wants it
        elif column.kind == "numeric":
            text = "trim_scale({})::text"
        else:
            text = "{}::text" if column.kind in _SHORT else f"left({{}}::text, {MAX_CELL + 1})"
        return _sql(text).format(_name("source", column.name))

    def shapes(self) -> Any:
        """Return the statement for attributes and shapes."""
        return self.fill(_SHAPES)


_SHAPES = """
SELECT {cells} {postgis}.st_asbinary({postgis}.st_force2d(
    CASE WHEN {postgis}.st_hasarc({shape}) THEN {postgis}.st_curvetoline({shape}) ELSE {shape} END))
FROM {relation} AS source"""
_POINTS = """
SELECT {cells} {postgis}.st_x(located.point), {postgis}.st_y(located.point),
    CASE WHEN located.point IS NULL AND NOT {postgis}.st_isempty({shape}) THEN {postgis}.st_geometrytype({shape}) END
FROM {relation} AS source CROSS JOIN LATERAL (SELECT CASE
    WHEN {postgis}.st_geometrytype({shape}) = 'ST_Point' THEN {shape}
    WHEN {postgis}.st_geometrytype({shape}) = 'ST_MultiPoint' AND {postgis}.st_numgeometries({shape}) = 1
    THEN {postgis}.st_geometryn({shape}, 1) END AS point) AS located"""
_NO_POINTS = "SELECT {cells} NULL FROM {relation} AS source"


def _geometry(address: Address, columns: Sequence[_Column]) -> str:
    """Choose the column with the position or the shape, "" if there is none."""
    spatial = [column.name for column in columns if column.kind in _SPATIAL]
    shown = ", ".join(spatial)
    if address.geometry and address.geometry not in spatial:
        raise _cannot_read(
            address,
            f"没有名为“{address.geometry}”的几何列；几何列有：{shown or '无'}",
            f"it has no geometry column {address.geometry!r}; those there are: {shown or 'none'}",
        )
    if len(spatial) > 1 and not address.geometry:
        raise _cannot_read(
            address,
            f"有几个几何列（{shown}），请在地址后加 &geometry=列名",
            f"it has several geometry columns ({shown}), add `&geometry=column` to the address",
        )
    return address.geometry or "".join(spatial)


def _relation(address: Address) -> Any:
    if address.table:
        return _name(*address.table)
    return _sql("({query}\n)").format(query=_sql(address.query))  # a comment at its end must not swallow the bracket


def _sql(text: str) -> Any:
    return _psycopg().sql.SQL(text)


def _name(*parts: str) -> Any:
    return _psycopg().sql.Identifier(*parts)


# --- rows ---


def _chunks(source: _Source, expected: int) -> Iterator[RawChunk]:
    """Stream the rows of a table."""
    first = 0
    copy = source.fill("COPY ({incidents}) TO STDOUT (FORMAT csv)")
    with _session(source.address) as session, session.cursor() as cursor, cursor.copy(copy) as stream:
        for block, last in _blocks(stream):
            table = _parsed(source, block)
            done = 1.0 if last else min((first + len(table)) / expected, 0.99)
            yield _chunk(table, first, source.geometry, done)
            first += len(table)


def _blocks(stream: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Join rows into blocks, and say which is the last; the server sends one row a message."""
    rows: list[bytes] = []
    size = 0
    for row in stream:
        rows.append(bytes(row))
        size += len(row)
        if size >= CHUNK_BYTES or len(rows) >= CHUNK_ROWS:
            yield b"".join(rows), False
            rows.clear()
            size = 0
    yield b"".join(rows), True


def _parsed(source: _Source, block: bytes) -> pa.Table:
    """Return the rows of a block as text, and in the last column what stands where a point should be."""
    names = [*source.names, _STRANGE]
    if not block:
        return pa.schema([(name, pa.string()) for name in names]).empty_table()
    try:
        return csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        raise _cannot_read(
            source.address, "有的行不是 UTF-8 文本，请检查库的编码", "some rows are no UTF-8 text, check its encoding"
        ) from None


def _chunk(table: pa.Table, first: int, geometry: str, done: float) -> RawChunk:
    """Set aside rows with a shape that is no point, or a cell that is too long."""
    strange, table = table[_STRANGE], table.drop_columns(_STRANGE)
    no_point = pc.not_equal(strange, "").to_numpy()
    reason, column = np.full((2, len(table)), "", dtype=object)
    reason[no_point], column[no_point] = "geometry", geometry
    for name in table.column_names:
        too_long = pc.greater(pc.utf8_length(table[name]), MAX_CELL).to_numpy()
        reason[too_long], column[too_long] = "too_long", name
    bad, good = np.flatnonzero(reason != ""), np.flatnonzero(reason == "")
    if not len(bad):
        return RawChunk(table, good + first, _NOTHING_BAD, done)
    rows = table.take(bad).to_pylist()
    raws = [orjson.dumps({name: cell[:MAX_CELL] for name, cell in row.items()}).decode() for row in rows]
    texts = strange.take(bad).to_pylist()
    bad_rows = set_aside_frame((bad + first + 1).tolist(), reason[bad].tolist(), column[bad].tolist(), texts, raws)
    return RawChunk(table.take(good), good + first, bad_rows, done)


_NOTHING_BAD = set_aside_frame([], [], [], [], [])
