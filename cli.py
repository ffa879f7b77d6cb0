"""The command `baocao`: parse, call, print. Heavy libraries load inside the commands that need them."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

try:
    import typer
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed; run `pip install -e .` in the folder of baocao.")
except KeyboardInterrupt:
    sys.exit(130)

from baocao import __version__
from baocao.errors import BaocaoError, UsageError

if TYPE_CHECKING:
    from baocao.index.archive import Archive, Incoming
    from baocao.index.corrections import Correction
    from baocao.index.prepare import Prepared
    from baocao.index.search import SearchResult
    from baocao.pipeline.score import Evaluation
    from baocao.pipeline.train import Training
    from baocao.report import Report

app = typer.Typer(help="Search and understand Vietnamese government meeting reports.", no_args_is_help=True,
                  pretty_exceptions_enable=False)  # fmt: skip
index_app = typer.Typer(help="The search index, a projection of the record.", no_args_is_help=True)
app.add_typer(index_app, name="index")
correct_app = typer.Typer(help="Correct what was found; kept apart from it, and undone at will.", no_args_is_help=True)
app.add_typer(correct_app, name="correct")

ArchiveOption = Annotated[
    Path, typer.Option("--archive", envvar="BAOCAO_ARCHIVE", help="The archive's folder.", show_default=True)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
WhoOption = Annotated[str | None, typer.Option("--by", help="Who corrects.", show_default="the system's user")]
ReportArgument = Annotated[str, typer.Argument(help="A report's id, or its beginning.")]
StartArgument = Annotated[int, typer.Argument(help="An offset in the text, as `baocao show ID --json` tells.")]
TypeArgument = Annotated[str, typer.Argument(metavar="TYPE", help="UNIT, PERSON, DATE, PERIOD or DOCNO.")]
NormOption = Annotated[str | None, typer.Option(help="What the mention stands for, such as 2017-06-22.")]
ARCHIVE = Path("archive")
Choice = TypeVar("Choice", bound=StrEnum)
_STOPPED = 130  # as a shell tells of a command that Ctrl-C ended
_COLOURS = {"achievement": "green", "difficulty": "red", "recommendation": "blue", "other": "dim"}


def main() -> None:
    """Run the command line; an error is one sentence and an exit code, never a traceback."""
    code = 0
    try:
        code = app(standalone_mode=False, prog_name="baocao") or 0
        if code == _STOPPED:  # what typer makes of Ctrl-C
            raise KeyboardInterrupt
        sys.stdout.flush()  # here a full disk or a closed pipe can still be told
    except BaocaoError as error:
        _fail(str(error), error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _fail("Stopped; what was stored is safe, and the same command goes on from here.", _STOPPED)
    except BrokenPipeError:
        _drop_output()
    except OSError as error:
        _drop_output()
        _fail(f"{error.filename or 'The system says'}: {error.strerror}.", 1)
    except Exception as error:
        if not hasattr(error, "format_message"):
            _fail_unforeseen(error)
        _fail_wrong_use(error)
    sys.exit(code)


def _fail_wrong_use(error: Any) -> None:
    """End with what the command line's own parser says, and where the command is explained."""
    told = error.format_message().rstrip(".")
    if told:
        command = error.ctx.command_path if getattr(error, "ctx", None) else "baocao"
        _fail(f"{told}; `{command} --help` tells what there is.", 2)
    sys.exit(2)  # a bare `baocao`: the help was printed


def _fail_unforeseen(error: Exception) -> None:
    if os.environ.get("BAOCAO_TRACEBACK"):
        raise error
    told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    _fail(f"This is a fault of baocao ({told}); what was stored is safe; BAOCAO_TRACEBACK=1 shows where it is.", 1)


def _drop_output() -> None:
    """Let go of what could not be printed, so that the interpreter does not try again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(sentence: str, code: int) -> None:
    print(f"baocao: {sentence}", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _say(text: str = "") -> None:
    print(text)  # noqa: T201


def _as_json(data: Any) -> None:
    _say(json.dumps(data, ensure_ascii=False))


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders of reports.")],
    archive: ArchiveOption = ARCHIVE,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds a file may take.")] = 120.0,
    again: Annotated[bool, typer.Option("--again", help="Read known files anew, after a change of model.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read reports into the archive. The same bytes twice are one report; a changed file is a new version."""
    from baocao.index import open_archive
    from baocao.pipeline.ingest import walk

    _use_what_is_kept_in(archive)
    files = list(walk(paths))
    told = {"new": 0, "known": 0, "refused": 0}
    started = time.monotonic()
    with open_archive(archive) as opened:
        for outcome, path, sentence in _ingested(opened, files, jobs, timeout, told, again):
            if outcome == "refused":
                print(f"baocao: {path}: {sentence}", file=sys.stderr)  # noqa: T201
    _say_index_down(opened)
    seconds = time.monotonic() - started
    if as_json:
        _as_json({**told, "seconds": round(seconds, 2)})
    else:
        _say(f"{told['new']} new, {told['known']} known, {told['refused']} refused, in {seconds:.1f} s.")
        if told["refused"]:
            _say("`baocao quarantine` lists the refused files with their reasons.")
    raise typer.Exit(1 if told["refused"] else 0)


def _say_index_down(archive: "Archive") -> None:
    if archive.index_down:
        print(f"baocao: {archive.index_down} What was stored is safe, and the index follows at the next run.",  # noqa: T201
              file=sys.stderr)  # fmt: skip


def _use_what_is_kept_in(archive: Path) -> None:
    """Use the archive's own names of units, and the model trained from its corrections, unless others are named."""
    for variable, kept in (("BAOCAO_MODEL", Path("models", "labels.skops")), ("BAOCAO_UNITS", Path("units.tsv"))):
        if (archive / kept).is_file():
            os.environ.setdefault(variable, str((archive / kept).resolve()))


def _ingested(
    opened: Any, files: list[Path], jobs: int, timeout: float, told: dict[str, int], again: bool = False
) -> Iterator[tuple[str, Path, str]]:
    """Ingest files, yielding (outcome, path, sentence) for each; known bytes are not read unless `again`."""
    from baocao.pipeline.ingest import printable
    from baocao.pipeline.ingest.pool import Done, Pool

    def unknown() -> Iterator[Path]:
        for path in files:
            if not again and (sha := _sha256(path)) and opened.known(sha):
                told["known"] += 1
                step(path)
            else:
                yield path

    with _progress(len(files)) as step:
        pool: Pool[Prepared] = Pool(
            _prepare_file, warm=_warm_up, jobs=jobs, timeout=timeout, preload=("baocao.pipeline.warm",)
        )
        waiting: list[Incoming] = []
        for outcome in pool.run(unknown()):
            step(outcome.path)
            if isinstance(outcome, Done):
                waiting.append(_incoming(outcome.value, outcome.path))
                if len(waiting) >= 16:
                    _store(opened, waiting, told, again)
            else:
                told["refused"] += 1
                path, sentence = printable(outcome.path.resolve()), printable(str(outcome.error))
                opened.refuse(path, outcome.error.code, sentence)
                yield "refused", outcome.path, str(outcome.error)
        _store(opened, waiting, told, again)


def _analyze_file(path: Path) -> "Report":
    from baocao.pipeline import analyze_file

    return analyze_file(path)


def _prepare_file(path: Path) -> "Prepared":
    from baocao.index.prepare import prepare

    return prepare(_analyze_file(path))


def _warm_up() -> None:
    from baocao.pipeline import warm_up

    warm_up()


def _incoming(report: "Prepared", path: Path) -> "Incoming":
    from baocao.index.archive import Incoming
    from baocao.pipeline.ingest import printable

    return Incoming(report, printable(path.resolve()), path.read_bytes())


def _store(opened: Any, waiting: list[Any], told: dict[str, int], again: bool) -> None:
    for new in opened.add(waiting, again=again):
        told["new" if new else "known"] += 1
    waiting.clear()


def _sha256(path: Path) -> str | None:
    import hashlib

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None  # the reader says what is wrong with it


class _progress:
    """A bar with rate and time left on a terminal; silent in a pipe."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: Any = None

    def __enter__(self) -> Any:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
            self._bar = Progress(*columns, TextColumn("{task.description}"), console=Console(stderr=True))
            self._task = self._bar.add_task("", total=self._total, rate="")
            self._bar.start()
            self._started, self._done = time.monotonic(), 0
        return self._step

    def _step(self, path: Path) -> None:
        if self._bar is not None:
            self._done += 1
            rate = self._done / max(0.001, time.monotonic() - self._started)
            self._bar.update(self._task, advance=1, description=path.name[:40], rate=f"{rate:.1f} files/s")

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


@app.command()
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
    from baocao.index.lookup import counts
    from baocao.index.search import Group, SearchRequest, Sort
    from baocao.index.settings import open_engine
    from baocao.report import Kind, Label

    for value, choices in ((sort, Sort), (by, Group), (kind, Kind), *((name, Label) for name in label or ())):
        if value is not None:
            _one_of(value, choices)
    request = SearchRequest(
        query=query, units=tuple(unit or ()), persons=tuple(person or ()), labels=tuple(label or ()), docno=docno,
        kind=kind, year=year, date_from=date_from, date_to=date_to, sort=Sort(sort), by=Group(by), limit=limit,
    )  # fmt: skip
    known = counts(archive)
    result = open_engine(archive).search(request)
    if known["behind"]:
        print("baocao: the index is behind the record; `baocao index status` tells more.", file=sys.stderr)  # noqa: T201
    if as_json:
        _as_json(result.to_json())
    else:
        _print_result(result)


def _one_of(value: str, choices: "type[Choice]") -> "Choice":
    if value not in list(choices):
        raise UsageError(f"“{value}” is none of: {', '.join(choices)}.")
    return choices(value)


def _print_result(result: "SearchResult") -> None:
    colour = sys.stdout.isatty()
    _say(f"{result.total} found in {result.took_ms} ms.")
    for hit in result.hits:
        _say()
        _say(_paint(hit.title, "1", colour))
        _say(f"  {hit.report}  {hit.issued or 'no date'}  {hit.issuer or ''}")
        for s in hit.sentences[:3]:
            _say(f"  [{s.label}] {_marked(s.text, s.highlights, colour)}")
    for name, values in result.facets.items():
        if values:
            _say(("\n" if name == "unit" else "") + f"{name}: " + ", ".join(f"{v} ({n})" for v, n in values[:6]))


def _marked(text: str, spans: tuple[tuple[int, int], ...], colour: bool) -> str:
    out, at = [], 0
    for start, end in spans:
        out += [text[at:start], _paint(text[start:end], "1;33", colour) if colour else f"«{text[start:end]}»"]
        at = end
    return " ".join("".join([*out, text[at:]]).split())


def _paint(text: str, code: str, colour: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="A report's id, or its beginning.")],
    archive: ArchiveOption = ARCHIVE,
    as_json: JsonOption = False,
) -> None:
    """Show a report: what it is, its labelled sentences, what it cites and what cites it."""
    from baocao.index.lookup import report_json

    data = report_json(archive, id)
    if as_json:
        _as_json(data)
        return
    for key in ("title", "id", "source", "kind", "docno", "issued", "place", "issuer"):
        if data[key]:
            _say(f"{key:>8}: {data[key]}")
    for s in data["sentences"]:
        _say(f"  [{s['label'][:4]} {s['confidence']:.2f}] {' '.join(s['text'].split())}")
    _say_citations(archive, data)
    for w in data["warnings"]:
        _say(f"warning {w['code']}: {w['message']}")


def _say_citations(archive: Path, data: dict[str, Any]) -> None:
    from baocao.index.lookup import cited_by
    from baocao.index.search import SearchRequest
    from baocao.index.settings import open_engine

    for number in dict.fromkeys(e["norm"] for e in data["entities"] if e["type"] == "DOCNO" and e["norm"]):
        if number != data["docno"]:
            held = ", ".join(f"{title} ({i})" for i, title in cited_by(archive, number))
            _say(f"cites {number}" + (f": {held}" if held else ""))
    if data["docno"]:
        found = open_engine(archive).search(SearchRequest(docno=data["docno"], limit=50))
        for hit in found.hits:
            if hit.report != data["id"]:
                _say(f"cited by {hit.title} ({hit.report})")


@app.command()
def analyze(
    files: Annotated[list[Path], typer.Argument(help="Files to read, without storing them.")],
    as_json: JsonOption = False,
) -> None:
    """Read files and print what the pipeline finds in them; JSON is one line a file, in the order given."""
    from baocao.pipeline.ingest import walk
    from baocao.pipeline.ingest.pool import Done, Pool

    paths = list(walk(files))
    pool: Pool[Report] = Pool(_analyze_file, warm=_warm_up, preload=("baocao.pipeline.warm",))
    refused = 0
    for outcome in pool.run(paths):
        if not isinstance(outcome, Done):
            refused += 1
            print(f"baocao: {outcome.path}: {outcome.error}", file=sys.stderr)  # noqa: T201
        elif as_json:
            _as_json(outcome.value.to_json())
        else:
            _print_report(outcome.value)
    raise typer.Exit(1 if refused else 0)


def _print_report(report: "Report") -> None:
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


@app.command()
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
        _as_json({"reports": count, "output": str(output)})
    else:
        _say(f"{count} reports written to {output}.")


@correct_app.command("relabel")
def correct_relabel(
    report: ReportArgument,
    start: StartArgument,
    label: Annotated[str, typer.Argument(help="achievement, difficulty, recommendation or other.")],
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give the sentence at START another label."""
    from baocao.index.corrections import relabel
    from baocao.report import Label

    chosen = _one_of(label, Label)
    _correct(archive, report, lambda seen: relabel(seen, start, chosen), who, as_json)


@correct_app.command("add")
def correct_add(
    report: ReportArgument, start: StartArgument,
    end: Annotated[int, typer.Argument(help="The offset after its last character.")],
    type_: TypeArgument, norm: NormOption = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Mark the characters from START to END as a mention."""
    from baocao.index.corrections import add_entity
    from baocao.report import EntityType

    chosen = _one_of(type_, EntityType)
    _correct(archive, report, lambda seen: add_entity(seen, start, end, chosen, norm), who, as_json)


@correct_app.command("remove")
def correct_remove(
    report: ReportArgument, start: StartArgument,
    type_: Annotated[str | None, typer.Option("--type", help="Which, where several mentions stand there.")] = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say that the mention at START is none."""
    from baocao.index.corrections import remove_entity
    from baocao.report import EntityType

    chosen = _one_of(type_, EntityType) if type_ is not None else None
    _correct(archive, report, lambda seen: remove_entity(seen, start, chosen), who, as_json)


@correct_app.command("retype")
def correct_retype(
    report: ReportArgument, start: StartArgument, type_: TypeArgument, norm: NormOption = None,
    archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Give the mention at START another type."""
    from baocao.index.corrections import retype
    from baocao.report import EntityType

    chosen = _one_of(type_, EntityType)
    _correct(archive, report, lambda seen: retype(seen, start, chosen, norm), who, as_json)


@correct_app.command("merge")
def correct_merge(
    alias: str, name: str, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Show the unit ALIAS as NAME in every report."""
    _write(archive, lambda opened: opened.merge(alias, name, by=who), as_json)


@correct_app.command("split")
def correct_split(
    alias: str, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Undo the merge of the unit ALIAS."""
    _write(archive, lambda opened: opened.split(alias, by=who), as_json)


@correct_app.command("undo")
def correct_undo(
    number: int, archive: ArchiveOption = ARCHIVE, who: WhoOption = None, as_json: JsonOption = False
) -> None:
    """Undo a correction by the number that `baocao correct list` shows."""
    _write(archive, lambda opened: (opened.undo(number, by=who), number)[1], as_json)


@correct_app.command("list")
def correct_list(
    undone: Annotated[bool, typer.Option("--undone", help="Also those that were undone.")] = False,
    archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """List the corrections: what, who, when, and whether each still finds its place."""
    from baocao.index.lookup import corrections

    found = [entry.to_json() for entry in corrections(archive, undone=undone)]
    if as_json:
        _as_json(found)
    for told in found if not as_json else ():
        _say(_correction_line(told))


def _correct(archive: Path, id_: str, make: "Callable[[Report], Correction]", who: str | None, as_json: bool) -> None:
    from baocao.index.lookup import report_json
    from baocao.report import Report

    seen = Report.from_json(report_json(archive, id_))
    correction = make(seen)
    _write(archive, lambda opened: opened.correct(seen.id, correction, by=who), as_json)


def _write(archive: Path, act: "Callable[[Archive], int]", as_json: bool) -> None:
    from baocao.index import open_archive
    from baocao.index.lookup import corrections, counts

    counts(archive)  # a folder without an archive is told, not made into one
    with open_archive(archive) as opened:
        number = act(opened)
    _say_index_down(opened)
    told = next(e.to_json() for e in corrections(archive, undone=True) if e.number == number)
    _as_json(told) if as_json else _say(_correction_line(told))


def _correction_line(told: dict[str, Any]) -> str:
    if told["kind"] == "merge":
        what = f"“{told['alias']}” → “{told['name']}”"
    else:
        what = f"{told['report'][:8]} at {told['start']}: “{' '.join(told['text'].split())[:60]}” "
        what += f"{told.get('label') or told['type']}"
    undone = f", undone by {told['undone_by']} {told['undone_at']}" if told["undone_at"] else ""
    lost = "" if told["fits"] else " (its words stand no longer in the report)"
    return f"{told['number']}  {told['kind']} {what}, by {told['by']} {told['at']}{undone}{lost}"


@index_app.command("rebuild")
def index_rebuild(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Make the search index anew from the record."""
    from baocao.index.archive import rebuild

    count = rebuild(archive)
    _as_json({"reports": count}) if as_json else _say(f"The index was rebuilt with {count} reports.")


@index_app.command("status")
def index_status(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """Tell whether the index holds what the record holds; exit code 1 where it does not."""
    from baocao.index.archive import agreement
    from baocao.index.lookup import counts

    known = counts(archive)
    missing, extra = agreement(archive)
    told = {**known, "missing": sorted(missing), "extra": sorted(extra), "agree": not missing and not extra}
    if as_json:
        _as_json(told)
    elif told["agree"]:
        _say(f"Index and record agree: {known['reports']} reports, {known['quarantined']} files in quarantine.")
    else:
        _say(f"The index lacks {len(missing)} reports and has {len(extra)} too many; the next ingest repairs it, "
             "or `baocao index rebuild`.")  # fmt: skip
    raise typer.Exit(0 if told["agree"] else 1)


@app.command()
def quarantine(archive: ArchiveOption = ARCHIVE, as_json: JsonOption = False) -> None:
    """List the files that were refused, each with its reason."""
    from baocao.index.lookup import refusals

    found = refusals(archive)
    if as_json:
        _as_json(found)
    elif not found:
        _say("Nothing is in quarantine.")
    for row in found if not as_json else ():
        _say(f"{row['path']}\n  {row['code']}: {row['message']}")


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder of NAME.txt with gold labels in NAME.json.")],
    misses: Annotated[bool, typer.Option(help="List every miss.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page with the errors in place.")] = None,
    model: Annotated[Path | None, typer.Option(envvar="BAOCAO_MODEL", help="Score with another classifier.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Score the pipeline against gold labels: mentions, norms, relations, sentence labels."""
    from baocao.pipeline.score import evaluate as score

    if model is not None:
        os.environ["BAOCAO_MODEL"] = str(model)
    told = score(folder)
    if html is not None:
        from baocao.pipeline.errors_page import errors_page

        _write_whole(html, errors_page(told, f"baocao evaluate {folder.resolve().name}"))
    if as_json:
        _as_json(told.to_json())
        return
    _print_evaluation(told, misses=misses)


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _print_evaluation(told: "Evaluation", *, misses: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from baocao.pipeline.figures import tables

    console = Console(width=None if sys.stdout.isatty() else 120)
    for found in tables(told):
        table = Table(*found.columns, title=Text(found.title), title_justify="left", box=None)
        for row in found.rows:
            table.add_row(*map(Text, row))
        console.print(table)
        console.print(Text(f"{found.note}\n" if found.note else ""))
    for line in told.misses if misses else ():
        _say(line)


@app.command()
def train(
    corrections: Annotated[
        Path | None, typer.Option(metavar="ARCHIVE", help="Learn also from the labels that people corrected there.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--out", "--output", help="Where to write the model.",
                     show_default="ARCHIVE/models/labels.skops with --corrections, else the shipped one"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write the model even where it is worse.")] = False,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Train the sentence classifier; print its score on unseen text before and after. A worse one is not written."""
    from baocao.errors import ModelError
    from baocao.pipeline.train import train as run

    reports: list[Report] | None = None
    if corrections is not None:
        from baocao.index.lookup import reports as corrected

        reports = list(corrected(corrections, corrected=True))
        output = output or corrections / "models" / "labels.skops"
    told = run(output, reports, force=force)
    if as_json:
        _as_json(told.to_json())
    else:
        _print_training(told)
    if not told.installed:
        raise ModelError("The new model is worse on unseen text and was not written; --force writes it all the same.")


def _print_training(told: "Training") -> None:
    from rich.console import Console
    from rich.table import Table

    _say(f"{told.sentences} shipped sentences ({told.near_duplicates} near-duplicates left out), "
         f"{told.corrections} corrected ones.")  # fmt: skip
    table = Table("on unseen text", "before", "after", box=None)
    for row in told.rows():
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if told.installed:
        _say(str(told.path))


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Tell which parts are there, and the command that installs each missing one; exit code 1 where a needed one is."""
    parts = [(name, purpose, f"pip install {name}", _version(name)) for name, purpose in _NEEDED]
    programs = [(name, purpose, how, _program(name)) for name, purpose, how in _PROGRAMS]
    told = [
        {"part": part, "for": purpose, "present": found is not None, "version": found, "needed": needed, "install": how}
        for needed, some in ((True, parts), (False, programs))
        for part, purpose, how, found in some
    ]
    if as_json:
        _as_json(told)
    else:
        _say(f"baocao {__version__}, Python {sys.version.split()[0]}")
    for row in told if not as_json else ():
        state = "ok     " if row["present"] else "missing" if row["needed"] else "absent "
        version = f" {row['version']}" if row["needed"] and row["present"] else ""
        _say(
            f"{state} {row['part']}{version}: {row['for']}" + ("" if row["present"] else f"; install: {row['install']}")
        )
    raise typer.Exit(1 if any(row["needed"] and not row["present"] for row in told) else 0)


_NEEDED = (
    ("pdfplumber", "PDF files"),
    ("pypdfium2", "damaged PDF files"),
    ("python-docx", "Word files"),
    ("trafilatura", "web pages"),
    ("lxml_html_clean", "web pages"),
    ("spacy", "the pipeline"),
    ("underthesea", "words and sentences"),
    ("scikit-learn", "labels of sentences"),
    ("skops", "reading the classifier"),
    ("sqlalchemy", "the record"),
    ("tantivy", "the embedded search index"),
    ("xlsxwriter", "XLSX export"),
)
_PROGRAMS = (
    ("tesseract", "scans; not used so far", "apt-get install tesseract-ocr tesseract-ocr-vie"),
    ("soffice", "old Word files; not used so far", "apt-get install libreoffice-writer"),
)


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _program(name: str) -> str | None:
    from shutil import which

    return which(name)


_DEMO_SEARCHES: tuple[tuple[str, tuple[str, ...]], ...] = (("bien che thieu", ()), ("kinh phí", ("recommendation",)))


@app.command()
def demo(archive: ArchiveOption = Path("demo-archive"), as_json: JsonOption = False) -> None:
    """Ingest the shipped samples, print what was found, and answer two searches."""
    from baocao.index import open_archive
    from baocao.index.lookup import reports
    from baocao.index.search import SearchRequest
    from baocao.index.settings import open_engine
    from baocao.pipeline.ingest import walk

    samples = Path(__file__).resolve().parent / "samples" / "reports"
    if not samples.is_dir():
        raise UsageError("The samples come with the source; run `baocao demo` in a clone of the repository.")
    told = {"new": 0, "known": 0, "refused": 0}
    with open_archive(archive) as opened:
        for _, path, sentence in _ingested(opened, list(walk([samples])), 2, 120.0, told):
            print(f"baocao: {path}: {sentence}", file=sys.stderr)  # noqa: T201
    _say_index_down(opened)
    engine = open_engine(archive)
    results = [engine.search(SearchRequest(words, labels=labels, limit=3)) for words, labels in _DEMO_SEARCHES]
    if as_json:
        found = [report.to_json() for report in reports(archive)]
        _as_json({"ingested": told, "reports": found, "searches": [result.to_json() for result in results]})
        return
    for report in reports(archive):
        _print_report(report)
        _say()
    for (words, labels), result in zip(_DEMO_SEARCHES, results, strict=True):
        shown = f'baocao search "{words}"' + "".join(f" --label {name}" for name in labels) + f" --archive {archive}"
        _say(f"$ {shown}")
        _print_result(result)
        _say()
    _say("Your own folder:  baocao ingest FOLDER --archive my-archive;  baocao search WORDS --archive my-archive")


if __name__ == "__main__":
    main()
