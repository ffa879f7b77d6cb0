"""Exports of the record: JSON lines (whole), CSV and XLSX (a sentence a row), safe to open in a spreadsheet;
and gold labels, a NAME.txt with NAME.json a report, the form that `baocao evaluate` reads."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from baocao.errors import UsageError
from baocao.index.search import Hit
from baocao.report import DocIssued, Kind, PersonRole, Report

COLUMNS = (
    "report",
    "title",
    "kind",
    "docno",
    "issued",
    "issuer",
    "page",
    "section",
    "label",
    "confidence",
    "text",
)
HIT_COLUMNS = ("report", "title", "issued", "issuer", "label", "start", "text")
MOST_HITS = 100_000
MEDIA = {"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8"}
Row = tuple[str | int | float, ...]
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def export(reports: Iterable[Report], form: str, destination: Path) -> int:
    """Write reports as `jsonl`, `csv` or `xlsx`; return how many were written.

    The file appears whole or not at all. Raises UsageError for another form.
    """
    writers = {"jsonl": _jsonl, "csv": _csv, "xlsx": _xlsx}
    if form not in writers:
        raise UsageError(f"There is no export format “{form}”; use jsonl, csv or xlsx, or gold into a folder.")
    if destination.exists() and not destination.is_file():  # a folder; a device, which a file would take the place of
        raise UsageError(f"{destination} is no file; name one after -o.")
    part = destination.with_name(destination.name + ".part")
    try:
        part.touch()  # a missing folder is told here, whatever the writer makes of it
        count = writers[form](reports, part)
        part.replace(destination)
    except OSError as error:
        raise UsageError(f"{destination} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def export_gold(reports: Iterable[Report], folder: Path) -> int:
    """Write each report's text and labels into a folder as gold; return how many were written.

    The labels stand last and whole, so that a folder half written holds only whole cases.
    """
    count = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for report in reports:
            stem = re.sub(r"[^\w. -]", "_", Path(report.source.name).stem).strip(". ")[:60]
            name = folder / f"{stem}-{report.id[:8]}"
            _whole(name.with_name(name.name + ".txt"), report.text)
            _whole(name.with_name(name.name + ".json"), json.dumps(gold(report), ensure_ascii=False, indent=1))
            count += 1
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}.") from error
    return count


def _whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="")
    part.replace(path)


def gold(report: Report) -> dict[str, Any]:
    """Return the labels of a report in the form of gold; a kind that it does not know is a report."""
    text = report.text
    kinds = {Kind.NEWS: "web-news", Kind.OTHER: Kind.REPORT.value}
    return {
        "source": ", ".join(filter(None, (report.title, report.source.name, report.issued))),
        "kind": kinds.get(report.kind, report.kind.value),
        "entities": [
            {"type": e.type.value, "text": e.of(text), "start": e.start, "norm": e.norm} for e in report.entities
        ],
        "sentences": [{"text": s.of(text), "start": s.start, "label": s.label.value} for s in report.sentences],
        "relations": list(_gold_relations(report)),
    }


def _gold_relations(report: Report) -> Iterator[dict[str, Any]]:
    def words(index: int | None) -> str | None:
        return None if index is None else report.entities[index].of(report.text)

    def norm(index: int | None) -> str | None:
        return None if index is None else report.entities[index].norm

    for relation in report.relations:
        match relation:
            case PersonRole(person, role, unit):
                yield {"kind": "person_role", "person": words(person), "role": role, "unit": words(unit)}
            case DocIssued(doc, day, issuer, _):
                yield {"kind": "doc_issued", "doc": norm(doc), "date": norm(day), "issuer": words(issuer)}


def export_hits(hits: Iterable[Hit], form: str, destination: Path) -> int:
    """Write sentences that a search found as `csv` or `xlsx`, as far as a spreadsheet is of use; return how many."""
    rows = (
        (hit.report, hit.title, hit.issued or "", hit.issuer or "", s.label, s.start, " ".join(s.text.split()))
        for hit in islice(hits, MOST_HITS)
        for s in hit.sentences
    )
    return (_write_csv if form == "csv" else _write_xlsx)(HIT_COLUMNS, rows, destination)


def export_rows(columns: Row, rows: Iterable[Row], form: str, destination: Path) -> int:
    """Write rows of a table below their columns' names as `csv` or `xlsx`; return how many."""
    return (_write_csv if form == "csv" else _write_xlsx)(columns, rows, destination)


def _jsonl(reports: Iterable[Report], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for report in reports:
            out.write(json.dumps(report.to_json(), ensure_ascii=False) + "\n")
            count += 1
    return count


def _csv(reports: Iterable[Report], path: Path) -> int:
    return _table(reports, lambda rows: _write_csv(COLUMNS, rows, path))


def _xlsx(reports: Iterable[Report], path: Path) -> int:
    return _table(reports, lambda rows: _write_xlsx(COLUMNS, rows, path))


def _table(reports: Iterable[Report], write: Callable[[Iterator[Row]], int]) -> int:
    """Let the sentences of reports be written, a row each; return the number of reports."""
    count = 0

    def rows() -> Iterator[Row]:
        nonlocal count
        for report in reports:
            count += 1
            yield from _rows(report)

    write(rows())
    return count


def _write_csv(columns: Row, rows: Iterable[Row], path: Path) -> int:
    """Write rows; cells that a spreadsheet would run as a formula get an apostrophe in front. Return how many."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_inert(cell) for cell in row])
            count += 1
    return count


def _inert(cell: str | int | float) -> str | int | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_ACTIVE) else cell


def _write_xlsx(columns: Row, rows: Iterable[Row], path: Path) -> int:
    """Write rows, text as text whatever it begins with. Return how many."""
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Câu")
    sheet.write_row(0, 0, columns, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    line = 0
    for line, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell[:32_000])
            else:
                sheet.write_number(line, column, cell)
    book.close()
    return line


def _rows(report: Report) -> Iterator[Row]:
    for s in report.sentences:
        heading = report.sections[s.section].heading if s.section is not None else ""
        yield (
            report.id, report.title, report.kind.value, report.docno or "", report.issued or "",
            report.issuer or "", report.page_of(s.start), heading, s.label.value, s.confidence, s.of(report.text),
        )  # fmt: skip
