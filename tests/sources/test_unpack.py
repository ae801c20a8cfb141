"""Bills in .zip archives: unpacked as they are read, within bounds, and told by their names in the archive."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.sources.gather import gathered
from tests.sources.conftest import See
from tests.sources.trees import bill


def put_zip(path: Path, members: Mapping[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_every_bill_in_an_archive_is_read(tmp_path: Path, see: See) -> None:
    members = {"b/may.csv": bill("2026-05", "1", "2"), "june.csv": bill("2026-06", "4"), "readme.txt": b"hello"}
    assert see(put_zip(tmp_path / "bills.zip", members)) == [("2026-05", 2, "3"), ("2026-06", 1, "4")]


def test_archives_in_a_folder_are_read_beside_its_other_bills(tmp_path: Path, see: See) -> None:
    put_zip(tmp_path / "bills" / "may.zip", {"may.csv": bill("2026-05", "1")})
    (tmp_path / "bills" / "june.csv").write_bytes(bill("2026-06", "4"))
    assert see(tmp_path / "bills") == [("2026-05", 1, "1"), ("2026-06", 1, "4")]


def test_a_file_is_told_by_its_archive_and_its_name_in_it(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bills.zip", {"b/may.csv": bill("2026-05", "1")})
    with gathered([archive]) as given:
        [path] = given.paths
        assert given.origin(path) == f"{archive}!b/may.csv"
        assert path.read_bytes() == bill("2026-05", "1")
    assert not path.exists()


def test_an_archive_names_no_place_outside_its_folder(tmp_path: Path) -> None:
    names = ["../../evil.csv", "/etc/evil.csv", "..\\..\\evil.csv", f"{'long' * 60}.csv"]
    archive = put_zip(tmp_path / "bills.zip", {name: bill("2026-05", str(n)) for n, name in enumerate(names)})
    with gathered([archive]) as given:
        [folder] = {path.parent.parent for path in given.paths}
        assert folder.name.startswith("finops-")
        assert sorted(path.read_bytes() for path in given.paths) == sorted(
            bill("2026-05", str(number)) for number in range(4)
        )
    assert [path.name for path in tmp_path.rglob("*.csv")] == []


def test_an_archive_that_grows_without_end_is_refused(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bomb.zip", {"bomb.csv": b"0" * (17 << 20)})
    with pytest.raises(DataError, match=r"bomb\.csv grows beyond 300 times the archive"), gathered([archive]):
        pass


def test_what_an_archive_says_of_its_sizes_is_not_relied_on(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bomb.zip", {"bomb.csv": b"0" * (17 << 20)})
    content = bytearray(archive.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = struct.pack("<I", 10)
    archive.write_bytes(content)
    with pytest.raises(DataError), gathered([archive]) as given:
        assert sum(path.stat().st_size for path in given.paths) > 10


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK not really", "an archive that cannot be unpacked"),
        (b"", "an archive that cannot be unpacked"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "bills.zip").write_bytes(content)
    with pytest.raises(DataError, match=message), gathered([tmp_path / "bills.zip"]):
        pass


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bills.zip", {"may.csv": bill("2026-05", *["1"] * 50)})
    content = bytearray(archive.read_bytes())
    content[60] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(DataError, match=r"bills\.zip: an archive that cannot be unpacked"), gathered([archive]):
        pass


def test_an_archive_with_a_password_is_refused(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bills.zip", {"may.csv": bill("2026-05", "1")})
    content = bytearray(archive.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1
    archive.write_bytes(content)
    with pytest.raises(DataError, match="encrypted"), gathered([archive]):
        pass


def test_an_archive_without_a_bill_is_refused(tmp_path: Path) -> None:
    archive = put_zip(tmp_path / "bills.zip", {"readme.txt": b"hello", "__MACOSX/._may.csv": b"x"})
    with pytest.raises(DataError, match="no billing file in this archive"), gathered([archive]):
        pass
