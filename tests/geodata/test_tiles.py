"""Basemap tiles: which sources are taken, what a file holds, and how a service fails."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pmtiles.tile import TileType

from geodata.errors import BasemapError, CityError
from geodata.settings import Settings
from geodata.store import CitySettings, Store
from geodata.tiles import Basemap, MBTiles, PMTiles, Service, basemap_of, checked_pattern, open_basemap, open_file
from tests import tilefiles
from tests.tilefiles import JPEG, PNG, VECTOR, WEBP, mbtiles, pmtiles, png

KEY = "0123secret9876"
TIANDITU = (
    "https://t{0-7}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
)
TWO = {(0, 0, 0): PNG, (2, 3, 1): JPEG}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tilefiles.Service]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with tilefiles.service() as running:
        yield running


# --- addresses ---


def test_tianditu_is_asked_on_its_eight_hosts_with_the_key() -> None:
    asked = Service(TIANDITU, KEY)
    assert asked.address(12, 3336, 1788).startswith("https://t4.tianditu.gov.cn/vec_w/wmts?")
    assert asked.address(12, 3337, 1788).startswith("https://t5.tianditu.gov.cn/vec_w/wmts?")
    assert asked.address(12, 3336, 1788).endswith(f"&TILEMATRIX=12&TILEROW=1788&TILECOL=3336&tk={KEY}")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("http://maps.local/{z}/{x}/{y}.png", "http://maps.local/3/5/2.png"),
        ("http://maps.local/{z}/{x}/{-y}.png", "http://maps.local/3/5/5.png"),
        ("http://{s}.maps.local/{z}/{x}/{y}.png", "http://b.maps.local/3/5/2.png"),
        ("http://maps.local/w/{TileMatrix}/{TileRow}/{TileCol}", "http://maps.local/w/3/2/5"),
        ("http://maps{1-3}.local/{z}/{x}/{y}", "http://maps2.local/3/5/2"),
    ],
)
def test_the_parts_of_an_address_are_filled_in(pattern: str, expected: str) -> None:
    assert Service(pattern).address(3, 5, 2) == expected


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}", "GCJ-02"),
        ("https://rt{0-3}.map.gtimg.com/tile?z={z}&x={x}&y={-y}", "GCJ-02"),
        ("https://maponline0.bdimg.com/tile/?x={x}&y={y}&z={z}", "BD-09"),
        (TIANDITU.replace("vec_w", "vec_c").replace("SET=w", "SET=c"), "矩阵集 w"),
        ("http://maps.local/wmts?tilematrixset=EPSG:4490&z={z}&x={x}&y={y}", "矩阵集 w"),
        (TIANDITU.replace("{key}", KEY), "不要写密钥"),
        ("http://user:word@maps.local/{z}/{x}/{y}", "不要写密钥"),
        ("http://maps.local/{z}/{x}/{y}?access_token=abc", "不要写密钥"),
        ("http://maps.local/{z}/{x}.png", "{y}"),
        ("http://maps.local/{z}/{x}/{y}/{-y}", "{y}"),
        ("http://maps.local/{z}/{x}/{y}/{r}", "{r}"),
        ("ftp://maps.local/{z}/{x}/{y}", "http://"),
        ("file:///{z}/{x}/{y}", "http://"),
        ("http:///{z}/{x}/{y}", "http://"),
        ("http://maps.local/{z}/{x}/{y} .png", "空格"),
    ],
)
def test_an_address_that_does_not_fit_is_refused_with_a_sentence(pattern: str, words: str) -> None:
    with pytest.raises(BasemapError) as refused:
        checked_pattern(pattern)
    assert words in refused.value.zh
    assert KEY not in refused.value.zh + refused.value.en


def test_hosts_that_only_end_alike_are_not_taken_for_others() -> None:
    assert checked_pattern("http://notamap.com/{z}/{x}/{y}")


@pytest.mark.parametrize("key", ["", "two words", "a&b=c", "schlüssel"])
def test_a_service_with_a_key_says_that_it_is_missing(key: str) -> None:
    with pytest.raises(BasemapError, match="PINGAN_BASEMAP_KEY"):
        Service(TIANDITU, key)


# --- services ---


def test_a_service_gives_its_picture_with_its_kind(service: tilefiles.Service) -> None:
    asked = Service(service.address + "/{z}/{x}/{y}?tk={key}", KEY)
    assert asked.tile(4, 3, 2) == (PNG, "image/png")
    assert service.asked == [f"/4/3/2?tk={KEY}"]
    service.answer = lambda _: (200, WEBP)
    assert asked.tile(4, 3, 2) == (WEBP, "image/webp")


@pytest.mark.parametrize("answer", [(404, b"none"), (204, b""), (200, b"")])
def test_a_tile_that_is_not_there_is_no_fault(service: tilefiles.Service, answer: tuple[int, bytes]) -> None:
    service.answer = lambda _: answer
    assert Service(service.address + "/{z}/{x}/{y}").tile(4, 3, 2) is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((403, b'{"msg": "key"}'), "403"),
        ((500, b""), "500"),
        ((200, b"<html>login</html>"), "不是 PNG"),
        ((200, VECTOR), "不是 PNG"),
        ((200, PNG + bytes(3_000_000)), "连接不上"),
    ],
)
def test_any_other_answer_is_a_fault_that_tells_no_key(
    service: tilefiles.Service, answer: tuple[int, bytes], words: str
) -> None:
    service.answer = lambda _: answer
    with pytest.raises(BasemapError) as failed:
        Service(service.address + "/{z}/{x}/{y}?tk={key}", KEY).tile(4, 3, 2)
    assert words in failed.value.zh
    assert failed.value.__cause__ is None
    assert KEY not in failed.value.zh + failed.value.en


def test_a_service_that_sends_elsewhere_is_not_followed(service: tilefiles.Service) -> None:
    service.answer = lambda path: (302, b"/elsewhere") if path != "/elsewhere" else (200, PNG)
    with pytest.raises(BasemapError, match="302"):
        Service(service.address + "/{z}/{x}/{y}").tile(0, 0, 0)
    assert service.asked == ["/0/0/0"]


def test_a_slow_service_is_given_up(service: tilefiles.Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Service, "ANSWER_S", 0.2)
    service.wait_s = 0.6
    with pytest.raises(BasemapError, match="超时"):
        Service(service.address + "/{z}/{x}/{y}").tile(0, 0, 0)


def test_after_three_faults_a_service_is_left_alone_for_a_while(
    service: tilefiles.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Service(service.address + "/{z}/{x}/{y}")
    service.answer = lambda _: (500, b"")
    for _ in range(5):
        with pytest.raises(BasemapError):
            asked.tile(0, 0, 0)
    assert len(service.asked) == 3
    service.answer = lambda _: (200, PNG)
    monkeypatch.setattr("geodata.tiles.time.monotonic", lambda: 1e12)
    assert asked.tile(0, 0, 0) == (PNG, "image/png")


def test_nobody_there_is_a_fault() -> None:
    with pytest.raises(BasemapError, match="连接不上"):
        Service("http://127.0.0.1:1/{z}/{x}/{y}").tile(0, 0, 0)


# --- files ---


def test_mbtiles_count_rows_from_the_south(tmp_path: Path) -> None:
    file = MBTiles(mbtiles(tmp_path / "a.mbtiles", TWO, format="png", minzoom="0", maxzoom="2"))
    assert file.tile(0, 0, 0) == (PNG, "image/png")
    assert file.tile(2, 3, 1) == (JPEG, "image/jpeg")
    assert file.tile(2, 3, 2) is None
    assert file.zooms == (0, 2)


def test_mbtiles_without_zooms_are_counted(tmp_path: Path) -> None:
    assert MBTiles(mbtiles(tmp_path / "a.mbtiles", {(5, 1, 1): PNG, (7, 1, 1): PNG})).zooms == (5, 7)


def test_pmtiles_are_found_in_their_directories(tmp_path: Path) -> None:
    file = PMTiles(pmtiles(tmp_path / "a.pmtiles", TWO))
    assert file.tile(0, 0, 0) == (PNG, "image/png")
    assert file.tile(2, 3, 1) == (JPEG, "image/jpeg")
    assert file.tile(2, 3, 2) is None
    assert file.tile(9, 3, 2) is None
    assert file.zooms == (0, 2)


def test_pmtiles_with_leaves_are_found_too(tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    places = [(9, x, y) for x in range(0, 512, 5) for y in range(0, 512, 2)]
    tiles = {at: JPEG + drawn.bytes(int(drawn.integers(1, 400))) for at in places}
    file = PMTiles(pmtiles(tmp_path / "a.pmtiles", tiles))
    assert file._header["leaf_directory_length"] > 0
    for at in [(9, 0, 0), (9, 255, 510), (9, 510, 2)]:
        assert file.tile(*at) == (tiles[at], "image/jpeg")
    assert file.tile(9, 1, 1) is None


def test_a_file_says_whose_it_is_without_markup(tmp_path: Path) -> None:
    whose = '<a href="javascript:x()">© 某局</a> &copy; 测绘 "院"'
    one = mbtiles(tmp_path / "a.mbtiles", TWO, format="png", attribution=whose)
    other = pmtiles(tmp_path / "a.pmtiles", TWO, attribution=whose)
    assert open_file(one).attribution == open_file(other).attribution == '© 某局 测绘 "院"'


@pytest.mark.parametrize("kind", ["pbf", "", "png"])
def test_vector_tiles_are_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(BasemapError, match="矢量瓦片"):
        MBTiles(mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): VECTOR}, format=kind))
    with pytest.raises(BasemapError, match="矢量瓦片"):
        PMTiles(pmtiles(tmp_path / "a.pmtiles", {(0, 0, 0): VECTOR}, TileType.MVT))


def test_other_contents_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BasemapError, match="没有 PNG"):
        MBTiles(mbtiles(tmp_path / "a.mbtiles", {}, format="png"))
    with pytest.raises(BasemapError, match="没有 PNG"):
        PMTiles(pmtiles(tmp_path / "a.pmtiles", {(0, 0, 0): b"AVIF"}, TileType.AVIF))


@pytest.mark.parametrize("name", ["a.mbtiles", "a.pmtiles"])
@pytest.mark.parametrize(
    "content", [b"", b"PMTiles\x03", b"PMTiles\x03" + b"\xff" * 200, b"SQLite format 3\x00" + bytes(90)]
)
def test_a_broken_file_is_refused_with_a_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BasemapError, match=name):
        open_file(tmp_path / name)


@pytest.mark.parametrize("name", ["a.mbtiles", "a.pmtiles"])
def test_a_file_that_is_cut_short_later_fails_with_a_sentence(tmp_path: Path, name: str) -> None:
    tiles = {(6, x, y): png(x, y) for x in range(20) for y in range(20)}
    path = (mbtiles if name == "a.mbtiles" else pmtiles)(tmp_path / name, tiles)
    file = open_file(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(BasemapError, match=name):
        file.tile(6, 19, 19)


def test_a_tile_that_is_no_picture_fails_with_a_sentence(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", {(0, 0, 0): PNG, (1, 0, 0): b"<html>"}, format="png")
    with pytest.raises(BasemapError, match=r"a\.mbtiles"):
        open_file(path).tile(1, 0, 0)


def test_a_file_is_never_written(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", TWO, format="png")
    path.chmod(0o444)
    before = path.read_bytes()
    open_file(path).tile(0, 0, 0)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.mbtiles"]


@pytest.mark.parametrize("name", ["none.mbtiles", "none.pmtiles", "none.tif", "none"])
def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BasemapError, match="none"):
        open_file(tmp_path / name)


# --- what the city says ---


def test_a_file_in_the_city_folder_moves_with_it(tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    inside = basemap_of(str(mbtiles(city / "a.mbtiles", TWO, attribution="某局")), city)
    assert inside == Basemap("a.mbtiles", "某局", 0, 2)
    moved = city.rename(tmp_path / "moved")
    assert open_basemap(inside, moved, "").tile(0, 0, 0) == (PNG, "image/png")
    outside = mbtiles(tmp_path / "b.mbtiles", TWO)
    assert basemap_of(str(outside), moved, "另一局", (1, 2)) == Basemap(outside.as_posix(), "另一局", 1, 2)


def test_tianditu_is_named_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    assert basemap_of(TIANDITU, tmp_path).attribution == "天地图"
    assert basemap_of(TIANDITU, tmp_path, "省天地图").attribution == "省天地图"
    assert basemap_of("http://maps.local/{z}/{x}/{y}", tmp_path).attribution == ""


@pytest.mark.parametrize("zooms", [(-1, 3), (4, 3), (0, 23)])
def test_zooms_that_cannot_be_are_refused(tmp_path: Path, zooms: tuple[int, int]) -> None:
    with pytest.raises(BasemapError, match="缩放级别"):
        basemap_of(TIANDITU, tmp_path, zooms=zooms)


def test_the_city_keeps_its_basemap_and_tells_that_it_changed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    before = store.changes()
    wanted = CitySettings("珠海市", "Zhuhai", review_number="GS(2026)1号", basemap=Basemap(TIANDITU, '天"地"图', 3, 17))
    store.save_settings(wanted)
    assert store.settings() == Store(tmp_path).settings() == wanted
    assert store.changes() > before
    store.save_settings(dataclasses.replace(wanted, basemap=Basemap()))
    assert "basemap" not in (tmp_path / "city.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "table", ["basemap = 1", "[basemap]\nsource = 1", "[basemap]\ncolour = 'red'", "[basemap]\nmost_zoom = 99"]
)
def test_a_table_that_says_nonsense_is_named(tmp_path: Path, table: str) -> None:
    (tmp_path / "city.toml").write_text(table, encoding="utf-8")
    with pytest.raises((CityError, BasemapError)):
        Store(tmp_path).settings()


def test_the_key_comes_from_the_environment_or_a_file_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    monkeypatch.setenv("PINGAN_BASEMAP_KEY_FILE", str(tmp_path / "key"))
    assert Settings.from_env().basemap_key == KEY
    assert KEY not in repr(Settings.from_env())
    monkeypatch.setenv("PINGAN_BASEMAP_KEY", "another")
    assert Settings.from_env().basemap_key == "another"
    monkeypatch.delenv("PINGAN_BASEMAP_KEY")
    monkeypatch.setenv("PINGAN_BASEMAP_KEY_FILE", str(tmp_path / "nowhere"))
    assert Settings.from_env().basemap_key == ""


def test_a_locked_reader_of_mbtiles_needs_no_lock_of_its_own(tmp_path: Path) -> None:
    path = mbtiles(tmp_path / "a.mbtiles", TWO)
    held = sqlite3.connect(path)
    held.execute("BEGIN EXCLUSIVE")
    assert open_file(path).tile(0, 0, 0) == (PNG, "image/png")
    held.close()
