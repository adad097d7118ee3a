"""Files on their way in, as the server remembers them: what was uploaded, what a clerk chose, how far it is.

Every step is an event of the page; `Imports.act` is the only one that takes it. The file itself lies in
``<city>/incoming/<token>/`` and is opened by child processes only.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from callbacks.jobs import Jobs, JobState
from geodata import intake
from geodata.errors import CityError, InputFileError, MappingError, PinganError, SelectionError
from geodata.mapping import Mapping as ColumnMapping
from geodata.mapping import mapping_to_toml, parse_mapping, shipped_mappings
from geodata.quality import first_set_aside, likely_columns
from geodata.store import Store
from layers.data.wizard import COLUMNS, EXTENSIONS, Wizard

INCOMING = "incoming"
LEAST_FREE = 256 * 1024**2
"""So much of the disk stays free [bytes]."""
ROOM = 2
"""A file needs its own length this many times again while it is checked and published."""
OLD_S = 86_400.0
"""What lies in the folder of incoming files longer than this is forgotten [s]."""
MOST_NAME = 200
KEPT = ("=sheet", "=header_row", "=mapping")
"""What stays chosen when a file is looked at again."""
_FILE, _MAPPING = "upload", "mapping.toml"
_LOG = logging.getLogger(__name__)


class TooLongError(InputFileError):
    """A file is longer than the operator allows."""

    status = 413


class NoRoomError(CityError):
    """The disk has no room for a file."""

    status = 507


class Imports:
    """All imports of this server that are under way.

    Parameters
    ----------
    store
        The city.
    jobs
        Where children are started.
    most_bytes
        The longest file that is taken.
    """

    def __init__(self, store: Store, jobs: Jobs, most_bytes: int) -> None:
        self._store = store
        self._jobs = jobs
        self._most_bytes = most_bytes
        self._folder = store.folder.resolve() / INCOMING
        self._known: dict[str, Wizard] = {}
        self._lock = threading.RLock()
        self._tidy()

    def _tidy(self) -> None:
        """Remove what was left lying; nobody waits for it any more."""
        with suppress(OSError):
            for folder in self._folder.iterdir():
                if folder.is_dir() and time.time() - folder.stat().st_mtime > OLD_S:
                    shutil.rmtree(folder, ignore_errors=True)

    # --- uploading ---

    def begin(self, name: str, n_bytes: int | None) -> str:
        """Make room for a file that is about to come; return its token.

        Raises
        ------
        InputFileError
            If its kind is not one that can be brought in, or it is too long.
        CityError
            If the disk has no room for it.
        """
        label = _label(name)
        suffix = next((s for s in sorted(EXTENSIONS, key=len, reverse=True) if label.lower().endswith(s)), None)
        if suffix is None:
            raise InputFileError(
                f"不接受这种文件；可用的有：{'、'.join(EXTENSIONS)}。",
                f"Files of this kind are not taken: there are {', '.join(EXTENSIONS)}.",
            )
        self.make_room(0, n_bytes or 0)
        token = secrets.token_hex(8)
        folder = self._folder / token
        try:
            folder.mkdir(parents=True)
            (folder / f"{_FILE}{suffix}").touch()
        except OSError as error:
            raise _no_room() from error
        with self._lock:
            self._known[token] = Wizard(token=token, name=label, n_bytes=n_bytes or 0)
        return token

    def make_room(self, have: int, more: int) -> None:
        """Say so if a file of `have` bytes cannot grow by `more`: for its length, or for want of room on the disk."""
        if have + more > self._most_bytes:
            most = self._most_bytes / 1024**3
            raise TooLongError(
                f"文件太大，最多 {most:.1f} GB；请用命令行 import 导入。",
                f"The file is too long, {most:.1f} GB at most: bring it in with the command `import`.",
            )
        self._folder.mkdir(exist_ok=True)
        if shutil.disk_usage(self._folder).free < LEAST_FREE + ROOM * more:
            raise _no_room()

    def path(self, token: str) -> Path:
        """Return the uploaded file.

        Raises
        ------
        SelectionError
            If there is none of this token.
        """
        with self._lock:
            if token not in self._known:
                raise _gone()
        found = list((self._folder / token).glob(f"{_FILE}.*"))
        if not found:
            raise _gone()
        return found[0]

    def expected(self, token: str) -> int:
        """Return how long the file will be, 0 if nobody said."""
        return self._wizard(token).n_bytes

    def discard(self, token: str) -> None:
        """Give an import up: stop its child, remove its files."""
        with self._lock:
            wizard = self._known.pop(token, None)
        if wizard is None:
            return
        self._jobs.cancel(wizard.running)
        self._drop_staged(wizard)
        shutil.rmtree(self._folder / token, ignore_errors=True)

    def _drop_staged(self, wizard: Wizard) -> None:
        staged = str(wizard.report.get("token") or "")
        if staged:
            intake.discard(intake.incoming(self._store, staged))

    # --- steps ---

    def _wizard(self, token: str) -> Wizard:
        with self._lock:
            if token not in self._known:
                raise _gone()
            return self._known[token]

    def _keep(self, wizard: Wizard) -> Wizard:
        with self._lock:
            self._known[wizard.token] = wizard
        return wizard

    def show(self, state: Mapping[str, Any] | None) -> Wizard | None:
        """Return what the panel shows for a page's state, None for no panel.

        A server that was started anew knows nothing of what was under way.
        """
        if not state:
            return None
        token = str(state.get("token") or "")
        if token:
            with self._lock:
                return self._known.get(token)
        mends = _number(state.get("mends"))
        error = (str(state["zh"]), str(state["en"])) if "zh" in state and "en" in state else None
        return Wizard(mends=mends, source=self._store.state().batch(mends).source if mends else "", error=error)

    def act(self, event: Mapping[str, Any], state: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """Take one event of the page; return its new state, None for a closed panel.

        Raises
        ------
        PinganError
            If the event is none that the page can make. What a clerk can mend is said in the panel instead.
        """
        state = state or {}
        token = str(event.get("token") or state.get("token") or "")
        match event.get("kind"):
            case "open":
                self.discard(token)
                return _open(_number(event.get("mends")))
            case "cancel":
                self.discard(token)
                return None
            case "restart":
                mends = self._wizard(token).mends
                self.discard(token)
                return _open(mends)
            case "job" if token not in self._known:
                return None  # of a server that was started anew
            case "inspect" | "look" | "check" | "back" | "publish" | "job" as kind:
                self._step(str(kind), token, event, state)
                return self._state(token, event)
            case _:
                raise SelectionError("没有这个操作。", "There is no such action.")

    def _state(self, token: str, event: Mapping[str, Any]) -> dict[str, Any]:
        wizard = self._wizard(token)
        n = event.get("n")  # makes equal states differ: the panel is drawn anew
        return {"token": token, "step": wizard.step, "job": wizard.running, "n": n if isinstance(n, int) else 0}

    def _step(self, kind: str, token: str, event: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        with self._lock:
            wizard = self._wizard(token)
            if wizard.running and kind != "job":
                return  # clicked twice
            steps = {
                "inspect": lambda: self._inspect(wizard, event, state),
                "look": lambda: self._look(wizard, event),
                "check": lambda: self._check(wizard, event),
                "back": lambda: self._back(wizard),
                "publish": lambda: self._publish(wizard, event),
                "job": lambda: self._finished(wizard),
            }
            try:
                self._keep(steps[kind]())
            except PinganError as error:
                self._keep(replace(wizard, error=(error.zh, error.en)))

    def _inspect(self, wizard: Wizard, event: Mapping[str, Any], state: Mapping[str, Any]) -> Wizard:
        path = self.path(wizard.token)
        received = path.stat().st_size
        if wizard.n_bytes and received != wizard.n_bytes:
            raise InputFileError("文件没有传完，请重新上传。", "The file did not arrive whole: upload it again.")
        mends = _number(state.get("mends"))
        source = self._store.state().batch(mends).source if mends else _text(event, "source", 60)
        if not source:
            raise InputFileError("请填写来源。", "Fill in the source.")
        wizard = self._keep(replace(wizard, n_bytes=received, source=source, mends=mends, error=None))
        if mends:  # its columns are those of the batch that it mends
            return self._run(wizard, "check", [*self._given(wizard), f"--mends={mends}"])
        return self._run(wizard, "inspect", [str(path), f"--source={source}"])

    def _look(self, wizard: Wizard, event: Mapping[str, Any]) -> Wizard:
        path = self.path(wizard.token)
        sheet, row = _text(event, "sheet", 200), _text(event, "header_row", 3)
        if row and not (row.isascii() and row.isdecimal() and int(row) > 0):
            raise InputFileError("列名所在行应为正整数。", "The row of the column names is a whole number from 1 on.")
        ready = _text(event, "mapping", 80)
        if ready and ready not in shipped_mappings():
            raise SelectionError("没有这个映射。", "There is no such mapping.")
        chosen = {key: value for key, value in (("=sheet", sheet), ("=header_row", row), ("=mapping", ready)) if value}
        wizard = replace(wizard, chosen=chosen, error=None)
        asked = [str(path), f"--source={wizard.source}", *_read_as(wizard), *([f"--mapping={ready}"] if ready else [])]
        return self._run(wizard, "inspect", asked)

    def _check(self, wizard: Wizard, event: Mapping[str, Any]) -> Wizard:
        self._drop_staged(wizard)
        wizard = replace(wizard, report={}, first_aside={}, step="columns", error=None)
        if event.get("as_before"):
            system = _text(event, "crs", 80)
            wizard = replace(wizard, chosen={**wizard.chosen, "=crs": system})
        else:
            wizard = replace(wizard, chosen=_chosen(event, wizard))
        self._keep(wizard)  # what was chosen stays, whatever comes of it
        arguments = self._given(wizard)
        if wizard.mends:
            arguments.append(f"--mends={wizard.mends}")
        if wizard.inspection:
            path = self.path(wizard.token).with_name(_MAPPING)
            path.write_text(mapping_to_toml(column_mapping(wizard)), encoding="utf-8")
            arguments.append(f"--mapping={path}")
        return self._run(wizard, "check", arguments)

    def _given(self, wizard: Wizard) -> list[str]:
        """Return the arguments of a check that every file has."""
        arguments = [str(self.path(wizard.token)), f"--source={wizard.source}", f"--file-name={wizard.name}"]
        system = wizard.chosen.get("=crs")
        return [*arguments, *_read_as(wizard), *([f"--crs={system}"] if system else [])]

    def _back(self, wizard: Wizard) -> Wizard:
        self._drop_staged(wizard)
        return replace(wizard, step="columns", report={}, first_aside={}, error=None)

    def _publish(self, wizard: Wizard, event: Mapping[str, Any]) -> Wizard:
        staged = str(wizard.report.get("token") or "")
        if wizard.step != "checked" or not staged:
            raise SelectionError("请先校验。", "Check the file first.")
        if wizard.to_ask() and not event.get("confirmed"):
            raise SelectionError(
                "坐标与声明的不符，请勾选确认，或改用看来正确的坐标系重新校验。",
                "The coordinates are not as declared: confirm that they are, or check again with the system that fits.",
            )
        return self._run(replace(wizard, error=None), "publish", [staged])

    def _run(self, wizard: Wizard, what: str, arguments: Sequence[str]) -> Wizard:
        command = ["intake", what, f"--city={self._store.folder.resolve()}", *arguments]
        job = self._jobs.start(command)
        return replace(wizard, running=job.id, doing=what)

    def _finished(self, wizard: Wizard) -> Wizard:
        """Take over what a job found, if it has ended."""
        if not wizard.running:
            return wizard
        try:
            job = self._jobs.find(wizard.running)
        except SelectionError as error:  # ended long ago, in a window that nobody looked at
            return replace(wizard, running="", error=(error.zh, error.en))
        if job.state is JobState.RUNNING:
            return wizard
        wizard = replace(wizard, running="")
        if job.result is None or job.state is not JobState.DONE:
            step = "columns" if wizard.doing in ("inspect", "check") else wizard.step
            return replace(wizard, step=step, error=(job.error.zh, job.error.en) if job.error else None)
        return {"inspect": self._inspected, "check": self._checked, "publish": self._published}[wizard.doing](
            wizard, job.result
        )

    def _inspected(self, wizard: Wizard, found: dict[str, Any]) -> Wizard:
        chosen = {key: columns[0] for key, columns in found["mapping"].items() if key in COLUMNS}
        kept = {key: value for key, value in wizard.chosen.items() if key in KEPT}
        known = parse_mapping(found["mapping_text"], "remembered") if found["mapping_text"] else None
        said = {
            "=crs": found.get("crs") or (known.crs if known else ""),
            "=type_value": known.type_value if known else "",
        }
        said["=time_format"] = known.time_format if known else ""
        if not chosen and not found["mapping_text"]:
            chosen = likely_columns(found["columns"])
        return replace(wizard, step="columns", inspection=found, chosen={**chosen, **said, **kept})

    def _checked(self, wizard: Wizard, report: dict[str, Any]) -> Wizard:
        first: dict[str, Sequence[tuple[int, str, str]]] = {}
        if report["set_aside"] and report["token"]:
            path = intake.incoming(self._store, report["token"]) / "set_aside.parquet"
            try:
                first = {
                    reason: [(int(r), str(c), str(t)) for r, c, t in zip(f["row"], f["column"], f["text"], strict=True)]
                    for reason, f in first_set_aside(path).items()
                }
            except OSError:
                _LOG.warning("%s cannot be read", path)
        return replace(wizard, step="checked", report=report, first_aside=first)

    def _published(self, wizard: Wizard, report: dict[str, Any]) -> Wizard:
        shutil.rmtree(self._folder / wizard.token, ignore_errors=True)
        return replace(wizard, step="published", batch=report["batch"], report={**report, "token": ""})


def column_mapping(wizard: Wizard) -> ColumnMapping:
    """Return the mapping that a clerk chose: the proposed one, with other columns.

    Raises
    ------
    MappingError
        If no columns are chosen for what every incident needs.
    """
    text = str(wizard.inspection.get("mapping_text") or "")
    base = parse_mapping(text, "proposed") if text else ColumnMapping("chosen", {})
    columns: dict[str, str | list[str]] = {key: wizard.chosen[key] for key in COLUMNS if wizard.chosen.get(key)}
    if "time" not in columns and "time_parts" in base.columns:
        columns["time_parts"] = base.columns["time_parts"]
    mapping = replace(
        base,
        columns=columns,
        type_value="" if "type" in columns else wizard.chosen.get("=type_value", ""),
        time_format=wizard.chosen.get("=time_format", ""),
    )
    mapping.resolve([str(column) for column in wizard.inspection["columns"]])
    return mapping


def _chosen(event: Mapping[str, Any], wizard: Wizard) -> dict[str, str]:
    """Read what the form says of columns and of the whole file."""
    have = {str(column) for column in wizard.inspection.get("columns") or []}
    chosen = {key: str(event.get(f"col_{key}") or "") for key in COLUMNS}
    if unknown := [column for column in chosen.values() if column and column not in have]:
        raise MappingError(f"文件里没有“{unknown[0][:40]}”列。", f"The file has no column {unknown[0][:40]!r}.")
    taken = [column for column in chosen.values() if column]
    if twice := [column for column in dict.fromkeys(taken) if taken.count(column) > 1]:
        raise MappingError(
            f"“{twice[0]}”列被选了两次，请改正。", f"The column {twice[0]!r} is chosen twice: choose another one."
        )
    kept = {key: value for key, value in wizard.chosen.items() if key in KEPT}
    said = {f"={name}": _text(event, name, 80) for name in ("crs_other", "type_value", "time_format")}
    return {**chosen, **said, "=crs": said["=crs_other"] or _text(event, "crs", 80), **kept}


def _read_as(wizard: Wizard) -> list[str]:
    sheet, row = wizard.chosen.get("=sheet"), wizard.chosen.get("=header_row")
    return [*([f"--sheet={sheet}"] if sheet else []), *([f"--header-row={row}"] if row else [])]


def _open(mends: int | None) -> dict[str, Any]:
    return {"token": "", "step": "file", "mends": mends}


def _text(event: Mapping[str, Any], key: str, most: int) -> str:
    value = event.get(key)
    if value is not None and not isinstance(value, str):
        raise SelectionError("没有这个操作。", "There is no such action.")
    return (value or "").strip()[:most]


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else None


def _label(name: str) -> str:
    """Return a file's name without folders and without characters that nobody sees or that turn the text around."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(letter for letter in last if letter.isprintable() or letter == "\u3000").strip()[-MOST_NAME:]


def _gone() -> SelectionError:
    return SelectionError("这份文件已不在，请重新上传。", "The file is no longer there: upload it again.")


def _no_room() -> NoRoomError:
    return NoRoomError("磁盘空间不足，文件没有收下。", "The disk has no room for this file; it was not taken.")
