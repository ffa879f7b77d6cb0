"""Totals, facets and pages are exact, over several segments: against a count in Python of a few hundred reports."""

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baocao.errors import IndexBrokenError, UsageError
from baocao.index import embedded
from baocao.index.embedded import EmbeddedEngine
from baocao.index.prepare import prepare
from baocao.index.search import FACETS, Group, SearchRequest, Sort
from baocao.report import Entity, EntityType, Kind, Label, Report, Sentence, Source
from baocao.text import folded_syllables

WORDS = ("thiếu", "biên", "chế", "kinh", "phí", "lũ")  # few, so that they meet, and repeat within a report
COMMITS = 6


@dataclass(frozen=True)
class Line:
    """What a sentence is found by."""

    report: str
    number: int
    year: str
    label: str
    kind: str
    unit: str
    person: str
    docno: str
    inside: tuple[str, ...]
    above: frozenset[str]

    def has(self, *words: str) -> bool:
        """Every word in the sentence or above it, one at least in it."""
        return all(w in self.inside or w in self.above for w in words) and any(w in self.inside for w in words)

    def runs(self, *words: str) -> bool:
        """The words one after the other in the sentence."""
        starts = range(len(self.inside) - len(words) + 1)
        return any(self.inside[i : i + len(words)] == words for i in starts)


def made(number: int, units: int, rng: random.Random) -> tuple[Report, list[Line]]:
    """A report of up to thirty short sentences, and what each is found by."""
    title = f"Báo cáo {number} {rng.choice(WORDS)}"
    lines = [" ".join(rng.choices(WORDS, k=rng.randint(1, 6))) for _ in range(rng.choice((1, 2, 5, 30)))]
    named = [
        (rng.choice(("", f"Lê Văn {chr(65 + rng.randrange(26))}")), rng.choice(("", f"{rng.randrange(60)}/KH-UBND")))
        for _ in lines
    ]
    text, at, sentences, entities = "\n".join(lines), 0, [], []
    for i, line in enumerate(lines):
        sentences.append(Sentence(at, at + len(line), None, rng.choice(list(Label)), 0.9))
        for type_, norm in zip((EntityType.PERSON, EntityType.DOCNO), named[i], strict=True):
            entities += [Entity(at, at + 1, type_, norm, i)] * 2 if norm else []  # named twice, counted once
        at += len(line) + 1
    year, kind, issuer = str(rng.randint(2010, 2024)), rng.choice(list(Kind)), f"Sở số {rng.randrange(units)}"
    sha = hashlib.sha256(f"{number} {text}".encode()).hexdigest()
    report = Report(
        Source(f"{number}.txt", sha, "text/plain", 0), title, kind, None, f"{year}-06-01", None, issuer, None, None,
        text, (0,), (), tuple(sentences), tuple(entities), (), (),
    )  # fmt: skip
    above = frozenset(folded_syllables(f"{title} {issuer}"))
    return report, [
        Line(
            report.id,
            3 * number + 1,
            year,
            s.label.value,
            kind.value,
            issuer,
            *names,
            tuple(folded_syllables(line)),
            above,
        )
        for s, line, names in zip(sentences, lines, named, strict=True)
    ]


def filled(folder: Path, reports: int, units: int = 40) -> tuple[EmbeddedEngine, list[Line]]:
    """An engine that several commits filled, some reports put twice and some taken out again."""
    rng = random.Random(7)
    all_lines: dict[str, list[Line]] = {}
    for part in range(COMMITS):
        engine = EmbeddedEngine(folder, write=True)  # a new one, as a new command opens
        batch = [made(part * reports + i, units, rng) for i in range(reports // COMMITS)]
        ready = [replace(prepare(report), number=lines[0].number) for report, lines in batch]
        engine.put(ready)
        engine.put(ready[::9])
        all_lines |= {report.id: lines for report, lines in batch}
        gone = [report.id for report, _ in batch[::11]]
        engine.commit()
        engine.drop(gone)
        for id_ in gone:
            del all_lines[id_]
        engine.commit()
        engine.close()
    return EmbeddedEngine(folder), [line for lines in all_lines.values() for line in lines]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedEngine, list[Line]]]:
    yield filled(tmp_path_factory.mktemp("index"), 400)


QUERIES: dict[str, Callable[[Line], bool]] = {
    "": lambda line: True,
    "thiếu": lambda line: "thieu" in line.inside,
    "thiếu lũ": lambda line: line.has("thieu", "lu"),
    "thieu bien che": lambda line: line.has("thieu", "bien", "che"),
    '"biên chế"': lambda line: line.runs("bien", "che"),
    '"biên chế kinh"': lambda line: line.runs("bien", "che", "kinh"),
    '"biên chế kinh phí"': lambda line: line.runs("bien", "che", "kinh", "phi"),
    '"lũ lũ lũ"': lambda line: line.runs("lu", "lu", "lu"),
    "thiếu lũ OR kinh phí": lambda line: line.has("thieu", "lu") or line.has("kinh", "phi"),
    "kinh* -lũ": lambda line: "kinh" in line.inside and "lu" not in line.inside,
    "không có ở đâu": lambda line: False,
}


def test_the_ids_are_of_what_is_left(archive: tuple[EmbeddedEngine, list[Line]]) -> None:
    engine, lines = archive
    assert sorted(engine.ids()) == sorted({line.report for line in lines})


@pytest.mark.parametrize("query", QUERIES)
def test_totals_and_facets_are_those_of_a_count(archive: tuple[EmbeddedEngine, list[Line]], query: str) -> None:
    engine, lines = archive
    assert engine._searcher.num_segments > 1
    matching = [line for line in lines if QUERIES[query](line)]
    by_report = engine.search(SearchRequest(query, facets=FACETS))
    by_sentence = engine.search(SearchRequest(query, by=Group.SENTENCE, facets=FACETS))
    assert by_report.total == len({line.report for line in matching})
    assert by_sentence.total == len(matching)
    assert tuple(by_report.facets) == FACETS
    for name in FACETS:
        counts = Counter(value for line in matching if (value := str(getattr(line, name))))
        told = by_report.facets[name]
        assert by_sentence.facets[name] == told
        assert all(counts[value] == n for value, n in told)
        assert [n for _, n in told] == sorted(counts.values(), reverse=True)[:12]


@pytest.mark.parametrize("by", Group)
@pytest.mark.parametrize("facets", [(), ("person",), ("year", "docno")])
def test_only_the_facets_asked_for_are_counted(
    archive: tuple[EmbeddedEngine, list[Line]], facets: tuple[str, ...], by: Group
) -> None:
    engine, _ = archive
    whole = engine.search(SearchRequest("thiếu", by=by, facets=FACETS))
    some = engine.search(SearchRequest("thiếu", by=by, facets=facets))
    assert (some.total, some.hits) == (whole.total, whole.hits)
    assert some.facets == {name: whole.facets[name] for name in facets}


def test_a_facet_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="“units” is no facet"):
        SearchRequest(facets=("units",))


FILTERS: dict[str, tuple[dict[str, Any], Callable[[Line], bool]]] = {
    "years": ({"years": (2012, 2020)}, lambda line: line.year in ("2012", "2020")),
    "kinds": ({"kinds": ("plan", "news")}, lambda line: line.kind in ("plan", "news")),
    "docnos": (
        {"docnos": ("7/kh-ubnd", "12/KH-UBND")},
        lambda line: line.docno in ("7/KH-UBND", "12/KH-UBND"),
    ),
    "persons": ({"persons": ("le van a", "Lê Văn B")}, lambda line: line.person in ("Lê Văn A", "Lê Văn B")),
    "issuer": ({"issuer": "so SỐ 1"}, lambda line: line.unit == "Sở số 1"),  # none of those of Sở số 11
    "issuer's part": ({"issuer": "số 1"}, lambda line: False),
    "after": ({"after": 3_001}, lambda line: line.number > 3_001),
}


@pytest.mark.parametrize("filter_", FILTERS)
@pytest.mark.parametrize("query", ["", "thiếu", "thiếu lũ"])
def test_filters_leave_what_they_say(archive: tuple[EmbeddedEngine, list[Line]], filter_: str, query: str) -> None:
    engine, lines = archive
    given_, holds = FILTERS[filter_]
    wanted = [line for line in lines if QUERIES[query](line) and holds(line)]
    assert engine.search(SearchRequest(query, **given_)).total == len({line.report for line in wanted})
    assert engine.search(SearchRequest(query, by=Group.SENTENCE, **given_)).total == len(wanted)


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("query", QUERIES)
def test_pages_show_every_report_once(archive: tuple[EmbeddedEngine, list[Line]], query: str, sort: Sort) -> None:
    engine, lines = archive
    wanted = {line.report for line in lines if QUERIES[query](line)}
    for size in (1, 17, 10_000):
        shown: list[str] = []
        while page := engine.search(SearchRequest(query, sort=sort, limit=size, offset=len(shown))).hits:
            assert len(page) == min(size, len(wanted) - len(shown))
            shown += [hit.report for hit in page]
            if sort is Sort.NEWEST:
                assert [h.issued for h in page] == sorted((h.issued for h in page), key=str, reverse=True)
            if size == 1 and len(shown) == 12:
                break
        assert len(shown) == len(set(shown))
        assert set(shown) <= wanted if size == 1 else set(shown) == wanted


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("query", [query for query in QUERIES if query != "không có ở đâu"])
def test_a_report_shows_its_best_sentences_however_many_others_match(
    archive: tuple[EmbeddedEngine, list[Line]], query: str, sort: Sort
) -> None:
    engine, lines = archive
    matching = Counter(line.report for line in lines if QUERIES[query](line))
    ranked: dict[str, list[int]] = {}
    for hit in engine.every(SearchRequest(query, sort=sort)):
        ranked.setdefault(hit.report, []).append(hit.sentences[0].start)
    for hit in engine.search(SearchRequest(query, sort=sort, limit=3)).hits:
        assert [s.start for s in hit.sentences] == ranked[hit.report][:5]
        assert len(hit.sentences) == min(5, matching[hit.report])


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.sampled_from([folded_syllables(w)[0] for w in WORDS]), min_size=1, max_size=4),
    label=st.sampled_from([None, *(label.value for label in Label)]),
    year=st.sampled_from([None, 2012, 2020]),
    offset=st.integers(0, 30),
    limit=st.integers(0, 30),
)
def test_any_words_and_filters(
    archive: tuple[EmbeddedEngine, list[Line]],
    words: list[str], label: str | None, year: int | None, offset: int, limit: int,
) -> None:  # fmt: skip
    engine, lines = archive
    request = SearchRequest(
        " ".join(words), labels=(label,) if label else (), years=(year,) if year else (), offset=offset, limit=limit
    )
    wanted = {
        line.report
        for line in lines
        if (line.has(*words) if len(words) > 1 else words[0] in line.inside)
        and label in (None, line.label)
        and year in (None, int(line.year))
    }
    result = engine.search(request)
    assert result.total == len(wanted)
    assert len(result.hits) == len({hit.report for hit in result.hits}) == max(0, min(limit, len(wanted) - offset))


def test_units_past_what_a_segment_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_NAMES", 12)
    engine, lines = filled(tmp_path / "index", 400, units=90)
    for query in ("", "thiếu", '"biên chế"', '"biên chế kinh"', '"lũ lũ lũ"'):
        counts = Counter(line.unit for line in lines if QUERIES[query](line))
        told = engine.search(SearchRequest(query)).facets["unit"]
        assert all(counts[unit] == n for unit, n in told)
        assert [n for _, n in told] == sorted(counts.values(), reverse=True)[:12]


def test_the_engine_tells_every_value_of_a_block_apart(tmp_path: Path) -> None:
    """The exact total rests on this: each further value of a block raises tantivy's count of distinct ones by one."""
    rng = random.Random(1)
    engine = EmbeddedEngine(tmp_path / "index", write=True)
    reports = [made(number, 1, rng)[0] for number in range(embedded._BLOCK)]
    dated = (prepare(replace(report, issued=f"{1900 + n}-06-01")) for n, report in enumerate(reports))
    engine.put(replace(report, number=n) for n, report in enumerate(dated, 1))
    engine.commit()
    for n in range(embedded._BLOCK):
        assert engine.search(SearchRequest(date_to=f"{1900 + n}-12-31")).total == n + 1


def test_a_report_without_a_number_is_a_bug_of_the_caller(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "index", write=True)
    with pytest.raises(ValueError, match="no number"):
        engine.put([prepare(made(1, 1, random.Random(1))[0])])


def test_what_is_forgotten_does_not_come_in(tmp_path: Path) -> None:
    engine = EmbeddedEngine(tmp_path / "index", write=True)
    one, two = (replace(prepare(made(n, 1, random.Random(n))[0]), number=n) for n in (1, 2))
    engine.forget()
    engine.put([one])
    engine.commit()
    engine.put([two])
    engine.drop([one.id])
    engine.forget()
    engine.commit()
    assert list(engine.ids()) == [one.id]


def test_an_index_of_another_layout_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    EmbeddedEngine(tmp_path / "index", write=True).close()
    monkeypatch.setattr(embedded, "_LAYOUT", embedded._LAYOUT + 1)
    for write in (False, True):
        with pytest.raises(IndexBrokenError, match="index rebuild"):
            EmbeddedEngine(tmp_path / "index", write=write)
