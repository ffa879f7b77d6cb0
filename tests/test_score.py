"""Scores counted by hand, intervals by document, and the page that shows each error in its place."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from baocao.errors import UsageError
from baocao.pipeline import analyze
from baocao.pipeline.errors_page import errors_page
from baocao.pipeline.figures import tables
from baocao.pipeline.score import Case, Count, Error, ErrorKind, Evaluation, Labelled, compare, evaluate
from baocao.report import RawDocument, Source

TEXT = (
    "Ngày 05/4/2018, Sở Y tế tỉnh Hà Nam đã tổ chức hội nghị.\n\n"
    "Kinh phí còn thiếu nhiều so với nhu cầu, gây khó khăn cho các xã.\n\n"
    "Đề nghị UBND tỉnh bổ sung kinh phí trong năm 2019.\n"
)


def found_in(text: str) -> dict[str, object]:
    """Gold that agrees with the pipeline in everything."""
    report = analyze(RawDocument(Source("t.txt", "0" * 64, "text/plain", 0), text))
    return {
        "entities": [
            {"type": e.type.value, "text": e.of(text), "start": e.start, "norm": e.norm} for e in report.entities
        ],
        "sentences": [{"text": s.of(text), "start": s.start, "label": s.label.value} for s in report.sentences],
        "relations": [],
    }


def compared(gold: dict[str, object]) -> Case:
    report = analyze(RawDocument(Source("t.txt", "0" * 64, "text/plain", 0), TEXT))
    return compare("t", report, gold)


def labelled(*sentences: tuple[str, str, float]) -> Case:
    return Case("t", "", labels=[Labelled(*s) for s in sentences])


def test_gold_that_agrees_has_no_errors() -> None:
    case = compared(found_in(TEXT))
    assert [e for e in case.errors if e.kind is not ErrorKind.SPURIOUS_RELATION] == []
    assert case.mentions["UNIT"].right == 2 and case.mentions["DATE"].right == 1


def test_each_difference_is_an_error_of_its_kind() -> None:
    gold: dict[str, list[dict[str, object]]] = found_in(TEXT)  # type: ignore[assignment]
    unit, date = (next(e for e in gold["entities"] if e["type"] == t) for t in ("UNIT", "DATE"))
    unit["text"] = "Sở Y tế"  # a shorter mention: one missed, one extra
    date["norm"] = "2018-04"
    gold["sentences"][1]["label"] = "achievement|other"
    gold["sentences"][2] |= {"start": TEXT.index("UBND"), "text": "UBND tỉnh bổ sung"}
    case = compared(gold)  # type: ignore[arg-type]
    shown = {(e.kind, e.what, TEXT[e.start : e.end]) for e in case.errors if e.end}
    at = "Kinh phí còn thiếu nhiều so với nhu cầu, gây khó khăn cho các xã."
    assert {
        (ErrorKind.MISSED, "UNIT", "Sở Y tế"),
        (ErrorKind.SPURIOUS, "UNIT", "Sở Y tế tỉnh Hà Nam"),
        (ErrorKind.NORM, "DATE", "05/4/2018"),
        (ErrorKind.CUT, "sentence", "UBND tỉnh bổ sung"),
    } == {e for e in shown if e[0] is not ErrorKind.LABEL}
    assert [(e.gold, e.told, TEXT[e.start : e.end]) for e in case.errors if e.kind is ErrorKind.LABEL] == [
        ("achievement|other", "difficulty", at)
    ]
    assert case.mentions["UNIT"] == Count(1, 1, 1) and case.norms["DATE"] == Count(0, 1, 0)
    assert case.unsegmented == 1 and len(case.labels) == 2


def test_either_of_two_labels_counts() -> None:
    gold: dict[str, list[dict[str, object]]] = found_in(TEXT)  # type: ignore[assignment]
    gold["sentences"][1]["label"] = "achievement|difficulty"
    assert all(s.right for s in compared(gold).labels)  # type: ignore[arg-type]


def test_label_figures_by_hand() -> None:
    told = Evaluation(
        (
            labelled(("difficulty", "difficulty", 0.95), ("difficulty", "other", 0.35)),
            labelled(("other", "other", 0.85), ("other", "other", 0.75)),
        )
    )
    assert told.label("difficulty") == Count(1, 0, 1) and told.label("other") == Count(2, 1, 0)
    assert told.accuracy == 0.75
    assert told.confusion["difficulty"] == {"achievement": 0, "difficulty": 1, "recommendation": 0, "other": 1}
    # |1 - .95| + |0 - .35| + |1 - .85| + |1 - .75|, each bin a quarter
    assert told.calibration_error == pytest.approx((0.05 + 0.35 + 0.15 + 0.25) / 4)
    assert [(b.low, b.sentences) for b in told.reliability if b.sentences] == [(0.3, 1), (0.7, 1), (0.8, 1), (0.9, 1)]


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    told = Evaluation((labelled(("other", "other", 1.0)),))
    assert told.reliability[9].sentences == 1


def test_abstention_leaves_out_a_tenth_at_most() -> None:
    sure = [i / 20 for i in range(20)]  # 0.00 to 0.95; the three least certain are wrong
    told = Evaluation((labelled(*(("other", "other" if c > 0.1 else "difficulty", c) for c in sure)),))
    rest = told.abstention
    assert (rest.confidence, rest.left_out) == (0.1, 2)
    assert rest.accuracy == pytest.approx(17 / 18) and rest.accuracy_of_all == pytest.approx(17 / 20)
    alike = Evaluation((labelled(*[("other", "other", 0.5)] * 20),)).abstention
    assert alike.left_out == 0  # among equals none is left out
    assert Evaluation((labelled(),)).abstention.left_out == 0


def counted(right: int, wrong: int, missed: int) -> Case:
    case = Case("t", "")
    case.mentions["UNIT"] = Count(right, wrong, missed)
    return case


def test_intervals_draw_documents() -> None:
    alike = Evaluation((counted(8, 2, 2),) * 6)
    assert alike.intervals["UNIT"]["f1"] == pytest.approx((0.8, 0.8))  # drawing mentions would give a wide one
    mixed = Evaluation((*[counted(10, 0, 0)] * 5, counted(0, 10, 10)))
    low, high = mixed.intervals["UNIT"]["precision"]
    assert low < mixed.mentions["UNIT"].precision < high == 1.0
    assert low == pytest.approx(0.5, abs=0.17)  # of six draws the bad document comes at most three times, nearly always
    again = Evaluation(mixed.cases)
    assert again.intervals == mixed.intervals  # the seed is fixed
    assert "f1" not in mixed.intervals["DATE"]  # nothing was there to draw
    assert Evaluation((counted(8, 2, 2),)).intervals == {}


def test_tables_name_intervals_and_all_rows() -> None:
    told = Evaluation((counted(8, 2, 2), counted(8, 2, 2)))
    found = tables(told)[0]
    assert found.rows[0] == ("UNIT", "0.800 (0.80-0.80)", "0.800 (0.80-0.80)", "0.800 (0.80-0.80)", "1.000")
    assert [row[0] for row in found.rows][-4:] == [f"label {n}" for n in told.confusion]
    assert all(len(row) == len(t.columns) for t in tables(told) for row in t.rows)


class Page(HTMLParser):
    """What a browser would make of the page: tags, links, and the text of the documents without the tags' words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text, self.style, self.policy = "", "", ""
        self._stack: list[str] = []
        self._within = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {k: v or "" for k, v in attrs}
        self.names.add(tag)
        self.attributes |= set(held)
        self.ids += [held["id"]] if "id" in held else []
        self.links += [held["href"]] if "href" in held else []
        if held.get("http-equiv") == "Content-Security-Policy":
            self.policy = held["content"]
        if tag not in ("meta", "br"):
            self._stack.append("doc" if held.get("class") == "text" else tag)

    def handle_endtag(self, tag: str) -> None:
        self._stack.pop()

    def handle_data(self, data: str) -> None:
        if "doc" in self._stack and "a" not in self._stack:
            self.text += data
        if self._stack and self._stack[-1] == "style":
            self.style += data


HOSTILE = 'Sở <script>alert("1")</script> & Y tế </div></details> họp.'


def hostile() -> Evaluation:
    case = Case('<img src="x">', HOSTILE)
    case.errors += [
        Error(ErrorKind.MISSED, "UNIT", "<b>", "", 0, 20),
        Error(ErrorKind.SPURIOUS, "UNIT", "", "</td>", 3, 40),
        Error(ErrorKind.NORM, "DATE", "", "'\"", 40, 42),
        Error(ErrorKind.LABEL, "0.51", "other", "difficulty", 0, len(HOSTILE)),
        Error(ErrorKind.CUT, "sentence", "other", "", 50, len(HOSTILE) + 9),
        Error(ErrorKind.MISSED_RELATION, "role", "('role', '<i>')", ""),
    ]
    return Evaluation((case, Case("clean", "Không có gì.")))


def test_the_page_is_inert_and_whole() -> None:
    html = errors_page(hostile(), "<title>")
    page = Page(html)
    assert page.text == HOSTILE + "Không có gì."  # nothing lost, nothing doubled by overlapping errors
    assert not page.names & {"script", "img", "link", "iframe", "b", "i"}
    assert not page.attributes & {"style", "src", "onclick"}
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    assert page.policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "script" not in page.policy and "http" not in page.style
    assert "prefers-color-scheme: dark" in page.style


def test_every_error_is_in_the_table_and_leads_to_its_place() -> None:
    page = Page(errors_page(hostile(), "t"))
    assert len(page.ids) == len(set(page.ids))
    assert {i for i in page.ids if i.startswith("r")} == {f"r{n}" for n in range(1, 7)}
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert {f"#e{n}" for n in range(1, 6)} | {f"#r{n}" for n in range(1, 6)} <= set(page.links)


def test_errors_differ_without_colour() -> None:
    html = errors_page(hostile(), "t")
    lines = {re.sub(r"var\(.*?\)", "", rule) for rule in re.findall(r"^\.\w+ \{ (?:border|text-dec)[^}]*", html, re.M)}
    assert len(lines) >= 5  # no two kinds have the same line
    assert len({re.sub(r"[\d ]", "", sign) for sign in re.findall(r'id="e\d+" href="#r\d+">(\d+ .)', html)}) == 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"entities": [{"type": "UNIT", "text": "Sở Y tế", "start": 3}]}, "does not stand at 3"),
        ({"entities": [{"type": "PLACE", "text": "Ngày", "start": 0}]}, "PLACE"),
        ({"sentences": [{"text": "Ngày", "start": 0, "label": "good"}]}, "good"),
        ({"sentences": [{"text": "Ngày", "start": 0}]}, "label"),
        ({"relations": [{"person": "x"}]}, "kind"),
    ],
)
def test_gold_of_another_form_is_told(tmp_path: Path, change: dict[str, object], words: str) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    gold = {"entities": [], "sentences": [], "relations": []} | change
    (tmp_path / "a.json").write_text(json.dumps(gold), encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        evaluate(tmp_path)
