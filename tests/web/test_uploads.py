"""Uploads: a folder with a broken file, retry and forgetting, crashes and restarts, hostile names and sizes."""

import io
import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from processes import write_reports

from baocao.index import lookup, open_archive
from baocao.pipeline import ingest
from baocao.web.app import create_app
from baocao.web.landing import clean_name
from baocao.web.settings import Serving

Given = dict[str, bytes]
REPORT = (
    "BÁO CÁO SỐ {n}\nSở Y tế đã khám bệnh cho {n} lượt người.\nKhó khăn là thiếu kinh phí mua {n} máy.\n"
    "Kiến nghị UBND tỉnh bổ sung {n} biên chế.\n"
)


def report(n: int) -> bytes:
    return REPORT.format(n=n).encode()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def page(archive: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Serving(str(archive))), base_url="http://localhost") as client:
        yield client


def send(page: TestClient, files: Given, **fields: str) -> str:
    answer = page.post("/api/uploads", files=[("files", pair) for pair in files.items()], data=fields)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["batch"])


def until(tell: Callable[[], Any], seconds: float = 120) -> Any:
    """What `tell` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (told := tell()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)
    return told


def done(page: TestClient, batch: str) -> dict[str, dict[str, Any]]:
    def told() -> dict[str, dict[str, Any]] | None:
        progress = page.get(f"/api/uploads/{batch}").json()
        return {f["name"]: f for f in progress["uploads"]} if not progress["left"] else None

    files: dict[str, dict[str, Any]] = until(told)
    return files


def found(page: TestClient) -> int:
    return int(page.get("/api/search", params={"q": "lượt người"}).json()["total"])


def zipped(files: Given) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return made.getvalue()


def reader_of(archive: Path) -> int | None:
    """The process that reads uploads of an archive, if one runs."""
    found = subprocess.run(
        ["pgrep", "-f", f"baocao.web.loading {archive}$"], capture_output=True, text=True, check=False
    )
    return int(found.stdout.split()[0]) if found.stdout else None


def bytes_left(archive: Path) -> list[str]:
    folder = archive / "uploads"
    return sorted(str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file() and f.suffix != ".lock")


def test_a_folder_with_a_broken_file(each_record: str, page: TestClient, archive: Path) -> None:
    batch = send(
        page, {"Sở Y tế/một.txt": report(1), "Sở Y tế/hỏng.docx": b"PK\x03\x04 broken", "Sở Y tế/hai.txt": report(2)}
    )
    told = done(page, batch)
    assert {name: f["state"] for name, f in told.items()} == {
        "Sở Y tế/một.txt": "new", "Sở Y tế/hai.txt": "new", "Sở Y tế/hỏng.docx": "refused",
    }  # fmt: skip
    assert told["Sở Y tế/hỏng.docx"]["code"] == "BC200"
    assert bytes_left(archive) == [f"{batch}/2"], "what was taken in leaves no copy; what was refused stays"

    one = page.get(f"/api/reports/{told['Sở Y tế/một.txt']['report']}").json()
    assert one["source"] == "một.txt"
    until(lambda: found(page) == 2)

    shown = page.get(f"/uploads/batches/{batch}").text
    assert "Mở báo cáo" in shown
    assert "Tệp bị hỏng" in shown
    (held,) = page.get("/api/quarantine").json()["files"]
    assert (held["name"], held["code"], held["again"], held["download"]) == ("hỏng.docx", "BC200", True, True)
    assert "hỏng.docx" in page.get("/uploads/quarantine").text
    answer = page.get(f"/api/quarantine/{held['key']}/file")
    assert answer.content == b"PK\x03\x04 broken"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"
    again = send(page, {"một lần nữa.txt": report(1)})
    assert done(page, again)["một lần nữa.txt"]["state"] == "known"
    for address in ("/api/quality", "/api/quality/judged", "/quality/corrections", "/quality/model", "/uploads"):
        assert page.get(address).status_code == 200, (each_record, address)


def test_retry_and_forget(page: TestClient, archive: Path) -> None:
    batch = send(page, {"a.txt": b"\x7fELF", "b.pdf": b"%PDF-1.4 broken"})
    done(page, batch)
    held = {f["name"]: f["key"] for f in page.get("/api/quarantine").json()["files"]}
    (archive / "uploads" / batch / "1").write_bytes(report(3))  # mended, as a new reader would
    assert page.post("/api/quarantine/retry", json={"keys": [held["a.txt"]]}).json() == {"files": 1}
    assert done(page, batch)["a.txt"]["state"] == "new"
    assert [f["name"] for f in page.get("/api/quarantine").json()["files"]] == ["b.pdf"]

    assert page.post("/uploads/quarantine", data={"act": "retry_all"}, follow_redirects=False).status_code == 303
    assert done(page, batch)["b.pdf"]["state"] == "refused"
    assert page.post("/api/quarantine/forget", json={"keys": [held["b.pdf"]]}).json() == {"files": 1}
    assert done(page, batch)["b.pdf"]["state"] == "forgotten"
    assert page.get("/api/quarantine").json()["total"] == 0
    assert bytes_left(archive) == []
    assert page.post("/api/quarantine/forget", json={"keys": [held["b.pdf"]]}).status_code == 404


def test_a_file_that_the_command_line_refused(page: TestClient, archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "ngoài.txt"
    with open_archive(archive) as opened:
        opened.refuse(str(file), "BC200", "ngoài.txt is damaged.")
    (held,) = page.get("/api/quarantine").json()["files"]
    assert held["again"] is False
    file.write_bytes(report(4))
    assert page.post("/api/quarantine/retry", json={}).json() == {"files": 1}
    assert done(page, "retry")["ngoài.txt"]["state"] == "new"
    assert page.get("/api/quarantine").json()["total"] == 0
    assert file.exists(), "it is not ours to remove"


def test_members_of_a_zip(page: TestClient, archive: Path) -> None:
    data = zipped({"2017/một.txt": report(5), "2017/hỏng.pdf": b"%PDF-1.4 broken", "../ra ngoài.txt": report(6)})
    batch = send(page, {"năm.zip": data})
    told = done(page, batch)
    assert told["năm.zip"]["state"] == "new"
    assert told["2017/một.txt"]["state"] == "new"
    assert told["2017/một.txt"]["report"]
    assert told["2017/hỏng.pdf"]["state"] == "refused"
    assert told["../ra ngoài.txt"]["state"] == "refused"
    assert told["2017/một.txt"]["part_of"] == told["năm.zip"]["number"]
    assert bytes_left(archive) == [f"{batch}/1"], "some of it may be tried again"
    names = {f["name"]: f["key"] for f in page.get("/api/quarantine").json()["files"]}
    assert set(names) == {"năm.zip › 2017/hỏng.pdf", "năm.zip › ../ra ngoài.txt"}

    page.post("/api/quarantine/retry", json={"keys": [names["năm.zip › 2017/hỏng.pdf"]]})
    told = done(page, batch)
    assert told["2017/một.txt"]["state"] == "new", "it is still what this upload brought"
    names = {f["name"]: f["key"] for f in page.get("/api/quarantine").json()["files"]}
    page.post("/api/quarantine/forget", json={"keys": list(names.values())})
    assert bytes_left(archive) == []


def test_a_zip_bomb(page: TestClient) -> None:
    told = done(page, send(page, {"bom.zip": zipped({"a.txt": b"0" * (60 * 2**20)}), "lành.txt": report(7)}))
    assert told["bom.zip"]["state"] == "refused"
    assert told["bom.zip"]["code"] == "BC210"
    assert told["lành.txt"]["state"] == "new"


def test_what_is_too_large(page: TestClient, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "MAX_BYTES", 2**20)
    batch = send(page, {"lớn.txt": b"a" * (2**20 + 1), "nhỏ.txt": report(8), "rỗng.txt": b""})
    told = done(page, batch)
    assert {name: (f["state"], f["code"]) for name, f in told.items()} == {
        "lớn.txt": ("refused", "BC210"), "nhỏ.txt": ("new", None), "rỗng.txt": ("refused", "BC201"),
    }  # fmt: skip
    assert {f["name"]: f["again"] for f in page.get("/api/quarantine").json()["files"]} == {
        "lớn.txt": False, "rỗng.txt": True,
    }  # fmt: skip


def test_a_request_that_is_too_large(archive: Path) -> None:
    with TestClient(create_app(Serving(str(archive), upload_limit=2**16)), base_url="http://localhost") as page:
        answer = page.post("/uploads", files={"files": ("a.txt", b"a" * 2**17)})
        assert answer.status_code == 413
        assert page.get("/api/uploads").json()["total"] == 0


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Hồ sơ\\báo cáo.doc", "Hồ sơ/báo cáo.doc"),
        ("/tuyệt/đối.txt", "tuyệt/đối.txt"),
        ("a\x00b\r\n\u202etxt.exe", "abtxt.exe"),
        ("....", "file"),
        ("", "file"),
        ("a!/b!/c.txt", "a/b/c.txt"),
    ],
)
def test_names_as_they_are_shown(given: str, name: str) -> None:
    assert clean_name(given) == name


def test_a_very_long_name() -> None:
    name = clean_name("thư mục/" * 200 + "ộ" * 5_000 + ".docx")
    assert len(name) <= 300
    assert name.endswith(".docx")
    assert len(name.rpartition("/")[2].encode()) <= 255


def test_hostile_names_stay_in_the_archive(page: TestClient, archive: Path, tmp_path: Path) -> None:
    before = set(tmp_path.iterdir())
    batch = send(page, {"../../../thoát.txt": report(9), "<script>alert(1)</script>.txt": b"\x7fELF"})
    told = done(page, batch)
    assert told["thoát.txt"]["state"] == "new"
    assert set(tmp_path.iterdir()) == before
    for address in (f"/uploads/batches/{batch}", "/uploads/quarantine"):
        shown = page.get(address).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert" in shown or "script&gt;.txt" in shown


def test_two_files_of_one_name_are_two_reports(page: TestClient) -> None:
    first, second = (done(page, send(page, {"báo cáo.txt": report(n)})) for n in (10, 11))
    assert {first["báo cáo.txt"]["state"], second["báo cáo.txt"]["state"]} == {"new"}
    until(lambda: found(page) == 2)


def test_adding_to_a_batch(page: TestClient) -> None:
    batch = send(page, {"a.txt": report(12)})
    assert send(page, {"b.txt": report(13)}, batch=batch) == batch
    assert set(done(page, batch)) == {"a.txt", "b.txt"}
    for wrong, status in (("../../x", 422), (batch[:-6] + "0a0b0c", 404)):
        answer = page.post("/api/uploads", files={"files": ("c.txt", report(14))}, data={"batch": wrong})
        assert answer.status_code == status


def form(*files: tuple[str, bytes]) -> dict[str, Any]:
    """What a browser sends: a field that was left empty is a file without a name."""
    part = '--x\r\nContent-Disposition: form-data; name="files"; filename="{}"\r\nContent-Type: text/plain\r\n\r\n'
    body = b"".join(part.format(name).encode() + data + b"\r\n" for name, data in files) + b"--x--\r\n"
    return {"content": body, "headers": {"content-type": "multipart/form-data; boundary=x"}}


def test_the_form(page: TestClient) -> None:
    answer = page.post("/uploads", **form(("a.txt", report(15)), ("", b"")), follow_redirects=False)
    assert answer.status_code == 303
    batch = answer.headers["location"].removeprefix("/uploads/batches/")
    assert done(page, batch)["a.txt"]["state"] == "new"
    assert batch in page.get("/uploads").text
    answer = page.post("/uploads", **form(("", b"")))
    assert answer.status_code == 400
    assert "BC100" in answer.text


def test_it_waits_for_another_writer(page: TestClient, archive: Path) -> None:
    with open_archive(archive):
        batch = send(page, {"a.txt": report(16)})
        until(lambda: page.get(f"/api/uploads/{batch}").json()["waits"])
        assert "đang ghi vào kho" in page.get(f"/uploads/batches/{batch}").text
    assert done(page, batch)["a.txt"]["state"] == "new"


def test_a_restart_in_the_middle(archive: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 12)
    files = {f.name: f.read_bytes() for f in sorted((tmp_path / "in").iterdir())}
    serving = Serving(str(archive))
    with TestClient(create_app(serving), base_url="http://localhost") as page:
        batch = send(page, files)
        until(lambda: page.get(f"/api/uploads/{batch}").json()["states"].get("new"))
    assert reader_of(archive) is None, "it ends with the page"
    with TestClient(create_app(serving), base_url="http://localhost") as page:
        assert {f["state"] for f in done(page, batch).values()} == {"new"}
    assert len(lookup.latest_ids(archive)) == 12
    assert bytes_left(archive) == []


def test_bytes_that_a_crash_left(archive: Path) -> None:
    with TestClient(create_app(Serving(str(archive))), base_url="http://localhost") as page:
        batch = send(page, {"a.txt": report(17)})
        done(page, batch)
        place = archive / "uploads" / batch
        until(lambda: not place.exists() and reader_of(archive) is None)
        place.mkdir()
        for name in ("1", "7", "8"):
            (place / name).write_bytes(b"left")
        os.utime(place / "8", (0, 0))
        send(page, {"b.pdf": b"%PDF broken"})
        until(lambda: not {f"{batch}/1", f"{batch}/8"} & set(bytes_left(archive)))
        assert f"{batch}/7" in bytes_left(archive), "a request may be at it"


def test_a_reader_that_is_killed(page: TestClient, archive: Path, tmp_path: Path) -> None:
    write_reports(tmp_path / "in", 12)
    batch = send(page, {f.name: f.read_bytes() for f in sorted((tmp_path / "in").iterdir())})
    until(lambda: page.get(f"/api/uploads/{batch}").json()["states"].get("reading"))
    first = until(lambda: reader_of(archive))
    os.kill(first, signal.SIGKILL)
    assert {f["state"] for f in done(page, batch).values()} == {"new"}
    assert reader_of(archive) != first
    assert len(lookup.latest_ids(archive)) == 12
    assert bytes_left(archive) == []
