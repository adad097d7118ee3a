"""The command line: each command answers as promised, and every fault is one clear sentence in both languages."""

from __future__ import annotations

import csv
import gc
import io
import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

import app
from geodata import pipeline
from geodata.store import Store

ROOT = Path(app.__file__).parent
COMMANDS = [
    ["serve"],
    ["demo"],
    ["city"],
    ["boundaries"],
    ["boundaries", "import"],
    ["boundaries", "examine"],
    ["boundaries", "grid"],
    ["boundaries", "check"],
    ["boundaries", "export"],
    ["exposure"],
    ["exposure", "import"],
    ["measures"],
    ["measures", "import"],
    ["measures", "undo"],
    ["explain"],
    ["ranks"],
    ["hotspots"],
    ["emerging"],
    ["clusters"],
    ["near-repeat"],
    ["backtest"],
    ["alerts"],
    *(["alerts", action] for action in ("exam", "on", "off", "run", "list", "answer")),
    ["audit"],
    ["meeting"],
    *(["meeting", action] for action in ("prepare", "list", "verify", "export")),
    ["export"],
    ["import"],
    ["imports"],
    ["imports", "show"],
    ["imports", "mend"],
    ["intake"],
    ["intake", "inspect"],
    ["intake", "check"],
    ["intake", "publish"],
    ["intake", "discard"],
    ["undo"],
    ["locate"],
    ["counts"],
    ["score"],
    ["verify"],
    ["doctor"],
    ["basemap"],
    ["basemap", "set"],
    ["basemap", "show"],
    ["basemap", "none"],
    ["backup"],
    ["restore"],
    ["method"],
    *(["method", action] for action in ("list", "show", "check", "diff", "new", "calibrate", "publish")),
]
Captured = pytest.CaptureFixture[str]


def run(capsys: Captured, *words: object) -> str:
    """Run a command that must succeed; return what it prints."""
    capsys.readouterr()
    code = app.main([str(word) for word in words])
    said = capsys.readouterr()
    assert code == 0, said.err
    return said.out


def refused(capsys: Captured, *words: object) -> str:
    """Run a command that must fail; return its English sentence."""
    capsys.readouterr()
    code = app.main([str(word) for word in words])
    said = capsys.readouterr()
    assert code not in (0, None)
    assert said.out == ""
    zh, en = said.err.strip().splitlines()
    assert zh.startswith("错误：")
    assert zh.endswith("。")
    assert en.startswith("error: ")
    assert en.endswith(".")
    assert "Traceback" not in said.err
    return en


def misused(capsys: Captured, *words: object) -> str:
    """Run a command line that argparse refuses; return what it says."""
    with pytest.raises(SystemExit) as stopped:
        app.main([str(word) for word in words])
    assert stopped.value.code == 2
    return capsys.readouterr().err


SHAPES = {
    "district": [
        ("A", "甲区", "", box(113.50, 22.20, 113.54, 22.24)),
        ("B", "乙区", "", box(113.54, 22.20, 113.58, 22.24)),
    ],
    "street": [
        ("A1", "一街", "A", box(113.50, 22.20, 113.52, 22.24)),
        ("A2", "二街", "A", box(113.52, 22.20, 113.54, 22.24)),
        ("B1", "三街", "B", box(113.54, 22.20, 113.58, 22.24)),
    ],
}
ROWS = """编号,发生时间,经度,纬度,类型
1,2026-10-01 08:00,113.51,22.22,盗窃
2,2026-10-02 09:00,113.52,22.22,盗窃
3,2026-10-03,113.56,22.22,打架斗殴
4,2026-10-04,113.90,22.22,盗窃
5,2026-10-05,,,盗窃
6,2026-10-06,113.56,22.22,怪事
7,,113.51,22.22,盗窃
"""


def boundary_file(folder: Path, level: str, name: str = "") -> Path:
    path = folder / (name or f"{level}.geojson")
    ids, names, parents, shapes = zip(*SHAPES[level], strict=True)
    frame = gpd.GeoDataFrame({"code": ids, "title": names, "parent": parents}, geometry=list(shapes), crs="EPSG:4326")
    frame.to_file(path, driver="GeoJSON")
    return path


def import_level(capsys: Captured, city: Path, file: Path, level: str, *more: str) -> str:
    return run(
        capsys, "boundaries", "import", file, "--level", level, "--id", "code", "--name", "title", "--city", city, *more
    )


@pytest.fixture
def town(tmp_path: Path, capsys: Captured) -> Path:
    """Return the folder of a small city that was made by the commands alone."""
    city = tmp_path / "town"
    for level in SHAPES:
        import_level(capsys, city, boundary_file(tmp_path, level), level)
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    run(capsys, "import", tmp_path / "rows.csv", "--source", "police", "--city", city)
    return city


# --- help and misuse ---


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(capsys: Captured, command: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        app.main([*command, "--help"])
    assert stopped.value.code == 0
    assert "--city" in capsys.readouterr().out


def test_every_command_is_listed(capsys: Captured) -> None:
    with pytest.raises(SystemExit):
        app.main(["--help"])
    listed = capsys.readouterr().out
    words = {line.split()[0] for line in listed.splitlines() if line.startswith("    ") and line.strip()}
    assert words >= {command[0] for command in COMMANDS}
    assert {command[0] for command in COMMANDS} == app.parser()[1]


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["counts"],
        ["counts", "--level", "galaxy", "--from", "2026-01-01", "--to", "2026-01-02"],
        ["boundaries"],
        ["boundaries", "fly"],
        ["exposure"],
        ["undo"],
        ["undo", "three"],
        ["import", "x.csv"],
        ["counts", "--level", "street", "--from", "2026-01-01", "--to", "2026-01-02", "--json", "--csv"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_is_wrong_is_refused_with_its_usage(capsys: Captured, words: list[str]) -> None:
    assert "--help" in misused(capsys, *words)


def test_the_city_may_stand_before_or_after_the_command_word(capsys: Captured, town: Path) -> None:
    question = ["--level", "street", "--from", "2026-10-01", "--to", "2026-10-31", "--json"]
    answers = {
        run(capsys, "counts", "--city", town, *question),
        run(capsys, "counts", *question, "--city", town),
        run(capsys, "--city", town, "counts", *question),
        run(capsys, f"--city={town}", "counts", *question),
    }
    assert len(answers) == 1
    checks = {
        run(capsys, "--city", town, "boundaries", "check"),
        run(capsys, "boundaries", "--city", town, "check"),
        run(capsys, "boundaries", "check", "--city", town),
    }
    assert len(checks) == 1


def test_a_city_folder_may_be_named_like_a_command(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Path] = []
    monkeypatch.setattr(app, "_serve", lambda args: served.append(args.city))
    for words in (["--city", "demo"], ["--city=city"], [], ["serve", "--city", "imports"]):
        assert app.main(words) == 0
    assert [path.name for path in served] == ["demo", "city", "city", "imports"]


def test_the_environment_names_the_city_where_the_command_line_does_not(
    capsys: Captured, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGAN_CITY", str(town))
    assert "police" in run(capsys, "imports")


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_port_that_is_taken_is_said_in_one_sentence(capsys: Captured, town: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.main(["serve", "--city", str(town), "--port", str(port), "--workers", "0"]) == 2
    said = capsys.readouterr()
    assert f"127.0.0.1:{port} cannot be used" in said.err
    assert "http://" not in said.out
    gc.collect()  # waitress leaves the socket behind that it could not bind


def test_the_program_runs_as_a_process_of_its_own(town: Path) -> None:
    words = [sys.executable, str(ROOT / "app.py"), "counts", "--city", str(town), "--level", "district"]
    done = subprocess.run(
        [*words, "--from", "2026-10-01", "--to", "2026-10-31", "--json"], capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["total"] == 6
    failed = subprocess.run([*words, "--from", "x", "--to", "y"], capture_output=True, check=False, timeout=120)
    assert failed.returncode == 2
    assert b"Traceback" not in failed.stderr
    assert "错误：" in failed.stderr.decode()


# --- the city and its boundaries ---


def test_the_city_has_a_name_and_a_time_zone(capsys: Captured, tmp_path: Path) -> None:
    run(capsys, "city", "--city", tmp_path, "--name", "伦敦", "--name-en", "London", "--time-zone", "Europe/London")
    shown = run(capsys, "city", "--city", tmp_path)
    assert "name: 伦敦\n" in shown
    assert "name_en: London\n" in shown
    assert "time_zone: Europe/London\n" in shown


def test_a_time_zone_that_does_not_exist_is_refused_and_nothing_is_changed(capsys: Captured, tmp_path: Path) -> None:
    refused(capsys, "city", "--city", tmp_path, "--time-zone", "Mars/Phobos")
    assert "Asia/Shanghai" in run(capsys, "city", "--city", tmp_path)


def test_a_second_demo_in_the_same_folder_is_refused(capsys: Captured, demo_folder: Path, town: Path) -> None:
    before = sorted(path.name for path in demo_folder.iterdir())
    for folder in (demo_folder, town):
        assert "not empty" in refused(capsys, "demo", "--city", folder)
    assert sorted(path.name for path in demo_folder.iterdir()) == before


def test_the_demo_command_makes_a_city_that_says_that_it_is_simulated(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(pipeline, "make_demo_city", lambda _store, **options: asked.append(options) or {})
    assert "SIMULATED" in run(capsys, "demo", "--years", "2", "--seed", "7", "--city", tmp_path)
    assert (asked[0]["years"], asked[0]["seed"]) == (2, 7)


@pytest.mark.parametrize("years", [0, -3])
def test_a_demo_of_no_years_is_refused(capsys: Captured, tmp_path: Path, years: int) -> None:
    assert str(years) in refused(capsys, "demo", "--city", tmp_path, "--years", years)


def test_boundaries_know_their_parents_from_the_file_or_by_geometry(capsys: Captured, tmp_path: Path) -> None:
    answers = []
    for more in ([], ["--parent", "parent"]):
        city = tmp_path / f"city{len(more)}"
        import_level(capsys, city, boundary_file(tmp_path, "district"), "district")
        assert "3" in import_level(capsys, city, boundary_file(tmp_path, "street"), "street", *more)
        run(capsys, "boundaries", "export", "--city", city, "--level", "street", "--out", tmp_path / "out.parquet")
        places = gpd.read_parquet(tmp_path / "out.parquet")
        answers.append(dict(zip(places["place_id"], places["parent_id"], strict=True)))
    assert answers == [{"A1": "A", "A2": "A", "B1": "B"}] * 2


def test_the_coordinate_system_on_the_command_line_wins_over_the_file(capsys: Captured, tmp_path: Path) -> None:
    import_level(capsys, tmp_path / "c", boundary_file(tmp_path, "district"), "district", "--crs", "gcj02")
    run(
        capsys, "boundaries", "export", "--city", tmp_path / "c", "--level", "district", "--out", tmp_path / "o.parquet"
    )
    west, south, *_ = gpd.read_parquet(tmp_path / "o.parquet").total_bounds
    assert -0.007 < west - 113.50 < -0.004  # GCJ-02 lies some 500 m east and 300 m south of the truth
    assert 0.002 < south - 22.20 < 0.004


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "parquet"])
def test_exported_boundaries_come_back_the_same(capsys: Captured, town: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / "deep" / f"streets.{suffix}"
    assert "3" in run(capsys, "boundaries", "export", "--city", town, "--level", "street", "--out", out)
    again = tmp_path / "again"
    words = ["--level", "street", "--id", "place_id", "--name", "name", "--city", again]
    run(capsys, "boundaries", "import", out, *words)
    run(capsys, "boundaries", "export", "--city", again, "--level", "street", "--out", tmp_path / "twice.parquet")
    first, second = Store(town).places(), gpd.read_parquet(tmp_path / "twice.parquet")
    first = first[first["level"] == "street"]
    assert second["place_id"].tolist() == first["place_id"].tolist()
    assert second["name"].tolist() == first["name"].tolist()
    assert second.geometry.geom_equals_exact(gpd.GeoSeries(first.geometry.to_numpy(), crs=first.crs), 1e-9).all()


@pytest.mark.parametrize("shape", [[], ["--hexagonal"]])
def test_the_grid_divides_the_finest_level_and_passes_the_check(capsys: Captured, town: Path, shape: list[str]) -> None:
    assert "grid_cell" in run(capsys, "boundaries", "grid", "--size", "500", "--city", town, *shape)
    assert json.loads(run(capsys, "boundaries", "check", "--json", "--city", town))["errors"] == 0
    places = Store(town).places()
    cells = places[places["level"] == "grid_cell"]
    assert set(cells["parent_id"]) == {"A1", "A2", "B1"}
    counted = json.loads(counts(capsys, town, "--level", "grid_cell", "--json"))
    assert (sum(counted["places"].values()), counted["unlocated"], counted["outside"]) == (4, 1, 1)


def test_the_grid_may_divide_a_coarser_level_and_can_be_made_anew(capsys: Captured, town: Path) -> None:
    run(capsys, "boundaries", "grid", "--size", "900", "--city", town)
    run(capsys, "boundaries", "grid", "--size", "900", "--level", "district", "--city", town)
    places = Store(town).places()
    assert set(places[places["level"] == "grid_cell"]["parent_id"]) == {"A", "B"}


@pytest.mark.parametrize("size", ["0", "-5", "nan", "inf"])
def test_a_grid_of_no_size_is_refused(capsys: Captured, town: Path, size: str) -> None:
    assert "--size" in refused(capsys, "boundaries", "grid", f"--size={size}", "--city", town)


def test_the_check_tells_what_is_wrong_and_fails(capsys: Captured, tmp_path: Path) -> None:
    overlapping = gpd.GeoDataFrame(
        {"code": ["A", "B"], "title": ["甲", "乙"]},
        geometry=[box(113.5, 22.2, 113.6, 22.3), box(113.55, 22.2, 113.7, 22.3)],
        crs="EPSG:4326",
    )
    overlapping.to_file(tmp_path / "o.geojson", driver="GeoJSON")
    import_level(capsys, tmp_path / "c", tmp_path / "o.geojson", "district")
    capsys.readouterr()
    assert app.main(["boundaries", "check", "--city", str(tmp_path / "c"), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["errors"] == 1
    assert (said["faults"][0]["kind"], said["faults"][0]["place_id"]) == ("overlap", "A × B")
    assert set(said["faults"][0]) == {"kind", "level", "place_id", "area_m2", "is_error"}
    assert app.main(["boundaries", "check", "--city", str(tmp_path / "c")]) == 1
    assert "A × B" in capsys.readouterr().out


# --- incidents ---


def test_rows_set_aside_are_shown_exported_mended_and_taken_back(capsys: Captured, town: Path, tmp_path: Path) -> None:
    said = run(capsys, "imports", "show", 1, "--city", town)
    assert "没有时间" in said
    assert "搁置 1 行，已补回 0 行" in said
    out = tmp_path / "rows.csv"
    assert "已写出 1 行" in run(capsys, "imports", "show", 1, "--out", out, "--city", town)
    rows = pd.read_csv(out, dtype="str", keep_default_na=False)
    rows["发生时间"] = "2026-10-06 09:00"
    rows.to_csv(out, index=False)
    assert "新增 1" in run(capsys, "imports", "mend", 1, out, "--city", town)
    assert "已补回 1 行" in run(capsys, "imports", "show", 1, "--city", town)
    (row,) = json.loads(run(capsys, "imports", "show", 1, "--json", "--city", town))
    assert (row["reason"], row["mended_by"]) == ("no_time", 2)
    assert json.loads(run(capsys, "imports", "--json", "--city", town))[0]["mended"] == 1
    assert "（已补回 1）" in run(capsys, "imports", "--city", town)


def test_an_import_in_steps_ends_as_one_in_a_single_step(capsys: Captured, town: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(ROWS.replace("盗窃", "诈骗", 1), encoding="utf-8")
    given = (file, "--source", "police", "--city", town)
    looked = json.loads(run(capsys, "intake", "inspect", *given))
    assert (looked["kind"], looked["encoding"], looked["remembered"]) == ("csv", "utf-8", True)
    assert looked["mapping"]["time"] == ["发生时间"]
    assert len(looked["sample"]) == 7
    checked = json.loads(run(capsys, "intake", "check", *given, "--file-name", "九月.csv"))
    assert (checked["batch"], checked["known"], checked["corrected"]) == (None, 5, 1)
    capsys.readouterr()
    assert app.main(["intake", "publish", checked["token"], "--city", str(town)]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["batch"] == 2
    assert all(0 <= json.loads(line)["share"] <= 1 for line in printed.err.splitlines())
    assert "九月.csv" in run(capsys, "imports", "--city", town)
    assert app.main(["intake", "publish", checked["token"], "--city", str(town)]) == 2
    assert set(json.loads(capsys.readouterr().out)["error"]) == {"zh", "en"}
    again = json.loads(run(capsys, "intake", "check", file, "--source", "other", "--city", town))
    run(capsys, "intake", "discard", again["token"], "--city", town)
    assert list((town / "incoming").iterdir()) == []


def test_a_city_is_verified_backed_up_and_restored(capsys: Captured, town: Path, tmp_path: Path) -> None:
    before = run(capsys, "imports", "--json", "--city", town)
    assert "完好" in run(capsys, "verify", "--city", town)
    assert "已备份" in run(capsys, "backup", tmp_path / "copy", "--city", town)
    (file,) = (town / "incidents").rglob("*.parquet")
    file.write_bytes(b"?")
    assert app.main(["verify", "--city", str(town)]) == 1
    assert file.relative_to(town).as_posix() in capsys.readouterr().out
    assert "已恢复" in run(capsys, "restore", tmp_path / "copy", "--city", tmp_path / "again")
    assert run(capsys, "imports", "--json", "--city", tmp_path / "again") == before
    assert app.main(["restore", str(tmp_path / "copy"), "--city", str(town)]) == 2


def test_counting_on_a_cluster_gives_the_same_table(capsys: Captured, town: Path) -> None:
    asked = ("counts", "--level", "district", "--from", "2026-10-01", "--to", "2026-10-31", "--json", "--city", town)
    assert run(capsys, *asked, "--scheduler", "local") == run(capsys, *asked)


def test_a_dry_run_reports_and_stores_nothing(capsys: Captured, town: Path, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text(ROWS.replace("盗窃", "诈骗", 1), encoding="utf-8")
    said = json.loads(
        run(capsys, "import", tmp_path / "new.csv", "--source", "police", "--dry-run", "--json", "--city", town)
    )
    assert said == {
        "batch": None,
        "repeated": None,
        "token": "",
        "rows": 7,
        "stored": 0,
        "known": 5,
        "corrected": 1,
        "set_aside": 1,
        "reasons": {"no_time": 1},
        "unmapped": said["unmapped"],
        "encoding": "utf-8",
        "separator": ",",
        "kind": "csv",
        "crs": "wgs84",
        "notes": [],
        "first_day": "2026-10-01",
        "last_day": "2026-10-06",
        "examination": said["examination"],
        "inside": said["inside"],
    }
    assert said["unmapped"]["怪事"] == 1
    assert len(json.loads(run(capsys, "imports", "--json", "--city", town))) == 1


def test_the_rows_of_an_import_add_up(capsys: Captured, town: Path) -> None:
    (batch,) = json.loads(run(capsys, "imports", "--json", "--city", town))
    assert batch["rows"] == batch["stored"] + batch["known"] + batch["corrected"] + batch["set_aside"] == 7
    assert (batch["source"], batch["file_name"], batch["state"]) == ("police", "rows.csv", "done")
    assert "police rows.csv" in run(capsys, "imports", "--city", town)


def test_the_same_file_twice_is_nothing_new(capsys: Captured, town: Path, tmp_path: Path) -> None:
    before = counts(capsys, town, "--level", "street", "--json")
    said = json.loads(run(capsys, "import", tmp_path / "rows.csv", "--source", "police", "--json", "--city", town))
    assert (said["batch"], said["repeated"], said["stored"]) == (None, 1, 0)
    assert "1" in run(capsys, "import", tmp_path / "rows.csv", "--source", "police", "--city", town)
    assert counts(capsys, town, "--level", "street", "--json") == before
    assert len(json.loads(run(capsys, "imports", "--json", "--city", town))) == 1


def test_undo_takes_a_batch_back(capsys: Captured, town: Path) -> None:
    assert "1" in run(capsys, "undo", "1", "--city", town)
    assert json.loads(counts(capsys, town, "--level", "street", "--json"))["total"] == 0
    assert json.loads(run(capsys, "imports", "--json", "--city", town))[0]["state"] == "undone"
    assert "no batch 1" in refused(capsys, "undo", "1", "--city", town)


def test_a_shipped_mapping_reads_its_own_files(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "uk.csv").write_text(
        "Crime ID,Month,Longitude,Latitude,Crime type,Last outcome category\n"
        "a,2026-01,-0.1,51.5,Burglary,\nb,2026-02,,,Robbery,\n",
        encoding="utf-8",
    )
    words = [
        "import",
        tmp_path / "uk.csv",
        "--source",
        "uk",
        "--mapping",
        "uk_police",
        "--json",
        "--city",
        tmp_path / "c",
    ]
    said = json.loads(run(capsys, *words))
    assert (said["stored"], said["unmapped"]) == (2, {})


def test_incidents_in_gcj02_are_moved_to_where_they_happened(capsys: Captured, town: Path, tmp_path: Path) -> None:
    (tmp_path / "g.csv").write_text("编号,时间,经度,纬度,类型\n1,2026-10-01,113.5422,22.22,盗窃\n", encoding="utf-8")
    for source, crs, district in (("as_wgs", "wgs84", "B"), ("as_gcj", "gcj02", "A")):
        before = json.loads(counts(capsys, town, "--level", "district", "--json"))["places"]
        run(capsys, "import", tmp_path / "g.csv", "--source", source, "--crs", crs, "--city", town)
        after = json.loads(counts(capsys, town, "--level", "district", "--json"))["places"]
        assert {place: after[place] - before[place] for place in after} == {"A": 0, "B": 0} | {district: 1}


def test_rows_of_the_future_are_set_aside(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("编号,时间,经度,纬度,类型\n1,2099-10-01,113.5,22.2,盗窃\n", encoding="utf-8")
    said = json.loads(run(capsys, "import", tmp_path / "f.csv", "--source", "s", "--json", "--city", tmp_path / "c"))
    assert said["reasons"] == {"future_time": 1}


# --- answers ---


def counts(capsys: Captured, city: Path, *words: str) -> str:
    return run(capsys, "counts", "--city", city, "--from", "2026-10-01", "--to", "2026-10-31", *words)


def test_counts_as_json_have_exactly_the_promised_keys(capsys: Captured, town: Path) -> None:
    assert json.loads(counts(capsys, town, "--level", "street", "--json")) == {
        "level": "street",
        "within": None,
        "from": "2026-10-01",
        "to": "2026-10-31",
        "places": {"A1": 2, "A2": 0, "B1": 2},
        "unlocated": 1,
        "outside": 1,
        "total": 6,
    }
    inside = json.loads(counts(capsys, town, "--level", "street", "--within", "A", "--json"))
    assert (inside["within"], inside["places"], inside["total"]) == ("A", {"A1": 2, "A2": 0}, 2)
    assert (inside["unlocated"], inside["outside"]) == (0, 0)


def test_both_days_of_the_span_count(capsys: Captured, town: Path) -> None:
    words = ["counts", "--city", town, "--level", "district", "--json"]
    assert json.loads(run(capsys, *words, "--from", "2026-10-01", "--to", "2026-10-01"))["total"] == 1
    assert json.loads(run(capsys, *words, "--from", "2026-10-01", "--to", "2026-10-02"))["total"] == 2
    assert json.loads(run(capsys, *words, "--from", "2025-01-01", "--to", "2025-12-31"))["total"] == 0
    assert json.loads(run(capsys, *words, "--from", "0001-01-01", "--to", "9999-12-31"))["total"] == 6


def test_types_may_be_named_by_id_name_or_the_sources_word(capsys: Captured, town: Path) -> None:
    def total(*types: str) -> int:
        words = [word for name in types for word in ("--type", name)]
        return int(json.loads(counts(capsys, town, "--level", "district", "--json", *words))["total"])

    assert total("打架斗殴") == total("fight") == 1
    assert total("怪事") == total("raw:怪事") == 1
    assert total("怪事", "fight") == 2
    assert "no incident type" in refused(
        capsys,
        "counts",
        "--city",
        town,
        "--level",
        "street",
        "--from",
        "2026-10-01",
        "--to",
        "2026-10-02",
        "--type",
        "nix",
    )


def test_counts_as_csv_close_with_the_same_numbers(capsys: Captured, town: Path) -> None:
    heads, *rows = csv.reader(io.StringIO(counts(capsys, town, "--level", "street", "--csv")))
    assert heads == ["place_id", "name", "incidents"]
    numbers = [int(row[2]) for row in rows]
    assert [row[0] for row in rows] == ["A1", "A2", "B1", "", "", ""]
    assert sum(numbers[:-1]) == numbers[-1] == 6
    table = counts(capsys, town, "--level", "street").splitlines()
    assert [line.split("\t") for line in table] == [heads, *rows]


def test_public_counts_are_multiples_of_five_that_add_up(capsys: Captured, town: Path) -> None:
    answer = json.loads(counts(capsys, town, "--level", "street", "--public", "--json"))
    assert answer["multiples_of"] == 5
    assert set(answer["places"]) == {"A1", "A2", "B1"}
    assert all(n % 5 == 0 for n in (*answer["places"].values(), answer["elsewhere"]))
    assert answer["total"] == sum(answer["places"].values()) + answer["elsewhere"]
    rows = list(csv.reader(io.StringIO(counts(capsys, town, "--level", "street", "--public", "--csv"))))
    assert [row[2] for row in rows[-2:]] == [str(answer["elsewhere"]), str(answer["total"])]
    words = ["counts", "--city", town, "--public", "--from", "2026-10-01", "--to"]
    assert "whole months" in refused(capsys, *words, "2026-10-30", "--level", "street")
    assert "`--scheduler`" in refused(capsys, *words, "2026-10-31", "--level", "street", "--scheduler", "local")


def test_scores_as_json_have_exactly_the_promised_keys(capsys: Captured, demo_folder: Path) -> None:
    words = ["score", "--city", demo_folder, "--level", "street", "--within", "440402", "--period", "2026-10"]
    said = json.loads(run(capsys, *words, "--json"))
    assert set(said) == {"period", "method", "places"}
    assert said["period"] == "2026-10"
    assert said["places"]
    for place, entry in said["places"].items():
        assert place.startswith("440402")
        assert set(entry) == {"score", "low", "high", "band", "sub_indices"}
        assert len(entry["sub_indices"]) == 14
        for item in (entry, *entry["sub_indices"].values()):
            assert {"score", "low", "high", "band"} <= set(item)
            if item["score"] is None:
                assert item["low"] is item["high"] is item["band"] is None
            else:
                assert 0 <= item["low"] <= item["score"] <= item["high"] <= 100
                assert item["band"] in {"excellent", "good", "steady", "poor"}
    rows = list(csv.DictReader(io.StringIO(run(capsys, *words, "--csv"))))
    assert [row["place_id"] for row in rows] == list(said["places"])
    assert [row["band"] for row in rows] == [entry["band"] or "" for entry in said["places"].values()]
    assert set(said["places"]["440402001"]["sub_indices"]) <= set(rows[0])


def test_counts_of_the_demo_close_at_every_level(capsys: Captured, demo_folder: Path) -> None:
    totals = set()
    for level in ("district", "street", "community", "grid_cell"):
        said = json.loads(counts(capsys, demo_folder, "--level", level, "--json"))
        assert sum(said["places"].values()) + said["unlocated"] + said["outside"] == said["total"]
        totals.add(said["total"])
    assert len(totals) == 1


POINTS = "name,lon,lat\nin,113.51,22.22\nborder,113.52,22.22\nout,113.9,22.22\nnowhere,,\nword,x,y\n"


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_locate_adds_the_four_levels_and_keeps_every_row(
    capsys: Captured, town: Path, tmp_path: Path, suffix: str
) -> None:
    (tmp_path / "p.csv").write_text(POINTS, encoding="utf-8")
    out = tmp_path / "made" / f"o.{suffix}"
    run(capsys, "locate", tmp_path / "p.csv", "--lon", "lon", "--lat", "lat", "--out", out, "--city", town)
    table = pd.read_csv(out, dtype="str", keep_default_na=False) if suffix == "csv" else pd.read_parquet(out)
    assert list(table.columns) == ["name", "lon", "lat", "district", "street", "community", "grid_cell"]
    assert table["name"].tolist() == ["in", "border", "out", "nowhere", "word"]
    assert table["district"].tolist() == ["A", "A", "", "", ""]
    assert table["street"].tolist() == ["A1", "A1", "", "", ""]
    assert table["community"].tolist() == table["grid_cell"].tolist() == [""] * 5
    assert table["lon"].tolist() == ["113.51", "113.52", "113.9", "", "x"]


def test_locate_understands_other_coordinate_systems(capsys: Captured, town: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("x,y\n113.5422,22.22\n", encoding="utf-8")
    streets = []
    for crs in ("wgs84", "gcj02"):
        out = tmp_path / f"{crs}.csv"
        run(
            capsys, "locate", tmp_path / "p.csv", "--lon", "x", "--lat", "y", "--crs", crs, "--out", out, "--city", town
        )
        streets.append(pd.read_csv(out)["street"].iloc[0])
    assert streets == ["B1", "A2"]


def test_locate_does_not_overwrite_a_column_of_the_file(capsys: Captured, town: Path, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("lon,lat,street\n113.51,22.22,Main\n", encoding="utf-8")
    assert "street" in refused(
        capsys,
        "locate",
        tmp_path / "p.csv",
        "--lon",
        "lon",
        "--lat",
        "lat",
        "--out",
        tmp_path / "o.csv",
        "--city",
        town,
    )
    assert not (tmp_path / "o.csv").exists()


def test_exposure_is_imported_and_a_later_file_adds_to_it(capsys: Captured, town: Path, tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_text(
        "place_id,kind,year,value\nA,人口,2026,100\nB,residents,2026,50\n", encoding="utf-8"
    )
    assert "2" in run(capsys, "exposure", "import", tmp_path / "e.csv", "--city", town)
    (tmp_path / "f.csv").write_text("Place_ID , KIND,year,value\nA,residents,2026,70\n", encoding="utf-8")
    run(capsys, "exposure", "import", tmp_path / "f.csv", "--city", town)
    kept = Store(town).exposure().set_index("place_id")["value"].to_dict()
    assert kept == {"A": 70.0, "B": 50.0}


# --- faults ---


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["counts", "--level", "street", "--from", "2026-10-31", "--to", "2026-10-01"], "--to"),
        (["counts", "--level", "street", "--from", "2026-13-01", "--to", "2026-10-01"], "2026-13-01"),
        (["counts", "--level", "community", "--from", "2026-10-01", "--to", "2026-10-02"], "district, street"),
        (["counts", "--level", "street", "--within", "nix", "--from", "2026-10-01", "--to", "2026-10-02"], "nix"),
        (["score", "--level", "street", "--period", "soon"], "soon"),
        (["score", "--level", "street", "--period", "2019-01"], "2019-01"),
        (["score", "--level", "grid_cell", "--period", "2026-10"], "grid_cell"),
        (["undo", "99"], "99"),
        (["import", "nix.csv", "--source", "s"], "nix.csv"),
        (["import", "rows.csv", "--source", ""], "source"),
        (["import", "rows.csv", "--source", "t", "--mapping", "nix"], "nix"),
        (["import", "rows.csv", "--source", "t", "--mapping", "new_york_311"], "column"),
        (["import", "rows.csv", "--source", "t", "--crs", "mars"], "mars"),
        (["import", "empty.csv", "--source", "t"], "empty.csv"),
        (["import", "binary.csv", "--source", "t"], "binary.csv"),
        (["boundaries", "import", "nix.geojson", "--level", "street", "--id", "a", "--name", "b"], "nix.geojson"),
        (["boundaries", "import", "street.geojson", "--level", "street", "--id", "nix", "--name", "title"], "nix"),
        (["boundaries", "import", "rows.csv", "--level", "street", "--id", "a", "--name", "b"], "rows.csv"),
        (["boundaries", "grid", "--size", "500", "--level", "community"], "community"),
        (["boundaries", "export", "--level", "community", "--out", "o.geojson"], "community"),
        (["boundaries", "export", "--level", "street", "--out", "o.txt"], "--out"),
        (["boundaries", "export", "--level", "street", "--out", "rows.csv/o.geojson"], "o.geojson"),
        (["locate", "rows.csv", "--lon", "经度", "--lat", "nix", "--out", "o.csv"], "nix"),
        (["locate", "rows.csv", "--lon", "经度", "--lat", "纬度", "--out", "o.xlsx"], ".parquet"),
        (["locate", "rows.csv", "--lon", "经度", "--lat", "纬度", "--out", "folder.csv"], "folder.csv"),
        (["exposure", "import", "rows.csv"], "place_id"),
        (["exposure", "import", "nix.csv"], "nix.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_fault_is_one_sentence_that_names_it(
    capsys: Captured, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Sequence[str], hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "folder.csv").mkdir()
    assert hint in refused(capsys, *words, "--city", town)


def test_questions_to_a_folder_without_boundaries_say_how_to_begin(capsys: Captured, tmp_path: Path) -> None:
    for words in (
        ["counts", "--level", "street", "--from", "2026-10-01", "--to", "2026-10-02"],
        ["score", "--level", "street", "--period", "2026-10"],
        ["boundaries", "check"],
        ["boundaries", "grid", "--size", "500"],
        ["boundaries", "export", "--level", "street", "--out", str(tmp_path / "o.geojson")],
    ):
        assert "boundaries import" in refused(capsys, *words, "--city", tmp_path / "new")
        assert not (tmp_path / "new").exists()


def test_a_damaged_folder_is_told_in_one_sentence(capsys: Captured, town: Path) -> None:
    (file,) = (town / "incidents").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:50])
    for derived in (town / "derived").rglob("*.*"):
        if derived.is_file():
            derived.unlink()
    sentence = refused(
        capsys, "counts", "--city", town, "--level", "street", "--from", "2026-10-01", "--to", "2026-10-02"
    )
    assert file.name in sentence
