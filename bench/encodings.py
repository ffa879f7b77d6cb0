"""How well text of before Unicode comes back: `python bench/encodings.py [--write]` (docs/encodings.md).

The sample reports, and two thousand training sentences as files of forty, are written in each encoding by the tests' own
writers and read again. What Windows-1252 cannot hold is left out of the files that go through it.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from old_codes import SOURCES, errors, nfd, plain_signs, tcvn3, truth, viqr, viscii, vni, windows_1258
from tables import put_section

from baocao.pipeline.ingest import read
from baocao.pipeline.ingest.legacy import convert

ENCODINGS: list[tuple[str, Callable[[str], bytes]]] = [
    ("TCVN3", tcvn3),
    ("TCVN3, pasted into UTF-8", lambda text: tcvn3(text).decode("cp1252").encode()),
    ("VNI", vni),
    ("VNI, pasted into UTF-8", lambda text: vni(text).decode("cp1252").encode()),
    ("VIQR", viqr),
    ("VIQR without backslashes", lambda text: viqr(text, escaped=False)),
    ("Windows-1258", windows_1258),
    ("VISCII", viscii),
    ("UTF-8, decomposed", nfd),
    ("UTF-8", str.encode),
]


def sentences() -> list[str]:
    paths = sorted((ROOT / "models" / "sentences").glob("*.txt"))
    lines = [line for path in paths for line in path.read_text("utf-8").split("\n")]
    bodies = (line.partition(" ")[2] for line in lines if line and not line.startswith("#"))
    return [body for body in bodies if body and body.replace("\t", "").isprintable()]


def texts() -> list[str]:
    own = sentences()
    return [*map(truth, SOURCES), *("\n".join(own[at : at + 40]) for at in range(0, 2000, 40))]


def distance(got: str, wanted: str) -> int:
    """Edit distance, line by line where the lines are as many."""
    pairs = list(zip(got.split("\n"), wanted.split("\n"), strict=False))
    if got.count("\n") != wanted.count("\n"):
        return errors(got, wanted)
    return sum(errors(a, b) for a, b in pairs)


def measured(name: str, write: Callable[[str], bytes], originals: list[str], folder: Path) -> str:
    wrong = blind = letters = files = 0
    told: set[str] = set()
    spent = 0.0
    for text in map(plain_signs, originals):
        try:
            data = write(text)
        except (ValueError, OSError, KeyError):  # a sign that the encoding lacks
            continue
        except Exception as error:
            if type(error).__name__ != "CalledProcessError":
                raise
            continue
        (folder / "a.txt").write_bytes(data)
        started = time.perf_counter()
        document = read(folder / "a.txt")
        spent += time.perf_counter() - started
        files += 1
        told.add(document.reading.encoding or "-")
        wrong += distance(document.text, text)
        blind += distance(document.text.lower(), text.lower())
        letters += len(text)
    share, share_blind = 100 * wrong / letters, 100 * blind / letters
    rate = letters / spent / 1e6
    return (
        f"| {name} | {files} | {letters:,} | {', '.join(sorted(told))} | {share:.3f} | {share_blind:.3f} | {rate:.2f} |"
    )


def main() -> None:
    originals = texts()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measured(name, write, originals, Path(folder)) for name, write in ENCODINGS]
    own = sentences()
    touched = sum(convert(line) != (line, None) for line in own)
    lines = [
        "| written in | files | letters | told | wrong letters, % | but for capitals, % | M letters/s |",
        "|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Of {len(own):,} sentences in Unicode, each given alone, {touched} were converted.",
    ]
    print("\n".join(lines))
    if "--write" in sys.argv:
        put_section(ROOT / "docs" / "encodings.md", "encodings", lines)


if __name__ == "__main__":
    main()
