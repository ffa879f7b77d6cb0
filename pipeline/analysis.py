"""The steps from a file to a Report, as a spaCy Language of our components.

`language()` has the parts by name (segment, words, tag, link, classify, check); each reads what earlier
parts wrote and adds its own. `analyze` runs them all and returns a Report; the spaCy Doc stays inside.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from baocao.pipeline.check import check
from baocao.pipeline.classify import classify, load_model
from baocao.pipeline.features import feature_rows
from baocao.pipeline.front import Front, read_front
from baocao.pipeline.ingest import read
from baocao.pipeline.link import link
from baocao.pipeline.segment import Segments, joined, segment
from baocao.pipeline.tag import Mention
from baocao.pipeline.tag.dates import find_times
from baocao.pipeline.tag.docnos import find_docnos
from baocao.pipeline.tag.persons import find_persons
from baocao.pipeline.tag.registry import registered
from baocao.pipeline.tag.units import find_units
from baocao.pipeline.words import TOKEN, split_words, word_segmenter
from baocao.report import (
    By,
    DocIssued,
    Entity,
    EntityType,
    Finding,
    Kind,
    Label,
    PersonRole,
    RawDocument,
    Relation,
    Report,
    Section,
    Sentence,
    Span,
)

_PARTS = ("segment", "words", "tag", "link", "classify", "check")


@dataclass(slots=True)
class Reading:
    """What the parts have found so far; it travels with the Doc in `doc.user_data["reading"]`."""

    raw: RawDocument
    segments: Segments = field(default_factory=lambda: Segments((), (), ()))
    words: list[list[str]] = field(default_factory=list)
    front: Front = field(default_factory=lambda: Front(kind=Kind.OTHER, title=""))
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    labels: list[tuple[Label, float]] = field(default_factory=list)
    findings: tuple[Finding, ...] = ()


def analyze(raw: RawDocument) -> Report:
    """Run every part on a document that a reader made, and return the Report."""
    nlp = language()
    doc = nlp.make_doc(raw.text)
    doc.user_data["reading"] = Reading(raw)
    for _, part in nlp.pipeline:
        doc = part(doc)
    return _report(doc.user_data["reading"])


def analyze_file(path: Path, password: str | None = None) -> Report:
    """Read and analyze a file; `password` opens it where it is locked.

    Raises UnreadableError (or a child of it) where the file cannot be made into text.
    """
    return analyze(read(path, password))


def warm_up() -> None:
    """Load everything that `analyze` needs, so that the first document is as fast as the rest."""
    language()
    word_segmenter()
    load_model()
    registered()
    split_words("Nguyễn Văn A báo cáo tại Hội nghị.")


@cache
def language() -> Language:
    """Return the pipeline of this process."""
    nlp = spacy.blank("xx")
    nlp.max_length = 25_000_000
    nlp.tokenizer = _Tokenizer(nlp.vocab)
    for part in _PARTS:
        nlp.add_pipe(f"baocao_{part}", name=part)
    return nlp


class _Tokenizer:
    """Syllables, numbers and signs, each blank run a token of its own where spaCy cannot imply it."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in TOKEN.findall(text):
            if piece[0] == " " and words and not spaces[-1]:
                spaces[-1] = True
                piece = piece[1:]
            if piece:
                words.append(piece)
                spaces.append(False)
        return Doc(self.vocab, words=words, spaces=spaces)


def _reading(doc: Doc) -> Reading:
    reading: Reading = doc.user_data["reading"]
    return reading


@Language.component("baocao_segment")
def _segment(doc: Doc) -> Doc:
    reading = _reading(doc)
    reading.segments = segment(reading.raw.text)
    return doc


@Language.component("baocao_words")
def _words(doc: Doc) -> Doc:
    reading = _reading(doc)
    text = reading.raw.text  # the same as `doc.text`, which spaCy puts together anew at every access
    reading.words = [split_words(s.of(text)) for s in reading.segments.sentences]
    return doc


@Language.component("baocao_tag")
def _tag(doc: Doc) -> Doc:
    reading = _reading(doc)
    text = joined(reading.raw.text, reading.segments.sentences)
    units = find_units(text)
    mentions = _disjoint([*find_docnos(text), *find_times(text, reading.raw.date), *units, *find_persons(text, units)])
    reading.front = read_front(text, mentions, title=reading.raw.title, date=reading.raw.date)
    starts = [s.start for s in reading.segments.sentences]
    reading.entities = tuple(
        Entity(m.start, m.end, m.type, m.norm, _sentence_of(reading.segments.sentences, starts, m)) for m in mentions
    )
    return doc


def _disjoint(mentions: list[Mention]) -> list[Mention]:
    """Sort mentions; where two overlap the earlier in the list (numbers, then times, units, persons) stays."""
    taken: list[Mention] = []
    rank = {
        EntityType.DOCNO: 0,
        EntityType.DATE: 1,
        EntityType.PERIOD: 1,
        EntityType.UNIT: 2,
        EntityType.PERSON: 3,
    }
    for mention in sorted(mentions, key=lambda m: (m.start, rank[m.type])):
        if taken and mention.start < taken[-1].end:
            if rank[mention.type] < rank[taken[-1].type]:
                taken[-1] = mention
            continue
        taken.append(mention)
    return taken


def _sentence_of(sentences: tuple[Span, ...], starts: list[int], mention: Mention) -> int | None:
    at = bisect_right(starts, mention.start) - 1
    return at if at >= 0 and mention.end <= sentences[at].end else None


@Language.component("baocao_link")
def _link(doc: Doc) -> Doc:
    reading = _reading(doc)
    relations = link(reading.raw.text, reading.segments.sentences, reading.entities)
    own = reading.front.own
    if own is not None and not any(isinstance(r, DocIssued) and r.doc == own[0] for r in relations):
        relations = (*relations, DocIssued(own[0], own[1], own[2], reading.front.title or None))
    if (signed := reading.front.signed) and not any(
        isinstance(r, PersonRole) and r.person == signed[0] for r in relations
    ):
        relations = (*relations, PersonRole(*signed))
    reading.relations = relations
    return doc


@Language.component("baocao_classify")
def _classify(doc: Doc) -> Doc:
    reading = _reading(doc)
    text, segments = reading.raw.text, reading.segments
    told = classify(feature_rows(text, segments, reading.words, reading.front.kind))
    reading.labels = [
        (Label.OTHER, 1.0) if at is not None and _is_heading(text, span, segments.sections[at]) else label
        for span, at, label in zip(segments.sentences, segments.section_of, told, strict=True)
    ]
    return doc


def _is_heading(text: str, sentence: Span, section: Section) -> bool:
    """Tell whether a sentence is but the title of its section: numbered, and in capitals or of a few words."""
    if section.start != sentence.start or section.number is None:
        return False
    return sentence.of(text).isupper() or section.heading.count(" ") <= 5


@Language.component("baocao_check")
def _check(doc: Doc) -> Doc:
    reading = _reading(doc)
    front = reading.front
    reading.findings = check(
        reading.raw.text,
        reading.entities,
        reading.relations,
        issued=front.issued,
        period=front.period,
        title=front.title,
        pages_at=reading.raw.pages_at,
        confidence=reading.raw.reading.confidence,
    )
    return doc


def _report(reading: Reading) -> Report:
    raw, front, segments = reading.raw, reading.front, reading.segments
    sentences = tuple(
        Sentence(span.start, span.end, section, label, confidence, By.MODEL)
        for span, section, (label, confidence) in zip(
            segments.sentences, segments.section_of, reading.labels, strict=True
        )
    )
    return Report(
        source=raw.source,
        title=front.title,
        kind=front.kind,
        docno=front.docno,
        issued=front.issued,
        place=front.place,
        issuer=front.issuer,
        period=front.period,
        signer=front.signer,
        text=raw.text,
        pages_at=raw.pages_at,
        reading=raw.reading,
        sections=segments.sections,
        sentences=sentences,
        entities=reading.entities,
        relations=reading.relations,
        findings=reading.findings,
    )
