"""Pictures of every page of `baocao serve`, on an archive of the samples, into docs/screens/.

    python bench/screens.py [--only NAME…]

Wants Chromium (Debian: chromium) and the dev extra.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs" / "screens"
PORT = 8798
# name → address, width, colours
SHOTS: dict[str, tuple[str, int, str]] = {
    "search": ("/", 1366, "light"),
    "found": ("/?q=kho+khan", 1366, "light"),
    "found-phone": ("/?q=kho+khan", 390, "light"),
    "report": ("REPORT", 1366, "light"),
    "report-dark": ("REPORT", 1366, "dark"),
    "unit": ("UNIT", 1366, "light"),
    "difficulties": ("/difficulties", 1366, "light"),
    "difficulty": ("DIFFICULTY", 1366, "light"),
    "followups": ("/followups", 1366, "light"),
    "reviews": ("/reviews", 1366, "light"),
    "review": ("REVIEW", 1366, "light"),
    "uploads": ("/uploads", 1366, "light"),
    "quarantine": ("/uploads/quarantine", 1366, "light"),
    "quality": ("/quality", 1366, "light"),
    "quality-silent": ("/quality/silent", 1366, "light"),
}
# where a login is wanted
LOCKED: dict[str, tuple[str, int, str]] = {
    "login": ("/login", 1366, "light"),
    "users": ("/users", 1366, "light"),
    "audit": ("/audit", 1366, "light"),
    "account": ("/account", 1366, "light"),
}
PASSWORD = "mat khau de chup anh"


def baocao(*arguments: object, input: str | None = None) -> None:
    """Run the command."""
    command = [sys.executable, "-m", "baocao.cli", *map(str, arguments)]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, input=input, text=True)


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """Serve an archive's page."""
    command = [sys.executable, "-m", "baocao.cli", "serve", "--archive", str(folder), "--port", str(PORT), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", PORT), timeout=1):
                break
            time.sleep(0.1)
        try:
            yield f"http://127.0.0.1:{PORT}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def archive(folder: Path) -> None:
    """Make an archive of the samples in which something is refused, corrected and followed up."""
    broken = folder.parent / "bao-cao-hong.pdf"
    broken.write_bytes(b"%PDF-1.4 broken")
    baocao("ingest", ROOT / "samples" / "reports", broken, "--archive", folder)
    baocao("review", "--year", 2017, "-o", folder.parent / "review.docx", "--follow-up", "--archive", folder)


def addresses(page: Page, url: str) -> dict[str, str]:
    """Return the addresses that depend on what the archive holds."""
    page.goto(f"{url}/?q=bien+che")
    hit = page.locator(".hit").first
    report = hit.locator(".sentence").first.get_attribute("href") or ""
    unit = hit.locator(".meta a").first.get_attribute("href") or ""
    page.goto(f"{url}/difficulties")
    found = page.locator("main a[href^='/difficulties/']")
    difficulty = found.first.get_attribute("href") if found.count() else None
    page.goto(f"{url}/reviews?year=2017")
    page.get_by_role("button", name="Soạn bản thảo").click()
    page.locator("[data-item]").first.wait_for(timeout=120_000)
    return {
        "REPORT": report,
        "UNIT": unit,
        "DIFFICULTY": difficulty or "/difficulties",
        "REVIEW": page.url.removeprefix(url),
    }


def shoot(context: BrowserContext, url: str, shots: dict[str, tuple[str, int, str]], only: set[str]) -> None:
    """Take pictures of pages."""
    for name, (address, width, colours) in shots.items():
        if only and name not in only:
            continue
        scheme: Any = colours
        page = context.new_page()
        page.set_viewport_size({"width": width, "height": 768 if width > 500 else 844})
        page.emulate_media(color_scheme=scheme)
        page.goto(url + address)
        if (picture := page.locator("#page-picture")).count():
            picture.scroll_into_view_if_needed()
            while not picture.evaluate("p => p.complete && p.naturalWidth > 0"):
                page.wait_for_timeout(100)
        page.wait_for_timeout(800)
        page.screenshot(path=OUT / f"{name}.png")
        page.close()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=sorted(SHOTS | LOCKED))
    a = parser.parse_args()
    only = set(a.only or ())
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        folder = Path(made, "archive")
        archive(folder)
        program = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        with served(folder) as url:
            held = addresses(browser.new_page(), url)
            shoot(browser.new_context(), url, {n: (held.get(a, a), w, c) for n, (a, w, c) in SHOTS.items()}, only)
        for name, role in (("nguyen-thi-an", "admin"), ("tran-van-binh", "editor"), ("le-thi-cuc", "reader")):
            baocao("user", "add", name, "--role", role, "--password-stdin", "--archive", folder, input=PASSWORD)
        with served(folder, "--accounts") as url:
            context = browser.new_context()
            shoot(context, url, {"login": LOCKED["login"]}, only)
            page = context.new_page()
            page.goto(f"{url}/login")
            page.get_by_label("Tên đăng nhập").fill("nguyen-thi-an")
            page.get_by_label("Mật khẩu").fill(PASSWORD)
            page.get_by_role("button", name="Đăng nhập", exact=True).click()
            page.locator("header nav").wait_for()
            shoot(context, url, {n: shot for n, shot in LOCKED.items() if n != "login"}, only)
        browser.close()


if __name__ == "__main__":
    main()
