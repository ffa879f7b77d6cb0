"""The pool: a file that aborts, hangs or swells costs only itself."""

import os
import time
from pathlib import Path

import pytest

from baocao.errors import BaocaoError, CrashError, UnreadableError
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
            print("x" * 1_000_000)
        case ".refuse":
            raise UnreadableError("This one is damaged.")
        case ".child":
            if os.fork() == 0:
                time.sleep(600)
    return path.stem


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
