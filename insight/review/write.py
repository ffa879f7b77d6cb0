"""Writing a review to a file: DOCX, Markdown, JSON, or the follow-up list as XLSX, by the file's name."""

import json
from collections.abc import Callable
from pathlib import Path

from baocao.errors import UsageError
from baocao.insight.review.model import Review


def write_review(review: Review, destination: Path) -> None:
    """Write a review in the form that the name's ending asks for; the file appears whole or not at all.

    Raises UsageError for another ending, or where the file cannot be written.
    """
    writers: dict[str, Callable[[Review, Path], object]] = {
        ".docx": _docx, ".md": _markdown, ".json": _json, ".xlsx": _xlsx,
    }  # fmt: skip
    writer = writers.get(destination.suffix.lower())
    if writer is None:
        raise UsageError(f"A review ends in .docx, .md, .json or .xlsx; “{destination.name}” does not.")
    if destination.exists() and not destination.is_file():
        raise UsageError(f"{destination} is no file; name one after -o.")
    part = destination.with_name(f"{destination.stem}.part{destination.suffix}")
    try:
        part.touch()
        writer(review, part)
        part.replace(destination)
    except OSError as error:
        raise UsageError(f"{destination} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def _docx(review: Review, path: Path) -> None:
    from baocao.insight.review.document import write_document

    write_document(review, path)


def _markdown(review: Review, path: Path) -> None:
    from baocao.insight.review.markdown import markdown

    path.write_text(markdown(review), encoding="utf-8")


def _json(review: Review, path: Path) -> None:
    path.write_text(json.dumps(review.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")


def _xlsx(review: Review, path: Path) -> int:
    from baocao.insight.review.followup import write_follow_up

    return write_follow_up(review, path)
