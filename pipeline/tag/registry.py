"""An office's own names of units: a file of canonical names with the other ways they are written.

A line holds the name, then its aliases, with tabs between; lines that begin with # are left out. The file is
the one that BAOCAO_UNITS names; `baocao ingest` takes `units.tsv` of the archive where there is one.
"""

import os
from functools import cache
from pathlib import Path

from baocao.errors import UsageError
from baocao.text import clean

CHOSEN = "BAOCAO_UNITS"


@cache
def registered() -> tuple[tuple[str, str], ...]:
    """Return (as written, name) for every name and alias.

    Raises UsageError where the file cannot be read, or one way of writing stands for two names.
    """
    chosen = os.environ.get(CHOSEN)
    return read_registry(Path(chosen)) if chosen else ()


def read_registry(file: Path) -> tuple[tuple[str, str], ...]:
    """Read a file of names; see `registered`."""
    try:
        text = clean(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The names of units in {file} cannot be read; it must be a text file in UTF-8.") from error
    names: dict[str, str] = {}
    for number, line in enumerate(text.split("\n"), 1):
        cells = [" ".join(cell.split()) for cell in line.split("\t")]
        if not cells[0] or cells[0].startswith("#"):
            continue
        for written in filter(None, cells):
            if names.setdefault(written, cells[0]) != cells[0]:
                raise UsageError(
                    f"{file}, line {number}: “{written}” stands for “{names[written]}” already; leave it out of one line."
                )
    return tuple(names.items())
