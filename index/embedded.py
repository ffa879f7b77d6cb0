"""The embedded engine: tantivy, a document a sentence, fields of ready-made tokens split at blanks."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, TypeVar

import tantivy

from baocao.errors import ArchiveError, IndexBrokenError
from baocao.index.analysis import docno_token, folded_tokens, whole_name
from baocao.index.prepare import Document, Prepared
from baocao.index.query import (
    All,
    Any_,
    DocNo,
    Node,
    Not,
    Phrase,
    Word,
    are_words,
    covering_pairs,
    marks,
    parse,
    plain_words,
)
from baocao.index.search import NAMED, Group, Hit, SearchRequest, SearchResult, Sort, day_number

_HEAP = 64 * 2**20
_LAYOUT = 5  # counts up with every change of what the fields hold; an index of another layout does not open
_FACET = 12  # values told of a facet
_PER_REPORT = 30  # sentences looked at for a report wanted, at first
_SENTENCES = 5  # shown of a report
_IN_REPORTS = 4_096  # sentences looked at of the reports shown
_NAMES = 480  # units, persons or numbers that a segment tells of, at first
_BLOCK = 160  # reports counted together: of so few distinct values tantivy's estimate is exact
_T = TypeVar("_T")
_MUST, _SHOULD, _MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("body", "units", "persons"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("exact", "around"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("above", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("report", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("label", "kind", "year", "office"):
        builder.add_text_field(name, stored=name == "label", tokenizer_name="raw", index_option="basic")
    for name in (*NAMED, "class", "slot"):
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("issued", stored=False, indexed=True, fast=True)
    builder.add_integer_field("ordinal", fast=True)  # the report's number in the record: strings are slow to group by
    builder.add_unsigned_field("start", stored=True)
    for name in ("text", "title", "issuer", "date"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(f"layout_{_LAYOUT}")
    return builder.build()


class EmbeddedEngine:
    """tantivy in a folder. Open with `write=True` to change it; one writer at a time."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self._folder = folder
        if write:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            if write or (folder / "meta.json").is_file():
                readable = folder if write or os.access(folder, os.W_OK) else self._linked(folder)
                self._index = tantivy.Index(_schema(), path=str(readable))
            else:
                raise IndexBrokenError("The search index is missing; `baocao index rebuild` makes it anew.")
            self._searcher = self._index.searcher()
        except ValueError as error:
            message = "The search index is damaged or of another version; `baocao index rebuild` makes it anew."
            raise IndexBrokenError(message) from error
        self._writer: Any = None

    def _linked(self, folder: Path) -> Path:
        """Return a folder of links to the index's files: tantivy sets a lock even to read, here where it may not."""
        self._links = TemporaryDirectory()  # goes with the engine
        for file in folder.resolve().iterdir():
            if file.suffix != ".lock":
                Path(self._links.name, file.name).symlink_to(file)
        return Path(self._links.name)

    @staticmethod
    def outdated(folder: Path) -> bool:
        """Tell whether a folder holds an index of another layout, as an older or newer baocao made it."""
        try:
            schema = json.loads((folder / "meta.json").read_bytes())["schema"]
        except (OSError, ValueError, KeyError):
            return False  # no index, or a damaged one: opening it tells
        return all(field.get("name") != f"layout_{_LAYOUT}" for field in schema)

    def put(self, reports: Iterable[Prepared]) -> None:
        """Add reports, each in place of what the engine has under its id; visible after `commit`."""
        for report in reports:
            if report.number < 1:
                raise ValueError(f"The report {report.id} has no number of the record.")
            self._write(lambda w, r=report: w.delete_documents_by_term("report", r.id))
            for fields in report.documents:
                document = _document(fields, report.number)
                self._write(lambda w, d=document: w.add_document(d))

    def drop(self, ids: Iterable[str]) -> None:
        """Take reports out; visible after `commit`."""
        for report in ids:
            self._write(lambda w, r=report: w.delete_documents_by_term("report", r))

    def commit(self) -> None:
        """Make what was put and dropped lasting and visible."""
        if self._writer is not None:
            self._write(lambda w: w.commit())
        self._index.reload()
        self._searcher = self._index.searcher()

    def forget(self) -> None:
        """Leave out what was put and dropped since the last commit."""
        if self._writer is not None:
            self._write(lambda w: w.rollback())

    def close(self) -> None:
        """Wait for merges and let the folder go."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _write(self, act: Any) -> None:
        try:
            if self._writer is None:
                self._writer = self._index.writer(_HEAP, 1)
            act(self._writer)
        except (ValueError, OSError) as error:
            self._writer = None
            raise ArchiveError(
                "The search index cannot be written (is the disk full?); the reports are safe in the record, "
                "and the index catches up at the next run."
            ) from error

    @property
    def sentences(self) -> int:
        """How many sentences a search sees."""
        return int(self._searcher.num_docs)

    def ids(self) -> Iterator[str]:
        """Yield the id of every report that the engine holds."""
        undeleted = tantivy.Query.all_query()
        for report, _ in self._searcher.terms_with_prefix("report", "", undeleted):
            yield report

    def frequencies(self, tokens: Sequence[str]) -> dict[str, int]:
        """Return in how many sentences each of these tokens of the main field stands, without those of none.

        What was dropped since the last merge is counted still.
        """
        searcher = self._searcher
        return {token: count for token in tokens if (count := searcher.doc_freq("body", token))}

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer a request.

        Raises QueryError where the query cannot be understood, UsageError for a date that is none.
        """
        started = time.perf_counter()
        node = parse(request.query)
        marked = marks(request, node)
        searcher = self._searcher  # one for both, should a commit come between
        counted = self._query(request, node, ranked=False)
        counts = _beside(lambda: _counts(searcher, counted, request))
        hits = self._hits(searcher, self._query(request, node), request, marked)
        total, facets = counts()
        took = round((time.perf_counter() - started) * 1000, 1)
        return SearchResult(total, took, facets, hits)

    def every(self, request: SearchRequest) -> Iterator[Hit]:
        """Yield every sentence that a request finds, in its order, whatever limit and offset it tells.

        What is put or dropped meanwhile changes nothing. Raises what `search` raises.
        """
        node = parse(request.query)
        marked = marks(request, node)
        searcher = self._searcher
        found = _found(searcher, self._query(request, node), request.sort, searcher.num_docs)
        return (Hit.of(score, [_fields(searcher, address)], marked) for score, address in found)

    def stored(self) -> Iterator[tuple[str, list[Document]]]:
        """Yield each report's id with what is shown of its sentences, in the order of the text."""
        searcher = self._searcher
        for report, count in searcher.terms_with_prefix("report", "", tantivy.Query.all_query()):
            found = searcher.search(self._term("report", report), count, count=False).hits
            yield report, sorted((_fields(searcher, address) for _, address in found), key=lambda f: f["start"])

    def _hits(
        self, searcher: Any, query: Any, request: SearchRequest, marks: Sequence[tuple[str, ...]]
    ) -> tuple[Hit, ...]:
        wanted = request.limit + request.offset
        if request.by is Group.SENTENCE:
            found = _found(searcher, query, request.sort, min(wanted, max(1, searcher.num_docs)))
            groups = [[hit] for hit in found[request.offset : wanted]]
        else:
            groups = self._reports(searcher, query, request, wanted)
        return tuple(
            Hit.of(group[0][0], [_fields(searcher, address) for _, address in group[:_SENTENCES]], marks)
            for group in groups
        )

    def _reports(self, searcher: Any, query: Any, request: SearchRequest, wanted: int) -> list[list[tuple[Any, Any]]]:
        """Return the reports of a page, each with its best sentences that match."""
        size, most = wanted * _PER_REPORT, max(1, searcher.num_docs)
        while True:
            size = min(max(1, size), most)
            found = _found(searcher, query, request.sort, size)
            groups = _grouped(searcher, found)
            if len(groups) >= wanted or len(found) < size or size == most:
                break
            size *= 4  # the best sentences are of few reports
        chosen = dict(list(groups.items())[request.offset : wanted])
        if len(found) == size < most and any(len(group) < _SENTENCES for group in chosen.values()):
            # others went before further sentences of these reports
            ids = [_fields(searcher, group[0][1])["report"] for group in chosen.values()]
            of_these = _const(_or([self._term("report", id_) for id_ in ids]))
            within = tantivy.Query.boolean_query([(_MUST, query), (_MUST, of_these)])
            chosen |= _grouped(searcher, _found(searcher, within, request.sort, _IN_REPORTS))
        return list(chosen.values())

    def _query(self, request: SearchRequest, node: Node | None, *, ranked: bool = True) -> Any:
        """Return the query of a request; one that need not rank leaves out what only ranks."""
        clauses: list[tuple[Any, Any]] = []
        if node is not None:
            if isinstance(node, All) and are_words(node.parts):
                clauses += self._about(node, ranked=ranked)
            else:
                clauses.append((_MUST, self._node(node, ranked=ranked)))
            clauses += self._boosts(node) if ranked else []
        for field, values in (("units", request.units), ("persons", request.persons)):
            if values:
                clauses.append((_MUST, _const(_or([self._run(field, folded_tokens(v).split()) for v in values]))))
        if request.docnos:
            clauses.append((_MUST, _or([self._term("body", docno_token(docno)) for docno in request.docnos])))
        for field, wanted in (
            ("label", request.labels),
            ("kind", request.kinds),
            ("year", request.years),
            ("office", () if request.issuer is None else (whole_name(request.issuer),)),
        ):
            if wanted:
                clauses.append((_MUST, _const(_or([self._term(field, str(value)) for value in wanted]))))
        if request.date_from or request.date_to:
            low, high = day_number(request.date_from, "00"), day_number(request.date_to, "99")
            clauses.append((_MUST, _const(self._range("issued", low or 1, high))))
        if request.after is not None:
            clauses.append((_MUST, _const(self._range("ordinal", request.after + 1, None))))
        return tantivy.Query.boolean_query(clauses) if clauses else tantivy.Query.all_query()

    def _node(self, node: Node, *, ranked: bool) -> Any:
        match node:
            case Word(folded, _, True):
                return self._prefix(folded)
            case Word(folded, _, _):
                return self._term("body", folded)
            case Phrase(folded, _):
                return self._phrase(folded)
            case DocNo(token):
                return self._term("body", token)
            case Not(part):
                without = (_MUST_NOT, self._node(part, ranked=False))
                return tantivy.Query.boolean_query([(_MUST, tantivy.Query.all_query()), without])
            case Any_(parts):
                return _or([self._node(p, ranked=ranked) for p in parts])
            case All(parts) if are_words(parts):
                return tantivy.Query.boolean_query(self._about(node, ranked=ranked))
            case All(parts):
                must = [(_MUST, self._node(p, ranked=ranked)) for p in parts if not isinstance(p, Not)]
                leave = [(_MUST_NOT, self._node(p.part, ranked=False)) for p in parts if isinstance(p, Not)]
                return tantivy.Query.boolean_query(must + leave)

    def _about(self, node: All, *, ranked: bool) -> list[tuple[Any, Any]]:
        """Every word stands in the sentence or in the title and heading above it, one at least in the sentence.

        So the words may not all be of those that stand above it only; that is quicker told than one of many in it.
        """
        words = [p.folded for p in node.parts if isinstance(p, Word)]
        around = [(_MUST, _boost(self._term("around", w), 0.3)) for w in words]
        above = tantivy.Query.boolean_query([(_MUST, self._term("above", w)) for w in words])
        inside = [(_SHOULD, self._term("body", w)) for w in words] if ranked else []
        return [*around, (_MUST_NOT, above), *inside]

    def _boosts(self, node: Node) -> list[tuple[Any, Any]]:
        """Rank the exact spelling above the folded one, and neighbours above words that stand apart."""
        words = list(plain_words(node))
        boosts = [(_SHOULD, _boost(self._term("exact", w.exact), 0.6)) for w in words if w.exact]
        for a, b in zip(words, words[1:], strict=False):
            boosts.append((_SHOULD, _boost(self._term("body", f"{a.folded}_{b.folded}"), 0.8)))
        return boosts

    def _term(self, field: str, value: str) -> Any:
        return tantivy.Query.term_query(self._index.schema, field, value)

    def _range(self, field: str, low: int, high: int | None) -> Any:
        return tantivy.Query.range_query(self._index.schema, field, tantivy.FieldType.Integer, low, high)

    def _run(self, field: str, words: list[str]) -> Any:
        if not words:
            return tantivy.Query.empty_query()
        if len(words) == 1:
            return self._term(field, words[0])
        return tantivy.Query.phrase_query(self._index.schema, field, list(words))

    def _phrase(self, words: Sequence[str]) -> Any:
        """Words one after the other, by the pairs that cover them: pairs stand in order too, and are far rarer."""
        pairs = covering_pairs(words)
        if len(words) < 3:
            return self._term("body", pairs[0][1] if pairs else words[0])
        return tantivy.Query.phrase_query(self._index.schema, "body", [*pairs])

    def _prefix(self, folded: str) -> Any:
        return tantivy.Query.regex_query(self._index.schema, "body", f"{folded}[^_]*")


def _beside(act: Callable[[], _T]) -> Callable[[], _T]:
    """Start an act in a thread of its own, and return what waits for its outcome.

    tantivy lets other threads of Python run while it searches.
    """
    done: list[_T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(act())
        except BaseException as error:
            failed.append(error)

    def outcome() -> _T:
        thread.join()
        if failed:
            raise failed[0]
        return done[0]

    thread = Thread(target=run, daemon=True)
    thread.start()
    return outcome


def _counts(searcher: Any, query: Any, request: SearchRequest) -> tuple[int, dict[str, list[tuple[str, int]]]]:
    """Return the exact number of reports or sentences that match, and of sentences for each facet's values."""
    wanted: dict[str, Any] = {"class": {"terms": {"field": "class", "size": 10_000}}}
    wanted |= {name: _names_of(name, _NAMES) for name in request.facets if name in NAMED}
    if request.by is Group.REPORT:
        distinct = {"reports": {"cardinality": {"field": "slot"}}}
        blocks = {"field": "ordinal", "interval": _BLOCK, "min_doc_count": 1}
        wanted["blocks"] = {"histogram": blocks, "aggs": distinct}
    found: dict[str, Any] = searcher.aggregate(query, wanted)
    facets: dict[str, Counter[str]] = {"year": Counter(), "label": Counter(), "kind": Counter()}
    total = 0
    for bucket in found["class"]["buckets"]:
        count = bucket["doc_count"]
        total += count
        for counter, value in zip(facets.values(), bucket["key"].split("|"), strict=True):
            if value:
                counter[value] += count
    if request.by is Group.REPORT:
        total = sum(round(b["reports"]["value"]) for b in found["blocks"]["buckets"])
    told = {
        name: _names(searcher, query, name, found[name]) if name in NAMED else sorted(facets[name].items())
        for name in request.facets
    }
    return total, {name: sorted(values, key=lambda v: -v[1])[:_FACET] for name, values in told.items()}


def _names_of(field: str, segment_size: int, size: int = _FACET, **more: Any) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size, "segment_size": segment_size, **more}}


def _names(searcher: Any, query: Any, field: str, found: dict[str, Any]) -> list[tuple[str, int]]:
    """Return the names of most sentences with exact numbers, from what `_names_of` found.

    Each segment tells only its own foremost names; how many sentences that may miss of a name is told too.
    Those that may yet be among the first are counted again, alone.
    """
    asked = _NAMES
    while missed := found["doc_count_error_upper_bound"]:
        least = found["buckets"][_FACET - 1]["doc_count"]
        near = [b["key"] for b in found["buckets"] if b["doc_count"] + missed >= least]
        if len(near) < len(found["buckets"]):
            wanted = _names_of(field, asked, include=near)
        else:
            asked *= 4
            wanted = _names_of(field, asked, size=_FACET * 8)
        found = searcher.aggregate(query, {field: wanted})[field]
    return [(b["key"], b["doc_count"]) for b in found["buckets"]]


def _found(searcher: Any, query: Any, sort: Sort, size: int) -> list[tuple[Any, Any]]:
    order = "issued" if sort is Sort.NEWEST else None
    hits: list[tuple[Any, Any]] = searcher.search(
        query, max(1, size), count=False, order_by_field=order, order=tantivy.Order.Desc
    ).hits
    return hits


def _grouped(searcher: Any, found: list[tuple[Any, Any]]) -> dict[int, list[tuple[Any, Any]]]:
    """Put the sentences of a report together, by its number, reports in the order of their best sentence."""
    groups: dict[int, list[tuple[Any, Any]]] = {}
    ordinals = searcher.fast_field_values("ordinal", [address for _, address in found])
    for ordinal, hit in zip(ordinals, found, strict=True):
        groups.setdefault(ordinal, []).append(hit)
    return groups


def _or(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tantivy.Query.boolean_query([(_SHOULD, p) for p in parts])


def _const(query: Any) -> Any:
    return tantivy.Query.const_score_query(query, 0.0)


def _boost(query: Any, factor: float) -> Any:
    return tantivy.Query.boost_query(query, factor)


def _fields(searcher: Any, address: Any) -> Document:
    return {name: values[0] for name, values in searcher.doc(address).to_dict().items()}


def _document(fields: Document, number: int) -> Any:
    """Return tantivy's document: numbers signed, the values that facets count as one term."""
    texts = {name: [value] for name, value in fields.items() if isinstance(value, str)}
    counted = f"{fields['year']}|{fields['label']}|{fields['kind']}"
    document = tantivy.Document(start=[fields["start"]], **texts, **{"class": [counted]})
    for name in NAMED:
        for value in fields[name]:
            document.add_text(name, value)
    document.add_integer("issued", fields["issued"])
    document.add_integer("ordinal", number)
    document.add_text("slot", str(number % _BLOCK))
    return document
