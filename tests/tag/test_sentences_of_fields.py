"""Units and people in sentences as reports of many fields have them."""

from pathlib import Path

import pytest

from baocao.pipeline.tag.persons import find_persons
from baocao.pipeline.tag.units import find_units

LINES = [
    line.split("|")
    for line in (Path(__file__).parent / "sentences_of_fields.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def listed(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(";") if name.strip()]


@pytest.mark.parametrize(("sentence", "units", "people"), LINES)
def test_units_and_people(sentence: str, units: str, people: str) -> None:
    text = sentence.strip()
    found = find_units(text)
    assert [m.of(text) for m in found] == listed(units)
    assert [m.of(text) for m in find_persons(text, found)] == listed(people)
