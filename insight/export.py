"""Exports of the record: JSON lines (whole), CSV and XLSX (a sentence a row), safe to open in a spreadsheet."""

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from baocao.errors import UsageError
from baocao.report import Report

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
_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def export(reports: Iterable[Report], form: str, destination: Path) -> int:
    """Write reports as `jsonl`, `csv` or `xlsx`; return how many were written.

    The file appears whole or not at all. Raises UsageError for another form.
    """
    writers = {"jsonl": _jsonl, "csv": _csv, "xlsx": _xlsx}
    if form not in writers:
        raise UsageError(f"There is no export format “{form}”; use jsonl, csv or xlsx.")
    part = destination.with_name(destination.name + ".part")
    try:
        count = writers[form](reports, part)
        part.replace(destination)
    except OSError as error:
        raise UsageError(f"{destination} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _jsonl(reports: Iterable[Report], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as out:
        for report in reports:
            out.write(json.dumps(report.to_json(), ensure_ascii=False) + "\n")
            count += 1
    return count


def _csv(reports: Iterable[Report], path: Path) -> int:
    """Cells that a spreadsheet would run as a formula get an apostrophe in front."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for report in reports:
            writer.writerows([_inert(cell) for cell in row] for row in _rows(report))
            count += 1
    return count


def _inert(cell: str | int | float) -> str | int | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_ACTIVE) else cell


def _xlsx(reports: Iterable[Report], path: Path) -> int:
    import xlsxwriter

    book = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("Câu")
    sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    count, line = 0, 1
    for report in reports:
        for row in _rows(report):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(line, column, cell[:32_000])
                else:
                    sheet.write_number(line, column, cell)
            line += 1
        count += 1
    book.close()
    return count


def _rows(report: Report) -> Iterator[tuple[str | int | float, ...]]:
    for s in report.sentences:
        heading = report.sections[s.section].heading if s.section is not None else ""
        yield (
            report.id, report.title, report.kind.value, report.docno or "", report.issued or "",
            report.issuer or "", report.page_of(s.start), heading, s.label.value, s.confidence, s.of(report.text),
        )  # fmt: skip
