"""Damaged and hostile files through the command: each ends somewhere, with a sentence, and nothing gets out.

The whole of them runs in bench/hostile.py.
"""

import json
import os
from pathlib import Path

from harmful import KINDS, differing, faults, made, outside, refusals
from processes import run

EACH = 4


def test_few_of_every_kind(tmp_path: Path) -> None:
    given = made(tmp_path / "given", each=EACH)
    assert len(given) == EACH * len(KINDS)
    (tmp_path / "tmp").mkdir()
    before = outside(tmp_path)
    env = os.environ | {"TMPDIR": str(tmp_path / "tmp")}
    command = ("ingest", *given, "--archive", tmp_path / "archive", "--timeout", 30, "--json")

    done = run(*command, env=env)
    assert done.returncode == 1 and "fault of baocao" not in done.stderr, done.stderr
    told = json.loads(done.stdout)
    assert told["new"] and told["refused"] and sum(told[what] for what in ("new", "known", "refused")) >= len(given)
    assert faults(given, tmp_path / "archive") == []
    refused = refusals(tmp_path / "archive")
    assert refused

    again = json.loads(run(*command, env=env).stdout)
    assert again["new"] == 0 and again["known"] == told["new"] + told["known"]
    assert differing(refused, refusals(tmp_path / "archive")) == []
    assert outside(tmp_path) == before
    assert list((tmp_path / "tmp").glob("baocao-*")) == []


def test_names_are_told_in_one_line(tmp_path: Path) -> None:
    (path := tmp_path / "hai\ndòng \x1b[31m\u202ecod.txt").write_bytes(b"")
    done = run("ingest", path, "--archive", tmp_path / "archive")
    (line,) = done.stderr.splitlines()
    assert line.endswith(r"hai\ndòng \x1b[31m\u202ecod.txt is empty.")
    listed = run("quarantine", "--archive", tmp_path / "archive").stdout.splitlines()
    assert len(listed) == 2 and all(map(str.isprintable, listed))
    assert "1 forgotten" in run("quarantine", "forget", listed[0], "--archive", tmp_path / "archive").stdout
