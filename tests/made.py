"""Reports made for tests that need no pipeline."""

import hashlib

from baocao.index.archive import Incoming
from baocao.report import Kind, Label, Report, Sentence, Source


def made(name: str, lines: int = 3, path: str = "") -> Incoming:
    """A report of short sentences."""
    text = "\n".join([f"Báo cáo {name}", *(f"Nội dung số {k} của {name}." for k in range(lines - 1))])
    data, at, sentences = text.encode(), 0, []
    for line in text.split("\n"):
        sentences.append(Sentence(at, at + len(line), None, Label.OTHER, 0.9))
        at += len(line) + 1
    source = Source("a.txt", hashlib.sha256(data).hexdigest(), "text/plain", len(data))
    report = Report(
        source, f"Báo cáo {name}", Kind.REPORT, None, "2017-06-22", None, "Sở Y tế", None, None, text, (0,),
        (), tuple(sentences), (), (), (),
    )  # fmt: skip
    return Incoming.of(report, path or f"/r/{source.sha256[:8]}.txt", data)
