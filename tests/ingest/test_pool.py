"""The pool: a file that aborts, hangs or swells costs only itself."""

import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from baocao.errors import BaocaoError, CrashError, UnreadableError
from baocao.pipeline.ingest import pool as pools
from baocao.pipeline.ingest.patience import ask_for
from baocao.pipeline.ingest.pool import Done, Failed, Pool


def chaos(path: Path) -> str:
    """A reader for made-up files: the name says what it does."""
    match path.suffix:
        case ".abort":
            os.abort()
        case ".exit":
            os._exit(3)
        case ".sleep":
            time.sleep(600)
        case ".swell":
            return "x" * (4 * 2**30)
        case ".deep":
            return chaos(path)
        case ".print":
            for _ in range(100):
                print("x" * 2**20)
        case ".refuse":
            raise UnreadableError("This one is damaged.")
        case ".child":
            if os.fork() == 0:
                time.sleep(600)
        case ".garbage":  # into the socket to the parent; the fork server's own pipes are no file's to reach
            for number in (int(entry.name) for entry in Path("/proc/self/fd").iterdir()):
                try:
                    if number > 2 and stat.S_ISSOCK(os.fstat(number).st_mode):
                        os.write(number, b"\x00\x00\x00\x04gar!")
                except OSError:
                    continue
        case ".late":  # dies once its answer is out
            if os.fork() == 0:
                time.sleep(0.1)
                os.kill(os.getppid(), signal.SIGKILL)
                os._exit(0)
        case ".slow":
            time.sleep(0.4)
        case ".scan":  # pages that take a second each
            for _ in range(3):
                ask_for(2.0)
                time.sleep(1.0)
        case ".greedy":
            ask_for(1e9)
            time.sleep(600)
    return path.stem


def alive(group: str) -> list[str]:
    """The command lines of processes that bear a mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if group.encode() in (folder / "environ").read_bytes() and " Z " not in (folder / "stat").read_text():
                found.append((folder / "cmdline").read_text())
        except OSError:
            continue
    return found


def nothing() -> None:
    """No warming up."""


def test_only_the_bad_files_fail_and_nothing_is_left_running() -> None:
    bad = ["a.abort", "b.exit", "c.sleep", "d.swell", "e.deep", "f.refuse"]
    good = [f"{i}.txt" for i in range(12)] + ["g.print", "h.child"]
    mixed = [Path(n) for pair in zip(good, bad + [None] * 8, strict=True) for n in pair if n]  # type: ignore[arg-type]
    pool: Pool[str] = Pool(chaos, warm=nothing, jobs=2, timeout=3.0, memory=2**30)
    outcomes = list(pool.run(mixed))
    assert sorted(o.path.name for o in outcomes) == sorted(good + bad)
    assert {o.path.name for o in outcomes if isinstance(o, Failed)} == set(bad)
    errors = {o.path.suffix: o.error for o in outcomes if isinstance(o, Failed)}
    assert all(isinstance(e, BaocaoError) and str(e).endswith((".", ".)")) for e in errors.values())
    assert errors[".abort"].code == errors[".exit"].code == "BC220"
    assert errors[".sleep"].code == errors[".swell"].code == errors[".deep"].code == "BC210"
    assert errors[".refuse"].code == "BC200"
    assert all(isinstance(o, Done) for o in outcomes if o.path.name in good)


def test_paths_are_taken_only_as_slots_free_up() -> None:
    taken = 0

    def many() -> object:
        nonlocal taken
        for i in range(1_000):
            taken += 1
            yield Path(f"{i}.txt")

    pool: Pool[str] = Pool(chaos, warm=nothing, jobs=1)
    run = pool.run(many())  # type: ignore[arg-type]
    next(run)
    assert taken <= 4
    run.close()


def broken() -> None:
    raise RuntimeError("a library is missing")


def test_a_worker_that_cannot_start_is_no_files_fault() -> None:
    pool: Pool[str] = Pool(chaos, warm=broken)
    with pytest.raises(CrashError, match="cannot start"):
        list(pool.run([Path("1.txt")]))


def test_garbage_on_the_pipe_costs_only_the_file() -> None:
    pool: Pool[str] = Pool(chaos, warm=nothing, timeout=3.0)
    outcomes = {o.path.name: o for o in pool.run([Path("1.txt"), Path("2.garbage"), Path("3.txt")])}
    failed = outcomes.pop("2.garbage")
    assert isinstance(failed, Failed) and failed.error.code == "BC220"
    assert all(isinstance(o, Done) for o in outcomes.values()) and len(outcomes) == 2


def test_a_worker_that_dies_between_files_is_not_the_next_files_fault() -> None:
    def slowly() -> object:
        yield Path("1.late")
        time.sleep(0.5)
        yield Path("2.txt")

    pool: Pool[str] = Pool(chaos, warm=nothing)
    assert all(isinstance(o, Done) for o in pool.run(slowly()))  # type: ignore[arg-type]


def test_memory_that_one_file_took_is_not_missing_to_the_next() -> None:
    pool: Pool[str] = Pool(chaos, warm=nothing, memory=2**29)
    outcomes = list(pool.run([Path("1.swell"), Path("2.txt"), Path("3.swell"), Path("4.txt")]))
    assert [isinstance(o, Done) for o in outcomes] == [False, True, False, True]


def test_leaving_early_leaves_no_worker() -> None:
    run = Pool(chaos, warm=nothing, jobs=2).run(Path(f"{i}.slow") for i in range(20))
    next(run)
    run.close()  # as an exception or Ctrl-C in the loop does
    assert not multiprocessing.active_children()


PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from baocao.pipeline.ingest.pool import Pool
from {module} import chaos, nothing
if __name__ == "__main__":
    for outcome in Pool(chaos, warm=nothing, jobs=2).run([Path("1.txt"), Path("2.sleep"), Path("3.sleep")]):
        print("one done", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_workers_die_with_the_command(tmp_path: Path, sign: signal.Signals) -> None:
    here = Path(__file__)
    (tmp_path / "program.py").write_text(PROGRAM.format(folder=str(here.parent), module=here.stem))
    mark = f"baocao-pool-test-{os.getpid()}-{sign}"
    program = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        env={**os.environ, "MARK": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # background jobs of a shell ignore it
    )
    assert program.stdout is not None and program.stdout.readline() == "one done\n"
    assert len(alive(mark)) > 2
    program.send_signal(sign)
    program.wait(5)
    program.stdout.close()
    deadline = time.monotonic() + 5
    while alive(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(mark)


def test_files_at_hand_behind_one_that_kills_its_worker_are_done_by_another() -> None:
    pool: Pool[str] = Pool(chaos, warm=nothing, jobs=2)
    paths = [Path("1.exit"), *(Path(f"{i}.txt") for i in range(2, 12)), Path("12.exit"), Path("13.txt")]
    outcomes = {o.path: isinstance(o, Done) for o in pool.run(paths)}
    assert outcomes == {path: path.suffix != ".exit" for path in paths}


def test_a_death_between_files_at_hand_is_no_files_fault() -> None:
    pool: Pool[str] = Pool(chaos, warm=nothing, jobs=2)
    outcomes = list(pool.run([Path("1.late"), Path("2.slow"), Path("3.slow"), Path("4.slow"), Path("5.txt")]))
    assert all(isinstance(o, Done) for o in outcomes) and len(outcomes) == 5


def test_a_file_that_asks_gets_more_time_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_LONGEST", 6.0)
    pool: Pool[str] = Pool(chaos, warm=nothing, timeout=1.5)
    outcomes = {o.path.name: o for o in pool.run([Path("1.scan"), Path("2.greedy"), Path("3.sleep"), Path("4.txt")])}
    assert isinstance(outcomes["1.scan"], Done) and isinstance(outcomes["4.txt"], Done)
    greedy, asleep = outcomes["2.greedy"], outcomes["3.sleep"]
    assert isinstance(greedy, Failed) and "took longer than 8 s" in str(greedy.error)
    assert isinstance(asleep, Failed) and "took longer than 2 s" in str(
        asleep.error
    )  # what one was granted is no other's
