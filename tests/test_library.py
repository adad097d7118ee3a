"""The page of examples says the truth: every one of them is run."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "LIBRARY.md"


def test_every_example_of_the_page_works(demo_folder: Path) -> None:
    examples = doctest.DocTestParser().get_doctest(
        PAGE.read_text(encoding="utf-8").replace("```python", "").replace("```", ""),
        {"folder": demo_folder},
        "LIBRARY.md",
        str(PAGE),
        0,
    )
    assert len(examples.examples) > 15
    result = doctest.DocTestRunner().run(examples)
    assert (result.attempted, result.failed) == (len(examples.examples), 0)
