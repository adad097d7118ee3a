"""Incidents in map formats that are broken or odd (F37–F51)."""

from __future__ import annotations

import json
import sqlite3
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from tests.badinput.cases import accepted, address, case, refused, secret, write

FACTS = {"编号": "1", "时间": "2024-05-01", "类型": "盗窃"}
DEGREES = 'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]'
WGS84 = f'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],{DEGREES}]'

# --- GeoJSON ---


def feature(number: int, geometry: object) -> dict[str, Any]:
    """Return a feature with the facts of an incident."""
    return {"type": "Feature", "properties": FACTS | {"编号": str(number)}, "geometry": geometry}


def point(x: object = 113.51, y: object = 22.21) -> dict[str, Any]:
    """Return the geometry of a point."""
    return {"type": "Point", "coordinates": [x, y]}


def collection(folder: Path, geometries: Sequence[object], name: str = "a.geojson", **members: object) -> Path:
    """Write a collection of incidents with these geometries."""
    features = [feature(number, geometry) for number, geometry in enumerate(geometries, 1)]
    return write(folder, name, json.dumps({"type": "FeatureCollection", **members, "features": features}))


@case("F43", "a coordinate system that is a link", accepted(1))
def linked_system(folder: Path) -> Path:
    return collection(folder, [point()], crs={"type": "link", "properties": {"href": address(folder), "type": "proj4"}})


@case("F43", "a coordinate system that nobody knows", accepted(1))
def unknown_system(folder: Path) -> Path:
    return collection(folder, [point()], crs={"type": "name", "properties": {"name": "urn:x:火星"}})


@case("F45", "GeoJSON that breaks off", refused("第 1 行", "不完整"))
def geojson_cut(folder: Path) -> Path:
    path = collection(folder, [point()] * 100)
    return write(folder, path.name, path.read_bytes()[:-2000])


@case("F46", "numbers that are none", accepted(1, aside={"geometry": [2, 3, 4, 5]}))
def geojson_no_numbers(folder: Path) -> Path:
    odd = [point(float("nan")), point(float("inf")), point("BIG"), point("113.51")]
    path = collection(folder, [point(), *odd])
    return write(folder, path.name, path.read_text().replace('"BIG"', "1e400"))


@case("F46", "a whole number of 5,000 digits", refused("数字过长"))
def geojson_long_number(folder: Path) -> Path:
    path = collection(folder, [point("BIG")])
    return write(folder, path.name, path.read_text().replace('"BIG"', "1" * 5000))


@case("F47", "200,000 brackets deep", refused("嵌套过深"))
def geojson_deep(folder: Path) -> Path:
    return write(folder, "a.geojson", '{"type":"FeatureCollection","features":[' + "[" * 200_000)


@case("F47", "deep within a property", refused("嵌套过深"))
def geojson_deep_property(folder: Path) -> Path:
    path = collection(folder, [point()])
    return write(folder, path.name, path.read_text().replace('"2024-05-01"', "[" * 100_000 + "]" * 100_000))


@case(
    "F48", "every kind of geometry", accepted(4, aside={"geometry": [4, 5, 6, 7, 8]}, where={"A1": 3, "unlocated": 1})
)
def geojson_kinds(folder: Path) -> Path:
    usable = [
        point(),
        {"type": "Point", "coordinates": [113.51, 22.21, 5, 6]},
        {"type": "MultiPoint", "coordinates": [[113.51, 22.21]]},
    ]
    odd: list[object] = [
        {"type": "Point", "coordinates": []},
        {"type": "MultiPoint", "coordinates": [[113, 22], [114, 22]]},
        {"type": "LineString", "coordinates": [[113, 22], [114, 22]]},
        {"type": "GeometryCollection", "geometries": [point()]},
        "POINT (113 22)",
        None,
    ]
    return collection(folder, [*usable, *odd])


@case("F48", "one key twice: the last holds", accepted(1, cells={"incident_id": ["9"]}))
def geojson_key_twice(folder: Path) -> Path:
    path = collection(folder, [point()])
    return write(
        folder, path.name, path.read_text().replace('"\\u65f6\\u95f4"', '"\\u7f16\\u53f7": "9", "\\u65f6\\u95f4"')
    )


@case("F48", "one feature a line", accepted(2))
def geojson_lines(folder: Path) -> Path:
    return write(folder, "a.geojsonl", "".join(json.dumps(feature(n, point())) + "\n" for n in (1, 2)))


@case("F48", "a mark before the first brace", accepted(1))
def geojson_with_mark(folder: Path) -> Path:
    path = collection(folder, [point()])
    return write(folder, path.name, b"\xef\xbb\xbf" + path.read_bytes())


@case("F48", "GeoJSON without a feature", refused("缺少"))
def geojson_empty(folder: Path) -> Path:
    return collection(folder, [])


@case("F48", "areas instead of incidents", refused("不是点"))
def geojson_areas(folder: Path) -> Path:
    return collection(folder, [shapely.geometry.mapping(shapely.box(113, 22, 114, 23))] * 3)


@case("F48", "properties that are a list", refused("properties"))
def geojson_list_as_properties(folder: Path) -> Path:
    return write(
        folder,
        "a.geojson",
        json.dumps(
            {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": [1], "geometry": point()}]}
        ),
    )


@case("F48", "half a surrogate pair in a text", accepted(1))
def geojson_half_character(folder: Path) -> Path:
    path = collection(folder, [point()])
    return write(folder, path.name, path.read_text().replace("2024-05-01", '2024-05-01", "x": "\\ud800'))


@case("F42", "a list instead of an object", refused("FeatureCollection"))
def json_list(folder: Path) -> Path:
    return write(folder, "a.json", json.dumps([feature(1, point())]))


@case("F42", "TopoJSON", refused("TopoJSON"))
def topojson(folder: Path) -> Path:
    return write(folder, "a.json", '{"type": "Topology", "objects": {}, "arcs": []}')


@case("F42", "JSON of Esri", refused("ESRI JSON"))
def esri_json(folder: Path) -> Path:
    return write(
        folder,
        "a.json",
        '{"geometryType": "esriGeometryPoint", "features": [{"attributes": {}, "geometry": {"x": 1, "y": 2}}]}',
    )


# --- Shapefiles ---


def shape_parts(encoding: str = "utf-8", *, records: int = 2, places: bool = False) -> dict[str, bytes]:
    """Return the files of a small Shapefile of points or of squares by their suffix."""
    content = struct.pack("<idd", 1, 113.51, 22.21)
    if places:
        ring = [(113.50, 22.20), (113.50, 22.21), (113.51, 22.21), (113.51, 22.20), (113.50, 22.20)]
        corners = [number for corner in ring for number in corner]
        content = struct.pack("<i4d3i10d", 5, 113.50, 22.20, 113.51, 22.21, 1, 5, 0, *corners)
    kind, words = 5 if places else 1, len(content) // 2
    shapes = b"".join(struct.pack(">ii", n + 1, words) + content for n in range(records))
    index = b"".join(struct.pack(">ii", 50 + n * (words + 4), words) for n in range(records))
    head = [struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(part)) // 2) for part in (shapes, index)]
    rest = struct.pack("<ii8d", 1000, kind, *[0.0] * 8)
    shp, shx = head[0] + rest + shapes, head[1] + rest + index
    return {"shp": shp, "shx": shx, "dbf": attributes(encoding, records), "prj": WGS84.encode()}


def attributes(encoding: str, records: int) -> bytes:
    """Return the rows of a Shapefile: three columns of 40 bytes."""
    fields = b"".join(struct.pack("<11sc4xB15x", name.encode(encoding), b"C", 40) for name in ("编号", "时间", "类型"))
    head = struct.pack("<B3xIHH20x", 3, records, 32 + len(fields) + 1, 121)
    cells = [(str(n), "2024-05-01", "盗窃") for n in range(1, records + 1)]
    rows = b"".join(b" " + b"".join(cell.encode(encoding).ljust(40) for cell in row) for row in cells)
    return head + fields + b"\r" + rows


def zipped(folder: Path, members: dict[str, bytes], name: str = "a.zip") -> Path:
    """Write a zip."""
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return folder / name


def named(parts: dict[str, bytes], stem: str = "a") -> dict[str, bytes]:
    """Return parts under file names."""
    return {f"{stem}.{suffix}": content for suffix, content in parts.items()}


@case("F37", "two Shapefiles in a zip", refused("只有一个 .shp", "2"))
def two_shapefiles(folder: Path) -> Path:
    return zipped(folder, named(shape_parts(), "a") | named(shape_parts(), "b"))


@case("F37", "a zip without a Shapefile", refused("只有一个 .shp", "0"))
def no_shapefile(folder: Path) -> Path:
    return zipped(folder, {"a.txt": b"x"})


@case("F37", "a Shapefile without its .dbf", refused(".dbf"))
def no_dbf(folder: Path) -> Path:
    parts = shape_parts()
    del parts["dbf"]
    return zipped(folder, named(parts))


@case("F37", "a Shapefile without its .shx", accepted(2))
def no_shx(folder: Path) -> Path:
    parts = shape_parts()
    del parts["shx"]
    return zipped(folder, named(parts))


@case("F37", "more shapes than rows", refused("2", "1", ".dbf"))
def shapes_without_rows(folder: Path) -> Path:
    return zipped(folder, named(shape_parts() | {"dbf": shape_parts(records=1)["dbf"]}))


@case("F38", "a Shapefile that does not say its system", accepted(2))
def no_prj(folder: Path) -> Path:
    parts = shape_parts()
    del parts["prj"]
    return zipped(folder, named(parts))


@case("F38", "a system that is nonsense", accepted(2, noted="坐标系"))
def nonsense_prj(folder: Path) -> Path:
    return zipped(folder, named(shape_parts() | {"prj": b'PROJCS["x",' * 5000}))


DATUM = 'DATUM["y",SPHEROID["k",6378245,298.3]{}]'
MERCATOR = 'PROJECTION["Mercator_1SP"],UNIT["metre",1],EXTENSION["PROJ4","+proj=merc +nadgrids={}"]'
LEADS_ELSEWHERE = {
    "init": "+init={}:x",
    "grids": "+proj=longlat +ellps=krass +nadgrids={} +type=crs",
    "pipeline": "+proj=pipeline +step +proj=hgridshift +grids={}",
    "heights": "+proj=vgridshift +grids={}",
    "extension": f'GEOGCS["x",{DATUM},{DEGREES}]'.replace("{}", ',EXTENSION["PROJ4_GRIDS","{}"]'),
    "projected": f'PROJCS["x",GEOGCS["x",{DATUM.replace("{}", "")},{DEGREES}],{MERCATOR}]',
}
for name, text in LEADS_ELSEWHERE.items():

    def leads_elsewhere(folder: Path, text: str = text) -> Path:
        return zipped(folder, named(shape_parts() | {"prj": text.format(secret(folder)).encode()}))

    leads_elsewhere.__name__ = f"prj_that_names_a_file_by_{name}"
    case("F38", "a system that names a file", accepted(2, noted="坐标系"))(leads_elsewhere)


@case("F38", "a system that names an address", accepted(2, noted="坐标系"))
def prj_that_names_an_address(folder: Path) -> Path:
    return zipped(folder, named(shape_parts() | {"prj": address(folder).encode()}))


@case(
    "F39",
    "GBK attributes without a word about it",
    accepted(2, encoding="gb18030", cells={"source_type": ["盗窃"] * 2}),
)
def gbk_attributes(folder: Path) -> Path:
    return zipped(folder, named(shape_parts("gbk")))


@case("F39", "a wrong word about the encoding", accepted(2, cells={"source_type": ["盗窃"] * 2}))
def lying_cpg(folder: Path) -> Path:
    return zipped(folder, named(shape_parts("gbk") | {"cpg": b"ISO-8859-1"}))


@case("F40", "a column name cut in the middle of a character", accepted(2))
def cut_name(folder: Path) -> Path:
    parts = shape_parts("gbk")
    name = "发生的时间段落".encode("gbk")[:9]
    dbf = parts["dbf"]
    return zipped(folder, named(parts | {"dbf": dbf[:32] + name.ljust(11, b"\0") + dbf[43:]}))


@case("F36", "names in a zip that Windows wrote", accepted(2))
def gbk_names(folder: Path) -> Path:
    path = zipped(folder, named(shape_parts(), "XXXX"))
    return write(folder, path.name, path.read_bytes().replace(b"XXXX", "警情".encode("gbk")))


@case("F34", "a .dbf that claims four billion rows", refused(".dbf", "不完整"))
def dbf_claims(folder: Path) -> Path:
    dbf = bytearray(shape_parts()["dbf"])
    dbf[4:8] = b"\xff\xff\xff\xff"
    return zipped(folder, named(shape_parts() | {"dbf": bytes(dbf)}))


@case("F34", "a .shp that claims four gigabytes", refused(".shp", "不完整"))
def shp_claims(folder: Path) -> Path:
    shp = bytearray(shape_parts()["shp"])
    shp[24:28] = b"\x7f\xff\xff\xff"
    return zipped(folder, named(shape_parts() | {"shp": bytes(shp)}))


@case("F34", "an index that points out of the file", accepted(2))
def shx_lies(folder: Path) -> Path:
    shx = bytearray(shape_parts()["shx"])
    shx[100:104] = b"\x7f\xff\xff\xff"
    return zipped(folder, named(shape_parts() | {"shx": bytes(shx)}))


@case("F34", "polygons that claim two billion corners", refused("已损坏"), task="boundaries")
def ring_claims(folder: Path) -> Path:
    shp = bytearray(shape_parts(places=True)["shp"])
    shp[108 + 40 : 108 + 44] = struct.pack("<i", 2_000_000_000)
    return zipped(folder, named(shape_parts(places=True) | {"shp": bytes(shp)}))


@case("F37", "a loose .shp whose other parts stayed at home", refused(".dbf"))
def loose_shp(folder: Path) -> Path:
    return write(folder, "a.shp", shape_parts()["shp"])


@case("F37", "lines instead of incidents", refused("不是点"))
def shape_areas(folder: Path) -> Path:
    return zipped(folder, named(shape_parts(places=True)))


# --- GeoPackages ---


def geopackage(folder: Path, *statements: str, name: str = "a.gpkg", rows: int = 2) -> Path:
    """Write a small GeoPackage of points by hand, and do to it what `statements` say."""
    with sqlite3.connect(folder / name) as database:
        database.executescript("""
            create table gpkg_spatial_ref_sys (srs_name text, srs_id integer, organization text,
                organization_coordsys_id integer, definition text, description text);
            insert into gpkg_spatial_ref_sys values ('WGS 84', 4326, 'EPSG', 4326, 'x', '');
            create table gpkg_contents (table_name text, data_type text, srs_id integer);
            create table gpkg_geometry_columns (table_name text, column_name text, geometry_type_name text,
                srs_id integer);
            create table jq (fid integer primary key, geom blob, 编号 text, 时间 text, 类型 text);
            insert into gpkg_contents values ('jq', 'features', 4326);
            insert into gpkg_geometry_columns values ('jq', 'geom', 'POINT', 4326);
        """)
        blob = b"GP\0\1" + struct.pack("<i", 4326) + shapely.to_wkb(shapely.Point(113.51, 22.21))
        database.executemany(
            "insert into jq values (?, ?, ?, '2024-05-01', '盗窃')", [(n, blob, str(n)) for n in range(1, rows + 1)]
        )
        database.commit()
        for statement in statements:
            database.executescript(statement)
    database.close()
    return folder / name


def with_view(folder: Path, view: str) -> Path:
    """Write a GeoPackage whose layer is a view."""
    return geopackage(folder, "drop table jq", f"create view jq as {view}")


WITHOUT_END = "with recursive x(n) as (select 1 union all select n + 1 from x)"
CELLS = "'1' 编号, '2024-05-01' 时间, '盗窃' 类型"


@case("F49", "a sound GeoPackage", accepted(2, where={"A1": 2}))
def sound_geopackage(folder: Path) -> Path:
    return geopackage(folder)


@case("F49", "a layer that is a view without end", refused("a.gpkg"))
def endless_view(folder: Path) -> Path:
    return with_view(folder, f"{WITHOUT_END} select n fid, null geom, {CELLS} from x")  # noqa: S608


@case("F49", "a layer that is a view of a gigabyte", refused("a.gpkg"))
def zeroblob_view(folder: Path) -> Path:
    return with_view(folder, f"select 1 fid, zeroblob(1000000000) geom, {CELLS}")


@case("F49", "a layer that is computed", refused("公式"))
def generated_column(folder: Path) -> Path:
    return geopackage(
        folder, "alter table jq add column x text generated always as (hex(zeroblob(1000000000))) virtual"
    )


@case("F49", "a list of layers that is a view without end", refused("a.gpkg"))
def endless_contents(folder: Path) -> Path:
    view = f"{WITHOUT_END} select 't' || n table_name, 'features' data_type, 1 srs_id from x"  # noqa: S608
    return geopackage(folder, "drop table gpkg_contents", f"create view gpkg_contents as {view}")


@case("F49", "a trigger that would empty it", accepted(2))
def triggers(folder: Path) -> Path:
    return geopackage(folder, "create trigger t after insert on jq begin delete from jq; end")


@case("F49", "a virtual table as the layer", refused("a.gpkg"))
def virtual_table(folder: Path) -> Path:
    return geopackage(folder, "drop table jq", "create virtual table jq using fts5(fid, geom, 编号, 时间, 类型)")


@case("F49", "an index on an expression without end", accepted(2))
def hostile_index(folder: Path) -> Path:
    return geopackage(folder, "create index i on jq (length(hex(fid)))")


@case("F49", "a layer whose name would be a command", accepted(2))
def hostile_layer_name(folder: Path) -> Path:
    name = 'jq"; drop table jq; --'
    quoted, text = name.replace('"', '""'), name.replace("'", "''")
    return geopackage(
        folder,
        f'alter table jq rename to "{quoted}"',
        f"update gpkg_contents set table_name = '{text}'",  # noqa: S608
        f"update gpkg_geometry_columns set table_name = '{text}'",  # noqa: S608
    )


@case("F49", "two layers, and none is chosen: the first is read", accepted(2))
def two_layers(folder: Path) -> Path:
    return geopackage(
        folder,
        "create table zz (fid integer primary key, geom blob)",
        "insert into gpkg_contents values ('zz', 'features', 4326)",
        "insert into gpkg_geometry_columns values ('zz', 'geom', 'POINT', 4326)",
    )


@case("F38", "a system in a GeoPackage that names a file", accepted(2, noted="坐标系"))
def definition_that_names_a_file(folder: Path) -> Path:
    definition = LEADS_ELSEWHERE["extension"].format(secret(folder))
    return geopackage(folder, f"update gpkg_spatial_ref_sys set organization = 'x', definition = '{definition}'")  # noqa: S608


@case("F49", "a layer that is not there", refused("jq"), sheet="三月")
def missing_layer(folder: Path) -> Path:
    return geopackage(folder)


@case("F49", "geometry that is noise", refused("不是点"))
def noise_as_geometry(folder: Path) -> Path:
    return geopackage(folder, "update jq set geom = randomblob(40)")


@case("F49", "geometry that claims a billion points", accepted(1, aside={"geometry": [1]}))
def claims_points(folder: Path) -> Path:
    blob = b"GP\0\1" + struct.pack("<i", 4326) + b"\x01" + struct.pack("<II", 2, 1_000_000_000)
    return geopackage(folder, f"update jq set geom = x'{blob.hex()}' where fid = 1")  # noqa: S608


@case("F50", "damaged pages", refused("已损坏"))
def damaged_pages(folder: Path) -> Path:
    data = bytearray(geopackage(folder, rows=500).read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    return write(folder, "a.gpkg", bytes(data))


@case("F50", "another program still writes it", refused("-wal"))
def open_elsewhere(folder: Path) -> Path:
    path = geopackage(folder)
    write(folder, "a.gpkg-wal", b"x" * 100)
    return path


@case("F50", "a database of something else", refused("a.gpkg"))
def other_database(folder: Path) -> Path:
    with sqlite3.connect(folder / "a.gpkg") as database:
        database.execute("create table t (a)")
    database.close()
    return folder / "a.gpkg"


@case("F50", "a database that breaks off", refused("a.gpkg"))
def database_cut(folder: Path) -> Path:
    return write(folder, "a.gpkg", geopackage(folder, rows=500).read_bytes()[:6000])


# --- Parquet ---

COLUMNS: dict[str, list[object]] = {
    "编号": ["1", "2"],
    "时间": ["2024-05-01"] * 2,
    "类型": ["盗窃"] * 2,
    "经度": [113.51] * 2,
    "纬度": [22.21] * 2,
}


def parquet(folder: Path, columns: dict[str, Any], metadata: dict[str, str] | None = None, **options: Any) -> Path:
    """Write a Parquet table."""
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata), folder / "a.parquet", **options)
    return folder / "a.parquet"


def geo(crs: object = None, **more: object) -> dict[str, str]:
    """Return the metadata of a GeoParquet file."""
    column = {"encoding": "WKB", "geometry_types": ["Point"]} | ({} if crs is None else {"crs": crs}) | more
    return {"geo": json.dumps({"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}})}


WKB = [shapely.to_wkb(shapely.Point(113.51, 22.21))] * 2
FEATURES: dict[str, Any] = {key: COLUMNS[key] for key in ("编号", "时间", "类型")} | {"geometry": WKB}


@case("F51", "a table without geometry", accepted(2))
def plain_parquet(folder: Path) -> Path:
    return parquet(folder, COLUMNS)


@case("F51", "points without a word about their system are degrees", accepted(2, where={"A1": 2}))
def geoparquet(folder: Path) -> Path:
    return parquet(folder, FEATURES, geo())


@case("F51", "a system that is nonsense", accepted(2, noted="坐标系"))
def nonsense_system(folder: Path) -> Path:
    return parquet(folder, FEATURES, geo({"type": "Nonsense"}))


@case("F51", "a system that is the name of a file", accepted(2, noted="坐标系"))
def system_from_a_file(folder: Path) -> Path:
    return parquet(folder, FEATURES, geo(f"+proj=longlat +nadgrids={secret(folder)}"))


@case("F51", "geometry that is noise", accepted(1, aside={"geometry": [2]}))
def parquet_noise(folder: Path) -> Path:
    return parquet(folder, FEATURES | {"geometry": [WKB[0], b"\x01\x02noise"]}, geo())


@case("F51", "metadata that is no JSON", refused("a.parquet"))
def broken_metadata(folder: Path) -> Path:
    return parquet(folder, FEATURES, {"geo": "{" * 1000})


@case("F51", "a type that would run code when it is loaded", accepted(2))
def extension_type(folder: Path) -> Path:
    marks = {
        "ARROW:extension:name": "arrow.py_extension_type",
        "ARROW:extension:metadata": "cos\nsystem\n(S'touch x'\ntR.",
    }
    field = pa.field("x", pa.string(), metadata=marks)
    schema = pa.schema(
        [
            *(
                pa.field(name, pa.string() if isinstance(cells[0], str) else pa.float64())
                for name, cells in COLUMNS.items()
            ),
            field,
        ]
    )
    pq.write_table(pa.table([*COLUMNS.values(), ["a", "b"]], schema=schema), folder / "a.parquet")
    return folder / "a.parquet"


@case("F51", "a bomb of one word, written out to more than a gigabyte", refused("过大"))
def parquet_bomb(folder: Path) -> Path:
    words = pa.repeat(pa.scalar("长" * 3000), 120_000)
    pq.write_table(pa.table({"x": words}), folder / "a.parquet", compression="zstd", use_dictionary=False)
    return folder / "a.parquet"


@case("F51", "a bomb of one word of 9 kB, kept once and meant a million times", refused("过大"))
def dictionary_bomb(folder: Path) -> Path:
    word = pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), 1_000_000), ["长" * 3000])
    rest = {name: pa.repeat(pa.scalar(cells[0]), 1_000_000) for name, cells in COLUMNS.items()}
    return parquet(folder, rest | {"说明": word})


@case("F51", "50,000 row groups", accepted(2000))
def many_groups(folder: Path) -> Path:
    cells: dict[str, Any] = {
        name: (values * 1000 if name != "编号" else [str(n) for n in range(2000)]) for name, values in COLUMNS.items()
    }
    return parquet(folder, cells, row_group_size=1)


@case("F51", "a footer that claims more than there is", refused("a.parquet"))
def parquet_claims(folder: Path) -> Path:
    data = parquet(folder, COLUMNS).read_bytes()
    return write(folder, "a.parquet", data[:-8] + b"\xff\xff\xff\x7f" + b"PAR1")


@case("F51", "a file that breaks off", refused("a.parquet"))
def parquet_cut(folder: Path) -> Path:
    return write(folder, "a.parquet", parquet(folder, COLUMNS).read_bytes()[:-100])


@case("F51", "noise in the pages", refused("a.parquet"))
def parquet_noise_inside(folder: Path) -> Path:
    data = bytearray(parquet(folder, COLUMNS, compression="zstd").read_bytes())
    data[30:200] = b"\xa5" * 170
    return write(folder, "a.parquet", bytes(data))


@case("F51", "an encrypted file", refused("加密"))
def encrypted_parquet(folder: Path) -> Path:
    return write(folder, "a.parquet", b"PARE" + bytes(200) + b"PARE")


@case("F51", "one column name twice", refused("列名重复"))
def parquet_twice(folder: Path) -> Path:
    pq.write_table(pa.table([["1"], ["2"]], names=["编号", "编号"]), folder / "a.parquet")
    return folder / "a.parquet"


@case("F51", "ids that lost digits, lists, bytes and days", accepted(1, aside={"precision": [2]}))
def parquet_types(folder: Path) -> Path:
    odd: dict[str, Any] = {
        "编号": [1.0, 4.404e17],
        "时间": pa.array([19844, 19844], pa.date32()),
        "列表": [[1, 2], None],
        "字节": [b"\xff\0", None],
    }
    return parquet(folder, COLUMNS | odd)
