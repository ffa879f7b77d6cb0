"""Training the classifier from `models/sentences/*.txt` and from what people corrected, measured on unseen text.

A file holds passages of one field: `# kind | title`, `## heading`, then a sentence a line behind its mark
(`+` achievement, `-` difficulty, `>` recommendation, `.` other), in the order of a document.
"""

import io
import random
import re
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from baocao.errors import ModelError, UsageError
from baocao.pipeline.classify import ARTEFACT, LabelModel, read_model
from baocao.pipeline.features import cues_of, feature_rows, features, heading_words
from baocao.pipeline.segment import Segments
from baocao.pipeline.words import split_words
from baocao.report import By, Label, Report
from baocao.text import folded_syllables

_MARKS = {"+": Label.ACHIEVEMENT, "-": Label.DIFFICULTY, ">": Label.RECOMMENDATION, ".": Label.OTHER}
_SEED = 20171
_ID = re.compile(rb'(?<="__id__": )\d+|\d+(?=\.npy")')
_SHINGLE = 3
# What a correction weighs against a shipped sentence: there are few of them, and each is a mistake that was made.
_WEIGHT = 5.0
# So much macro-F1 may be lost on the shipped fields, which is less than a draw of other fields moves it.
_SLACK = 0.005


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of labelled sentences as they stand in a document: (heading, sentence, label)."""

    field: str
    kind: str
    sentences: tuple[tuple[str, str, Label], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled sentence as the classifier sees it; `group` is the field or report that it comes from."""

    text: str
    features: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Score:
    """How a model does on text it has not seen: fields of government left out, and corrections left out.

    `corrections_right` of `corrections` are labelled as the person did.
    """

    macro_f1: float
    accuracy: float
    corrections_right: int = 0
    corrections: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """What came of a training. `before` is None where the model to be replaced tells no score of its own."""

    path: Path
    sentences: int
    corrections: int
    near_duplicates: int
    before: Score | None
    after: Score
    installed: bool

    def to_json(self) -> dict[str, Any]:
        """Return what came of it for machines."""
        return {
            "model": str(self.path),
            "installed": self.installed,
            "sentences": self.sentences,
            "corrections": self.corrections,
            "near_duplicates": self.near_duplicates,
            "macro_f1": self.after.macro_f1,
            "accuracy": self.after.accuracy,
            "before": asdict(self.before) if self.before else None,
            "after": asdict(self.after),
        }

    def rows(self) -> Iterator[tuple[str, str, str]]:
        """Yield what was measured, before and after."""
        before, after = self.before, self.after
        yield "fields left out: macro-F1", f"{before.macro_f1:.3f}" if before else "?", f"{after.macro_f1:.3f}"
        yield "fields left out: accuracy", f"{before.accuracy:.3f}" if before else "?", f"{after.accuracy:.3f}"
        if before and after.corrections:
            right = (f"{score.corrections_right} of {score.corrections}" for score in (before, after))
            yield "corrections left out: right", next(right), next(right)


def read_passages() -> list[Passage]:
    """Read the shipped training sentences.

    Raises ModelError where a line has no mark.
    """
    passages: list[Passage] = []
    folder = files("baocao.models").joinpath("sentences")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".txt"):
            passages += _passages(file.name.removesuffix(".txt"), file.read_text(encoding="utf-8"))
    return passages


def _passages(name: str, text: str) -> Iterator[Passage]:
    kind, heading = "report", ""
    rows: list[tuple[str, str, Label]] = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("# "):
            if rows:
                yield Passage(name, kind, tuple(rows))
            kind, heading, rows = line[2:].split("|")[0].strip(), "", []
        elif line:
            if line[:1] not in _MARKS or line[1:2] != " ":
                raise ModelError(f"{name}.txt, line {number}: a sentence starts with one of + - > . and a blank.")
            rows.append((heading, line[2:].strip(), _MARKS[line[0]]))
    if rows:
        yield Passage(name, kind, tuple(rows))


def examples_of(passages: Sequence[Passage]) -> list[Example]:
    """Return the sentences of passages, in order."""
    examples = []
    for passage in passages:
        texts = [text for _, text, _ in passage.sentences]
        cues = cues_of(texts)
        for i, (heading, text, label) in enumerate(passage.sentences):
            news = passage.kind == "news"
            row = features(split_words(text), text, heading_words(heading), cues[i], i / len(texts), news=news)
            examples.append(Example(text, row, label.value, passage.field))
    return examples


def corrected_examples(reports: Iterable[Report]) -> list[Example]:
    """Return the sentences that a person labelled, each with the features that its report gives it."""
    examples = []
    for report in reports:
        if not any(s.by is By.PERSON for s in report.sentences):
            continue
        texts = [s.of(report.text) for s in report.sentences]
        segments = Segments(report.sections, report.sentences, tuple(s.section for s in report.sentences))
        rows = feature_rows(report.text, segments, [split_words(text) for text in texts], report.kind)
        examples += [
            Example(text, row, s.label.value, report.id)
            for s, text, row in zip(report.sentences, texts, rows, strict=True)
            if s.by is By.PERSON
        ]
    return examples


# Near-duplicates.


def without_near_duplicates(examples: Sequence[Example]) -> list[Example]:
    """Leave out a sentence whose shingles are four fifths those of an earlier one with the same label.

    Two such sentences in different fields would let the training see what the measurement takes for unseen.
    """
    shingles = [_shingles(e.text) for e in examples]
    often = Counter(s for found in shingles for s in found)
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    kept: list[Example] = []
    for i, (example, own) in enumerate(zip(examples, shingles, strict=True)):
        # Sets that share four fifths share one of the rarest: of n shingles, any n - ⌈0.8 n⌉ + 1.
        rarest = sorted(own, key=lambda s: (often[s], s))[: len(own) - (4 * len(own) + 4) // 5 + 1]
        others = {j for s in rarest for j in holders[s]}
        if any(examples[j].label == example.label and _are_near(own, shingles[j]) for j in others):
            continue
        kept.append(example)
        for s in rarest:
            holders[s].append(i)
    return kept


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of three syllables, every number alike: the classifier sees no digits either."""
    found = ["0" if any(map(str.isdigit, s)) else s for s in folded_syllables(text)]
    return frozenset(tuple(found[i : i + _SHINGLE]) for i in range(max(1, len(found) - _SHINGLE + 1)))


def _are_near(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> bool:
    return 5 * len(a & b) >= 4 * len(a | b)


# Fitting and measuring.


def make_model() -> Any:
    """Return the untrained classifier: TF-IDF over the features, multinomial logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectors = TfidfVectorizer(token_pattern=r"[^\t]+", lowercase=False, sublinear_tf=True, min_df=2)
    return make_pipeline(vectors, LogisticRegression(C=12.0, max_iter=600, class_weight="balanced"))


def fit(shipped: Sequence[Example], corrections: Sequence[Example] = (), make: Callable[[], Any] = make_model) -> Any:
    """Return a model trained on shipped sentences and corrections."""
    every = [*shipped, *corrections]
    weights = [1.0] * len(shipped) + [_WEIGHT] * len(corrections)
    named = {"logisticregression__sample_weight": weights} if corrections else {}
    return make().fit([e.features for e in every], [e.label for e in every], **named)


def held_out(examples: Sequence[Example], make: Callable[[], Any] = make_model) -> tuple[list[str], list[str]]:
    """Return true and told labels by cross-validation over fields: a field is never in both parts."""
    pairs = [pair for train, test in _folds(examples) for pair in _told(fit(train, make=make), test)]
    return [true for true, _ in pairs], [told for _, told in pairs]


def temperature(examples: Sequence[Example]) -> float:
    """Return what to divide the scores by, so that the confidence told on fields left out is how often it is right.

    Guo et al., On Calibration of Modern Neural Networks (2017): one number, which changes no label.
    """
    logs: list[Any] = []
    right: list[int] = []
    for train, test in _folds(examples):
        model = fit(train)
        logs.append(model.predict_log_proba([e.features for e in test]))
        numbers = {label: i for i, label in enumerate(model.classes_)}
        right += [numbers[e.label] for e in test]
    scores = np.maximum(np.vstack(logs), -50.0)

    def surprise(divisor: float) -> float:
        told = scores / divisor
        total = np.log(np.exp(told).sum(axis=1))
        return float((total - told[np.arange(len(right)), right]).mean())

    return min((round(0.5 + 0.05 * step, 2) for step in range(31)), key=surprise)


def compare(shipped: Sequence[Example], corrections: Sequence[Example]) -> tuple[Score, Score]:
    """Score training without and with corrections on the same unseen fields and the same unseen corrections."""
    before: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    after: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for (train, test), (learnt, unseen) in zip(_folds(shipped), _folds(corrections), strict=True):
        for (fields, others), model in ((before, fit(train)), (after, fit(train, learnt))):
            fields += _told(model, test)
            others += _told(model, unseen)
    return _score(*before), _score(*after)


def _folds(examples: Sequence[Example], folds: int = 5) -> Iterator[tuple[list[Example], list[Example]]]:
    """Yield what to train on and what to test on; a group is never in both, unless there is but one."""
    groups = sorted({e.group for e in examples})
    names = [e.group for e in examples] if len(groups) > 1 else [str(i) for i in range(len(examples))]
    order = sorted(set(names))
    random.Random(_SEED).shuffle(order)
    for k in range(folds):
        held = set(order[k::folds])
        parts: tuple[list[Example], list[Example]] = ([], [])
        for example, name in zip(examples, names, strict=True):
            parts[name in held].append(example)
        yield parts


def _told(model: Any, examples: Sequence[Example]) -> list[tuple[str, str]]:
    if not examples:
        return []
    return list(zip([e.label for e in examples], model.predict([e.features for e in examples]), strict=True))


def _score(fields: Sequence[tuple[str, str]], corrections: Sequence[tuple[str, str]] = ()) -> Score:
    from sklearn.metrics import accuracy_score, f1_score

    true, told = [t for t, _ in fields], [t for _, t in fields]
    macro = float(f1_score(true, told, average="macro"))
    right = sum(a == b for a, b in corrections)
    return Score(macro, float(accuracy_score(true, told)), right, len(corrections))


# The whole.


def train(destination: Path | None = None, reports: Iterable[Report] | None = None, *, force: bool = False) -> Training:
    """Train on the shipped sentences and on those that people corrected in `reports`, and write the artefact.

    A model that does worse on unseen text than the one before is not written unless `force` says so. The same
    sentences and corrections give the same model. Raises UsageError where `reports` hold no corrected label, or the
    file cannot be written.
    """
    path = destination or Path(str(files("baocao.models").joinpath(ARTEFACT)))
    corrections = without_near_duplicates(corrected_examples(reports or ()))
    if reports is not None and not corrections:
        raise UsageError("No sentence there was labelled by a person; `baocao correct relabel` does that.")
    every = examples_of(read_passages())
    shipped = without_near_duplicates(every)
    before: Score | None
    if corrections:
        before, after = compare(shipped, corrections)
    else:
        before, after = score_of(path), _score(list(zip(*held_out(shipped), strict=True)))
    installed = force or not is_worse(before, after)
    if installed:
        model = fit(shipped, corrections)
        _install(artefact(model, asdict(after), temperature(shipped)), path)
    return Training(path, len(shipped), len(corrections), len(every) - len(shipped), before, after, installed)


def is_worse(before: Score | None, after: Score) -> bool:
    """Tell whether a model has lost on unseen fields, or knows fewer unseen corrections."""
    if before is None:
        return False
    fewer = before.corrections == after.corrections and after.corrections_right < before.corrections_right
    return fewer or after.macro_f1 < before.macro_f1 - _SLACK


def score_of(path: Path) -> Score | None:
    """Return the score that a model tells of itself, None where there is no model or it tells none."""
    try:
        told = read_model(path).told
    except ModelError:
        return None  # what cannot be read is replaced
    return Score(**told) if told else None


def _install(data: bytes, path: Path) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        message = f"{path} cannot be written ({error.strerror}); `--out FILE` puts the model elsewhere."
        raise UsageError(message) from error


def label_model(model: Any, told: dict[str, Any], divisor: float = 1.0) -> LabelModel:
    """Return the numbers of a trained scikit-learn pipeline, its scores divided by the temperature.

    `told` is what they are to say of themselves.
    """
    vectors, regression = model[0], model[-1]
    names = sorted(vectors.vocabulary_, key=vectors.vocabulary_.__getitem__)
    labels = tuple(Label(name) for name in regression.classes_)
    weights = np.ascontiguousarray(regression.coef_.T) / divisor
    bias = regression.intercept_ / divisor
    return LabelModel(labels, {n: i for i, n in enumerate(names)}, vectors.idf_, weights, bias, told)


def artefact(model: Any, told: dict[str, Any], divisor: float = 1.0) -> bytes:
    """Return the model file: what skops stores of the pipeline, and what labelling reads; the same bytes each time.

    skops names objects by where they lay in memory and stamps the hour; here they are counted and it is always the
    same hour. Packed, the file takes a fourteenth of the room.
    """
    import skops.io

    vars(model[0]).pop("_stop_words_id", None)  # scikit-learn's note to itself, also a place in memory
    numbers: dict[bytes, bytes] = {}

    def counted(match: re.Match[bytes]) -> bytes:
        return numbers.setdefault(match[0], str(len(numbers)).encode())

    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as stored, zipfile.ZipFile(packed, "w") as out:
        schema = _ID.sub(counted, stored.read("schema.json"))
        for name in stored.namelist():
            stem, _, suffix = name.partition(".")
            kept = numbers.get(stem.encode(), stem.encode()).decode()
            data = schema if name == "schema.json" else stored.read(name)
            out.writestr(zipfile.ZipInfo(f"{kept}.{suffix}"), data, zipfile.ZIP_DEFLATED, 9)
        for name, data in label_model(model, told, divisor).to_members().items():
            out.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)
    return packed.getvalue()
