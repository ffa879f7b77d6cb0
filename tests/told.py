"""Reports for tests that say a difficulty, a cause and a recommendation, made without the pipeline."""

import hashlib

from baocao.index.archive import Incoming
from baocao.report import Kind, Label, Period, Report, Sentence, Source


def told(title: str, unit: str, year: int, difficulty: str) -> Incoming:
    """A report of a unit and a year that names a difficulty."""
    said = [
        (title, Label.OTHER), (difficulty, Label.DIFFICULTY), ("Nguyên nhân là do tinh giản.", Label.DIFFICULTY),
        ("Đề nghị giao thêm biên chế.", Label.RECOMMENDATION), (f"Mã báo cáo {title} {year} {unit}.", Label.OTHER),
    ]  # fmt: skip
    text, sentences = "", []
    for words, label in said:
        sentences.append(Sentence(len(text), len(text) + len(words), None, label, 0.9))
        text += words + "\n"
    data = text.encode()
    source = Source(f"{title}.txt", hashlib.sha256(data).hexdigest(), "text/plain", len(data))
    report = Report(
        source, title, Kind.REPORT, None, f"{year}-12-20", None, unit, Period(f"{year}-01-01", f"{year}-12-31"), None,
        text, (0,), (), tuple(sentences), (), (), (),
    )  # fmt: skip
    return Incoming.of(report, f"/r/{title}.txt", data)
