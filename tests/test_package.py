"""What a wheel carries: every module and data file of the parts, under `baocao/` alone."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PARTS = (
    "__init__.py",
    "py.typed",
    "report.py",
    "text.py",
    "errors.py",
    "cli.py",
    "pipeline",
    "models",
    "index",
    "insight",
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
