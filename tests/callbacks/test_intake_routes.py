"""The addresses of the data page: what may be uploaded, by whom, how much; a refused file leaves nothing behind."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

import callbacks.imports
from callbacks.guard import MAX_BODY
from callbacks.imports import OLD_S
from geodata.store import Store
from layers.data.wizard import EXTENSIONS
from tests.callbacks.desk import OURS, Desk

CSV = "时间,经度,纬度,类型\n2026-10-05 10:00,113.55,22.27,盗窃\n".encode()
LIMIT = 3 * 1024 * 1024


@pytest.fixture(scope="module")
def desk(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("routes") / "city"
    shutil.copytree(demo_folder, folder)
    return Desk(folder, most_upload=LIMIT)


@pytest.fixture(autouse=True)
def an_empty_folder(desk: Desk) -> None:
    shutil.rmtree(desk.folder / "incoming", ignore_errors=True)


# --- what arrives ---


def test_a_file_arrives_byte_for_byte_under_a_name_of_ours(desk: Desk) -> None:
    token = desk.upload(CSV, "../../../etc/一二三.CSV")
    assert desk.incoming() == [token, f"{token}/upload.csv"]
    assert (desk.folder / "incoming" / token / "upload.csv").read_bytes() == CSV


def test_a_file_arrives_in_pieces(desk: Desk) -> None:
    content = os.urandom(2_500_000)
    answer = desk.post(content[:1_000_000], query={"size": str(len(content))})
    token = answer.get_json()["token"]
    for at in (1_000_000, 2_000_000):
        address = f"/data/upload/{token}?at={at}"
        answer = desk.client.post(address, data=content[at : at + 1_000_000], headers=OURS)
        assert answer.status_code == 200
    assert answer.get_json()["received"] == len(content)
    assert (desk.folder / "incoming" / token / "upload.csv").read_bytes() == content


def test_an_empty_file_arrives_too(desk: Desk) -> None:
    token = desk.upload(b"")
    assert (desk.folder / "incoming" / token / "upload.csv").read_bytes() == b""


@pytest.mark.parametrize("suffix", EXTENSIONS)
def test_every_kind_that_is_offered_is_taken(desk: Desk, suffix: str) -> None:
    token = desk.upload(CSV, f"a.b{suffix.upper()}")
    assert f"{token}/upload{suffix}" in desk.incoming()


@pytest.mark.parametrize(
    "name",
    ["", "a", "a.exe", "csv", ".html", "a.csv.exe", "a.csv/", "a.csv\0.exe", "a.py", "a.vrt", "a.svg", "../upload"],
)
def test_another_kind_is_refused_and_nothing_is_written(desk: Desk, name: str) -> None:
    answer = desk.post(CSV, name=name)
    assert answer.status_code == 400
    assert ".csv" in answer.get_json()["error"]
    assert desk.incoming() == []


# --- pieces out of order ---


@pytest.mark.parametrize("at", ["0", "1", "999999999", "-1", "x", "", "1e3", "９"])
def test_a_piece_that_does_not_follow_is_refused_and_changes_nothing(desk: Desk, at: str) -> None:
    token = desk.upload(CSV)
    answer = desk.client.post(f"/data/upload/{token}?at={at}", data=b"more", headers=OURS)
    assert answer.status_code in (400, 409)
    assert (desk.folder / "incoming" / token / "upload.csv").read_bytes() == CSV


@pytest.mark.parametrize("token", ["0" * 16, "..", "%2e%2e", "..%2f..", "a" * 500, "%00", "upload"])
def test_a_piece_of_no_file_is_refused(desk: Desk, token: str) -> None:
    answer = desk.client.post(f"/data/upload/{token}?at=0", data=b"x", headers=OURS)
    assert answer.status_code in (400, 404, 405)
    assert desk.incoming() == []


# --- how much ---


def test_a_file_that_is_too_long_is_refused_and_removed(desk: Desk) -> None:
    answer = desk.post(b"x" * (LIMIT + 1))
    assert answer.status_code == 413
    assert "import" in answer.get_json()["error"]
    assert desk.incoming() == []


def test_a_declared_size_that_is_too_long_is_refused_before_anything_comes(desk: Desk) -> None:
    answer = desk.post(b"x", query={"size": str(LIMIT + 1), "lang": "en"})
    assert answer.status_code == 413
    assert "too long" in answer.get_json()["error"]
    assert desk.incoming() == []


def test_pieces_that_add_up_to_too_much_are_refused_and_removed(desk: Desk) -> None:
    token = desk.post(b"x" * LIMIT).get_json()["token"]
    answer = desk.client.post(f"/data/upload/{token}?at={LIMIT}", data=b"x", headers=OURS)
    assert answer.status_code == 413
    assert desk.incoming() == []


def test_more_than_was_declared_is_refused_and_removed(desk: Desk) -> None:
    answer = desk.post(b"x" * 100, query={"size": "99"})
    assert answer.status_code == 413
    assert desk.incoming() == []


def test_a_body_without_a_length_is_taken_up_to_the_limit(desk: Desk) -> None:
    """A chunked body: the server in front has taken the chunks apart, and says that it ends by itself."""

    def chunked(content: bytes) -> int:
        environ = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = desk.post(None, input_stream=io.BytesIO(content), environ_overrides=environ)
        return answer.status_code

    assert chunked(CSV) == 200
    shutil.rmtree(desk.folder / "incoming")
    assert chunked(b"x" * (LIMIT + 1)) == 413
    assert desk.incoming() == []


def test_a_body_shorter_than_its_length_says_is_refused(desk: Desk) -> None:
    answer = desk.post(None, input_stream=io.BytesIO(b"x" * 10), environ_overrides={"CONTENT_LENGTH": "1000"})
    assert answer.status_code == 409
    token = desk.upload(CSV)
    answer = desk.client.post(
        f"/data/upload/{token}?at={len(CSV)}",
        input_stream=io.BytesIO(b"abc"),
        headers=OURS,
        environ_overrides={"CONTENT_LENGTH": "9"},
    )
    assert answer.status_code in (409, 413)


def test_a_full_disk_is_a_sentence(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks.imports.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    answer = desk.post(CSV)
    assert answer.status_code == 507
    assert "磁盘" in answer.get_json()["error"]
    assert desk.incoming() == []


def test_all_other_addresses_take_short_bodies_only(desk: Desk) -> None:
    for address in ("/data/_dash-update-component", "/_dash-update-component"):
        answer = desk.client.post(address, data=b"x" * (MAX_BODY + 1), content_type="application/json")
        assert answer.status_code in (400, 413), address


# --- by whom ---


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"X-Pingan-Request": "1"},
        {"X-Pingan-Request": "2", "Origin": "http://localhost"},
        {"X-Pingan-Request": "1", "Origin": "http://evil.example"},
        {"X-Pingan-Request": "1", "Origin": "null"},
        {"X-Pingan-Request": "1", "Origin": "http://localhost.evil.example"},
        {"X-Pingan-Request": "1", "Origin": "http://localhost:81"},
        {"X-Pingan-Request": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Pingan-Request": "1", "Sec-Fetch-Site": "same-site"},
        {"X-Pingan-Request": "1", "Sec-Fetch-Site": "none"},
        {"X-Pingan-Request": "1", "Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"X-Pingan-Request": "1", "Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
        {"X-Pingan-Request": "1", "Origin": "http://evil.example", "Host": "evil.example"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(desk: Desk, headers: dict[str, str]) -> None:
    token = desk.upload(CSV)
    before = desk.incoming()
    assert desk.client.post("/data/upload?name=a.csv", data=CSV, headers=headers).status_code == 403
    assert desk.client.post(f"/data/upload/{token}?at={len(CSV)}", data=b"x", headers=headers).status_code == 403
    assert desk.client.delete(f"/data/upload/{token}", headers=headers).status_code == 403
    assert desk.incoming() == before


@pytest.mark.parametrize("site", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "https://localhost"}])
def test_a_page_of_ours_is_known_by_either_header(desk: Desk, site: dict[str, str]) -> None:
    assert desk.post(CSV, headers={"X-Pingan-Request": "1", **site}).status_code == 200


def test_a_server_for_others_takes_nothing_unless_the_operator_says_so(desk: Desk) -> None:
    shown = Desk(desk.folder, host="0.0.0.0")  # noqa: S104 - what is tested
    answer = shown.post(CSV)
    assert answer.status_code == 403
    assert "--allow-import" in answer.get_json()["error"]
    assert shown.event(kind="open").status_code == 403
    assert shown.client.get("/data/").status_code == 200
    allowed = Desk(desk.folder, host="0.0.0.0", allow_import=True)  # noqa: S104 - what is tested
    headers = {"X-Pingan-Request": "1", "Origin": "http://atlas.example", "Host": "atlas.example"}
    assert allowed.post(CSV, headers=headers).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_an_upload_is_a_post(desk: Desk, method: str) -> None:
    assert getattr(desk.client, method)("/data/upload?name=a.csv", data=CSV, headers=OURS).status_code in (404, 405)


# --- giving up ---


def test_an_upload_that_is_given_up_leaves_nothing(desk: Desk) -> None:
    token = desk.upload(CSV)
    assert desk.client.delete(f"/data/upload/{token}", headers=OURS).status_code == 200
    assert desk.incoming() == []
    assert desk.client.delete(f"/data/upload/{token}", headers=OURS).status_code == 200


def test_what_was_left_lying_for_a_day_is_removed_at_the_next_start(desk: Desk) -> None:
    old, fresh = desk.folder / "incoming" / "old", desk.folder / "incoming" / "fresh"
    for folder in (old, fresh):
        folder.mkdir(parents=True)
        (folder / "upload.csv").write_bytes(CSV)
    long_ago = old.stat().st_mtime - OLD_S - 60
    os.utime(old, (long_ago, long_ago))
    Desk(desk.folder)
    assert desk.incoming() == ["fresh", "fresh/upload.csv"]


# --- jobs, boundaries, rows set aside ---


@pytest.mark.parametrize("number", ["0", "..", "%00", "x" * 999])
def test_the_progress_of_no_job_is_a_plain_refusal(desk: Desk, number: str) -> None:
    answer = desk.client.get(f"/data/jobs/{number}")
    assert answer.status_code in (400, 404)
    assert answer.mimetype == "application/json"


def test_rows_set_aside_come_as_a_file_that_spreadsheets_open(desk: Desk) -> None:
    number = Store(desk.folder).batches()[0].id
    answer = desk.client.get(f"/data/batches/{number}/set_aside.csv")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="set_aside_{number}.csv"'
    assert answer.data.startswith("\ufeff搁置行 row".encode())


@pytest.mark.parametrize("number", ["0", "999999", "-1", "x", "1.5", "%00"])
def test_rows_of_no_batch_are_a_plain_refusal(desk: Desk, number: str) -> None:
    assert desk.client.get(f"/data/batches/{number}/set_aside.csv").status_code in (400, 404)


def test_the_address_without_its_slash_leads_to_the_page(desk: Desk) -> None:
    answer = desk.client.get("/data")
    assert (answer.status_code, answer.headers["Location"]) == (308, "/data/")
