"""The choice of sentences for a review against known methods, on public Vietnamese sets; `--write` for docs/accuracy.md.

python bench/summaries.py [--mds FOLDER] [--vims FOLDER] [--year 2000] [--write]

--mds: the folder that holds `cluster_N/` of VietnameseMDS (NAME.body.txt, cluster_N.ref1.txt, cluster_N.ref2.txt).
--vims: the folder of ViMs (`original/Cluster_N/original/*.txt`; `summary/Cluster_N/*.gold.txt`, or where that is not
there the sentences that people chose, `S3_summary/Cluster_N/*.s3.txt`). --year N: how long a year of N reports takes.
The sets are other people's and are not kept here. Needs `pip install -e .[bench]`.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from statistics import mean
from typing import Any

from accuracy import write_section
from corpus import report as synthetic
from sumy.models.dom import ObjectDocumentModel, Paragraph
from sumy.models.dom import Sentence as Spoken
from sumy.summarizers.lex_rank import LexRankSummarizer
from sumy.summarizers.lsa import LsaSummarizer
from sumy.summarizers.text_rank import TextRankSummarizer

from baocao.insight.review import ReviewRequest, review, write_review
from baocao.insight.review.select import Candidate, Choice, Pool, by_place
from baocao.pipeline.segment import segment
from baocao.report import Kind, Label, Period, Report, Sentence, Source

_HEADER = re.compile(r"\A.*?^Content:[ \t]*\n?", re.DOTALL | re.MULTILINE)
_SHORTEST = 5  # syllables: what is shorter is a caption or a name


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts about one matter, each as its sentences, and what people made of them."""

    documents: tuple[tuple[str, ...], ...]
    references: tuple[str, ...]


def read_mds(folder: Path) -> Iterator[Cluster]:
    """Yield the clusters of VietnameseMDS."""
    for place in sorted(folder.glob("cluster_*")):
        bodies = sorted(place.glob("*.body.txt"))
        references = sorted(place.glob("cluster_*.ref[12].txt"))
        if bodies and references:
            yield Cluster(tuple(sentences(_text(b)) for b in bodies), tuple(_text(r) for r in references))


def read_vims(folder: Path) -> Iterator[Cluster]:
    """Yield the clusters of ViMs."""
    for place in sorted((folder / "original").glob("Cluster_*")):
        bodies = sorted(place.rglob("*.txt"), key=lambda p: (len(p.name), p.name))
        written = [_text(r) for r in sorted((folder / "summary" / place.name).glob("*.gold.txt"))]
        marked = [_marked(_text(r)) for r in sorted((folder / "S3_summary" / place.name).glob("*.s3.txt"))]
        references = tuple(filter(None, written or marked))
        if bodies and references:
            yield Cluster(tuple(sentences(_HEADER.sub("", _text(b))) for b in bodies), references)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")


def _marked(text: str) -> str:
    """Return the sentences that a person marked as the best of their groups."""
    return "\n".join(m[1] for m in re.finditer(r"^1\t(.*(?:\n(?![01]\t|\n).*)*)", text, re.MULTILINE))


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text, cut as in reports."""
    found = (s.of(text) for s in segment(text).sentences)
    return tuple(" ".join(s.split()) for s in found if len(s.split()) >= _SHORTEST)


def tokens(text: str) -> list[str]:
    """Return the words that are counted: syllables and numbers, lower case, diacritics kept."""
    return re.findall(r"\w+", text.lower())


def rouge_2(summary: str, references: Sequence[str]) -> float:
    """Return the F1 of pairs of neighbouring syllables, the mean over references."""
    return mean(_f1(_pairs(summary), _pairs(reference)) for reference in references)


def _pairs(text: str) -> Counter[tuple[str, str]]:
    found = tokens(text)
    return Counter(zip(found, found[1:], strict=False))


def _f1(one: Counter[tuple[str, str]], other: Counter[tuple[str, str]]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def cut(chosen: Sequence[str], length: int) -> str:
    """Return sentences cut at a number of syllables, so that all methods are of one length."""
    words = " ".join(chosen).split()
    kept, count = [], 0
    for word in words:
        count += len(tokens(word))
        if count > length:
            break
        kept.append(word)
    return " ".join(kept)


Method = Callable[[Cluster, int], list[str]]


def lead(cluster: Cluster, length: int) -> list[str]:
    """The first sentences of the first text, and so on."""
    return [sentence for document in cluster.documents for sentence in document]


def round_robin(cluster: Cluster, length: int) -> list[str]:
    """The first sentence of each text, the second of each, and so on."""
    return [s for row in zip_longest(*cluster.documents) for s in row if s]


def ours(cluster: Cluster, length: int) -> list[str]:
    """What a review chooses, each text being a source."""
    said = [
        Candidate(sentence, str(number), by_place(place))
        for number, document in enumerate(cluster.documents)
        for place, sentence in enumerate(document)
    ]
    pool = Pool(said)

    def enough(choices: list[Choice]) -> bool:
        return sum(len(tokens(said[c.index].text)) for c in choices) >= length

    return [said[choice.index].text for choice in pool.choose(enough, lambda i, j: True)]


class _Words:
    """sumy's tokenizer, without its download: the same words as are counted."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return tuple(tokens(text))


def of_sumy(make: Callable[[], Any]) -> Method:
    """Return a method of sumy; it takes its best sentences until the length is reached."""

    def method(cluster: Cluster, length: int) -> list[str]:
        words = _Words()
        paragraphs = [Paragraph([Spoken(s, words) for s in document]) for document in cluster.documents]

        def best(rated: Sequence[Any]) -> list[Any]:
            kept, count = [], 0
            for one in rated:
                kept.append(one)
                count += len(tokens(str(one.sentence)))
                if count >= length:
                    break
            return kept

        return [str(s) for s in make()(ObjectDocumentModel(paragraphs), best)]

    return method


METHODS: dict[str, Method] = {
    "lead (sumy's: the texts in turn)": lead,
    "round-robin lead": round_robin,
    "LSA (sumy)": of_sumy(LsaSummarizer),
    "TextRank (sumy)": of_sumy(TextRankSummarizer),
    "LexRank (sumy)": of_sumy(LexRankSummarizer),
    "review": ours,
}


def compare(clusters: Sequence[Cluster]) -> dict[str, float]:
    """Return ROUGE-2 of each method at the references' mean length, and of one person against the others."""
    scores = {
        name: mean(rouge_2(cut(method(c, _length(c)), _length(c)), c.references) for c in clusters)
        for name, method in METHODS.items()
    }
    people = [
        rouge_2(mine, [r for r in c.references if r is not mine])
        for c in clusters
        if len(c.references) > 1
        for mine in c.references
    ]
    return {**scores, **({"one person against the other": mean(people)} if people else {})}


def _length(cluster: Cluster) -> int:
    return round(mean(len(tokens(r)) for r in cluster.references))


def year_of_reports(count: int) -> list[Report]:
    """Return synthetic reports, labelled by the part in which a sentence stands."""
    parts = {"KẾT QUẢ": Label.ACHIEVEMENT, "HẠN CHẾ": Label.DIFFICULTY, "NHIỆM VỤ": Label.RECOMMENDATION}
    return [_labelled(number, synthetic(number, 40), parts) for number in range(count)]


def _labelled(number: int, text: str, parts: dict[str, Label]) -> Report:
    label, at, found = Label.OTHER, 0, []
    for line in text.splitlines(keepends=True):
        label = next((part for name, part in parts.items() if name in line), label)
        heading = line.isupper() or at < 200
        found.append(Sentence(at, at + len(line.rstrip("\n")), None, Label.OTHER if heading else label, 0.9))
        at += len(line)
    return Report(
        source=Source(f"{number}.txt", f"{number:064x}", "text/plain", len(text)), title="Báo cáo", kind=Kind.REPORT,
        docno=f"{number}/BC-UBND", issued="2017-12-01", place=None, issuer=f"Đơn vị số {number // 4}",
        period=Period("2017-01-01", "2017-12-31"), signer=None, text=text, pages_at=(0,), sections=(),
        sentences=tuple(s for s in found if s.end > s.start), entities=(), relations=(), findings=(),
    )  # fmt: skip


def timed(count: int) -> list[str]:
    """Return what a year takes, on one core."""
    reports = year_of_reports(count)
    started = time.process_time()
    made = review(reports, ReviewRequest(2017, items=40))
    chosen = time.process_time() - started
    write_review(made, Path("/dev/shm" if Path("/dev/shm").is_dir() else ".") / "review.docx")
    written = time.process_time() - started - chosen
    said = sum(len(r.sentences) for r in reports)
    return [
        f"A year of {count:,} synthetic reports ({said:,} sentences): reviewed in {chosen:.1f} s of one core, "
        f"and {written:.1f} s for the DOCX.",
    ]


def table(name: str, clusters: Sequence[Cluster]) -> list[str]:
    """Return the table of a set."""
    told = compare(clusters)
    return [
        f"**{name}, {len(clusters)} clusters**",
        "",
        "| method | ROUGE-2 F1 |",
        "|---|---|",
        *(f"| {method} | {100 * score:.1f} |" for method, score in told.items()),
        "",
    ]


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mds", type=Path)
    parser.add_argument("--vims", type=Path)
    parser.add_argument("--year", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    lines = [
        "## The choice of sentences for a review",
        "",
        "Made by `python bench/summaries.py --mds FOLDER --vims FOLDER --year 2000 --write`: news of one matter, plain",
        "sentences without labels, every summary cut at the mean length of the references; pairs of syllables with",
        "diacritics, F1, the mean over references and clusters. The power of a sentence's length was chosen on four clusters",
        "of ViMs (2, 5, 8, 9); every other tried there (0.45 to 0.9) also stood above all the others.",
        "",
    ]
    for name, folder, read in (("VietnameseMDS", a.mds, read_mds), ("ViMs", a.vims, read_vims)):
        if folder:
            lines += table(name, list(read(folder)))
            if name == "ViMs" and not (folder / "summary").is_dir():
                lines += [
                    "References: the sentences that two people chose as the best (S3), not the summaries they wrote.",
                    "",
                ]
    if not a.mds:
        lines += ["VietnameseMDS was not at hand: no figure for it.", ""]
    if a.year:
        lines += [*timed(a.year), ""]
    print("\n".join(lines))
    if a.write:
        write_section("summaries", lines)


if __name__ == "__main__":
    main()
