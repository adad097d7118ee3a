"""Zips: nothing in them is trusted, neither a name nor a size, and nothing is written to the disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geodata.readers import content
from geodata.readers.cells import cannot_read
from geodata.readers.content import demand_kind, read_head

MEMBERS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
"""The files of a Shapefile that are read."""

_MAX_MEMBERS = 200
_PIECE = 1024**2
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar")


@contextmanager
def opened_zip(path: Path, max_members: int = _MAX_MEMBERS) -> Iterator[zipfile.ZipFile]:
    """Open a zip whose members are few, and turn every fault of it into a refusal."""
    demand_kind(path, read_head(path), "zip")
    try:
        # a file of our own, which is closed whatever a half-read member still holds
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            if len(archive.infolist()) > max_members:
                raise cannot_read(
                    path,
                    f"压缩包里的文件超过 {max_members} 个，请只压缩需要的文件",
                    f"the zip has more than {max_members} files, zip only what is needed",
                )
            yield archive
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error, ValueError) as error:
        raise cannot_read(
            path, "它不是完好的、未加密的 zip，请重新压缩", "it is not a sound zip without password, zip it again"
        ) from error


class Budget:
    """How many bytes may still be unpacked from a zip: counted, because the size that a zip states may be a lie."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.left = min(max_bytes, max(content.ENOUGH_FOR_RATIO, content.MAX_RATIO * path.stat().st_size))

    def pieces(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """Unpack a member piece by piece.

        Raises
        ------
        InputFileError
            Once all members together take more than the budget.
        """
        with archive.open(member) as stream:
            while piece := stream.read(_PIECE):
                self.left -= len(piece)
                if self.left < 0:
                    raise cannot_read(
                        self.path,
                        "压缩包解开后过大，不像是数据",
                        "the zip unpacks to too much to be data",
                    )
                yield piece


def unpack_shapefile(path: Path, max_bytes: int) -> dict[str, bytes]:
    """Return the parts of the one Shapefile in a zip by their suffix.

    Names in the zip only tell which parts belong together; in whatever encoding they are, they name no path here.
    """
    with opened_zip(path) as archive:
        budget = Budget(path, max_bytes)
        parts = _shapefile_members(path, archive.infolist())
        return {suffix: b"".join(budget.pieces(archive, member)) for suffix, member in parts.items()}


def _shapefile_members(path: Path, members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    real = [m for m in members if not m.is_dir() and not _is_link(m) and not Path(m.filename).name.startswith("._")]
    shapes = [m for m in real if m.filename.lower().endswith(".shp")]
    if not shapes and any(m.filename.lower().endswith(_ARCHIVES) for m in real):
        raise cannot_read(
            path, "压缩包里还是压缩包，请先解开一层", "the zip holds another archive, unpack it once before"
        )
    if len(shapes) != 1:
        raise cannot_read(
            path,
            f"压缩包里应有且只有一个 .shp，实有 {len(shapes)} 个",
            f"the zip must hold exactly one .shp and holds {len(shapes)}",
        )
    stem = shapes[0].filename[:-4]
    return {m.filename[-4:].lower(): m for m in real if m.filename[:-4] == stem and m.filename[-4:].lower() in MEMBERS}


def _is_link(member: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(member.external_attr >> 16)
