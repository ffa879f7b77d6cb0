"""Ten thousand reports in one go, and a command killed again and again; `--write` puts it into docs/performance.md.

python bench/endurance.py [--reports 10000] [--jobs 2] [--kills 50] [--files 500] [--write]
"""

import argparse
import hashlib
import json
import os
import random
import re
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import corpus
from tables import write_section

_TICK = os.sysconf("SC_CLK_TCK")
_WORD = re.compile(r"[^\W_]+")
_MARK = "BAOCAO_ENDURANCE"  # in the environment of what is to be killed


@dataclass
class Watch:
    """What was seen of a command and the processes below it."""

    peaks: dict[int, int] = field(default_factory=dict)  # process → the most memory it held, in KiB
    spent: dict[int, float] = field(default_factory=dict)  # process → its processor seconds
    # Reports stored, seconds, processor seconds, and those that the yardstick took.
    samples: list[tuple[int, float, float, float]] = field(default_factory=list)

    def look(self, root: int, archive: Path) -> None:
        """Take a sample."""
        for pid in _tree(root):
            with suppress(OSError, ValueError):  # it may end while it is looked at
                status = Path(f"/proc/{pid}/status").read_text().split("VmHWM:")
                self.peaks[pid] = max(self.peaks.get(pid, 0), int(status[1].split()[0])) if len(status) > 1 else 0
                stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                self.spent[pid] = (int(stat[11]) + int(stat[12])) / _TICK
        self.samples.append((_stored(archive), time.perf_counter(), sum(self.spent.values()), yardstick()))

    def rate(self, low: int, high: int, clock: int) -> float:
        """Return the reports a second from the `low`-th to the `high`-th; clock 1 is the wall's, 2 the processors'."""
        first = next(s for s in self.samples if s[0] >= low)
        last = next(s for s in self.samples if s[0] >= high)
        return (last[0] - first[0]) / (last[clock] - first[clock])

    def work(self, low: int, high: int) -> float:
        """Return how many yardsticks a report took from the `low`-th to the `high`-th.

        Neighbours on a shared machine slow the yardstick, taken at the same time, as they slow the reports.
        """
        yards = [s[3] for s in self.samples if low <= s[0] <= high]
        return statistics.mean(yards) ** -1 / self.rate(low, high, 2)


_TEXT = corpus.report(0, 30)


def yardstick() -> float:
    """Return the processor seconds that a fixed piece of work takes, of the kind that reading a report is."""
    started = time.process_time()
    for line in _TEXT.split("\n"):
        json.dumps(_WORD.findall(line.lower()), ensure_ascii=False)
    return time.process_time() - started


def _tree(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def _stored(archive: Path) -> int:
    with suppress(sqlite3.Error), closing(_record(archive)) as record:
        return int(record.execute("SELECT count(*) FROM report").fetchone()[0])
    return 0


def _record(archive: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{archive / 'record.sqlite'}?mode=ro", uri=True, timeout=30)


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "baocao.cli", *words]


def long_run(reports: int, jobs: int) -> Watch:
    """Ingest many reports with the command and watch it."""
    with tempfile.TemporaryDirectory() as made:
        folder, archive = Path(made) / "files", Path(made) / "archive"
        corpus.write(reports, folder, 1, 30)
        command = _command("ingest", str(folder), "--archive", str(archive), "--jobs", str(jobs), "--json")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        watch = Watch()
        while process.poll() is None:
            watch.look(process.pid, archive)
            time.sleep(0.2)
        watch.samples.append((_stored(archive), time.perf_counter(), sum(watch.spent.values()), yardstick()))
        if process.returncode or watch.samples[-1][0] != reports:
            sys.exit(f"ingest ended with {process.returncode} and {watch.samples[-1][0]} of {reports} reports")
        verify(archive, reports)
    return watch


def kill_runs(kills: int, files: int, jobs: int) -> tuple[int, int]:
    """Kill `ingest` at random moments, run it to its end, look at what is there; return kills and archives.

    An archive that is complete before it could be killed again is looked at, and a new one begun.
    """
    rng = random.Random(42)
    done = archives = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "files"
        corpus.write(files, folder, 2, 30)
        while done < kills:
            archive = Path(made) / f"archive{archives}"
            archives += 1
            command = _command("ingest", str(folder), "--archive", str(archive), "--jobs", str(jobs))
            while done < kills and _killed(command, rng.uniform(0.2, 6.0), mark=str(archive)):
                done += 1
            _settled(str(archive))
            subprocess.run(command, check=True, capture_output=True)
            verify(archive, files)
    return done, archives


def _killed(command: list[str], after: float, mark: str) -> bool:
    """Start a command and kill it after a while; tell whether it had not ended by itself.

    All that it starts bears the mark: its workers' command lines name no file, but the environment is handed down.
    """
    environment = os.environ | {_MARK: mark}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        process.wait(after)
        return False
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        return True


def _settled(mark: str, patience: float = 20.0) -> None:
    """Wait until no process that a killed command started is left: one that stays is a fault."""
    until = time.monotonic() + patience
    while left := [p.parent.name for p in Path("/proc").glob("[0-9]*/environ") if _bears(p, mark)]:
        if time.monotonic() > until:
            sys.exit(f"still there after {patience:.0f} s: {', '.join(left)}")
        time.sleep(0.2)


def _bears(environ: Path, mark: str) -> bool:
    with suppress(OSError):
        return f"{_MARK}={mark}".encode() in environ.read_bytes().split(b"\0")
    return False


def verify(archive: Path, reports: int) -> None:
    """Check that every report is there once and that record, index and originals agree; else end with a sentence."""
    with closing(_record(archive)) as record:
        whole = record.execute("PRAGMA integrity_check").fetchone()[0]
        held = record.execute("SELECT count(*), count(DISTINCT sha256) FROM report WHERE latest").fetchone()
        hashes = {row[0] for row in record.execute("SELECT sha256 FROM report")}
    told = json.loads(subprocess.run(_command("index", "status", "--archive", str(archive), "--json"),
                                     capture_output=True, text=True, check=False).stdout)  # fmt: skip
    originals = list((archive / "originals").glob("*/*"))
    faults = [
        whole != "ok" and f"integrity_check says {whole}",
        held != (reports, reports) and f"the record holds {held} of {reports}",
        not (told["agree"] and not told["behind"]) and f"index status says {told}",
        {p.name for p in originals} != hashes and "originals and record differ",
        any(hashlib.sha256(p.read_bytes()).hexdigest() != p.name for p in originals) and "an original is not its hash",
    ]
    if any(faults):
        sys.exit("; ".join(f for f in faults if f))


def main() -> None:
    """Run both and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    a = parser.parse_args()
    watch = long_run(a.reports, a.jobs)
    parent, *others = watch.peaks.values()
    part = max(100, a.reports // 10)
    # From half to half, so that each span holds one commit of the index (every 1,000 reports) and no start-up.
    half = part // 2
    spans = ((half, half + part), (a.reports - half - part, a.reports - half))
    wall = [watch.rate(low, high, 1) for low, high in spans]
    processor = [watch.rate(low, high, 2) for low, high in spans]
    work = [watch.work(low, high) for low, high in spans]
    kills, archives = kill_runs(a.kills, a.files, a.jobs)
    lines = [
        "## Endurance",
        "",
        f"Made by `python bench/endurance.py --reports {a.reports} --jobs {a.jobs} --kills {a.kills} "
        f"--files {a.files} --write`.",
        "",
        "| what | measured | wanted |",
        "|---|---|---|",
        f"| `ingest` of {a.reports:,} reports, peak memory of the parent | {parent / 1024:,.0f} MiB | < 1,024 MiB |",
        f"| the same, of the largest of {len(others)} other processes | {max(others) / 1024:,.0f} MiB | < 1,024 MiB |",
        f"| reports a second, {' → '.join(f'{low:,} to {high:,}' for low, high in spans)} | {wall[0]:.1f} → {wall[1]:.1f} "
        f"({wall[1] / wall[0] - 1:+.0%}) | ± 15 % |",
        f"| the same by processor time | {processor[0]:.1f} → {processor[1]:.1f} "
        f"({processor[1] / processor[0] - 1:+.0%}) | ± 15 % |",
        f"| processor time a report, in pieces of fixed work timed beside it (the machine is shared) | {work[0]:.1f} → "
        f"{work[1]:.1f} ({work[1] / work[0] - 1:+.0%}) | ± 15 % |",
        f"| `ingest` of {a.files} files killed (SIGKILL) {kills} times at random moments, {archives} archives run to "
        "their end | every report once, index and record agree, every original hashes to its name, "
        "`integrity_check` ok | the same |",
    ]  # fmt: skip
    print("\n".join(lines))
    if a.write:
        write_section("endurance", lines)


if __name__ == "__main__":
    main()
