"""Work that takes longer than an answer: the command line run as a child process, watched, limited and stoppable.

The server itself never opens a user's file: a child does, which limits its own memory and time. It tells how far it is
as JSON lines on its standard error, and its answer as one JSON object on its standard output.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from geodata.errors import CityError, PinganError, SelectionError

MOST_AT_ONCE = 2
LONGEST_S = 3600.0
KEPT_S = 3600.0
"""How long a finished job is remembered [s]."""
GRACE_S = 5.0
"""How long a stopped child may tidy up before it is killed [s]."""
MOST_ANSWER = 32 * 1024 * 1024
"""A longer answer is none [characters]."""
MOST_LINE = 8192
_KEPT_NAMES = (
    *("PATH", "HOME", "TZ", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP"),
    *("SYSTEMROOT", "USERPROFILE", "LOCALAPPDATA", "NUMBA_CACHE_DIR"),
)
"""What of the server's environment a child may see: nothing that could be a secret."""
_LOG = logging.getLogger(__name__)


class JobState(StrEnum):
    """Where a job is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Job:
    """One child process; fields are written by its own threads and read by everybody."""

    id: str
    process: subprocess.Popen[str] = field(repr=False)
    state: JobState = JobState.RUNNING
    what: str = ""
    """What the child says it is doing."""
    share: float = 0.0
    """How much of it is done, 0 … 1."""
    result: dict[str, Any] | None = field(default=None, repr=False)
    error: PinganError | None = None
    """What went wrong."""
    ended: float = 0.0
    told: str = field(default="", repr=False)
    """The last words of the child that are no progress, for the log."""
    finished: threading.Event = field(default_factory=threading.Event, repr=False)


class Jobs:
    """Start children, at most a few at a time, and remember how they ended.

    Parameters
    ----------
    command
        The program and the arguments that every job begins with.
    folder
        Where the children work.
    most
        How many may run at once.
    longest_s
        How long one may take [s].
    """

    def __init__(
        self, command: Sequence[str], folder: Path, *, most: int = MOST_AT_ONCE, longest_s: float = LONGEST_S
    ) -> None:
        self._command = list(command)
        self._folder = folder
        self._most = most
        self._longest_s = longest_s
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(self, arguments: Sequence[str], *, then: Callable[[], None] | None = None) -> Job:
        """Start a job; `then` is called when it has ended, however.

        Raises
        ------
        CityError
            If too many are running, or the child cannot be started.
        SelectionError
            If an argument cannot be given to a program.
        """
        if not all(_can_be_given(argument) for argument in arguments):
            raise SelectionError("名称中有无法使用的字符。", "A name holds characters that cannot be used.")
        with self._lock:
            self._forget()
            if sum(job.state is JobState.RUNNING for job in self._jobs.values()) >= self._most:
                raise CityError(
                    f"已有 {self._most} 项导入正在处理，请稍后再试。",
                    f"{self._most} imports are being worked on: try again in a while.",
                )
            job = Job(secrets.token_hex(8), self._spawn(arguments))
            self._jobs[job.id] = job
        threading.Thread(target=self._watch, args=(job, then), daemon=True).start()
        return job

    def _spawn(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name.upper() in _KEPT_NAMES}
        try:
            return subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                env=environment | {"PYTHONUTF8": "1"},
                encoding="utf-8",
                errors="replace",
                start_new_session=os.name == "posix",  # an interrupt of the server is not the child's
            )
        except (OSError, ValueError) as error:
            raise CityError("处理文件的程序无法启动。", "The program that handles files cannot be started.") from error

    def find(self, number: str) -> Job:
        """Return a job.

        Raises
        ------
        SelectionError
            If there is none, or it ended long ago.
        """
        job = self._jobs.get(number)
        if job is None:
            raise SelectionError("这项处理已不在，请重新开始。", "This job is no longer known: please start again.")
        return job

    def cancel(self, number: str) -> None:
        """Stop a job and wait until it has ended; one that has ended already stays as it is."""
        job = self._jobs.get(number)
        if job is None or job.state is not JobState.RUNNING:
            return
        job.state = JobState.CANCELLED
        _stop(job.process)
        job.finished.wait(2 * GRACE_S)

    def stop(self) -> None:
        """Stop all jobs."""
        for number in list(self._jobs):
            self.cancel(number)

    def _forget(self) -> None:
        now = time.monotonic()
        for job in [job for job in self._jobs.values() if job.ended and now - job.ended > KEPT_S]:
            del self._jobs[job.id]

    def _watch(self, job: Job, then: Callable[[], None] | None) -> None:
        answer: list[str] = []
        out, err = job.process.stdout, job.process.stderr
        assert out is not None and err is not None  # noqa: S101, PT018 - both are pipes, for the type checker
        readers = [
            threading.Thread(target=_read_answer, args=(out, answer), daemon=True),
            threading.Thread(target=_read_progress, args=(err, job), daemon=True),
        ]
        for reader in readers:
            reader.start()
        late = False
        try:
            job.process.wait(self._longest_s)
        except subprocess.TimeoutExpired:
            late = True
            _stop(job.process)
        for reader in readers:
            reader.join(GRACE_S)
        self._conclude(job, "".join(answer), late=late)
        if then is not None:
            then()
        job.finished.set()

    def _conclude(self, job: Job, answer: str, *, late: bool) -> None:
        code = job.process.returncode
        result, error = _understood(code, answer)
        if late:
            minutes = int(self._longest_s // 60)
            error = CityError(
                f"处理超过 {minutes} 分钟，已停止；原有数据没有改变。",
                f"This took longer than {minutes} minutes and was stopped; what was stored is unchanged.",
            )
        if error is not None and job.state is not JobState.CANCELLED:
            _LOG.warning("a child ended with %s: %s", code, job.told[-2000:])
        job.result, job.error, job.ended = result, error, time.monotonic()
        if job.state is JobState.RUNNING:
            job.state = JobState.FAILED if error else JobState.DONE


def _can_be_given(argument: str) -> bool:
    """Say whether a text can be an argument of a program: no NUL, and no half of a character."""
    return "\0" not in argument and not any("\ud800" <= letter <= "\udfff" for letter in argument)


def _understood(code: int | None, answer: str) -> tuple[dict[str, Any] | None, PinganError | None]:
    """Return the result of a child, or what went wrong."""
    try:
        said = json.loads(answer) if answer.strip() else {}
    except ValueError:
        said = None
    if code == 0 and isinstance(said, dict):
        return said, None
    if isinstance(said, dict) and isinstance(said.get("error"), dict):
        return None, PinganError(str(said["error"].get("zh", "")), str(said["error"].get("en", "")))
    return None, CityError(
        f"处理文件的程序意外结束（代码 {code}），可能是内存不足或文件异常；原有数据没有改变。",
        f"The program that handles files ended unexpectedly (code {code}), perhaps for want of memory or because of "
        "an odd file; what was stored is unchanged.",
    )


def _read_answer(stream: IO[str], answer: list[str]) -> None:
    """Read all that a child says, so that it never waits; keep it unless it is absurdly long."""
    length = 0
    with stream:
        while part := stream.read(65536):
            length += len(part)
            answer.append(part)
            if length > MOST_ANSWER:
                answer[:] = ["too long"]


def _read_progress(stream: IO[str], job: Job) -> None:
    with stream:
        while line := stream.readline(MOST_LINE):
            try:
                said = json.loads(line)
                job.share = min(max(float(said["share"]), 0.0), 1.0)
                job.what = str(said["what"])[:100]
            except (ValueError, KeyError, TypeError):
                job.told = (job.told + line)[-4000:]


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask a child to tidy up and end; kill it if it does not."""
    try:
        if sys.platform == "win32":
            process.terminate()
        else:
            process.send_signal(signal.SIGINT)  # as Ctrl+C: unfinished files are removed
        process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    except ProcessLookupError:
        pass
