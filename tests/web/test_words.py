"""The page speaks English too: no word of it lacks a translation, none is translated that is not said."""

import ast
import re
from pathlib import Path

from baocao.web import faults, wording

WEB = Path(__file__).parents[2] / "web"
SAID = re.compile(r"""(?<![\w.])(?:_|said|translated)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")


def test_every_word_has_its_english() -> None:
    said = {
        ast.literal_eval(m) for p in WEB.rglob("*") if p.suffix in (".html", ".py") for m in SAID.findall(p.read_text())
    }
    for table in (wording.LABELS, wording.KINDS, wording.TYPES, wording.FINDINGS):
        said |= set(table.values())
    said |= {words for _, words in faults._SAID} | set(faults._BY_STATUS.values())
    assert sorted(said - set(wording.english())) == []


def test_fields_are_the_same_in_both() -> None:
    for vietnamese, english in wording.english().items():
        assert sorted(re.findall(r"\{\w+\}", vietnamese)) == sorted(re.findall(r"\{\w+\}", english))
