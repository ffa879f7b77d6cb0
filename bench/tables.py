"""docs/performance.md: each benchmark owns a marked section, so that writing one keeps the others."""

import re
from collections.abc import Sequence
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
SECTIONS = ("speed", "endurance")


def write_section(name: str, lines: Sequence[str]) -> None:
    """Put lines in place of the section of that name."""
    found = dict(re.findall(r"<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->", _held(), re.DOTALL))
    found[name] = "\n".join(lines).strip()
    parts = [f"<!-- {n} -->\n{found[n]}\n<!-- /{n} -->\n" for n in SECTIONS if n in found]
    DOCS.write_text("# Performance\n\n" + "\n".join(parts), encoding="utf-8")


def _held() -> str:
    return DOCS.read_text(encoding="utf-8") if DOCS.is_file() else ""
