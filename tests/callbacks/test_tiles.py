"""The address of tiles: what it gives, what it refuses, and that neither key nor path gets out."""

from __future__ import annotations

import dataclasses
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app, main
from callbacks.tiles import NOTHING
from geodata.settings import Settings
from geodata.store import Store
from geodata.tiles import NO_BASEMAP, Basemap
from layers import ids
from tests import tilefiles
from tests.callbacks import asked
from tests.tilefiles import JPEG, PNG, mbtiles

KEY = "0123secret9876"


@pytest.fixture(scope="module")
def folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("tiles") / "city"))


def client_with(folder: Path, basemap: Basemap, key: str = "", review_number: str = "") -> FlaskClient:
    store = Store(folder)
    settings = dataclasses.replace(store.settings(), basemap=basemap, review_number=review_number)
    store.save_settings(settings)
    client: FlaskClient = create_app(Settings(city=folder, basemap_key=key)).server.test_client()
    return client


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[tilefiles.Service]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with tilefiles.service() as running:
        yield running


def test_without_a_basemap_there_are_no_tiles_and_nothing_is_said(folder: Path) -> None:
    app = create_app(Settings(city=folder))
    assert app.server.test_client().get("/tiles/3/2/1").status_code == 404
    assert asked(app.server.test_client(), app, ids.MAP_VIEW, "")[ids.MAP_VIEW]["data"]["basemap"] is None


def test_a_file_gives_its_tiles_and_a_transparent_one_beside_them(folder: Path) -> None:
    mbtiles(folder / "own.mbtiles", {(2, 3, 1): PNG, (2, 0, 0): JPEG})
    client = client_with(folder, Basemap("own.mbtiles", "某局", 2, 5))
    found = client.get("/tiles/2/3/1?v=abc")
    assert (found.status_code, found.mimetype, found.data) == (200, "image/png", PNG)
    assert found.headers["Cache-Control"] == "private, max-age=86400"
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/tiles/2/3/1", headers={"If-None-Match": found.headers["ETag"]}).status_code == 304
    assert client.get("/tiles/2/0/0").mimetype == "image/jpeg"
    missing = client.get("/tiles/3/0/0")
    assert (missing.status_code, missing.data) == (200, NOTHING.body)


NO_TILES = [
    *("1/0/0", "6/0/0", "2/4/0", "2/0/4", "-1/0/0", "2/-1/0", "99999999/0/0", f"2/0/{'9' * 5000}"),
    *("2/0/1.5", "2/0/x", "٢/0/0", "2/0/..", "2/0/0/0", "2/0", "2/0/0.png"),
    *("2/0/..%2f..%2fcity.toml", "%2e%2e/%2e%2e/city.toml"),
]


def test_what_can_be_no_tile_is_not_found_and_asks_nobody(folder: Path) -> None:
    mbtiles(folder / "odd.mbtiles", {(2, 3, 1): PNG})
    client = client_with(folder, Basemap("odd.mbtiles", "某局", 2, 5))
    (folder / "odd.mbtiles").unlink()
    assert [client.get(f"/tiles/{at}").status_code for at in NO_TILES] == [404] * len(NO_TILES)


def test_a_file_that_is_gone_or_broken_fails_in_one_way_and_comes_back(folder: Path) -> None:
    path = mbtiles(folder / "gone.mbtiles", {(2, 3, 1): PNG})
    client = client_with(folder, Basemap("gone.mbtiles", "某局", 2, 5))
    kept = path.read_bytes()
    path.unlink()
    gone = client.get("/tiles/2/3/1?lang=en")
    assert (gone.status_code, gone.json) == (503, {"error": "Basemap not available now"})
    assert gone.headers["Cache-Control"] == "no-store"
    path.write_bytes(b"no file of tiles")
    broken = client.get("/tiles/2/3/1")
    assert (broken.status_code, broken.json) == (503, {"error": "底图暂不可用"})
    path.write_bytes(kept)
    assert client.get("/tiles/2/3/1").data == PNG


def test_a_service_is_asked_once_for_a_tile_with_the_key_that_nobody_sees(
    folder: Path, service: tilefiles.Service, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_with(folder, Basemap(service.address + "/{z}/{x}/{y}?tk={key}", "某局"), KEY)
    answers = [client.get("/tiles/4/3/2"), client.get("/tiles/4/3/2")]
    assert [answer.data for answer in answers] == [PNG, PNG]
    assert service.asked == [f"/4/3/2?tk={KEY}"]
    service.answer = lambda path: (403, path.encode())
    with caplog.at_level(logging.DEBUG):
        answers += [client.get(f"/tiles/5/{x}/1") for x in range(4)]
    assert [answer.status_code for answer in answers[2:]] == [503] * 4
    assert "answers 403" in caplog.text
    page = client.get("/")
    seen = "".join(answer.text + str(answer.headers) for answer in [*answers[2:], page])
    assert KEY not in seen + caplog.text
    for path in folder.rglob("*.toml"):
        assert KEY not in path.read_text(encoding="utf-8")


def test_a_service_without_its_key_fails_and_asks_nobody(folder: Path, service: tilefiles.Service) -> None:
    client = client_with(folder, Basemap(service.address + "/{z}/{x}/{y}?tk={key}", "某局"))
    assert client.get("/tiles/4/3/2").status_code == 503
    assert service.asked == []


def test_the_page_learns_of_the_basemap_without_its_address(folder: Path, service: tilefiles.Service) -> None:
    basemap = Basemap(service.address + "/{z}/{x}/{y}?tk={key}", "天地图", 3, 17)
    client_with(folder, basemap, KEY, review_number="GS(2026)1号")
    app = create_app(Settings(city=folder, basemap_key=KEY))
    client = app.server.test_client()
    told = asked(client, app, ids.MAP_VIEW, "")[ids.MAP_VIEW]["data"]["basemap"]
    assert told["url"] == f"/tiles/{{z}}/{{x}}/{{y}}?v={basemap.fingerprint}"
    assert (told["zooms"], told["credit"]) == ([3, 17], "底图：天地图 · 审图号：GS(2026)1号")
    assert "127.0.0.1" not in str(told)


def test_the_command_sets_shows_and_takes_away(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PINGAN_BASEMAP_KEY", raising=False)
    city = f"--city={folder}"
    assert main([city, "basemap", "none"]) == 0
    assert "没有底图" in capsys.readouterr().out
    address = "https://maps.example/{z}/{x}/{y}?tk={key}"
    assert main([city, "basemap", "set", address, "--zooms", "3-17", "--review-number", "GS(2026)1号"]) == 0
    said = capsys.readouterr().out
    assert "3-17" in said
    assert "PINGAN_BASEMAP_KEY" in said
    assert "--attribution" in said
    assert "公开导出" not in said
    assert Store(folder).settings().basemap == Basemap(address, "", 3, 17)
    assert main([city, "basemap", "set", "https://webst01.is.autonavi.com/{z}/{x}/{y}"]) == 2
    assert "GCJ-02" in capsys.readouterr().err
    assert main([city, "basemap", "set", str(folder / "none.mbtiles")]) == 2
    assert main([city, "basemap", "set", address, "--zooms", "a-b"]) == 2
    assert main([city, "basemap", "show"]) == 0
    assert address in capsys.readouterr().out
    assert main([city, "basemap", "none"]) == 0
    assert Store(folder).settings().basemap == NO_BASEMAP
    assert Store(folder).settings().review_number == "GS(2026)1号"
