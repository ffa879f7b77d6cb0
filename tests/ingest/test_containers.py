"""ZIP archives: what they hold is told apart, within limits; what is hostile harms nothing and is refused alone."""

import io
import stat
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from baocao.errors import BaocaoError, EmptyTextError, LimitError, UnreadableError
from baocao.index import lookup, open_archive
from baocao.intake import Named, Outcome, take_in
from baocao.pipeline.ingest.containers import Member, unpack

TEXT = "Sở Y tế báo cáo: các trạm đã hoàn thành kế hoạch khám bệnh, còn khó khăn về kinh phí.\n".encode()


def zipped(members: dict[str, bytes] | list[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unpacked(folder: Path, data: bytes, name: str = "a.zip", password: str | None = None) -> dict[str, Member]:
    path = folder / name
    path.write_bytes(data)
    (folder / "out").mkdir(exist_ok=True)
    members = unpack(path, folder=folder / "out", password=password)
    return {member.name: member for member in members}


def outcomes(members: dict[str, Member]) -> dict[str, type]:
    return {name: type(member.error) if member.error else bytes for name, member in members.items()}


def test_members_are_told_by_their_folders_and_what_no_reader_takes_is_left_out(tmp_path: Path) -> None:
    found = unpacked(
        tmp_path,
        zipped({
            "2017/quý 1/báo cáo.txt": TEXT, "b.TXT": TEXT, "hình.xlsx": b"x", "__MACOSX/._b.txt": b"x", "~$b.docx": b"x",
            ".ẩn/c.txt": b"x", "./d.txt": TEXT, r"windows\e.txt": TEXT,
        }),
    )  # fmt: skip
    assert list(found) == ["2017/quý 1/báo cáo.txt", "b.TXT", "./d.txt", "windows/e.txt"]
    for name, member in found.items():
        assert member.path is not None and member.path.read_bytes() == TEXT
        assert member.path.name == name.split("/")[-1]


def nested(depth: int) -> bytes:
    data = zipped({"trong.txt": TEXT})
    for level in range(depth - 1):
        data = zipped({f"{level}.zip": data, f"{level}.txt": TEXT})
    return data


def test_archives_in_archives_three_deep(tmp_path: Path) -> None:
    found = unpacked(tmp_path, nested(3))
    assert outcomes(found) == {"1.zip!/0.zip!/trong.txt": bytes, "1.zip!/0.txt": bytes, "1.txt": bytes}
    found = unpacked(tmp_path, nested(4))
    assert outcomes(found) == {
        "2.zip!/1.zip!/0.zip": LimitError, "2.zip!/1.zip!/0.txt": bytes, "2.zip!/1.txt": bytes, "2.txt": bytes,
    }  # fmt: skip
    assert sum(p.suffix == ".zip" for p in (tmp_path / "out").rglob("*")) == 0  # only what is to be read lies there


@pytest.mark.parametrize(
    "name", ["../../ngoai.txt", "/etc/ngoai.txt", "a/../../ngoai.txt", r"C:\ngoai.txt", r"..\ngoai.txt"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    found = unpacked(tmp_path, zipped({name: TEXT, "tốt.txt": TEXT}))
    assert outcomes(found) == {name.replace("\\", "/"): UnreadableError, "tốt.txt": bytes}
    assert not list(tmp_path.rglob("ngoai.txt")) and not (tmp_path.parent / "ngoai.txt").exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("mật khẩu.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    found = unpacked(tmp_path, zipped([(link, b"/etc/passwd"), ("tốt.txt", TEXT)]))
    assert outcomes(found) == {"mật khẩu.txt": UnreadableError, "tốt.txt": bytes}


def test_names_of_odd_signs_and_lengths(tmp_path: Path) -> None:
    long = "ộ" * 20_000 + ".txt"
    found = unpacked(tmp_path, zipped({"một\nhai\x1b[2J.txt": TEXT, "\u202etxt.exe.txt": TEXT, long: TEXT}))
    shown = list(found)
    assert shown[:2] == ["một\\x0ahai\\x1b[2J.txt", "\\x202etxt.exe.txt"]
    assert len(shown[2]) < 1_000 and shown[2].endswith("ộ.txt")
    assert all(member.path and member.path.read_bytes() == TEXT for member in found.values())


def test_two_members_of_one_name_are_two(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped([("a.txt", TEXT), ("a.txt", TEXT + b"x")])
    assert list(unpacked(tmp_path, data)) == ["a.txt", "a (2).txt"]


def with_raw_name(encoded: bytes) -> bytes:
    """A zip whose member's name is of bytes that no flag explains, as old programs write them."""
    stand_in = b"n" * len(encoded)
    return zipped({stand_in.decode(): TEXT}).replace(stand_in, encoded)


@pytest.mark.parametrize(
    ("encoded", "name"),
    [
        ("Báo cáo quý.txt".encode(), "Báo cáo quý.txt"),  # Linux, without the flag
        (b"B\xb8o c\xb8o t\xd7nh h\xd7nh \xae\xcbu n\xa8m.txt", "Báo cáo tình hình đậu năm.txt"),  # TCVN3
        (b"B\xe1o c\xe1o ti\xccnh hi\xccnh.txt", "Báo cáo tình hình.txt"),  # Windows-1258
        ("résumé.txt".encode("cp437"), "résumé.txt"),
    ],
)
def test_names_in_encodings_of_old(tmp_path: Path, encoded: bytes, name: str) -> None:
    assert list(unpacked(tmp_path, with_raw_name(encoded))) == [name]


def test_a_name_told_in_the_unicode_field(tmp_path: Path) -> None:
    raw = b"bao-c?o.txt"
    info = zipfile.ZipInfo(raw.decode())
    info.extra = (
        struct.pack("<HHBI", 0x7075, 5 + len("báo-cáo.txt".encode()), 1, zlib.crc32(raw)) + "báo-cáo.txt".encode()
    )
    assert list(unpacked(tmp_path, zipped([(info, TEXT)]))) == ["báo-cáo.txt"]


def lying(data: bytes, size: int) -> bytes:
    """Let a zip's only member claim, in both places, to unpack to `size` bytes."""
    header, listed = data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")
    changed = bytearray(data)
    struct.pack_into("<I", changed, header + 22, size)
    struct.pack_into("<I", changed, listed + 24, size)
    return bytes(changed)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: zipped({"a.txt": b"0" * (60 * 2**20)}), "harmful"),
        (lambda: lying(zipped({"a.txt": TEXT}), 2**32 - 2), "MiB"),
        (lambda: zipped({f"{n}.txt": b"x" for n in range(10_000)}), "5,000"),
        (lambda: b"PK\x03\x04" + b"\0" * 200 + b"PK\x05\x06" + b"\xff" * 18, "damaged"),
    ],
)
def test_bombs_and_damage_are_refused_whole(tmp_path: Path, make: Callable[[], bytes], words: str) -> None:
    data, started = make(), time.monotonic()
    with pytest.raises(BaocaoError, match=words):
        unpacked(tmp_path, data)
    assert time.monotonic() - started < 5
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) == 0


def test_a_member_that_holds_more_than_it_says_is_refused(tmp_path: Path) -> None:
    found = unpacked(tmp_path, lying(zipped({"a.txt": TEXT * 1000}), 10))
    assert outcomes(found) == {"a.txt": UnreadableError}


def test_limits_are_shared_by_all_that_is_nested(tmp_path: Path) -> None:
    inner = zipped({f"{n}.txt": b"x%d" % n for n in range(2_000)})
    found = unpacked(tmp_path, zipped({f"{n}.zip": inner for n in range(10)}))
    refused = [name for name, member in found.items() if member.error]
    assert refused == [f"{n}.zip" for n in range(2, 10)] and len(found) == 4_008


def test_an_archive_with_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(EmptyTextError, match="holds no file"):
        unpacked(tmp_path, zipped({"a.exe": b"x", "thu muc/": b""}))


def test_what_only_is_called_zip_is_read_as_what_it_is(tmp_path: Path) -> None:
    assert list(unpacked(tmp_path, TEXT)) == [""]
    assert list(unpacked(tmp_path, zipped({"a.txt": TEXT})[:60])) == [""]
    assert list(unpacked(tmp_path, zipped({"word/document.xml": b"<x/>"}))) == [""]


def test_a_zip_in_the_archive_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "tmp1").write_bytes(
        zipped(
            {"2017/một.txt": TEXT, "hỏng.pdf": b"%PDF-1.4\nnothing", "trong.zip": zipped({"hai.txt": TEXT + b"Hai."})}
        )
    )
    (tmp_path / "b.zip").write_bytes(zipped({"b.exe": b""}))
    files = [Named(tmp_path / "tmp1", "Phòng A.zip"), tmp_path / "b.zip"]
    with open_archive(tmp_path / "archive") as archive:
        told = {taken.path: taken.outcome for taken in take_in(archive, files)}
        again = {taken.path: taken.outcome for taken in take_in(archive, files[:1])}
    assert told == {
        "Phòng A.zip!/2017/một.txt": Outcome.NEW,
        "Phòng A.zip!/hỏng.pdf": Outcome.REFUSED,
        "Phòng A.zip!/trong.zip!/hai.txt": Outcome.NEW,
        str(tmp_path / "b.zip"): Outcome.REFUSED,
    }
    assert again == {
        "Phòng A.zip!/2017/một.txt": Outcome.KNOWN,
        "Phòng A.zip!/hỏng.pdf": Outcome.REFUSED,
        "Phòng A.zip!/trong.zip!/hai.txt": Outcome.KNOWN,
    }
    refused = {row["path"]: row["message"] for row in lookup.refusals(tmp_path / "archive")}
    assert set(refused) == {"Phòng A.zip!/hỏng.pdf", str(tmp_path / "b.zip")}
    assert refused["Phòng A.zip!/hỏng.pdf"].startswith("hỏng.pdf ")
