"""Old fonts in files that name them: DOCX, PDF, HTML, RTF; and an old text through the whole command."""

import html
import json
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from old_codes import SOURCES, Writer, errors, tcvn3, truth, vni
from processes import run

from baocao.pipeline.ingest import read

FONTS: list[tuple[str, str, Writer]] = [(".VnTime", "TCVN3", tcvn3), ("VNI-Times", "VNI", vni)]


def shown(write: Writer, text: str) -> str:
    """What a program of Windows takes the codes for."""
    return write(text).decode("cp1252")


def words(text: str) -> str:
    return " ".join(text.split())


def wrapped(text: str, width: int = 85) -> list[str]:
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split():
            if len(line) + len(word) > width:
                lines.append(line)
                line = ""
            line = f"{line} {word}".strip()
        lines.append(line)
    return [line for line in lines if line]


def add(paragraph: Any, text: str, font: str | None = None) -> Any:
    added = paragraph.add_run(text)
    if font:
        added.font.name = font
    return added


def saved(document: Any, folder: Path) -> Path:
    document.save(str(folder / "a.docx"))
    return folder / "a.docx"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem[:2])
@pytest.mark.parametrize(("font", "name", "write"), FONTS)
def test_word_documents_come_back(tmp_path: Path, source: Path, font: str, name: str, write: Writer) -> None:
    text = truth(source)
    document = docx.Document()
    document.styles["Normal"].font.name = font
    for line in text.split("\n"):
        if name == "TCVN3" and line.isupper():  # as typists do it: a font of capitals
            add(document.add_paragraph(), shown(write, line.lower()), ".VnTimeH")
        else:
            document.add_paragraph(shown(write, line))
    got = read(saved(document, tmp_path))
    assert got.reading.encoding == name
    assert errors(words(got.text), words(text)) <= 2


def test_word_runs_each_by_its_font(tmp_path: Path) -> None:
    document = docx.Document()
    document.styles.add_style("Cu", 1).font.name = "VNI-Times"
    document.styles.add_style("Cu con", 1).base_style = document.styles["Cu"]
    head = document.add_paragraph()
    add(head, "Sở Y tế Cà Mau ", "Times New Roman")
    add(head, "b¸o c¸o", ".VnTime")
    split = document.add_paragraph(style="Cu con")
    for piece in ("Ba", "ùo ca", "ùo"):  # a letter's two codes in two runs
        add(split, piece)
    sign = document.add_paragraph()
    code = parse_xml(f'<w:sym {nsdecls("w")} w:font=".VnTime" w:char="F0AE"/>')
    add(sign, "", ".VnTime")._r.append(code)
    add(sign, "·, n", ".VnTime")._r.append(parse_xml(f"<w:softHyphen {nsdecls('w')}/>"))  # as Word keeps "ư"
    add(sign, "íc", ".VnTime")
    document.add_table(1, 2).cell(0, 0).text = "2016"
    got = read(saved(document, tmp_path))
    assert got.text.split("\n")[:3] == ["Sở Y tế Cà Mau báo cáo", "Báo cáo", "đã, nước"]
    assert set((got.reading.encoding or "").split(", ")) == {"TCVN3", "VNI"}


def test_a_word_document_of_today_keeps_its_soft_hyphens_out_and_its_letters_in(tmp_path: Path) -> None:
    document = docx.Document()
    document.styles["Normal"].font.name = ".VnTime"  # it was old once
    document.add_paragraph("Sở Y tế tỉnh Cà Mau báo cáo kết quả")
    document.add_paragraph("bà và là")
    got = read(saved(document, tmp_path))
    assert (got.text, got.reading.encoding) == ("Sở Y tế tỉnh Cà Mau báo cáo kết quả\nbà và là", None)


def pdf(lines: list[tuple[str, bytes]]) -> bytes:
    """A PDF as printer drivers wrote them: Windows' codes in fonts that are named and not embedded."""
    fonts = sorted({font for font, _ in lines})
    pages = [lines[at : at + 50] for at in range(0, len(lines), 50)]
    parts = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    widths = b"[" + b" ".join([b"500"] * 224) + b"]"
    names = b"".join(b"/F%d %d 0 R" % (i, 3 + 2 * i) for i in range(len(fonts)))
    for i, font in enumerate(fonts):
        told = b"/BaseFont/%s" % font.encode()
        parts.append(
            b"<</Type/Font/Subtype/TrueType%s/Encoding/WinAnsiEncoding/FirstChar 32/LastChar 255/Widths%s"
            b"/FontDescriptor %d 0 R>>" % (told, widths, 4 + 2 * i)
        )
        parts.append(
            b"<</Type/FontDescriptor/FontName/%s/Flags 32/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 900"
            b"/Descent -200/CapHeight 700/StemV 80>>" % font.encode()
        )
    kids = []
    for page in pages:
        drawn = b"BT 14 TL 60 790 Td\n"
        for font, codes in page:
            escaped = codes.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
            drawn += b"/F%d 11 Tf (%s) Tj T*\n" % (fonts.index(font), escaped)
        drawn += b"ET"
        parts.append(b"<</Length %d>>stream\n%s\nendstream" % (len(drawn), drawn))
        parts.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<<%s>>>>>>"
            % (len(parts), names)
        )
        kids.append(b"%d 0 R" % len(parts))
    parts[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(parts) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size, table, size, len(out),
    )  # fmt: skip


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem[:2])
@pytest.mark.parametrize(("font", "name", "write"), [*FONTS, ("TT1", "TCVN3", tcvn3), ("TT1", "VNI", vni)])
def test_pdfs_come_back(tmp_path: Path, source: Path, font: str, name: str, write: Writer) -> None:
    lines = wrapped(truth(source))
    capitals = ".VnTimeH" if font == ".VnTime" else font
    (tmp_path / "a.pdf").write_bytes(
        pdf(
            [
                (capitals, write(line.lower())) if line.isupper() and capitals != font else (font, write(line))
                for line in lines
            ]
        )
    )
    got = read(tmp_path / "a.pdf")
    assert got.reading.encoding == name
    # Lines that end with a hyphen or a page are joined by the reader: that is tested elsewhere.
    assert errors(words(got.text), words("\n".join(lines))) * 200 <= len(words(got.text))


@pytest.mark.parametrize(("font", "name", "write"), FONTS)
def test_pages_of_the_web(tmp_path: Path, font: str, name: str, write: Writer) -> None:
    paragraphs = [line for line in truth(SOURCES[4]).split("\n") if len(line) > 60]
    body = "".join(f'<p><font face="{font}">{html.escape(shown(write, line))}</font></p>' for line in paragraphs)
    menu = "<p>Trang của Sở: đã và đang cập nhật các văn bản mới nhất của tỉnh cho mọi người, bà con xa gần</p>"
    page = f"<html><head><title>T</title></head><body>{menu}{body}</body></html>"
    plain = page.replace(f' face="{font}"', "")
    told = page.replace("<head>", '<head><meta http-equiv="Content-Type" content="text/html; charset={}">')
    pages = {
        "utf-8": page.encode(),
        "no font": plain.encode(),
        "entities": plain.encode("ascii", "xmlcharrefreplace"),
        "windows-1252": told.format("windows-1252").replace(menu, "").encode("cp1252"),
        "user-defined": told.format("x-user-defined").replace(menu, "").encode("cp1252"),
    }
    for kind, data in pages.items():
        (tmp_path / "a.html").write_bytes(data)
        got = read(tmp_path / "a.html")
        assert (kind, got.reading.encoding) == (kind, name)
        assert [line for line in paragraphs if line not in got.text] == []
        assert "Trang của Sở: đã và đang" in got.text or menu not in data.decode("utf-8", "replace")


@pytest.mark.parametrize(("font", "name", "write"), FONTS)
def test_rich_text(tmp_path: Path, font: str, name: str, write: Writer) -> None:
    text = "Báo cáo tình hình kinh tế - xã hội sáu tháng đầu năm của tỉnh"
    codes = "".join(chr(code) if code < 0x80 else f"\\'{code:02x}" for code in write(text))
    (tmp_path / "a.rtf").write_text(f"{{\\rtf1\\ansi{{\\fonttbl{{\\f0\\fnil {font};}}}}\\f0 {codes}\\par}}")
    got = read(tmp_path / "a.rtf")
    assert (got.text.strip(), got.reading.encoding) == (text, name)


def test_an_old_report_through_the_whole_command(tmp_path: Path) -> None:
    text = truth(SOURCES[0])
    (tmp_path / "new.txt").write_text(text, "utf-8")
    (tmp_path / "old.txt").write_bytes(tcvn3(text))
    done = run("analyze", tmp_path / "new.txt", tmp_path / "old.txt", "--json")
    new, old = map(json.loads, done.stdout.splitlines())
    assert (new["reading"]["encoding"], old["reading"]["encoding"]) == (None, "TCVN3")
    assert old["text"] == new["text"]
    assert (old["docno"], old["issued"], old["issuer"]) == (new["docno"], new["issued"], new["issuer"])
    assert old["entities"] == new["entities"]
