"""`evaluate`, `train`: how good the pipeline is, and making it better."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from baocao.commands.options import (
    JsonOption,
    say,
    say_json,
)
from baocao.errors import UsageError

if TYPE_CHECKING:
    from baocao.pipeline.score import Evaluation
    from baocao.pipeline.train import Training
    from baocao.report import Report


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
        say_json(told.to_json())
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
        say(line)


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
        say_json(told.to_json())
    else:
        _print_training(told)
    if not told.installed:
        raise ModelError("The new model is worse on unseen text and was not written; --force writes it all the same.")


def _print_training(told: "Training") -> None:
    from rich.console import Console
    from rich.table import Table

    say(f"{told.sentences} shipped sentences ({told.near_duplicates} near-duplicates left out), "
         f"{told.corrections} corrected ones.")  # fmt: skip
    table = Table("on unseen text", "before", "after", box=None)
    for row in told.rows():
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if told.installed:
        say(str(told.path))
