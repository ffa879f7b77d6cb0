"""The embedded engine: tantivy, a document a sentence, fields of ready-made tokens split at blanks."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tantivy

from baocao.errors import ArchiveError, IndexBrokenError, UsageError
from baocao.index.analysis import body_tokens, docno_token, exact_tokens, folded_tokens, highlights
from baocao.index.query import All, Any_, DocNo, Node, Not, Phrase, Word, parse, runs
from baocao.index.search import Group, Hit, SearchRequest, SearchResult, SentenceHit, Sort
from baocao.report import EntityType, Report

_HEAP = 64 * 2**20
_FACETS = {"unit": "unit", "year": "year", "label": "label", "kind": "kind"}
_MUST, _SHOULD, _MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in ("body", "units", "persons"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="position")
    for name in ("exact", "around"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("report", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    for name in ("label", "kind", "unit", "year"):
        builder.add_text_field(name, stored=name == "label", fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("issued", stored=False, indexed=True, fast=True)
    builder.add_unsigned_field("start", stored=True)
    builder.add_integer_field("number", fast=True)  # the report's id once more: counting strings is slow
    for name in ("text", "title", "issuer", "date"):
        builder.add_text_field(name, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


class EmbeddedEngine:
    """tantivy in a folder. Open with `write=True` to change it; one writer at a time."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        self._folder = folder
        if write:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            if write or tantivy.Index.exists(str(folder)):
                self._index = tantivy.Index(_schema(), path=str(folder))
            else:
                raise IndexBrokenError("The search index is missing; `baocao index rebuild` makes it anew.")
            self._searcher = self._index.searcher()
        except ValueError as error:
            raise IndexBrokenError("The search index is damaged; `baocao index rebuild` makes it anew.") from error
        self._writer: Any = None

    def put(self, reports: Iterable[Report]) -> None:
        """Add reports, each in place of what the engine has under its id; visible after `commit`."""
        for report in reports:
            self._write(lambda w, r=report: w.delete_documents_by_term("report", r.id))
            for document in _documents(report):
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

    def ids(self) -> Iterator[str]:
        """Yield the id of every report that the engine holds."""
        count = max(1, self._searcher.num_docs)
        found = self._aggregate(tantivy.Query.all_query(), {"r": {"terms": {"field": "report", "size": count}}})
        for bucket in found["r"]["buckets"]:
            yield bucket["key"]

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer a request.

        Raises QueryError where the query cannot be understood, UsageError for a date that is none.
        """
        started = time.perf_counter()
        node = parse(request.query)
        query = self._query(request, node)
        marks = list(runs(node)) + [tuple(folded_tokens(u).split()) for u in (*request.units, *request.persons)]
        if request.docno:
            marks += list(runs(DocNo(docno_token(request.docno))))
        by_report = request.by is Group.REPORT
        facets, reports = self._facets(self._query(request, node, ranked=False))
        hits, count = self._hits(query, request, marks)
        total = reports if by_report else count
        took = round((time.perf_counter() - started) * 1000, 1)
        return SearchResult(total, took, facets, tuple(hits))

    def _hits(self, query: Any, request: SearchRequest, marks: Sequence[tuple[str, ...]]) -> tuple[list[Hit], int]:
        by_report = request.by is Group.REPORT
        wanted = (request.limit + request.offset) * (8 if by_report else 1)
        newest = request.sort is Sort.NEWEST
        found: Any = self._searcher.search(
            query, max(1, wanted), count=True, order_by_field="issued" if newest else None, order=tantivy.Order.Desc
        )
        groups: dict[Any, list[tuple[float, dict[str, Any]]]] = {}
        for rank, (score, address) in enumerate(found.hits):
            fields = self._searcher.doc(address).to_dict()
            groups.setdefault(fields["report"][0] if by_report else rank, []).append((score, fields))
        chosen = list(groups.values())[request.offset : request.offset + request.limit]
        return [_hit(group, marks) for group in chosen], found.count

    def _facets(self, query: Any) -> tuple[dict[str, list[tuple[str, int]]], int]:
        wanted: dict[str, Any] = {n: {"terms": {"field": f, "size": 12}} for n, f in _FACETS.items()}
        wanted["reports"] = {"cardinality": {"field": "number"}}
        found = self._aggregate(query, wanted)
        facets = {
            name: [(str(b["key"]), int(b["doc_count"])) for b in found[name]["buckets"] if b["key"] != ""]
            for name in _FACETS
        }
        return facets, int(found["reports"]["value"] or 0)

    def _aggregate(self, query: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self._searcher.aggregate(query, wanted)
        return found

    def _query(self, request: SearchRequest, node: Node | None, *, ranked: bool = True) -> Any:
        """Return the query of a request; one that need not rank leaves out what only ranks."""
        clauses: list[tuple[Any, Any]] = []
        if node is not None:
            clauses.append((_MUST, self._node(node)))
            clauses += self._boosts(node) if ranked else []
        for field, values in (("units", request.units), ("persons", request.persons)):
            if values:
                clauses.append((_MUST, _const(_or([self._run(field, folded_tokens(v).split()) for v in values]))))
        if request.docno:
            clauses.append((_MUST, self._term("body", docno_token(request.docno))))
        for field, wanted in (
            ("label", request.labels),
            ("kind", (request.kind,)),
            ("year", (request.year,)),
        ):
            terms = [self._term(field, str(v)) for v in wanted if v is not None]
            if terms:
                clauses.append((_MUST, _const(_or(terms))))
        if request.date_from or request.date_to:
            low, high = _day(request.date_from), _day(request.date_to)
            kind = tantivy.FieldType.Integer
            clauses.append(
                (_MUST, _const(tantivy.Query.range_query(self._index.schema, "issued", kind, low or 1, high)))
            )
        return tantivy.Query.boolean_query(clauses) if clauses else tantivy.Query.all_query()

    def _node(self, node: Node) -> Any:
        match node:
            case Word(folded, _, True):
                return self._prefix(folded)
            case Word(folded, _, _):
                return self._term("body", folded)
            case Phrase(folded, _):
                return self._run("body", list(folded))
            case DocNo(token):
                return self._term("body", token)
            case Not(part):
                return tantivy.Query.boolean_query([(_MUST, tantivy.Query.all_query()), (_MUST_NOT, self._node(part))])
            case Any_(parts):
                return _or([self._node(p) for p in parts])
            case All(parts) if _are_words(parts):
                return self._about([p.folded for p in parts if isinstance(p, Word)])
            case All(parts):
                must = [(_MUST, self._node(p)) for p in parts if not isinstance(p, Not)]
                return tantivy.Query.boolean_query(
                    must + [(_MUST_NOT, self._node(p.part)) for p in parts if isinstance(p, Not)]
                )

    def _about(self, words: list[str]) -> Any:
        """Every word stands in the sentence or in the title and heading above it, one at least in the sentence."""
        around = [(_MUST, _boost(self._term("around", w), 0.3)) for w in words]
        return tantivy.Query.boolean_query([*around, *((_SHOULD, self._term("body", w)) for w in words)], 1)

    def _boosts(self, node: Node) -> list[tuple[Any, Any]]:
        """Rank the exact spelling above the folded one, and neighbours above words that stand apart."""
        words = list(_plain_words(node))
        boosts = [(_SHOULD, _boost(self._term("exact", w.exact), 0.6)) for w in words if w.exact]
        for a, b in zip(words, words[1:], strict=False):
            boosts.append((_SHOULD, _boost(self._term("body", f"{a.folded}_{b.folded}"), 0.8)))
        return boosts

    def _term(self, field: str, value: str) -> Any:
        return tantivy.Query.term_query(self._index.schema, field, value)

    def _run(self, field: str, words: list[str]) -> Any:
        if not words:
            return tantivy.Query.empty_query()
        if len(words) == 1:
            return self._term(field, words[0])
        return tantivy.Query.phrase_query(self._index.schema, field, list(words))

    def _prefix(self, folded: str) -> Any:
        return tantivy.Query.regex_query(self._index.schema, "body", f"{folded}[^_]*")


def _or(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else tantivy.Query.boolean_query([(_SHOULD, p) for p in parts])


def _const(query: Any) -> Any:
    return tantivy.Query.const_score_query(query, 0.0)


def _boost(query: Any, factor: float) -> Any:
    return tantivy.Query.boost_query(query, factor)


def _are_words(parts: Sequence[Node]) -> bool:
    return all(isinstance(p, Word) and not p.prefix for p in parts)


def _plain_words(node: Node) -> Iterator[Word]:
    match node:
        case Word(_, _, False):
            yield node
        case Phrase(folded, exact):
            yield from (Word(f, e) for f, e in zip(folded, exact, strict=False))
        case All(parts) | Any_(parts):
            for part in parts:
                yield from _plain_words(part)


def _day(iso: str | None) -> int | None:
    if iso is None:
        return None
    digits = iso.replace("-", "")
    if not digits.isdigit() or len(digits) not in (4, 6, 8):
        raise UsageError(f"“{iso}” is no date; write it as 2017-06-22.")
    return int(digits.ljust(8, "0"))


def _hit(group: Sequence[tuple[float, dict[str, Any]]], marks: Sequence[tuple[str, ...]]) -> Hit:
    fields = group[0][1]
    sentences = tuple(
        SentenceHit(f["start"][0], f["text"][0], f["label"][0], tuple(highlights(f["text"][0], marks)))
        for _, f in group[:5]
    )
    return Hit(
        fields["report"][0],
        fields["title"][0],
        fields["date"][0] or None,
        fields["issuer"][0] or None,
        round(float(group[0][0] or 0.0), 4),
        sentences,
    )


def _documents(report: Report) -> Iterator[Any]:
    year = (report.issued or (report.period.start if report.period else ""))[:4]
    units: dict[int, list[str]] = {}
    persons: dict[int, list[str]] = {}
    docnos: dict[int, list[str]] = {}
    kinds = {EntityType.UNIT: units, EntityType.PERSON: persons, EntityType.DOCNO: docnos}
    for entity in report.entities:
        if entity.type in kinds and entity.norm and entity.sentence is not None:
            kinds[entity.type].setdefault(entity.sentence, []).append(entity.norm)
    context = folded_tokens(f"{report.title} {report.issuer or ''} {report.docno or ''}")
    issuer = [report.issuer] if report.issuer else []
    headings = [folded_tokens(s.heading) for s in report.sections]
    for i, sentence in enumerate(report.sentences):
        text = sentence.of(report.text)
        named = list(dict.fromkeys([*units.get(i, []), *issuer]))
        heading = headings[sentence.section] if sentence.section is not None else ""
        document = tantivy.Document(
            report=[report.id],
            number=[int(report.id[:15], 16)],
            start=[sentence.start],
            text=[text],
            label=[sentence.label.value],
            kind=[report.kind.value],
            title=[report.title],
            issuer=[report.issuer or ""],
            date=[report.issued or ""],
            year=[year],
            body=[body_tokens(text, docnos.get(i, ()))],
            exact=[exact_tokens(text)],
            around=[f"{context} {heading} {folded_tokens(text)}"],
            units=[" | ".join(folded_tokens(u) for u in named)],
            persons=[" | ".join(folded_tokens(p) for p in persons.get(i, ()))],
        )
        for unit in named:
            document.add_text("unit", unit)
        document.add_integer("issued", _day(report.issued) or 0)
        yield document
