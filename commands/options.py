"""What the commands share: options, and printing."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from baocao.errors import UsageError
from baocao.text import shown

if TYPE_CHECKING:
    from baocao.index.archive import Archive

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


def say(text: str = "") -> None:
    """Print a line."""
    print(text)  # noqa: T201


def say_json(data: Any) -> None:
    """Print what a machine reads, in one line."""
    say(json.dumps(data, ensure_ascii=False))


def complain(sentence: str) -> None:
    """Print a sentence beside the output."""
    print(f"baocao: {shown(sentence)}", file=sys.stderr)  # noqa: T201


def say_index_down(archive: "Archive") -> None:
    """Tell where the index stayed behind, as its engine could not be reached."""
    if archive.index_down:
        complain(f"{archive.index_down} What was stored is safe, and the index follows at the next run.")


def one_of(value: str, choices: "type[Choice]") -> "Choice":
    """Return the choice that was named; raises UsageError where there is none."""
    if value not in list(choices):
        raise UsageError(f"“{value}” is none of: {', '.join(choices)}.")
    return choices(value)


def paint(text: str, code: str, colour: bool) -> str:
    """Return text in a colour of the terminal."""
    return f"\x1b[{code}m{text}\x1b[0m" if colour else text
