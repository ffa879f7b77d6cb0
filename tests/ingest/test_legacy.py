"""Text of before Unicode: what comes back is what was written, and what is Unicode is left alone."""

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from old_codes import SOURCES, Writer, errors, nfd, plain_signs, tcvn3, truth, viqr, viscii, vn1, vni, windows_1258

from baocao.pipeline.ingest import read
from baocao.pipeline.ingest.legacy import Run, convert, convert_runs, from_font
from baocao.text import clean


def as_read(folder: Path, data: bytes, name: str = "a.txt") -> tuple[str, str | None]:
    (folder / name).write_bytes(data)
    document = read(folder / name)
    return document.text, document.reading.encoding


def pasted(write: Writer) -> Writer:
    """The letters that a program of Windows showed, copied into a file of today."""
    return lambda text: write(text).decode("cp1252", errors="replace").encode()


WRITERS: list[tuple[str, Writer, int]] = [
    ("TCVN3", tcvn3, 1),
    ("TCVN3", pasted(tcvn3), 1),
    ("TCVN3", lambda text: tcvn3(text).decode("latin-1").encode(), 1),
    ("VNI", vni, 0),
    ("VNI", pasted(vni), 0),
    ("Windows-1258", windows_1258, 0),
    ("Windows-1258", pasted(windows_1258), 0),
    ("VIQR", viqr, 2),
    ("VIQR", lambda text: viqr(text, escaped=False), 2),
    ("VISCII", viscii, 0),
    ("UTF-8 taken for Windows-1252", lambda text: text.encode().decode("latin-1").encode(), 0),
    ("Unicode NFD", nfd, 0),
]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem[:2])
@pytest.mark.parametrize(("name", "write", "per_thousand"), WRITERS)
def test_samples_come_back(tmp_path: Path, source: Path, name: str, write: Writer, per_thousand: int) -> None:
    text = plain_signs(truth(source)) if name in ("VIQR", "VISCII") else truth(source)
    got, encoding = as_read(tmp_path, write(text))
    assert encoding == name
    assert errors(got, text) * 1000 <= per_thousand * len(text)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem[:2])
def test_capitals_of_the_full_standard(tmp_path: Path, source: Path) -> None:
    # A text without marked capitals is the same in both sets.
    text = plain_signs(truth(source))
    got, encoding = as_read(tmp_path, vn1(text))
    assert (got, encoding in ("TCVN3", "TCVN 5712 VN1")) == (text, True)


SENTENCES = [
    line for path in sorted((Path(__file__).parents[2] / "models" / "sentences").glob("*.txt"))[:6]
    for line in path.read_text("utf-8").split("\n")[:400] if line and not line.startswith("#")
]  # fmt: skip
OTHERS = [
    "Le ministère a été informé des problèmes où l'été dernier a créé des dégâts à côté de la forêt.",
    "Señor Núñez vivía en España; la mañana era fría y el niño comía piñas.",
    "Der Präsident grüßte die Ärzte über die große Straße; Müller möchte Käse für später.",
    "The committee didn't approve it. Was it John's idea? It's unclear; we're waiting.",
    "def f(a): return a^b if a else (a+1) # e.g. x.y~z, o+u, `a.b` don't",
    "https://www.mof.gov.vn/a.b?c=d.e ngo@sonoi.vn u+1 o'clock i.e. a.m. p.m.",
    "mua 5 ke^ o? cho. la` xong",
    "1.204.338,5 | 12/BC-TTr | 97,9% | 3.5 km² | 40°C | ±5 | ½ | × 3 | © 2020 | § 12",
    "Bao cao ket qua cong tac nam 2016? Da xong. Con kho khan: thieu can bo (a. b. c.)",
    "Hà Nội và Cà Mau", "à, á, é", "cà phê", "Ông Hà", "naïve café", "Ngày 12·6 – «xong»",
]  # fmt: skip


@settings(deadline=None)  # the first example loads the tables
@given(st.lists(st.sampled_from([*SENTENCES, *OTHERS]), min_size=1, max_size=30), st.sampled_from(["\n", " ", "\n\n"]))
def test_what_is_unicode_is_never_converted(lines: list[str], between: str) -> None:
    text = clean(between.join(lines))
    assert convert(text) == (text, None)


@settings(deadline=None)  # the first example loads the tables
@given(st.text(max_size=300))
def test_noise_is_never_converted(text: str) -> None:
    assert convert(clean(text)) == (clean(text), None)


@settings(deadline=None)  # the first example loads the tables
@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=300))
def test_noise_of_western_letters_is_never_converted(text: str) -> None:
    assert convert(text) == (text, None)


@settings(deadline=None)  # the first example loads the tables
@given(
    st.lists(
        st.sampled_from(
            [
                "à",
                "á",
                "â",
                "ã",
                "è",
                "é",
                "ê",
                "ì",
                "í",
                "ò",
                "ó",
                "ô",
                "õ",
                "ù",
                "ú",
                "ý",
                "bà",
                "mã",
                "tê",
                "lò",
                "về",
                "của",
                "xã",
            ]
        ),
        max_size=80,
    )
)
def test_words_that_old_codes_could_show_are_left_where_they_are_vietnamese(words: list[str]) -> None:
    assert convert(" ".join(words)) == (" ".join(words), None)


@settings(deadline=None)  # the first example loads the tables
@given(
    st.lists(st.sampled_from([s for s in SENTENCES if len(s) > 60]), min_size=3, max_size=12, unique=True),
    st.sampled_from([tcvn3, vni, windows_1258]),
)
def test_sentences_come_back(lines: list[str], write: Writer) -> None:
    try:
        old = write("\n".join(lines)).decode("cp1252")
    except ValueError:  # a sign that the encoding or Windows lacks
        assume(False)
    got, _ = convert(old)
    assert got.lower() == "\n".join(lines).lower()


def test_a_heading_in_unicode_stays_in_an_old_text() -> None:
    heading = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nHà và Cà Mau\nSở Y tế Hà Giang\n"
    body = truth(SOURCES[0])
    for name, write in (("TCVN3", tcvn3), ("VNI", vni)):
        got, encoding = convert(heading + write(body).decode("cp1252"))
        assert encoding == name
        assert got.startswith(heading)
        assert errors(got.removeprefix(heading), body) <= 2


def test_bytes_of_two_kinds_in_one_file(tmp_path: Path) -> None:
    got, encoding = as_read(tmp_path, "Sở Y tế\n".encode() + tcvn3("Báo cáo tình hình sáu tháng đầu năm"))
    assert (got, encoding) == ("Sở Y tế\nBáo cáo tình hình sáu tháng đầu năm", "TCVN3")


@pytest.mark.parametrize("text", ["Báo cáo", "Sở Y tế Hà Nội", "Đã xong 12 kè", "Số: 15/BC-UBND"])
def test_few_words_are_enough_where_bytes_are_no_unicode(tmp_path: Path, text: str) -> None:
    assert as_read(tmp_path, tcvn3(text)) == (text, "TCVN3")
    assert as_read(tmp_path, vni(text)) == (text, "VNI")
    assert as_read(tmp_path, windows_1258(text)) == (text, "Windows-1258")


def test_western_bytes_are_no_old_vietnamese(tmp_path: Path) -> None:
    text = "The “plan” – 12 % – was kept, à la carte"
    assert as_read(tmp_path, text.encode("cp1252")) == (text, "Windows-1252")


@pytest.mark.parametrize(
    ("old", "text"),
    [
        ("CéNG HßA X· HéI CHñ NGHÜA VIÖT NAM", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("Hµ NéI, ngµy 5 th¸ng 6 n¨m 2004", "HÀ NỘI, ngày 5 tháng 6 năm 2004"),  # "Hà" takes after its neighbour
        ("UBND Hµ TÜnh vµ Së Y tÕ", "UBND Hà Tĩnh và Sở Y tế"),  # an abbreviation is no heading
        ("đã xong.".replace("đ", "®").replace("ã", "·") + " ë x· cßn thiÕu", "đã xong. Ở xã còn thiếu"),
        ("Chñ tÞch ñy ban nh©n d©n x·", "Chủ tịch Ủy ban nhân dân xã"),
        ("bµ NguyÔn ThÞ ¸nh ë x·", "bà Nguyễn Thị Ánh ở xã"),
        (
            "céng hoµ x· héi chñ nghÜa viÖt nam",
            "cộng hoà xã hội chủ nghĩa việt nam",
        ),  # set in .VnTimeH: not to be known
    ],
)
def test_capitals_that_tcvn3_cannot_write(old: str, text: str) -> None:
    assert convert(old, surely=True) == (text, "TCVN3")


@pytest.mark.parametrize(
    ("font", "old", "text"),
    [
        (".VnTime", "B¸o c¸o", "Báo cáo"),
        (".VnTimeH", "b¸o c¸o", "BÁO CÁO"),
        (".VnArial NarrowH", "së", "SỞ"),
        ("ABCDEF+.VnTimeH-Bold", "së", "SỞ"),
        ("ABCDEF+.VnHelvetInsH,Bold", "së", "SỞ"),
        (".VnArial NarrowH Bold", "së", "SỞ"),
        (".VnHelvetica", "së", "sở"),
        (".VnTime", "n\u2212íc, \uf0ae·", "nước, đã"),  # as PDFs and fonts of symbols have them
        ("VNI-Times", "Baùo caùo", "Báo cáo"),
        ("GHIJKL+VNI-Helve-Condense", "sôû", "sở"),
        ("VPS Times", "s\xaa", "sở"),
        (".VnTime", "Sở Y tế", "Sở Y tế"),  # a text that is Unicode, though its font is called so
        ("Times New Roman", "B¸o", "B¸o"),
        ("Vnitura", "B¸o", "B¸o"),
        (None, "B¸o", "B¸o"),
    ],
)
def test_fonts(font: str | None, old: str, text: str) -> None:
    assert from_font(font, old) == text


def test_runs_are_converted_by_their_fonts() -> None:
    runs = [
        Run("céng hoµ", ".VnTimeH"),
        Run("Së Y tÕ", ".VnTime"),
        Run("Sôû Y teá", "VNI-Times"),
        Run("Cà Mau", "Times New Roman"),
        Run("2016"),
    ]
    assert convert_runs(runs).texts == ["CỘNG HOÀ", "Sở Y tế", "Sở Y tế", "Cà Mau", "2016"]
    assert convert_runs(runs).encoding in ("TCVN3, VNI", "VNI, TCVN3")


def test_fonts_that_lie_do_no_harm() -> None:
    # A text that became Unicode keeps its font's name in its styles.
    runs = [Run("Cà Mau và Hà Nội", ".VnTime"), Run("bà", ".VnTime"), Run("đã", ".VnTimeH")]
    assert convert_runs(runs) == ([run.text for run in runs], None)


VIQR_ROWS = [
    ("Ca'n bo^. thanh tra. Ca'c", "Cán bộ thanh tra. Các"),  # a full stop after "tra"
    ("Ba` Le^ Thi. Lan", "Bà Lê Thị Lan"),  # a tone after "Thi", though a capital follows
    ("DDe^` nghi. Bo^. Y te^'.", "Đề nghị Bộ Y tế."),
    ("xem www.moha.gov.vn va` ngo.a@so.vn", "xem www.moha.gov.vn và ngo.a@so.vn"),
    ("so^' 12/QDD-UBND", "số 12/QĐ-UBND"),
]


@pytest.mark.parametrize(("old", "text"), VIQR_ROWS)
def test_viqr_signs_that_may_be_punctuation(old: str, text: str) -> None:
    lead = "Ba'o ca'o ke^'t qua? co^ng ta'c tha'ng 6 na(m nay cu?a Ho^.i ddo^`ng\n"
    assert convert(lead + old) == ("Báo cáo kết quả công tác tháng 6 năm nay của Hội đồng\n" + text, "VIQR")
