"""The figures of an evaluation as tables, for a terminal, for Markdown and for the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from baocao.pipeline.score import Count, Evaluation, Interval
from baocao.report import EntityType, Label

_INTERVALS = (
    "In brackets 95 % intervals from 1,000 draws of documents; where no error was seen, draws cannot show one, "
    "so 1.00-1.00 does not say that there are none."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the names of the columns and the rows; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def markdown(self) -> Iterator[str]:
        """Yield the table's lines, the title left out."""
        yield f"| {' | '.join(self.columns)} |"
        yield "|" + "---|" * len(self.columns)
        yield from (f"| {' | '.join(row)} |" for row in self.rows)


def tables(told: Evaluation) -> tuple[Table, ...]:
    """Return every table of an evaluation."""
    return (scores(told), label_summary(told), reliability(told), confusion(told))


def scores(told: Evaluation) -> Table:
    """Precision, recall and F1 of mentions, relations and labels, and how many norms are right."""
    rows = []
    for name, count in told.counts().items():
        spans = told.intervals.get(name, {})
        norm = _figure(told.norms[name].precision, spans.get("norm")) if name in set(EntityType) else ""
        rows.append((name, *_three(count, spans), norm))
    note = _INTERVALS if told.intervals else "One document: no intervals."
    return Table("Found", ("what", "precision", "recall", "F1", "norm right"), tuple(rows), note)


def _three(count: Count, spans: dict[str, Interval]) -> tuple[str, str, str]:
    return (
        _figure(count.precision, spans.get("precision")),
        _figure(count.recall, spans.get("recall")),
        _figure(count.f1, spans.get("f1")),
    )


def _figure(value: float, span: Interval | None) -> str:
    return f"{value:.3f}" + (f" ({span[0]:.2f}-{span[1]:.2f})" if span else "")


def label_summary(told: Evaluation) -> Table:
    """What the labels are worth as a whole: F1, accuracy, calibration, and accuracy with a tenth left out."""
    spans, rest = told.intervals.get("labels", {}), told.abstention
    rows = (
        ("sentences (cut otherwise than the gold)", f"{len(told.labels)} ({told.unsegmented})"),
        ("macro-F1", _figure(told.macro_f1, spans.get("macro_f1"))),
        ("accuracy", _figure(told.accuracy, spans.get("accuracy"))),
        ("expected calibration error", f"{told.calibration_error:.3f}"),
        (f"accuracy without the {rest.left_out} below confidence {rest.confidence:.2f}", f"{rest.accuracy:.3f}"),
    )
    return Table("Labels", ("what", "measured"), rows)


def reliability(told: Evaluation) -> Table:
    """How often the label is right where the model says how sure it is."""
    rows = tuple(
        (f"{b.low:.1f}-{b.low + 0.1:.1f}", str(b.sentences), *_confidence(b.sentences, b.confidence, b.accuracy))
        for b in told.reliability
    )
    return Table("Confidence and truth", ("told confidence", "sentences", "mean confidence", "right"), rows)


def _confidence(sentences: int, confidence: float, accuracy: float) -> tuple[str, str]:
    return (f"{confidence:.3f}", f"{accuracy:.3f}") if sentences else ("", "")


def confusion(told: Evaluation) -> Table:
    """Which label the gold's sentences got."""
    rows = tuple((gold, *(str(n) for n in row.values())) for gold, row in told.confusion.items())
    return Table("Labels confused", ("gold, told →", *(name.value for name in Label)), rows)
