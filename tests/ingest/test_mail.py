"""Mails and saved pages: the body is a report where it says enough, what is attached is read on its own."""

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from compressed_rtf import compress
from outlook import compound, message

from baocao.errors import BaocaoError, EmptyTextError, LimitError, UnreadableError
from baocao.index import lookup, open_archive
from baocao.intake import Outcome, take_in
from baocao.pipeline.ingest import read
from baocao.pipeline.ingest.containers import Member, unpack

NOTE = "Kính gửi Sở Y tế,\nPhòng Y tế xin gửi báo cáo quý II kèm theo.\nTrân trọng."
BODY = "Phòng Y tế báo cáo kết quả công tác khám bệnh, tiêm chủng quý II năm 2017 tại các trạm xã như sau.\n" * 8
REPORT = "Trạm Y tế xã Đại Thịnh đã khám bệnh cho 120 lượt người.\n".encode()


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def eml(
    body: str, *attachments: tuple[str, bytes], html: str | None = None, subject: str = "Fwd: Re: Báo cáo quý II"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = "a@example.vn", "b@example.vn", "Fri, 30 Jun 2017 16:00:00 +0700"
    mail["Subject"] = subject
    mail.set_content(body)
    if html:
        mail.add_alternative(html, subtype="html")
    for name, data in attachments:
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail


def unpacked(folder: Path, path: Path) -> dict[str, Member]:
    (folder / "out").mkdir(exist_ok=True)
    return {member.name: member for member in unpack(path, folder=folder / "out")}


def held(members: dict[str, Member]) -> dict[str, bytes]:
    return {name: member.path.read_bytes() for name, member in members.items() if member.path}


@pytest.mark.parametrize("kind", ["eml", "msg"])
def test_a_mail_that_says_little_is_what_is_attached(tmp_path: Path, kind: str) -> None:
    attached = {"báo cáo.txt": REPORT, "bảng.xlsx": b"x", "../ngoài.txt": REPORT}
    data = eml(NOTE, *attached.items()).as_bytes() if kind == "eml" else compound(message("Báo cáo", NOTE, attached))
    found = held(unpacked(tmp_path, put(tmp_path, f"thư.{kind}", data)))
    assert found == {"báo cáo.txt": REPORT, "ngoài.txt": REPORT}
    assert all((tmp_path / "out") in path.parents for path in tmp_path.rglob("ngoài.txt"))


@pytest.mark.parametrize("kind", ["eml", "msg"])
def test_a_body_that_says_enough_is_read_too(tmp_path: Path, kind: str) -> None:
    data = (
        eml(BODY, ("kèm.txt", REPORT)).as_bytes()
        if kind == "eml"
        else compound(message("Trả lời: Báo cáo quý II", BODY, {"kèm.txt": REPORT}, sent=131_433_120_000_000_000))
    )
    path = put(tmp_path, f"thư.{kind}", data)
    assert list(unpacked(tmp_path, path)) == ["", "kèm.txt"]
    found = read(path)
    assert found.text == "Báo cáo quý II\n" + BODY.strip()
    assert (found.title, found.date) == ("Báo cáo quý II", "2017-06-30")


@pytest.mark.parametrize("kind", ["eml", "msg"])
def test_a_body_of_html_alone(tmp_path: Path, kind: str) -> None:
    page = (
        "<html><body><style>p {}</style>" + "".join(f"<p>Đoạn {n}: khó khăn.</p>" for n in range(40)) + "</body></html>"
    )
    if kind == "eml":
        mail = EmailMessage()
        mail["Subject"], mail["From"] = "Báo cáo", "a@example.vn"
        mail.set_content(page, subtype="html")
        data = mail.as_bytes()
    else:
        data = compound(message("Báo cáo", "", html=page.encode()))
    text = read(put(tmp_path, f"a.{kind}", data)).text
    assert text == "Báo cáo\n" + "\n".join(f"Đoạn {n}: khó khăn." for n in range(40))


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("head", [r"\rtf1\ansi\ansicpg1258", r"\rtf1\ansi\ansicpg1258\fromhtml1 {\*\htmltag64 <p>}"])
def test_an_outlook_body_that_is_rich_text_alone(tmp_path: Path, head: str, compressed: bool) -> None:
    end = r"\par " if "html" not in head else r"\htmlrtf \par\htmlrtf0 {\*\htmltag72 </p>}{\*\htmltag64 <p>}"
    body = "{" + head + "".join(rf"\u272?o\u7841?n {n}: kh\'f3 kh\'e3n.{end}" for n in range(40)) + "}"
    data = compound(message("Báo cáo", "", rich=compress(body.encode(), compressed)))
    text = read(put(tmp_path, "a.msg", data)).text
    assert text == "Báo cáo\n" + "\n".join(f"Đoạn {n}: khó khăn." for n in range(40))


def test_rich_text_that_is_damaged(tmp_path: Path) -> None:
    rich = bytearray(compress(rb"{\rtf1 Kh\'f3 kh\'e3n}"))
    rich[-3] ^= 1
    with pytest.raises(UnreadableError, match="mail is damaged"):
        read(put(tmp_path, "a.msg", compound(message("Báo cáo", "", rich=bytes(rich)))))


def test_mails_in_mails(tmp_path: Path) -> None:
    outer = eml(NOTE)
    outer.add_attachment(eml(NOTE, ("trong.txt", REPORT), subject="Thư trong"))
    found = held(unpacked(tmp_path, put(tmp_path, "a.eml", outer.as_bytes())))
    assert found == {"Thư trong.eml!/trong.txt": REPORT}
    inner = message("Thư trong", NOTE, {"trong.txt": REPORT}, top=False)
    found = held(unpacked(tmp_path, put(tmp_path, "a.msg", compound(message("Ngoài", NOTE, {"x": inner})))))
    assert found == {"Thư trong.txt": f"Thư trong\n{NOTE}".encode(), "trong.txt": REPORT}


def test_a_zip_in_a_mail_counts_as_depth(tmp_path: Path) -> None:
    data = REPORT
    for level in range(3):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("a.txt" if not level else "b.zip", data)
        data = out.getvalue()
    found = unpacked(tmp_path, put(tmp_path, "a.eml", eml(NOTE, ("c.zip", data)).as_bytes()))
    ((name, member),) = found.items()
    assert name == "c.zip!/b.zip!/b.zip" and isinstance(member.error, LimitError)


def test_pictures_in_the_body_are_no_attachments(tmp_path: Path) -> None:
    mail = eml(NOTE, ("kèm.txt", REPORT), html="<p>Kính gửi</p><img src='cid:logo'>")
    page = mail.get_body(("html",))
    assert page is not None
    page.add_related(b"\x89PNG\r\n\x1a\n", "image", "png", cid="<logo>", filename="logo.png")
    assert list(unpacked(tmp_path, put(tmp_path, "a.eml", mail.as_bytes()))) == ["kèm.txt"]


@pytest.mark.parametrize(
    ("charset", "shown"),
    [("utf-8", "khó khăn ở Đắk Lắk"), ("us-ascii", "khó khăn ở Đắk Lắk"), ("x-la", "khó khăn ở Đắk Lắk")],
)
def test_a_mail_that_names_another_encoding(tmp_path: Path, charset: str, shown: str) -> None:
    head = f"From: a@example.vn\nSubject: Bao cao\nContent-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n"
    assert shown in read(put(tmp_path, "a.eml", head.encode() + "Còn khó khăn ở Đắk Lắk.\n".encode())).text


def test_a_text_that_begins_like_a_mail_is_a_text(tmp_path: Path) -> None:
    text = "Subject: báo cáo\n\nCòn khó khăn."
    assert read(put(tmp_path, "a.txt", text.encode())).text == text


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.eml", b"From: a@example.vn\nSubject:\n\n\n"),
        ("a.eml", b"\x00\x01\x02" * 100),
        ("a.msg", compound(message("x", "y"))[:700]),
        ("a.msg", b"From: a@example.vn\n\nkhong phai"),
        ("a.eml", b"From: a\nContent-Type: multipart/mixed; boundary=x\n\n" + b"--x\n" * 1000),
    ],
)
def test_damaged_mails_end_in_a_sentence(tmp_path: Path, name: str, data: bytes) -> None:
    path = put(tmp_path, name, data)
    with pytest.raises(BaocaoError) as caught:
        assert list(unpacked(tmp_path, path)) == [""]
        read(path)
    assert str(caught.value).endswith(".")


def test_ten_thousand_attachments_are_refused(tmp_path: Path) -> None:
    part = b'--B\nContent-Type: text/plain\nContent-Disposition: attachment; filename="a.txt"\n\nx\n'
    head = b"From: a@example.vn\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B\n\n"
    with pytest.raises(LimitError):
        unpacked(tmp_path, put(tmp_path, "a.eml", head + 10_000 * part + b"--B--\n"))


def mhtml(page: bytes, charset: str = "utf-8") -> bytes:
    return (
        b"From: <Saved by Blink>\r\nSnapshot-Content-Location: http://example.vn/\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; type="text/html"; boundary="B"\r\n\r\n--B\r\n'
        b"Content-Type: text/html; charset=" + charset.encode() + b"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + page
        + b"\r\n--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--B--\r\n"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a.mht", "a.mhtml", "a.doc"])
def test_a_saved_page(tmp_path: Path, name: str) -> None:
    lines = [
        f"Đoạn {n}: trong sáu tháng đầu năm, các đơn vị đã hoàn thành nhiều nhiệm vụ quan trọng được giao."
        for n in range(5)
    ]
    page = f"<html><body><nav>Trang chủ</nav>{''.join(f'<p>{line}</p>' for line in lines)}</body></html>"
    assert read(put(tmp_path, name, mhtml(page.encode()))).text.split("\n") == lines


def test_a_saved_page_without_a_page(tmp_path: Path) -> None:
    data = mhtml(b"x").replace(b"text/html", b"text/css")
    with pytest.raises(EmptyTextError):
        read(put(tmp_path, "a.mht", data))


def test_a_mail_in_the_archive(tmp_path: Path) -> None:
    path = put(tmp_path, "thư.eml", eml(BODY, ("kèm.txt", REPORT), ("hỏng.pdf", b"%PDF-1.4\nx")).as_bytes())
    with open_archive(tmp_path / "archive") as archive:
        told = {taken.path: taken.outcome for taken in take_in(archive, [path])}
    assert told == {
        str(path): Outcome.NEW,
        f"{path}!/kèm.txt": Outcome.NEW,
        f"{path}!/hỏng.pdf": Outcome.REFUSED,
    }
    assert {report.source.name for report in lookup.reports(tmp_path / "archive")} == {"thư.eml", "kèm.txt"}


def test_an_outlook_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError):
        unpacked(tmp_path, put(tmp_path, "a.msg", compound({"x": b"y"})))
