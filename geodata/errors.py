"""What can go wrong, as a tree.

::

    PinganError                 something a user can understand and mend
    ├── InputFileError          a file cannot be read, or is not what it says
    │   └── MappingError        a mapping file, or the columns that it names
    ├── BoundaryError           places: ids, nesting, geometry, coordinate system
    ├── CityError               the city folder: missing, empty, damaged, of another version
    ├── MethodError             the method file: weights, types, exposures
    ├── ClusterError            the machines that were to count together
    ├── BasemapError            the map below the places: its address, its file, its service
    └── SelectionError          a place, level, period or type that was never offered

Every message says what is wrong, where, and what to do, in one sentence; it carries both languages, and the command
line and the pages choose one.
"""

from __future__ import annotations


class PinganError(Exception):
    """A fault that its reader can mend.

    Parameters
    ----------
    zh
        The sentence in Chinese.
    en
        The same sentence in English.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh = zh
        self.en = en

    def __reduce__(self) -> tuple[type[PinganError], tuple[str, str]]:
        """Survive the way from one process to another."""
        return type(self), (self.zh, self.en)

    def in_language(self, language: str) -> str:
        """Return the sentence in ``"en"``, or in Chinese for anything else."""
        return self.en if language == "en" else self.zh


class InputFileError(PinganError):
    """A file cannot be read, or is not what it says it is."""


class MappingError(InputFileError):
    """A mapping file is wrong, or names columns that the data file does not have."""


class BoundaryError(PinganError):
    """A set of places cannot be used: ids, nesting, geometry or coordinate system."""


class CityError(PinganError):
    """The city folder is missing, empty, damaged, or written by another version."""


class MethodError(PinganError):
    """The method file is wrong: weights, types or exposures."""


class ClusterError(PinganError):
    """Dask is not installed, its scheduler does not answer, or a worker failed."""


class BasemapError(PinganError):
    """The map below the places cannot be used: its address, its file, or the service that draws it."""


class SelectionError(PinganError):
    """A place, level, period or type was asked for that the city does not offer."""
