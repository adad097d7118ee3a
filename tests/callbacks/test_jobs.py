"""Jobs: a child is started without a shell, watched, limited, stopped; whatever it does, there is a plain sentence."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callbacks.jobs import GRACE_S, KEPT_S, Job, Jobs, JobState
from geodata.errors import CityError, SelectionError

CHILD = r"""
import json, os, signal, sys, time
what, *rest = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)  # as the real child does, see geodata/commands/intake.py
if what == "answer":
    print(json.dumps({"arguments": rest, "folder": os.getcwd(), "environment": dict(os.environ)}))
elif what == "progress":
    for share in (0.25, 2, "x", None):
        print(json.dumps({"what": "读取与校验", "share": share}), file=sys.stderr, flush=True)
    print("a warning", file=sys.stderr, flush=True)
    print("{}")
elif what == "refuse":
    print(json.dumps({"error": {"zh": "文件有误。", "en": "the file is wrong."}}, ensure_ascii=False))
    sys.exit(2)
elif what == "crash":
    print("Traceback: /secret/path", file=sys.stderr)
    sys.exit(1)
elif what == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif what == "babble":
    print("no json")
elif what == "flood":
    sys.stdout.write("[" * 50_000_000)
elif what == "noise":
    sys.stderr.write("e" * 20_000_000)
    print("{}")
elif what == "sleep":
    try:  # the first word says that one may be interrupted
        print(json.dumps({"what": "入库", "share": 0.5}), file=sys.stderr, flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        open("tidied", "w").close()
        sys.exit(130)
elif what == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print(json.dumps({"what": "入库", "share": 0.5}), file=sys.stderr, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Jobs]]:
    (tmp_path / "child.py").write_text(CHILD, encoding="utf-8")
    made: list[Jobs] = []

    def start(**limits: float) -> Jobs:
        made.append(Jobs([sys.executable, str(tmp_path / "child.py")], tmp_path, **limits))  # type: ignore[arg-type]
        return made[-1]

    yield start
    for jobs in made:
        jobs.stop()


def ended(job: Job) -> Job:
    assert job.finished.wait(30)
    return job


def begun(job: Job) -> Job:
    """Wait until the child has told its first progress."""
    end = time.monotonic() + 20
    while not job.what and time.monotonic() < end:
        time.sleep(0.01)
    assert job.what
    return job


def is_alive(job: Job) -> bool:
    return job.process.poll() is None


# --- how a child is started ---


def test_arguments_reach_the_child_as_they_are(make: Callable[..., Jobs], tmp_path: Path) -> None:
    odd = ["--source=a b; rm -rf / $(x) `y` \" ' \n 中文\u3000", "", "-x"]
    result = ended(make().start(["answer", *odd])).result
    assert result is not None
    assert result["arguments"] == odd
    assert Path(result["folder"]) == tmp_path.resolve()


def test_the_child_sees_nothing_of_the_environment_that_could_be_a_secret(
    make: Callable[..., Jobs], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PINGAN_PASSWORD", "PGPASSWORD", "PYTHONPATH", "LD_PRELOAD_X", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "hidden")
    result = ended(make().start(["answer"])).result
    assert result is not None
    assert "hidden" not in result["environment"].values()
    assert result["environment"]["PYTHONUTF8"] == "1"
    assert "PATH" in result["environment"]


@pytest.mark.parametrize("argument", ["a\0b", "half \ud800"])
def test_what_no_program_can_be_given_is_refused(make: Callable[..., Jobs], argument: str) -> None:
    with pytest.raises(SelectionError):
        make().start(["answer", argument])


def test_a_program_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="无法启动"):
        Jobs([str(tmp_path / "nothing")], tmp_path).start([])


# --- what comes of it ---


def test_progress_is_read_and_kept_between_nothing_and_everything(make: Callable[..., Jobs]) -> None:
    job = ended(make().start(["progress"]))
    assert (job.state, job.what, job.share) == (JobState.DONE, "读取与校验", 1.0)
    assert "a warning" in job.told
    assert job.result == {}
    assert job.error is None


def test_the_sentence_of_the_child_is_the_error_in_both_languages(make: Callable[..., Jobs]) -> None:
    job = ended(make().start(["refuse"]))
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert (job.error.zh, job.error.en) == ("文件有误。", "the file is wrong.")


@pytest.mark.parametrize("how", ["crash", "die", "babble", "flood"])
def test_a_child_that_ends_oddly_is_a_plain_sentence_without_its_words(make: Callable[..., Jobs], how: str) -> None:
    job = ended(make().start([how]))
    assert job.state is JobState.FAILED
    assert job.result is None
    assert job.error is not None
    assert "没有改变" in job.error.zh
    assert "unchanged" in job.error.en
    assert "secret" not in job.error.en + job.error.zh


def test_a_child_that_complains_without_end_does_not_fill_the_memory(make: Callable[..., Jobs]) -> None:
    job = ended(make().start(["noise"]))
    assert job.state is JobState.DONE
    assert len(job.told) <= 4000


def test_somebody_is_told_when_it_has_ended(make: Callable[..., Jobs]) -> None:
    told = threading.Event()
    make().start(["answer"], then=told.set)
    assert told.wait(20)


# --- limits ---


def test_a_child_that_takes_too_long_is_stopped_and_says_so(make: Callable[..., Jobs]) -> None:
    job = ended(make(longest_s=0.5).start(["sleep"]))
    assert not is_alive(job)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert "停止" in job.error.zh


def test_a_third_job_is_refused_until_one_has_ended(make: Callable[..., Jobs]) -> None:
    jobs = make()
    first, _ = jobs.start(["sleep"]), jobs.start(["sleep"])
    with pytest.raises(CityError, match="稍后再试"):
        jobs.start(["answer"])
    jobs.cancel(first.id)
    assert ended(jobs.start(["answer"])).state is JobState.DONE


def test_a_job_is_forgotten_an_hour_after_its_end(make: Callable[..., Jobs]) -> None:
    jobs = make()
    old = ended(jobs.start(["answer"]))
    assert jobs.find(old.id) is old
    old.ended -= KEPT_S + 1
    ended(jobs.start(["answer"]))
    with pytest.raises(SelectionError):
        jobs.find(old.id)


def test_a_job_that_nobody_started_is_not_found(make: Callable[..., Jobs]) -> None:
    for number in ("", "0", "../x", "\0"):
        with pytest.raises(SelectionError):
            make().find(number)


# --- stopping ---


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a child is ended, not asked")
def test_a_cancelled_child_may_tidy_up(make: Callable[..., Jobs], tmp_path: Path) -> None:
    jobs = make()
    job = begun(jobs.start(["sleep"]))
    jobs.cancel(job.id)
    assert not is_alive(job)
    assert job.state is JobState.CANCELLED
    assert (tmp_path / "tidied").exists()


def test_a_child_that_does_not_listen_is_killed(make: Callable[..., Jobs]) -> None:
    jobs = make()
    job = begun(jobs.start(["stubborn"]))
    began = time.monotonic()
    jobs.cancel(job.id)
    assert not is_alive(job)
    assert time.monotonic() - began < 2 * GRACE_S
    assert job.state is JobState.CANCELLED


def test_cancelling_what_has_ended_changes_nothing(make: Callable[..., Jobs]) -> None:
    jobs = make()
    job = ended(jobs.start(["answer"]))
    jobs.cancel(job.id)
    jobs.cancel("no such job")
    assert job.state is JobState.DONE
    assert job.result is not None


def test_the_real_command_answers_as_a_job(demo_folder: Path) -> None:
    command = [sys.executable, str(Path(__file__).resolve().parents[2] / "app.py")]
    file = demo_folder.parent / "one.csv"
    file.write_text("时间,经度,纬度,类型\n2026-10-05 10:00,113.55,22.27,盗窃\n", encoding="utf-8")
    jobs = Jobs(command, demo_folder)
    job = ended(jobs.start(["intake", "inspect", f"--city={demo_folder}", str(file), "--source=x"]))
    assert job.result is not None, job.told
    assert job.result["columns"] == ["时间", "经度", "纬度", "类型"]
    assert json.loads(json.dumps(job.result)) == job.result
    gone = ended(jobs.start(["intake", "inspect", f"--city={demo_folder}", str(file) + "x", "--source=x"]))
    assert gone.error is not None
