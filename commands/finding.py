"""`search`, `show`, `analyze`, `export`: what is in reports."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from baocao.commands.options import (
    ARCHIVE,
    ArchiveOption,
    JsonOption,
    complain,
    one_of,
    paint,
    say,
    say_json,
)

if TYPE_CHECKING:
    from baocao.index.search import SearchResult
    from baocao.report import Report

_COLOURS = {"achievement": "green", "difficulty": "red", "recommendation": "blue", "other": "dim"}


def search(
    query: Annotated[str, typer.Argument(help='Words, "a phrase", OR, -not, prefix*, a document number.')] = "",
    unit: Annotated[
        list[str] | None, typer.Option(help="Sentences that name the unit, or of reports it issued.")
    ] = None,
    person: Annotated[list[str] | None, typer.Option(help="Sentences that name the person.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="achievement, difficulty, recommendation or other.")] = None,
    year: Annotated[int | None, typer.Option(help="The year of the report.")] = None,
    date_from: Annotated[str | None, typer.Option("--from", help="Issued on or after (2017-01-31).")] = None,
    date_to: Annotated[str | None, typer.Option("--to", help="Issued on or before.")] = None,
    docno: Annotated[str | None, typer.Option(help="A document number that the sentence cites.")] = None,
    kind: Annotated[str | None, typer.Option(help="report, minutes, plan, news or other.")] = None,
    sort: Annotated[str, typer.Option(help="relevance or newest.")] = "relevance",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 10,
    by: Annotated[str, typer.Option(help="report or sentence.")] = "report",
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Search all reports, with or without diacritics."""
    from baocao.index.answering import Searcher
    from baocao.index.lookup import counts
    from baocao.index.search import Group, SearchRequest, Sort
    from baocao.report import Kind, Label

    for value, choices in ((sort, Sort), (by, Group), (kind, Kind), *((name, Label) for name in label or ())):
        if value is not None:
            one_of(value, choices)
    request = SearchRequest(
        query=query, units=tuple(unit or ()), persons=tuple(person or ()), labels=tuple(label or ()),
        docnos=(docno,) if docno else (), kinds=(kind,) if kind else (), years=() if year is None else (year,),
        date_from=date_from, date_to=date_to, sort=Sort(sort), by=Group(by), limit=limit,
    )  # fmt: skip
    known = counts(archive)
    searcher = Searcher(archive)
    found = searcher.answer(request)
    result = found.result
    if found.notice:
        complain(found.notice)
    elif known["behind"]:
        complain("the index is behind the record; `baocao index status` tells more.")
    if as_json:
        say_json(result.to_json())
    else:
        print_result(result)
        if not result.hits and (meant := searcher.suggest(request)):
            say(f"Did you mean: {meant}")


def print_result(result: "SearchResult") -> None:
    """Print what a search found."""
    colour = sys.stdout.isatty()
    say(f"{result.total} found in {result.took_ms} ms.")
    for hit in result.hits:
        say()
        say(paint(hit.title, "1", colour))
        say(f"  {hit.report}  {hit.issued or 'no date'}  {hit.issuer or ''}")
        for s in hit.sentences[:3]:
            say(f"  [{s.label}] {_marked(s.text, s.highlights, colour)}")
    for name, values in result.facets.items():
        if values:
            say(("\n" if name == "unit" else "") + f"{name}: " + ", ".join(f"{v} ({n})" for v, n in values[:6]))


def _marked(text: str, spans: tuple[tuple[int, int], ...], colour: bool) -> str:
    out, at = [], 0
    for start, end in spans:
        out += [text[at:start], paint(text[start:end], "1;33", colour) if colour else f"«{text[start:end]}»"]
        at = end
    return " ".join("".join([*out, text[at:]]).split())


def show(
    id: Annotated[str, typer.Argument(help="A report's id, or its beginning.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Show a report: what it is, its labelled sentences, what it cites and what cites it."""
    from baocao.index.lookup import report_json, variants

    data = report_json(archive, id)
    if as_json:
        say_json(data)
        return
    for key in ("title", "id", "source", "kind", "docno", "issued", "place", "issuer"):
        if data[key]:
            say(f"{key:>8}: {data[key]}")
    for s in data["sentences"]:
        say(f"  [{s['label'][:4]} {s['confidence']:.2f}] {' '.join(s['text'].split())}")
    for other, path, stands in variants(archive, data["id"]):
        say(f"{'a variant of' if stands else 'also as'} {path} ({other})")
    _say_citations(archive, data)
    for w in data["warnings"]:
        say(f"warning {w['code']}: {w['message']}")


def _say_citations(archive: Path, data: dict[str, Any]) -> None:
    from baocao.index.lookup import bearers
    from baocao.index.search import SearchRequest
    from baocao.index.settings import open_engine

    named = dict.fromkeys(e["norm"] for e in data["entities"] if e["type"] == "DOCNO" and e["norm"])
    others = [number for number in named if number != data["docno"]]
    borne = bearers(archive, others)
    for number in others:
        held = ", ".join(f"{title} ({i})" for i, title in borne.get(number, ()))
        say(f"cites {number}" + (f": {held}" if held else ""))
    if data["docno"]:
        found = open_engine(archive).search(SearchRequest(docnos=(data["docno"],), limit=50))
        for hit in found.hits:
            if hit.report != data["id"]:
                say(f"cited by {hit.title} ({hit.report})")


def analyze(
    files: Annotated[list[Path], typer.Argument(help="Files to read, without storing them.")],
    as_json: JsonOption = False,
) -> None:
    """Read files and print what the pipeline finds in them; JSON is one line a file, in the order given."""
    from baocao.intake import read_report, warm_up
    from baocao.pipeline.ingest import walk
    from baocao.pipeline.ingest.pool import Done, Pool

    paths = list(walk(files))
    pool: Pool[Report] = Pool(read_report, warm=warm_up, preload=("baocao.pipeline.warm",))
    refused = 0
    for outcome in pool.run(paths):
        if not isinstance(outcome, Done):
            refused += 1
            complain(f"{outcome.path}: {outcome.error}")
        elif as_json:
            say_json(outcome.value.to_json())
        else:
            print_report(outcome.value)
    raise typer.Exit(1 if refused else 0)


def print_report(report: "Report") -> None:
    """Print what was found in a report, in short."""
    from collections import Counter

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    console.print(Text(report.title, style="bold"))
    facts = (report.source.name, report.kind, report.docno, report.issued, report.place, report.issuer)
    console.print(Text("  " + " · ".join(str(f) for f in facts if f)))
    named: dict[str, Counter[str]] = {}
    for entity in report.entities:
        named.setdefault(entity.type.value, Counter())[entity.norm or entity.of(report.text)] += 1
    table = Table("type", "mentions", "most often", box=None)
    for kind, counter in named.items():
        table.add_row(kind, str(counter.total()), Text("; ".join(name for name, _ in counter.most_common(4))))
    console.print(table)
    for label, count in Counter(s.label.value for s in report.sentences).most_common():
        first = next(s for s in report.sentences if s.label.value == label)
        console.print(
            Text(f"  {label} {count}: {' '.join(first.of(report.text).split())[:110]}", style=_COLOURS[label])
        )
    for finding in report.findings:
        console.print(Text(f"  warning {finding.code}: {finding.message}", style="yellow"))


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write; the folder for gold.")],
    form: Annotated[str, typer.Option("--format", help="jsonl, csv, xlsx or gold.")] = "jsonl",
    everything: Annotated[bool, typer.Option("--all", help="Gold of all reports, not of corrected ones only.")] = False,
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Export the archive: whole reports (jsonl), a sentence a row (csv, xlsx), or corrected reports as gold."""
    from baocao.index.lookup import reports
    from baocao.insight.export import export as write
    from baocao.insight.export import export_gold

    if form == "gold":
        count = export_gold(reports(archive, corrected=not everything), output)
    else:
        count = write(reports(archive), form, output)
    if as_json:
        say_json({"reports": count, "output": str(output)})
    else:
        say(f"{count} reports written to {output}.")
