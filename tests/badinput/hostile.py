"""Files that mean harm: other formats under a known name, names that are addresses, zips (F33–F44)."""

from __future__ import annotations

import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

from tests.badinput.cases import HEAD, Case, accepted, add, address, case, good, refused, secret, write
from tests.badinput.maps import named, shape_parts, zipped

# --- what points elsewhere, under every name that a reader might believe ---

ENTITY = '<!DOCTYPE x [<!ENTITY s SYSTEM "file://{secret}">]>'
ELSEWHERE = {
    "vrt": "<OGRVRTDataSource><OGRVRTLayer><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "vrt_address": "<OGRVRTDataSource><OGRVRTLayer><SrcDataSource>/vsicurl/{address}</SrcDataSource></OGRVRTLayer>",
    "wfs": "<OGRWFSDataSource><URL>{address}?service=WFS</URL></OGRWFSDataSource>",
    "oapif": "<OGROAPIFDataSource><URL>{address}</URL></OGROAPIFDataSource>",
    "http_service": '<GDAL_WMS><Service name="TMS"><ServerUrl>{address}</ServerUrl></Service></GDAL_WMS>',
    "kml": "<kml><NetworkLink><Link><href>{address}</href></Link></NetworkLink></kml>",
    "gml": f'<?xml version="1.0"?>{ENTITY}<gml:FeatureCollection>&s;</gml:FeatureCollection>',
    "gdalg": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {secret} ! write x.csv"}}',
}
for suffix in (".geojson", ".csv", ".shp", ".gpkg", ".xlsx", ".parquet", ".zip"):
    for name, text in ELSEWHERE.items():
        if suffix != ".geojson" and name not in ("vrt", "vrt_address", "gdalg"):
            continue

        def elsewhere(folder: Path, text: str = text, suffix: str = suffix) -> Path:
            return write(folder, f"a{suffix}", text.format(secret=secret(folder), address=address(folder)))

        expected = refused(f"a{suffix}") if (name, suffix) != ("gdalg", ".csv") else refused("缺少")
        add(Case(f"F41-{name}_as{suffix}", f"{name} that is called {suffix}", elsewhere, expected))

for suffix in (".vrt", ".pkl", ".npy", ""):

    def other_format(folder: Path, suffix: str = suffix) -> Path:
        return write(folder, f"a{suffix}", HEAD + good(1))

    add(Case(f"F42-suffix{suffix}", f"a name that ends in {suffix!r}", other_format, refused("只接受")))


@case("F42", "a page with a script that is called a CSV", refused("网页"))
def page_as_csv(folder: Path) -> Path:
    return write(folder, "a.csv", "<!DOCTYPE html><script>alert(1)</script>")


@case("F42", "a billion laughs as GML", refused("a.geojson"))
def laughing_gml(folder: Path) -> Path:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return write(
        folder, "a.geojson", f'<?xml version="1.0"?><!DOCTYPE gml:x [<!ENTITY l0 "ha">{laughs}]><gml:x>&l9;</gml:x>'
    )


# --- zips ---

SHAPE = named(shape_parts())


@case("F33", "a zip of 300 kB with 300 MB in it", refused("过大"))
def zip_bomb(folder: Path) -> Path:
    return zipped(folder, SHAPE | {"a.dbf": bytes(300 * 1024**2)})


@case("F33", "a zip in a zip", refused("还是压缩包"))
def zip_in_zip(folder: Path) -> Path:
    inner = zipped(folder, SHAPE, "inner.zip").read_bytes()
    return zipped(folder, {"inner.zip": inner})


@case("F33", "20,000 members", refused("超过 200 个"))
def many_members(folder: Path) -> Path:
    return zipped(folder, SHAPE | {f"{n}.txt": b"" for n in range(20_000)})


@case("F33", "members that lie one over the other", refused("a.zip"))
def overlapping_members(folder: Path) -> Path:
    path = zipped(folder, {"a.shp": bytes(10_000_000)})
    data = path.read_bytes()
    at = data.find(b"PK\x01\x02")
    entry, end = data[at : data.find(b"PK\x05\x06")], bytearray(data[data.find(b"PK\x05\x06") :])
    entries = b"".join(entry.replace(b"a.shp", f"{n:03d}sp".encode()) for n in range(150)) + entry.replace(
        b"a.shp", b"b.shp"
    )
    end[8:20] = struct.pack("<HHII", 151, 151, len(entries), at)
    return write(folder, "a.zip", data[:at] + entries + bytes(end))


@case("F34", "a member that is larger than it says", refused("a.zip"))
def lying_zip(folder: Path) -> Path:
    data = bytearray(zipped(folder, SHAPE | {"a.dbf": SHAPE["a.dbf"] + bytes(1_000_000)}).read_bytes())
    at = data.rfind(b"a.dbf")
    data[at - 22 : at - 18] = struct.pack("<I", 100)
    return write(folder, "a.zip", bytes(data))


@case("F34", "a member that claims 4 GB, and is sound: what is counted is what comes", accepted(2))
def zip_claims(folder: Path) -> Path:
    data = bytearray(zipped(folder, SHAPE).read_bytes())
    at = data.rfind(b"a.shp")
    data[at - 22 : at - 18] = struct.pack("<I", 0xFFFFFFF0)
    return write(folder, "a.zip", bytes(data))


@case("F35", "names that climb out of the folder", accepted(2))
def climbing_names(folder: Path) -> Path:
    return zipped(
        folder,
        {f"../../../{name}": content for name, content in SHAPE.items()} | {"/etc/x": b"x", "C:\\x": b"x", "CON": b"x"},
    )


@case("F35", "names from the root", accepted(2))
def names_from_root(folder: Path) -> Path:
    return zipped(folder, {f"{folder.parent}/outside/{name}": content for name, content in SHAPE.items()})


@case("F35", "a link to another file instead of the shapes", refused("只有一个 .shp"))
def link_in_zip(folder: Path) -> Path:
    link = zipfile.ZipInfo("a.shp")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(link, str(secret(folder)))
        archive.writestr("a.dbf", SHAPE["a.dbf"])
    return write(folder, "a.zip", stream.getvalue())


@case("F35", "one name twice in a zip", refused("a.zip", "2"))
def names_twice(folder: Path) -> Path:
    data = zipped(folder, SHAPE | {"b.shp": b"x"}).read_bytes()
    return write(folder, "a.zip", data.replace(b"b.shp", b"a.shp"))


@case("F25", "a zip with a password", refused("未加密"))
def zip_with_password(folder: Path) -> Path:
    data = bytearray(zipped(folder, SHAPE).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    return write(folder, "a.zip", bytes(data))


@case("F42", "a VRT in a zip", refused("只有一个 .shp"))
def vrt_in_zip(folder: Path) -> Path:
    return zipped(folder, {"a.vrt": ELSEWHERE["vrt"].format(secret=secret(folder)).encode()})


# --- names (F44) ---

NAMES = {
    "curl": "/vsicurl/{address}",
    "curl_csv": "/vsicurl/{address}.csv",
    "address": "{address}",
    "file_address": "file://{secret}",
    "zip_in_path": "/vsizip/{secret}",
    "wfs": "WFS:{address}",
    "postgres_of_gdal": "PG:host=127.0.0.1",
    "driver_csv": "CSV:{secret}",
    "nul": "a\0.csv",
    "empty": "",
    "dot": ".",
    "device": "/dev/zero",
    "too_long": "x" * 5000 + ".csv",
}
for name, text in NAMES.items():

    def unwritten(folder: Path, text: str = text) -> str:
        return text.format(secret=secret(folder), address=address(folder))

    add(Case(f"F44-{name}", f"the name {text[:30]!r}", unwritten, refused()))
    if name in ("curl_csv", "too_long"):
        add(
            Case(
                f"F44-command_{name}",
                f"the name {text[:30]!r} on the command line",
                unwritten,
                refused("错误"),
                "command",
            )
        )

LABELS = {
    "too_long": "警情" * 150 + ".csv",
    "other_direction": "a\u202evsc.exe.csv",
    "line_break": "a\nb.csv",
    "climbing": "../../../x.csv",
    "markup": "<img src=x onerror=alert(1)>.csv",
    "formula": "=1+1.csv",
}
for name, label in LABELS.items():

    def labelled(folder: Path) -> Path:
        return write(folder, "a.csv", HEAD + good(1))

    add(
        Case(
            f"F44-label_{name}",
            f"a file that people call {label[:30]!r}",
            labelled,
            accepted(1),
            options={"file_name": label},
        )
    )

ON_DISK = {
    "other_direction": "a\u202evsc.exe.csv",
    "line_break": "a\nb.csv",
    "quotes": "a';drop--.csv",
    "minus": "-rf.csv",
    "half": os.fsdecode(b"\xff\xfe.csv"),
    "upper": "A.CSV",
}
for name, text in ON_DISK.items():

    def on_disk(folder: Path, text: str = text) -> Path:
        return write(folder, text, HEAD + good(1))

    def refused_on_disk(folder: Path, text: str = text) -> Path:
        return write(folder, text, "")

    add(Case(f"F44-disk_{name}", f"a file on the disk called {text!r}"[:60], on_disk, accepted(1)))
    add(Case(f"F44-disk_{name}_refused", f"an empty file called {text!r}"[:60], refused_on_disk, refused("0 字节")))


@case("F44", "a name of 250 characters that is refused", refused("…"))
def long_name(folder: Path) -> Path:
    return write(folder, "x" * 240 + ".csv", "")


@case("F44", "a link to a file elsewhere", accepted(1))
def link(folder: Path) -> Path:
    target = write(folder, "b.csv", HEAD + good(1))
    (folder / "a.csv").symlink_to(target)
    return folder / "a.csv"


@case("F44", "a folder that is called a CSV", refused("a.csv"))
def folder_as_csv(folder: Path) -> Path:
    (folder / "a.csv").mkdir()
    return folder / "a.csv"


@case("F44", "a pipe that nobody writes to", refused("a.csv"))
def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a.csv")
    return folder / "a.csv"


@case("F42", "deep JSON that is called a table", refused("a.csv"))
def deep_json_as_csv(folder: Path) -> Path:
    return write(folder, "a.csv", json.dumps({"a": 1}) + "[" * 100_000)
