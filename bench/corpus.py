"""Synthetic reports for benchmarks only, never for accuracy: composed text, not written by anyone.

`python bench/corpus.py --reports 10000 --out DIR` writes text files, a thousand a folder; the same seed gives
the same files. Words are drawn with Zipf's weights so that term statistics look like text.
"""

import argparse
import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "models" / "gazetteers"
LEVELS = ("huyện", "thị xã", "thành phố", "tỉnh")
FAMILIES = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Ngô",
    "Dương",
    "Lý",
    "Trịnh",
    "Trương",
    "Đinh",
    "Phùng",
]
GIVEN = [
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hà",
    "Hải",
    "Hạnh",
    "Hùng",
    "Hương",
    "Khánh",
    "Lan",
    "Linh",
    "Long",
    "Mai",
    "Minh",
    "Nam",
    "Nga",
    "Ngọc",
    "Phúc",
    "Quân",
    "Sơn",
    "Tâm",
]
OPENERS = (
    "Trong kỳ, {unit} đã {done} {matter}, {figure}.",
    "{unit} {done} {matter}; {figure}.",
    "Tuy nhiên, {matter} tại {place} {poor}, {figure}.",
    "Công tác {matter} {poor} do {cause}.",
    "Nguyên nhân là {cause}, {cause2}.",
    "Đề nghị {unit} {task} {matter} trước ngày {day}.",
    "Tiếp tục {task} {matter}, {task2} {matter2}.",
    "Thực hiện Kế hoạch số {number} ngày {day} của {unit} về {matter}.",
    "Đồng chí {person}, {role} {unit} báo cáo {matter}.",
    "- {task2} {matter} và {matter2} ở {place};",
)
DONE = [
    "triển khai",
    "tổ chức",
    "hoàn thành",
    "kiểm tra",
    "ban hành văn bản về",
    "phối hợp thực hiện",
    "rà soát",
    "tập huấn",
]
POOR = [
    "còn chậm",
    "chưa đáp ứng yêu cầu",
    "còn nhiều hạn chế",
    "gặp khó khăn",
    "chưa đồng bộ",
    "xuống cấp",
    "thiếu kinh phí",
]
CAUSE = [
    "thiếu biên chế",
    "kinh phí hạn hẹp",
    "văn bản chồng chéo",
    "thời tiết bất lợi",
    "phối hợp chưa chặt chẽ",
    "giá vật tư tăng",
]
TASK = [
    "tăng cường",
    "đẩy mạnh",
    "tập trung",
    "chỉ đạo",
    "nâng cao chất lượng",
    "rà soát, bổ sung",
    "đôn đốc",
    "khẩn trương",
]
ROLES = ["Giám đốc", "Phó Giám đốc", "Chánh Thanh tra", "Trưởng phòng", "Chủ tịch"]


class Zipf:
    """Draws from a list, the first often and the last seldom."""

    def __init__(self, items: Sequence[str]) -> None:
        self._items = items
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(items))))

    def draw(self, rng: random.Random) -> str:
        """Return an item."""
        return self._items[bisect(self._weights, rng.random() * self._weights[-1])]


def _column(name: str) -> list[str]:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[0] for line in lines if line and not line.startswith("#")]


PLACES, FIELDS, WORDS = Zipf(_column("places.tsv")), Zipf(_column("unit_fields.txt")), Zipf(_column("unit_words.txt"))


def report(seed: int, sentences: int) -> str:
    """Return the text of one report."""
    rng = random.Random(seed)
    year = rng.randint(2008, 2025)
    place = f"{rng.choice(LEVELS)} {PLACES.draw(rng)}"
    issuer = f"Sở {FIELDS.draw(rng)}"
    head = [
        f"UBND {place}".upper(), issuer.upper(), f"Số: {rng.randint(1, 999)}/BC-S{rng.randint(1, 60)}",
        f"{PLACES.draw(rng)}, ngày {rng.randint(1, 28):02} tháng {rng.randint(1, 12):02} năm {year}", "BÁO CÁO",
        f"Kết quả công tác {_matter(rng)} năm {year}",
    ]  # fmt: skip
    body = list(_body(rng, year, sentences))
    return "\n".join([*head, *body, "GIÁM ĐỐC", _person(rng), ""])


def _body(rng: random.Random, year: int, sentences: int) -> Iterator[str]:
    for part, heading in enumerate(("I. KẾT QUẢ", "II. HẠN CHẾ", "III. NHIỆM VỤ")):
        yield heading
        for _ in range(sentences // 3 + (part < sentences % 3)):
            yield _sentence(rng, year)


def _sentence(rng: random.Random, year: int) -> str:
    return rng.choice(OPENERS).format(
        unit=f"{rng.choice(('Sở', 'Phòng', 'Chi cục'))} {FIELDS.draw(rng)}", done=rng.choice(DONE),
        matter=_matter(rng), matter2=_matter(rng), poor=rng.choice(POOR), cause=rng.choice(CAUSE),
        cause2=rng.choice(CAUSE), task=rng.choice(TASK), task2=rng.choice(TASK).capitalize(),
        place=f"{rng.choice(LEVELS)} {PLACES.draw(rng)}", person=_person(rng), role=rng.choice(ROLES),
        figure=f"đạt {rng.randint(1, 999)}{rng.choice((' lượt', ' hồ sơ', '%', ' triệu đồng'))}",
        day=f"{rng.randint(1, 28)}/{rng.randint(1, 12)}/{year}", number=f"{rng.randint(1, 400)}/KH-UBND",
    )  # fmt: skip


def _matter(rng: random.Random) -> str:
    return " ".join(WORDS.draw(rng) for _ in range(rng.randint(2, 5)))


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FAMILIES)} {rng.choice(('Văn', 'Thị', 'Đức', 'Minh'))} {rng.choice(GIVEN)}"


def write(count: int, out: Path, seed: int, sentences: int) -> None:
    """Write reports into subfolders of a thousand."""
    for number in range(count):
        folder = out / f"{number // 1000:03}"
        if number % 1000 == 0:
            folder.mkdir(parents=True, exist_ok=True)
        text = report(seed * 1_000_003 + number, sentences)
        (folder / f"{number:06}.txt").write_text(text, encoding="utf-8")


def main() -> None:
    """Read the arguments and write the corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sentences", type=int, default=30)
    a = parser.parse_args()
    write(a.reports, a.out, a.seed, a.sentences)


if __name__ == "__main__":
    main()
