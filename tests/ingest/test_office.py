"""DOC, RTF and ODT as LibreOffice writes them, and by hand; the same text comes back from every format."""

import random
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import olefile
import pytest
from old_codes import tcvn3
from processes import lacking
from scans import error_rate

from baocao.errors import BaocaoError, UnreadableError
from baocao.pipeline.ingest import read

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "reports"
FORMATS = ("doc", "rtf", "odt", "docx")
REPORTS = sorted(path.stem for path in SAMPLES.glob("*.docx"))
OLD = "Sở Y tế báo cáo kết quả khám bệnh, còn nhiều khó khăn, vướng mắc"
Written = Callable[[str, str], Path]


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def rich(body: str, head: str = r"\ansi\ansicpg1252\deff0{\fonttbl{\f0\fnil Times New Roman;}}") -> bytes:
    return rf"{{\rtf1{head} {body}}}".encode("latin-1")


def in_old_font(text: str) -> bytes:
    letters = "".join(f"\\'{code:02x}" if code > 127 else chr(code) for code in tcvn3(text))
    return rich(letters, r"\ansi\deff0{\fonttbl{\f0\fnil .VnTime;}}")


ODF = "urn:oasis:names:tc:opendocument:xmlns"
CHANGED = "<office:change-info><dc:creator>x</dc:creator><dc:date>2017-01-01T00:00:00</dc:date></office:change-info>"
SOURCE = f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="{ODF}:office:1.0" xmlns:style="{ODF}:style:1.0" xmlns:text="{ODF}:text:1.0"
 xmlns:table="{ODF}:table:1.0" xmlns:draw="{ODF}:drawing:1.0" xmlns:fo="{ODF}:xsl-fo-compatible:1.0"
 xmlns:svg="{ODF}:svg-compatible:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>
<text:list-style style:name="L1">
<text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="I"/>
<text:list-level-style-number text:level="2" style:num-suffix="." style:num-format="1"/>
<text:list-level-style-number text:level="3" style:num-suffix=")" style:num-format="a"/>
<text:list-level-style-bullet text:level="4" text:bullet-char="•"/>
</text:list-style>
<text:list-style style:name="L2">
<text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="1" text:start-value="3"/>
<text:list-level-style-number text:level="2" style:num-suffix="." style:num-format="1" text:display-levels="2"/>
</text:list-style>
<style:style style:name="H" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="F" style:family="graphic"><style:graphic-properties style:wrap="parallel"/></style:style>
</office:automatic-styles>
<office:body><office:text>
<text:tracked-changes>
<text:changed-region text:id="c1"><text:deletion>{CHANGED}<text:p>đã bỏ </text:p></text:deletion></text:changed-region>
<text:changed-region text:id="c2"><text:insertion>{CHANGED}</text:insertion></text:changed-region>
</text:tracked-changes>
<text:h text:outline-level="1">BÁO CÁO CÔNG TÁC Y TẾ</text:h>
<text:p>Phòng Y tế <text:change text:change-id="c1"/>báo cáo <text:change-start text:change-id="c2"/>thêm<text:change-end
 text:change-id="c2"/> kết quả<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body>
<text:p>Theo Kế hoạch số 12/KH-UBND.</text:p></text:note-body></text:note> năm 2017 như sau:</text:p>
<text:list text:style-name="L1"><text:list-item><text:p>Kết quả</text:p><text:list><text:list-item><text:p>Khám bệnh</text:p>
</text:list-item><text:list-item><text:p>Tiêm chủng</text:p><text:list><text:list-item><text:p>trẻ em</text:p></text:list-item>
<text:list-item><text:p>người lớn</text:p><text:list><text:list-item><text:p>xã Tiền Phong</text:p></text:list-item></text:list>
</text:list-item></text:list></text:list-item></text:list></text:list-item></text:list>
<text:p>Đoạn chen giữa.</text:p>
<text:list text:style-name="L1" text:continue-numbering="true"><text:list-item><text:p>Khó khăn</text:p><text:list><text:list-item>
<text:p>Thiếu kinh phí</text:p></text:list-item></text:list></text:list-item></text:list>
<text:list text:style-name="L2"><text:list-item><text:p>Mục ba</text:p><text:list><text:list-item><text:p>Mục ba một</text:p>
</text:list-item></text:list></text:list-item><text:list-item text:start-value="7"><text:p>Mục bảy</text:p></text:list-item></text:list>
<table:table><table:table-column table:number-columns-repeated="3"/>
<table:table-header-rows><table:table-row><table:table-cell><text:p>STT</text:p></table:table-cell>
<table:table-cell><text:p>Đơn vị</text:p></table:table-cell><table:table-cell><text:p>Số lượt</text:p></table:table-cell></table:table-row>
</table:table-header-rows>
<table:table-row><table:table-cell><text:p>1</text:p></table:table-cell><table:table-cell><text:p>Trạm xã</text:p>
<text:p>Đại Thịnh</text:p></table:table-cell><table:table-cell><text:p>987</text:p></table:table-cell></table:table-row>
<table:table-row><table:table-cell><text:p>2</text:p></table:table-cell><table:table-cell table:number-columns-spanned="2">
<text:p>Không có</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>
<text:p>Có khung:<draw:frame text:anchor-type="paragraph" draw:style-name="F" svg:width="5cm" svg:height="2cm"><draw:text-box>
<text:p>Trong khung</text:p></draw:text-box></draw:frame></text:p>
<text:p>Nơi nhận:<text:tab/>Lưu<text:line-break/>VT<text:span text:style-name="H"> ẩn</text:span>.</text:p>
</office:text></office:body></office:document>
"""
SHOWN = """BÁO CÁO CÔNG TÁC Y TẾ
Phòng Y tế báo cáo thêm kết quả năm 2017 như sau:
I. Kết quả
1. Khám bệnh
2. Tiêm chủng
a) trẻ em
b) người lớn
- xã Tiền Phong
Đoạn chen giữa.
II. Khó khăn
1. Thiếu kinh phí
3. Mục ba
3.1. Mục ba một
7. Mục bảy
STT | Đơn vị | Số lượt
1 | Trạm xã Đại Thịnh | 987
2 | Không có
Có khung:
Trong khung
Nơi nhận: Lưu
VT.
[1] Theo Kế hoạch số 12/KH-UBND."""


def sources(folder: Path) -> Iterator[Path]:
    """Write what LibreOffice is to write in other formats."""
    folder.mkdir()
    (folder / "structure.fodt").write_text(SOURCE, encoding="utf-8")
    document = docx.Document()
    head = document.add_table(rows=1, cols=2)
    head.cell(0, 0).text = "UBND HUYỆN MÊ LINH\nPHÒNG Y TẾ"
    head.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    for text in ("Kết quả", "Khó khăn"):
        document.add_paragraph(text, style="List Number")
    outer = document.add_table(rows=2, cols=2)
    outer.cell(0, 0).text, outer.cell(1, 0).text, outer.cell(1, 1).text = "ngoài", "dưới", "phải"
    inner = outer.cell(0, 1).add_table(rows=2, cols=2)
    for n in range(4):
        inner.cell(n // 2, n % 2).text = f"trong {n}"
    document.add_paragraph("Hết.")
    document.save(str(folder / "tables.docx"))
    for name, title in (("titled", "Báo cáo tuần"), ("mistitled", "Thông báo khác")):
        document = docx.Document()
        document.core_properties.title = title
        document.add_paragraph("Báo cáo tuần")
        document.save(str(folder / f"{name}.docx"))
    (folder / "old.rtf").write_bytes(in_old_font(OLD))
    for report in REPORTS:
        shutil.copy(SAMPLES / f"{report}.docx", folder)
    yield from folder.iterdir()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Let LibreOffice write all sources in every format; return what finds one."""
    program = shutil.which("soffice")
    if program is None:
        lacking("No LibreOffice here: apt-get install libreoffice-writer.")
    folder = tmp_path_factory.mktemp("office")
    made = [str(path) for path in sources(folder / "sources")]
    for suffix in FORMATS:
        subprocess.run(
            [str(program), f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", suffix,
             "--outdir", str(folder / suffix), *made],
            capture_output=True, timeout=300, check=True,
        )  # fmt: skip
    return lambda name, suffix: folder / suffix / f"{name}.{suffix}"


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_libreoffice_writes(written: Written, suffix: str) -> None:
    assert read(written("structure", suffix)).text == SHOWN


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_head_and_tables_within_tables(written: Written, suffix: str) -> None:
    assert read(written("tables", suffix)).text == (
        "UBND HUYỆN MÊ LINH\nPHÒNG Y TẾ\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"
        "1. Kết quả\n2. Khó khăn\nngoài | trong 0 | trong 1 trong 2 | trong 3\ndưới | phải\nHết."
    )


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("report", REPORTS)
def test_reports_lose_nothing(written: Written, report: str, suffix: str) -> None:
    truth = read(SAMPLES / f"{report}.docx").text
    assert error_rate(truth, read(written(report, suffix)).text) <= 0.005


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_title_counts_only_where_the_text_has_it(written: Written, suffix: str) -> None:
    assert read(written("titled", suffix)).title == "Báo cáo tuần"
    assert read(written("mistitled", suffix)).title is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_letters_of_an_old_font(written: Written, suffix: str) -> None:
    found = read(written("old", suffix))
    assert found.text == OLD
    assert found.reading.encoding is not None and "TCVN3" in found.reading.encoding


VIETNAMESE = r"\ansi\ansicpg1258\deff0{\fonttbl{\f0\fnil\fcharset163 Times New Roman;}}"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rich(r"Ba\u769?o ca\u769?o", VIETNAMESE), "Báo cáo"),
        (rich(r"B\'e1o c\'e1o t\'ecnh Đ".replace("Đ", r"\'d0"), VIETNAMESE), "Báo cáo t́nh Đ"),  # 0xEC is a tone there
        (rich(r"kh\u243?ng {\uc0\u272}\uc2\u7845 \'3f\'3fy\uc1"), "khóng Đấy"),
        (rich(r"S\u7903?{\*\unknown b\'ed m\u7853?t}{\info{\title T}}{\v \u7849?n} Y t\u7871?\par"), "Sở Y tế"),
        (rich(r"{\upr{Ti?ng}{\*\ud{Ti\u7871?ng}}} Vi\u7879?t"), "Tiếng Việt"),
        (rich(r"A{\field{\*\fldinst HYPERLINK \\l x}{\fldrslt \u273?\u432?\u7901?ng d\u7851?n}} B"), "Ađường dẫn B"),
        (rich(r"A{\deleted  b\u7887?} C{\pict\pngblip 89504e47}\bin3 }}}D"), "A CD"),
        (rich(r"\pard{\pntext\f0 1.\tab}{\*\pn\pnlvlbody{\pntxta .}}M\u7897?t\par{\pntext\f0 2.\tab}Hai\par"), "1. Một\n2. Hai"),
        (rich(r"M\u7897?t\page Hai\~ba\_b\u7889?n"), "Một\nHai ba-bốn"),
        (rich(r"kh\'f4ng c\'f2n \{ngo\u7863?c\}"), "không còn {ngoặc}"),
        (rich("dòng bị\ncắt".encode("cp1252", "ignore").decode("latin-1")), "dòng bct"),
        (rich(r"\trowd\cellx1\cellx2\intbl a\cell b\cell\row\trowd\intbl c\cell d\cell\row\pard e\par"), "a | b\nc | d\ne"),
        (rich("d\u1edf dang".encode("ascii", "ignore").decode())[:-1], "d dang"),  # its end was lost
    ],
)  # fmt: skip
def test_rtf_by_hand(tmp_path: Path, data: bytes, expected: str) -> None:
    assert read(put(tmp_path, "a.rtf", data)).text == expected


def test_rtf_of_an_old_font(tmp_path: Path) -> None:
    assert read(put(tmp_path, "a.rtf", in_old_font(OLD))).text == OLD


def narrowed(path: Path) -> None:
    """Let a DOC hold a byte a letter, as Word does where it can and LibreOffice never; all that tells places moves."""
    with olefile.OleFileIO(path, write_mode=True) as ole:
        main = bytearray(ole.openstream("WordDocument").read())
        table = bytearray(ole.openstream("1Table" if ole.exists("1Table") else "0Table").read())
        clx, _ = struct.unpack_from("<II", main, 0x1A2)
        piece = clx + 5 + 8 + 2  # of one: its kind and length, two places, and a mark before its offset
        letters, offset = struct.unpack_from("<I", table, clx + 9)[0], struct.unpack_from("<I", table, piece)[0]
        text = main[offset : offset + 2 * letters].decode("utf-16-le")
        main[offset : offset + letters] = text.encode("latin-1")
        struct.pack_into("<I", table, piece, 2 * offset | 0x40000000)

        def move(raw: bytearray, at: int, count: int) -> None:
            for place in range(at, at + 4 * count, 4):
                (was,) = struct.unpack_from("<I", raw, place)
                if offset <= was <= offset + 2 * letters:
                    struct.pack_into("<I", raw, place, offset + (was - offset) // 2)

        for pair in (0xFA, 0x102):
            at, length = struct.unpack_from("<II", main, pair)
            count = (length - 4) // 8
            move(table, at, count + 1)
            for (page,) in struct.iter_unpack("<I", table[at + 4 * (count + 1) : at + length]):
                move(main, 512 * page, main[512 * page + 511] + 1)
        ole.write_stream("WordDocument", bytes(main))
        ole.write_stream("1Table" if ole.exists("1Table") else "0Table", bytes(table))


def test_a_doc_of_a_byte_a_letter(tmp_path: Path, written: Written) -> None:
    path = put(tmp_path, "a.doc", written("old", "doc").read_bytes())
    before = path.read_bytes()
    narrowed(path)
    assert path.read_bytes() != before
    assert read(path).text == OLD


def test_a_web_page_saved_as_doc(tmp_path: Path) -> None:
    page = "<html><body>" + "<p>Phòng Y tế báo cáo kết quả công tác năm 2017 của toàn huyện.</p>" * 5 + "</body></html>"
    assert "kết quả công tác" in read(put(tmp_path, "a.doc", page.encode())).text


@pytest.mark.parametrize("suffix", FORMATS)
def test_damage_ends_in_a_sentence_or_a_text(tmp_path: Path, written: Written, suffix: str) -> None:
    whole = written("structure", suffix).read_bytes()
    chance = random.Random(8)
    ends = []
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 20, 400))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.3:
            del data[chance.randrange(len(data)) :]
        try:
            ends.append(read(put(tmp_path, f"a.{suffix}", bytes(data))).text)
        except BaocaoError as error:
            assert str(error).endswith(".")
            ends.append(None)
    assert None in ends  # some were damaged beyond reading


def test_a_locked_or_older_doc_says_so(tmp_path: Path, written: Written) -> None:
    whole = written("structure", "doc").read_bytes()
    at = next(n for n in range(0, len(whole), 512) if whole.startswith(b"\xec\xa5", n))
    for offset, value, words in ((2, 0x65, "older than Word 97"), (10, 0x0100, "password")):
        data = bytearray(whole)
        struct.pack_into("<H", data, at + offset, value)
        with pytest.raises(UnreadableError, match=words):
            read(put(tmp_path, "a.doc", bytes(data)))
