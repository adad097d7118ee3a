"""What a case of the corpus is: a function that writes one file, what is wrong with it, and what must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Make = Callable[[Path], "Path | str"]
"""Writes the file into an empty folder and returns its path, or the name under which a user asks for it."""

HEAD = "编号,时间,经度,纬度,类型\n"
ROW = "{},2024-05-01 08:00,113.51,22.21,盗窃\n"
"""A good row in the south-west of the city, for a number."""


@dataclass(frozen=True)
class Expected:
    """What must become of a file.

    Parameters
    ----------
    refused
        Words that the Chinese sentence of the refusal has; None if the file is accepted.
    fates
        Rows stored, known and corrected.
    aside
        Reason → the rows set aside for it, from 1.
    cells
        Column of the incidents that were stored, in the order of their ids → its values as text.
    where
        Street, "outside" or "unlocated" → live incidents counted there; None if it does not matter.
    noted
        A word that the notes have.
    facts
        Further fields of the report.
    """

    refused: tuple[str, ...] | None = None
    fates: tuple[int, int, int] = (0, 0, 0)
    aside: dict[str, list[int]] = field(default_factory=dict)
    cells: dict[str, list[str]] = field(default_factory=dict)
    where: dict[str, int] | None = None
    noted: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One input.

    Parameters
    ----------
    id
        Its kind (F12, say) and its name.
    what
        What is wrong with it.
    make
        Writes it.
    expected
        What must come out.
    task
        What is done with it: ``incidents``, ``boundaries``, or ``command``, the command line.
    before
        Texts of CSVs that the same source brought before.
    options
        Further arguments of the import.
    """

    id: str
    what: str
    make: Make
    expected: Expected
    task: str = "incidents"
    before: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


CASES: dict[str, Case] = {}

CONTROL = "control"
"""A case that does all that must not be done, to show that it would be seen."""


def refused(*words: str) -> Expected:
    """Expect a refusal whose Chinese sentence has these words."""
    return Expected(refused=words)


def accepted(
    stored: int = 0,
    *,
    known: int = 0,
    corrected: int = 0,
    aside: dict[str, list[int]] | None = None,
    cells: dict[str, list[str]] | None = None,
    where: dict[str, int] | None = None,
    noted: str = "",
    **facts: Any,
) -> Expected:
    """Expect an import of so many rows."""
    return Expected(None, (stored, known, corrected), aside or {}, cells or {}, where, noted, facts)


def drawn(places: int, **faults: int) -> Expected:
    """Expect so many places, and so many faults of each kind that the check of boundaries finds."""
    return Expected(facts={"places": places, "faults": faults})


def add(case: Case) -> None:
    """Take a case into the corpus."""
    if case.id in CASES:
        raise ValueError(case.id)
    CASES[case.id] = case


def case(
    kind: str,
    what: str,
    expected: Expected,
    *,
    task: str = "incidents",
    before: tuple[str, ...] = (),
    **options: Any,
) -> Callable[[Make], Make]:
    """Take a function that writes a file into the corpus, under its kind and its own name."""

    def keep(make: Make) -> Make:
        add(Case(f"{kind}-{make.__name__}", what, make, expected, task, before, options))
        return make

    return keep


def rows_case(
    kind: str,
    what: str,
    rows: str,
    expected: Expected,
    *,
    head: str = HEAD,
    before: tuple[str, ...] = (),
    **options: Any,
) -> None:
    """Take a CSV into the corpus that is odd only in its rows; `what` is also its name."""

    def make(folder: Path) -> Path:
        return write(folder, "a.csv", head + rows)

    add(Case(f"{kind}-{what.replace(' ', '_')}", what, make, expected, "incidents", before, options))


def good(*numbers: int | str) -> str:
    """Return good rows with these numbers as ids."""
    return "".join(ROW.format(number) for number in numbers)


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def secret(folder: Path) -> Path:
    """Return a table outside of the upload, which a hostile file wants to have read."""
    return folder.parent / "outside" / "secret.csv"


def address(folder: Path) -> str:
    """Return the address of a server inside, which a hostile file wants to have asked."""
    return f"http://127.0.0.1:{(folder.parent / 'port').read_text()}/secret.csv"
