"""Damaged and hostile files taken in by `baocao ingest`; `--write` puts the figures into docs/hostile.md.

python bench/hostile.py [--timeout 20] [--again 5] [--each N] [--write]

The files are those of tests/harmful.py, made in a folder of their own beside the archive; temporary files go there too,
and what leads out of an archive bears a name that is looked for afterwards.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]
import harmful
from tables import put_section

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs" / "hostile.md"
MEMORY = 2 * 1024  # MiB that a worker may take on top of what it holds once it has loaded


def run(given: list[Path], place: Path, timeout: float) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Take the files in as the command does; return what it told, and what each file cost."""
    figures = place / "figures.json"
    command = [sys.executable, ROOT / "bench" / "watched.py", figures, "ingest", *given]
    options = ["--archive", place / "archive", "--timeout", str(timeout), "--json"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, errors="replace",
                          env=os.environ | {"TMPDIR": str(place / "tmp")})  # fmt: skip
    assert done.returncode in (0, 1), done.stderr[-2_000:]
    assert "fault of baocao" not in done.stderr, done.stderr[-2_000:]
    return json.loads(done.stdout), json.loads(figures.read_text(encoding="utf-8"))


def main() -> None:
    """Make the files, take them in twice, check, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds a file may take")
    parser.add_argument("--again", type=float, default=5.0, help="the same at the second ingest")
    parser.add_argument("--each", type=int, help="only so many files of a kind")
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="hostile-"))
    try:
        (place / "tmp").mkdir()
        before = harmful.outside(place)
        given = harmful.made(place / "given", each=a.each)
        print(f"{len(given)} files made", flush=True)
        started = time.monotonic()
        told, costs = run(given, place, a.timeout)
        took = time.monotonic() - started
        print(told, f"{took:.0f} s", flush=True)
        faults = harmful.faults(given, place / "archive")
        refusals = harmful.refusals(place / "archive")
        again, more = run(given, place, a.again)
        print(again, flush=True)
        faults += [f"read anew: {told}, then {again}"] if again["new"] else []
        faults += harmful.differing(refusals, harmful.refusals(place / "archive"))
        faults += [f"written outside: {name}" for name in harmful.outside(place) - before]
        faults += [f"left behind: {left}" for left in (place / "tmp").iterdir() if left.name.startswith("baocao-")]
        lines = measured(given, told, again, costs + more, refusals, a, faults)
        print("\n".join(lines))
        assert not faults, "\n".join(faults)
        if a.write:
            put_section(DOCS, "hostile", lines)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def measured(
    given: list[Path], told: dict[str, int], again: dict[str, int], costs: list[dict[str, Any]],
    refusals: dict[str, tuple[str, str]], a: argparse.Namespace, faults: list[str],
) -> list[str]:  # fmt: skip
    """Return the section of what was measured."""
    longest = max(costs, key=lambda c: c["seconds"])
    largest = max(costs, key=lambda c: c["mib"])
    ended = Counter("time" if "took longer" in c.get("reason", "") else c.get("error", "") for c in costs)
    codes = Counter(code for code, _ in refusals.values())
    asked = f"--timeout {a.timeout:g} --again {a.again:g}" + (f" --each {a.each}" if a.each else "")
    return [
        f"Made by `python bench/hostile.py {asked} --write`: {len(given)} files of {len(harmful.KINDS)} kinds, and what they hold.",
        f"{os.cpu_count()} cores that had other work too (load {os.getloadavg()[2]:.1f}); files were read twice.",
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        f"| ended as a report, as one that is known, or in quarantine | {told['new']}, {told['known']}, {told['refused']} | all |",
        f"| at a second ingest | {again['new']}, {again['known']}, {again['refused']} | nothing new, the same reasons |",
        f"| the longest file in a worker (`{_named(longest)}`) | {longest['seconds']:.1f} s | ≤ {a.timeout:g} s, 20 more a scanned page, and the moment to stop it |",
        f"| given up for their time | {ended['time']} of {len(costs)} readings | |",
        f"| the most memory of a worker (`{_named(largest)}`) | {largest['mib']:,.0f} MiB | ≤ {MEMORY:,} MiB on top of some 200 once it has loaded |",
        f"| workers that a file brought down, each replaced | {ended['BC220']} | the command goes on |",
        f"| faults: no end, no sentence, written outside, other at the second time | {len(faults)} | 0 |",
        f"| reasons by code | {', '.join(f'{code} {n}' for code, n in sorted(codes.items()))} | |",
    ]


def _named(cost: dict[str, Any]) -> str:
    return Path(cost["path"]).name[:60]


if __name__ == "__main__":
    main()
