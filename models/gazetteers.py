"""Reading the curated word lists in `models/gazetteers/` (`#` lines name their source)."""

from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the tab-separated rows of a list, without comments and blank lines."""
    text = files("baocao.models").joinpath("gazetteers", name).read_text(encoding="utf-8")
    return tuple(
        tuple(cell.strip() for cell in line.split("\t"))
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    )


@cache
def lines(name: str) -> frozenset[str]:
    """Return the first column of a list as a set."""
    return frozenset(row[0] for row in rows(name))
