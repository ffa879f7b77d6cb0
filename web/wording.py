"""The page's words: written in Vietnamese in code and templates, in English by the table beside this module."""

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from baocao.report import EntityType, Kind, Label

LABELS = {
    Label.ACHIEVEMENT: "Kết quả đạt được",
    Label.DIFFICULTY: "Khó khăn, vướng mắc",
    Label.RECOMMENDATION: "Kiến nghị, đề xuất",
    Label.OTHER: "Khác",
}
KINDS = {
    Kind.REPORT: "Báo cáo",
    Kind.MINUTES: "Biên bản",
    Kind.PLAN: "Kế hoạch",
    Kind.NEWS: "Tin",
    Kind.OTHER: "Văn bản khác",
}
TYPES = {
    EntityType.UNIT: "Đơn vị",
    EntityType.PERSON: "Người",
    EntityType.DATE: "Ngày",
    EntityType.PERIOD: "Thời kỳ",
    EntityType.DOCNO: "Số văn bản",
}
FINDINGS = {
    "count_mismatch": "Số lượng nêu ra khác với danh sách",
    "period_mismatch": "Nói về thời kỳ khác với báo cáo",
    "impossible_date": "Ngày không có trong lịch",
    "date_out_of_range": "Ngày ngoài khoảng hợp lý",
    "docno_kind_mismatch": "Loại văn bản khác với ký hiệu",
    "low_ocr_confidence": "Trang nhận dạng chữ chưa chắc chắn",
}
LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


def said(text: str, language: str, /, **values: object) -> str:
    """Return a text of the page in a language, `{name}` in it filled in from `values`."""
    told = text if language == "vi" else english().get(text, text)
    return told.format(**values) if values else told


@cache
def english() -> dict[str, str]:
    """Return Vietnamese text → English."""
    with files("baocao.web").joinpath("english.tsv").open(encoding="utf-8") as table:
        rows = csv.reader((line for line in table if not line.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row[0]: row[1] for row in rows if row}


def correction_words(told: Mapping[str, Any], language: str) -> str:
    """Return what a correction did, in words."""
    text = " ".join(str(told.get("text", "")).split())[:80]
    match told["kind"]:
        case "merge":
            return said("Gộp “{alias}” vào “{name}”", language, alias=told["alias"], name=told["name"])
        case "relabel":
            label = said(LABELS[Label(told["label"])], language)
            return said("Xếp câu “{text}” vào {label}", language, text=text, label=label)
        case "remove":
            return said("Bỏ đánh dấu “{text}”", language, text=text)
    kind = said(TYPES[EntityType(told["type"])], language)
    return said("Đánh dấu “{text}” là {kind}", language, text=text, kind=kind.lower())


def day(iso: str | None, language: str = "vi") -> str:
    """Return `2017-06-22` as `22/6/2017` (`22 Jun 2017` would be no help to a clerk), a month as `6/2017`."""
    return "/".join(str(int(number)) for number in reversed(iso.split("T")[0].split("-"))) if iso else ""


def count(number: int, language: str = "vi") -> str:
    """Return a number with its thousands apart: 12.345 in Vietnamese, 12,345 in English."""
    told = f"{number:,}"
    return told.replace(",", ".") if language == "vi" else told


def clock(iso: str) -> str:
    """Return a time of the record as the office's clock told it: `22/6/2017 14:05`."""
    told = datetime.fromisoformat(iso).astimezone()
    return f"{told.day}/{told.month}/{told.year} {told:%H:%M}"


def size(number: int, language: str = "vi") -> str:
    """Return a number of bytes: `812 KB`, `1,2 MB`."""
    if number < 2**20:
        return f"{max(1, round(number / 2**10))} KB"
    told = f"{number / 2**20:.1f} MB"
    return told.replace(".", ",") if language == "vi" else told
