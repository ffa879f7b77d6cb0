"""Marked sections of pages under docs/, each owned by a benchmark, so that writing one keeps what is around it."""

import re
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
SECTIONS = ("speed", "page", "endurance")


def put_section(path: Path, name: str, lines: Sequence[str]) -> None:
    """Put lines between the markers of that name, which a page has to have."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    held = path.read_text(encoding="utf-8")
    assert pattern.search(held), f"{path} has no markers {name}"
    told = "\n".join(lines).strip()
    path.write_text(pattern.sub(lambda m: f"{m[1]}{told}\n{m[2]}", held), encoding="utf-8")


def write_section(name: str, lines: Sequence[str]) -> None:
    """Put lines in place of the section of that name in docs/performance.md, which is made of sections alone."""
    found = dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->", _held(), re.DOTALL))
    found[name] = "\n".join(lines).strip()
    parts = [f"<!-- {n} -->\n{found[n]}\n<!-- /{n} -->\n" for n in SECTIONS if n in found]
    DOCS.write_text("# Performance\n\n" + "\n".join(parts), encoding="utf-8")


def _held() -> str:
    return DOCS.read_text(encoding="utf-8") if DOCS.is_file() else ""
