"""Lay out the sample reports: `python samples/make.py` writes samples/reports/ from samples/sources/.

A source has `key: value` lines, a blank line, then the body, a paragraph a line (`| a | b |` is a table
row). The files made are committed; this script needs reportlab, python-docx and the DejaVu fonts
(Debian: fonts-dejavu-core).
"""

import html
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
FONTS = Path("/usr/share/fonts/truetype/dejavu")
MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
TAIL_KEYS = ("recipients", "role", "signer")


@dataclass
class Source:
    """A sample's text: its keys and its body paragraphs."""

    name: str
    keys: dict[str, str] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)


def load(path: Path) -> Source:
    """Read a source file."""
    head, _, rest = path.read_text(encoding="utf-8").partition("\n\n")
    source = Source(path.stem, dict(line.split(": ", 1) for line in head.splitlines()))
    for line in rest.splitlines():
        key, _, value = line.partition(": ")
        if key in TAIL_KEYS:
            source.keys[key] = value
        elif line.strip():
            source.body.append(line)
    return source


def is_heading(line: str) -> bool:
    """Tell whether a paragraph is a numbered heading of the upper levels."""
    return line.startswith(("I. ", "II. ", "III. ", "IV. ", "Phần ")) and len(line) < 90


def make_txt(source: Source, out: Path) -> None:
    """Plain text; the samples differ in line ends and composition of letters."""
    k = source.keys
    lines = [k["above"], k["issuer"], *MOTTO, k["number"], k["dated"], k["kind"], k["title"], "", *source.body, "",
             "Nơi nhận:", *(f"- {r};" for r in k["recipients"].split("; ")), k["role"], k["signer"], ""]  # fmt: skip
    text = "\n".join(lines)
    if source.name.startswith("08"):
        out.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode("utf-8"))
    elif source.name.startswith("11"):
        out.write_text(unicodedata.normalize("NFD", text), encoding="utf-8")
    else:
        out.write_text(text, encoding="utf-8")


def make_html(source: Source, out: Path) -> None:
    """A page as offices publish it, with menus, related news, a script and a footer around the text."""
    title, site = html.escape(source.keys["title"]), html.escape(source.keys["site"])
    body = "\n".join(f"<p>{html.escape(p)}</p>" for p in source.body)
    out.write_text(
        f"""<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>{title}</title>
<script>var seen = 1;</script></head><body>
<header><a href="/">{site}</a><nav><ul><li><a href="/">Trang chủ</a></li><li><a href="/gioi-thieu">Giới thiệu</a></li>
<li><a href="/tin-tuc">Tin tức - Sự kiện</a></li><li><a href="/lien-he">Liên hệ</a></li></ul></nav></header>
<main><article><h1>{title}</h1>
{body}
</article></main>
<aside><h3>Tin liên quan</h3><ul><li><a href="/1">Thông báo lịch tiếp công dân</a></li>
<li><a href="/2">Danh sách đề nghị khen thưởng</a></li></ul></aside>
<form><textarea>Bình luận của bạn</textarea></form>
<footer><p>Bản quyền thuộc về {site}. Lượt truy cập: 1.204.338</p></footer></body></html>""",
        encoding="utf-8",
    )


def make_docx(source: Source, out: Path) -> None:
    """A Word file with the official head in a table, real headings and tables."""
    import docx

    document = docx.Document()
    document.core_properties.title = ""
    k = source.keys
    head = document.add_table(rows=1, cols=2)
    head.cell(0, 0).text = "\n".join((k["above"], k["issuer"], k["number"]))
    head.cell(0, 1).text = "\n".join((*MOTTO, k["dated"]))
    document.add_paragraph(k["kind"])
    document.add_paragraph(k["title"])
    rows: list[list[str]] = []
    for line in [*source.body, ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            table = document.add_table(rows=len(rows), cols=len(rows[0]))
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    table.cell(i, j).text = cell
            rows = []
        if line.startswith("- "):
            document.add_paragraph(line[2:], style="List Bullet")
        elif line:
            document.add_heading(line, 1) if is_heading(line) else document.add_paragraph(line)
    document.add_paragraph("Nơi nhận:")
    for recipient in k["recipients"].split("; "):
        document.add_paragraph(f"- {recipient};")
    for role in k["role"].split(" | "):
        document.add_paragraph(role)
    document.add_paragraph(k["signer"])
    document.save(out)
    _still(out)


def _still(path: Path) -> None:
    """Write a zip again with one date for all its members, so that the same text makes the same bytes."""
    with zipfile.ZipFile(path) as old:
        members = [(m, old.read(m)) for m in sorted(old.namelist())]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in members:
            new.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def make_pdf(source: Source, out: Path) -> None:
    """A PDF with the two-column head, a running head from page two, page numbers and wrapped lines."""
    from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    pdfmetrics.registerFont(TTFont("Serif", FONTS / "DejaVuSerif.ttf"))
    pdfmetrics.registerFont(TTFont("Serif-Bold", FONTS / "DejaVuSerif-Bold.ttf"))
    plain = ParagraphStyle("plain", fontName="Serif", fontSize=12, leading=18, alignment=TA_JUSTIFY, spaceAfter=6)
    bold = ParagraphStyle("bold", parent=plain, fontName="Serif-Bold")
    centred = ParagraphStyle("centred", parent=bold, alignment=TA_CENTER)
    small = ParagraphStyle("small", parent=centred, fontSize=10, leading=13, spaceAfter=2)
    k = source.keys
    left = [Paragraph(html.escape(k[x]), small) for x in ("above", "issuer", "number")]
    right = [Paragraph(html.escape(x), small) for x in (*MOTTO, k["dated"])]
    flow = [Table([[left, right]], colWidths=[220, 270]), Spacer(1, 14), Paragraph(k["kind"], centred),
            Paragraph(html.escape(k["title"]), centred), Spacer(1, 10)]  # fmt: skip
    flow += [Paragraph(html.escape(p), bold if is_heading(p) else plain) for p in source.body]
    flow.append(Spacer(1, 12))
    names = [Paragraph(html.escape(r), small) for r in (*k["role"].split(" | "), " ", k["signer"])]
    listed = [Paragraph(html.escape(r), ParagraphStyle("r", parent=plain, fontSize=11, leading=13, spaceAfter=0))
              for r in ("Nơi nhận:", *(f"- {r};" for r in k["recipients"].split("; ")))]  # fmt: skip
    flow.append(Table([[listed, names]], colWidths=[240, 250]))

    def chrome(canvas, document):  # type: ignore[no-untyped-def]
        canvas.setFont("Serif", 11)
        if document.page > 1:
            canvas.drawCentredString(A4[0] / 2, A4[1] - 40, str(document.page))

    template = SimpleDocTemplate(str(out), pagesize=A4, leftMargin=56, rightMargin=48, topMargin=62, bottomMargin=62,
                                 invariant=1, title="")  # fmt: skip
    template.build(flow, onFirstPage=chrome, onLaterPages=chrome)


def main() -> None:
    """Make every sample."""
    target = HERE / "reports"
    target.mkdir(exist_ok=True)
    makers = {"txt": make_txt, "html": make_html, "docx": make_docx, "pdf": make_pdf}
    for path in sorted((HERE / "sources").glob("*.txt")):
        source = load(path)
        form = source.keys["form"]
        makers[form](source, target / f"{source.name}.{form}")


if __name__ == "__main__":
    main()
