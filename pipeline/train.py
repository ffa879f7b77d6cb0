"""Training the classifier from `models/sentences/*.txt`, measured on passages that it has not seen.

A file holds passages of one field: `# kind | title`, `## heading`, then a sentence a line behind its mark
(`+` achievement, `-` difficulty, `>` recommendation, `.` other), in the order of a document.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from baocao.errors import ModelError
from baocao.pipeline.classify import ARTEFACT
from baocao.pipeline.features import cues_of, features, heading_words
from baocao.report import Label

_MARKS = {"+": Label.ACHIEVEMENT, "-": Label.DIFFICULTY, ">": Label.RECOMMENDATION, ".": Label.OTHER}
_SEED = 20171


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of labelled sentences as they stand in a document: (heading, sentence, label)."""

    field: str
    kind: str
    sentences: tuple[tuple[str, str, Label], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Macro-F1 and accuracy on held-out passages, and how many sentences were used."""

    macro_f1: float
    accuracy: float
    trained: int
    tested: int


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


def rows_of(passages: Sequence[Passage]) -> tuple[list[str], list[str]]:
    """Return the feature strings and labels of passages, in order."""
    x: list[str] = []
    y: list[str] = []
    for passage in passages:
        texts = [text for _, text, _ in passage.sentences]
        cues = cues_of(texts)
        for i, (heading, text, label) in enumerate(passage.sentences):
            news = passage.kind == "news"
            x.append(features(_words(text), text, heading_words(heading), cues[i], i / len(texts), news=news))
            y.append(label.value)
    return x, y


def _words(sentence: str) -> list[str]:
    from baocao.pipeline import split_words

    return split_words(sentence)


def make_model() -> Any:
    """Return the untrained classifier: TF-IDF over the features, multinomial logistic regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    vectors = TfidfVectorizer(token_pattern=r"[^\t]+", lowercase=False, sublinear_tf=True, min_df=2)
    return make_pipeline(vectors, LogisticRegression(C=6.0, max_iter=600, class_weight="balanced"))


def measure(passages: Sequence[Passage]) -> Score:
    """Score the classifier on fields held out."""
    from sklearn.metrics import accuracy_score, f1_score

    true, told = held_out(passages, make_model)
    macro = float(f1_score(true, told, average="macro"))
    return Score(macro, float(accuracy_score(true, told)), len(true), len(true))


def held_out(passages: Sequence[Passage], make: Callable[[], Any], folds: int = 5) -> tuple[list[str], list[str]]:
    """Return true and told labels by cross-validation over fields: a field is never in both parts."""
    fields = sorted({p.field for p in passages})
    random.Random(_SEED).shuffle(fields)
    true: list[str] = []
    told: list[str] = []
    for k in range(min(folds, len(fields))):
        held = set(fields[k::folds])
        train_x, train_y = rows_of([p for p in passages if p.field not in held])
        test_x, test_y = rows_of([p for p in passages if p.field in held])
        told += list(make().fit(train_x, train_y).predict(test_x))
        true += test_y
    return true, told


def train(destination: Path | None = None) -> tuple[Path, Score]:
    """Train on all passages and write the artefact; return where it is and the held-out score.

    The same sentences and seed give the same model.
    """
    import skops.io

    passages = read_passages()
    score = measure(passages)
    model = make_model().fit(*rows_of(passages))
    path = destination or Path(str(files("baocao.models").joinpath(ARTEFACT)))
    skops.io.dump(model, path)
    return path, score
