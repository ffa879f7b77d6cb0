"""What a wheel carries: every module and data file of the parts, under `baocao/` alone."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).parent.parent
PARTS = (
    "__init__.py",
    "py.typed",
    "report.py",
    "text.py",
    "errors.py",
    "cli.py",
    "intake.py",
    "commands",
    "pipeline",
    "models",
    "index",
    "insight",
    "web",
)


def test_the_wheel_carries_all_parts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, timeout=240, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PARTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert held == {f"baocao/{name}" for name in tracked.stdout.split("\n") if name}


def test_no_unsafe_loading_in_our_code() -> None:
    for part in PARTS:
        for path in ROOT.joinpath(part).rglob("*.py") if (ROOT / part).is_dir() else [ROOT / part]:
            code = path.read_text(encoding="utf-8")
            assert not any(word in code for word in ("pickle.load", "shell=True", "yaml.load(", "eval(")), path


def test_the_lowest_versions_tested_are_those_allowed() -> None:
    """`make test-lowest` installs requirements-lowest.lock; after a change of bounds `make lock-lowest` renews it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    bounds = {_name(n): Version(v) for n, v in (re.split(r">=|,", w)[:2] for w in wanted)}
    lines = (ROOT / "requirements-lowest.lock").read_text(encoding="utf-8").splitlines()
    locked = {_name(n): Version(v) for n, v in (line.split("==") for line in lines if not line.startswith("#"))}
    assert bounds == {name: locked[name] for name in bounds}


def _name(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()
