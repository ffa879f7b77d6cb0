"""A trained sequence model beside the rules for UNIT and PERSON; `--write` puts the table into docs/accuracy.md.

python bench/sequence_model.py --gold FOLDER FOLDER… [--folds 3] [--epochs 8] [--write]

spaCy's NER (hashed embeddings, no pretrained vectors, CPU) is trained on the gold of all documents but a fold's and
scored on that fold's; the rules are scored on the same documents.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
from spacy.training import Example
from spacy.util import fix_random_seed, minibatch

sys.path.insert(0, str(Path(__file__).parent))
from accuracy import write_section

from baocao.pipeline import analyze, language
from baocao.pipeline.score import Count, compare
from baocao.report import RawDocument, Source
from baocao.text import clean

TYPES = ("UNIT", "PERSON")
Mention = tuple[str, int, int]


@dataclass(frozen=True)
class Document:
    """A text with its gold mentions, its sentences as the pipeline cuts them, and the rules' counts."""

    text: str
    mentions: frozenset[Mention]
    sentences: tuple[tuple[int, int], ...]
    rules: dict[str, Count]


def read(folders: Sequence[Path]) -> Iterator[Document]:
    """Read the gold of folders and let the rules tag it."""
    for path in sorted(p for folder in folders for p in folder.glob("*.json") if p.with_suffix(".txt").exists()):
        text = clean(path.with_suffix(".txt").read_text(encoding="utf-8"))
        gold = json.loads(path.read_text(encoding="utf-8"))
        report = analyze(RawDocument(Source(path.stem, "0" * 64, "text/plain", 0), text))
        mentions = {
            (e["type"], e["start"], e["start"] + len(e["text"])) for e in gold["entities"] if e["type"] in TYPES
        }
        counts = compare(path.stem, report, gold).mentions
        yield Document(text, frozenset(mentions), tuple((s.start, s.end) for s in report.sentences), counts)


def examples(nlp: Any, documents: Sequence[Document]) -> list[Example]:
    """Return a training example a sentence; a mention that does not fall on tokens is left out."""
    made = []
    for document in documents:
        for start, end in document.sentences:
            doc = nlp.make_doc(document.text[start:end])
            inside = [(k, s - start, e - start) for k, s, e in document.mentions if start <= s and e <= end]
            reference = nlp.make_doc(document.text[start:end])
            spans = (reference.char_span(s, e, label=k) for k, s, e in inside)
            reference.ents = spacy.util.filter_spans([span for span in spans if span is not None])
            made.append(Example(doc, reference))
    return made


def trained(documents: Sequence[Document], epochs: int) -> Any:
    """Return spaCy's NER trained on documents."""
    fix_random_seed(20171)
    nlp = spacy.blank("xx")
    nlp.tokenizer = language().tokenizer
    ner = nlp.add_pipe("ner")
    for kind in TYPES:
        ner.add_label(kind)
    rows = examples(nlp, documents)
    optimizer = nlp.initialize(lambda: rows)
    draw = random.Random(20171)
    for _ in range(epochs):
        draw.shuffle(rows)
        for batch in minibatch(rows, 16):
            nlp.update(batch, sgd=optimizer, drop=0.2)
    return nlp


def scored(nlp: Any, documents: Sequence[Document]) -> dict[str, Count]:
    """Count what a model finds in documents, exact characters only."""
    found = {kind: Count() for kind in TYPES}
    for document in documents:
        told = {
            (e.label_, s + e.start_char, s + e.end_char)
            for s, end in document.sentences
            for e in nlp(document.text[s:end]).ents
        }
        for kind in TYPES:
            mine, gold = ({m for m in part if m[0] == kind} for part in (told, document.mentions))
            found[kind] += Count(len(mine & gold), len(mine - gold), len(gold - mine))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gold", type=Path, nargs="+", required=True)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    documents = list(read(a.gold))
    random.Random(20171).shuffle(documents)
    model = {kind: Count() for kind in TYPES}
    for k in range(a.folds):
        nlp = trained([d for i, d in enumerate(documents) if i % a.folds != k], a.epochs)
        for kind, count in scored(nlp, documents[k :: a.folds]).items():
            model[kind] += count
    rules = {kind: sum((d.rules[kind] for d in documents), Count()) for kind in TYPES}
    lines = [
        "## Rules and a trained sequence model",
        "",
        f"Made by `python bench/sequence_model.py --gold FOLDER FOLDER… --folds {a.folds} --epochs {a.epochs} --write`: spaCy's NER without",
        f"pretrained vectors, trained on the gold of {len(documents)} documents but a fold's and scored on that fold's; the rules on the",
        "same documents. The rules were written while some of these texts were read, the model never saw what it is scored",
        f"on, and {len(documents)} documents are few to learn from: this says what gold of this size gives, not what a sequence model can.",
        "",
        "| what | gold mentions | rules: precision, recall, F1 | spaCy NER: precision, recall, F1 |",
        "|---|---|---|---|",
        *(
            f"| {kind} | {rules[kind].right + rules[kind].missed} | "
            + " | ".join(f"{c.precision:.3f}, {c.recall:.3f}, {c.f1:.3f}" for c in (rules[kind], model[kind]))
            + " |"
            for kind in TYPES
        ),
    ]
    print("\n".join(lines))
    if a.write:
        write_section("sequence", lines)


if __name__ == "__main__":
    main()
