"""The whole corpus: importing these modules fills CASES."""

from tests.badinput import bounds, hostile, maps, rows, texts, workbooks
from tests.badinput.cases import CASES

MODULES = (texts, workbooks, maps, rows, bounds, hostile)

__all__ = ["CASES", "MODULES"]
