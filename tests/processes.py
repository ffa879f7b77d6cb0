"""What the tests of several folders share: the command as a process, what a machine may lack, a free port."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

COMMAND = [sys.executable, "-m", "baocao.cli"]


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=240, **options)


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hears_ctrl_c,
    )  # fmt: skip


def hears_ctrl_c() -> None:
    """Let Ctrl-C reach a process though the tests were started in the background, where a shell has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill(process: subprocess.Popen[str]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def lacking(reason: str) -> None:
    """Skip, and say why; in CI that is a failure, so that no run passes by testing nothing."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def write_reports(folder: Path, count: int, first: int = 0) -> Path:
    """Write text files of reports that differ in their figures, and return the folder."""
    folder.mkdir(exist_ok=True)
    for n in range(first, first + count):
        (folder / f"{n:03}.txt").write_text(
            f"BÁO CÁO SỐ {n}\nSở Y tế đã khám bệnh cho {n} lượt người.\nKhó khăn là thiếu kinh phí mua {n} máy.\n"
            f"Kiến nghị UBND tỉnh bổ sung {n} biên chế.\n",
            encoding="utf-8",
        )
    return folder
