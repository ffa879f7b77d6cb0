"""The page in a real browser: by keyboard, in both languages and colours, on a phone; and accessible (axe-core, WCAG A, AA)."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from processes import COMMAND, free_port, lacking, run

try:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
except ModuleNotFoundError:
    if os.environ.get("CI"):
        raise
    pytest.skip("Playwright is not installed: pip install -e '.[dev]'.", allow_module_level=True)

SAMPLES = Path(__file__).parents[2] / "samples" / "reports"
PAGES = (
    "/", "/?q=bien+che", "/?q=khong+co+gi+nhu+vay", "/?q=n%C4%83m&by=sentence&label=achievement", "/searches", "/difficulties",
    "/followups", "/reviews", "/uploads", "/uploads/quarantine", "/quality", "/nothing-here",
)  # fmt: skip
LOGIN = ("/login", "/users", "/audit", "/account")
WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}


@dataclass
class Served:
    """A page that runs."""

    url: str
    folder: Path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        lacking("No Chromium here: apt-get install chromium.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield opened
        opened.close()


def serving(folder: Path, *options: str) -> Iterator[Served]:
    port = free_port()
    command = [*COMMAND, "serve", "--archive", str(folder), "--port", str(port), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert "http://" in process.stdout.readline()
        try:
            _until_it_answers(port)
            yield Served(f"http://127.0.0.1:{port}", folder)
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("The page did not open.")


@pytest.fixture(scope="module")
def looked_at(made_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page for tests that change nothing."""
    yield from serving(Path(shutil.copytree(made_archive, tmp_path_factory.mktemp("looked") / "archive")))


@pytest.fixture
def served(archive: Path) -> Iterator[Served]:
    """A page of the test's own."""
    yield from serving(archive)


class Tab:
    """A tab that notes what the browser complains of."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("console", self._note)

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning") and "404 (Not Found)" not in message.text:
            self.complaints.append(message.text)

    def go(self, served: Served, path: str) -> None:
        self.page.goto(served.url + path)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, locale="vi-VN")
    opened = Tab(context)
    yield opened
    context.close()
    assert opened.complaints == []


def first_report(tab: Tab, served: Served, query: str = "bien che") -> str:
    tab.go(served, f"/?q={query.replace(' ', '+')}")
    href = tab.page.locator(".hit h2 a").first.get_attribute("href")
    assert href
    return href.split("?")[0]


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=WCAG).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary'][:200]}" for v in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_keeps_anybody_out(looked_at: Served, browser: Browser, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme=scheme)
    tab = Tab(context)
    report = first_report(tab, looked_at)
    unit = tab.page.locator(".hit .meta a").first.get_attribute("href")
    broken = {}
    for path in (*PAGES, report, f"{report}?q=bien+che", unit or "/", "/difficulties?from=2000"):
        tab.go(looked_at, path)
        tab.page.evaluate("document.querySelectorAll('main details').forEach((d) => { d.open = true; })")
        if found := violations(tab.page):
            broken[path] = found
    context.close()
    assert broken == {}
    assert tab.complaints == []


@pytest.mark.parametrize("width", [390, 683])  # a phone; a small screen at twice the size
def test_nothing_runs_over_the_edge(looked_at: Served, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 700})
    tab = Tab(context)
    wide = []
    for path in (*PAGES, first_report(tab, looked_at)):
        tab.go(looked_at, path)
        if tab.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    context.close()
    assert wide == []


def test_search_by_keyboard_alone(looked_at: Served, tab: Tab) -> None:
    tab.go(looked_at, "/")
    tab.page.keyboard.type("bien che")  # the box has the focus
    expect(tab.page.locator(".hit").first).to_be_visible()
    assert "q=bien+che" in tab.page.url
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.matches('.facet li a')"):
            break
    value = tab.page.evaluate("document.activeElement.querySelector('span').textContent")
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(".chips")).to_contain_text(value)
    for _ in range(80):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("document.activeElement.matches('.hit .sentence')"):
            break
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(".s.chosen").first).to_be_in_viewport()
    expect(tab.page.locator(".s.chosen mark").first).to_be_visible()
    tab.page.go_back()
    expect(tab.page.locator(".chips")).to_contain_text(value)  # the place is kept
    tab.page.keyboard.press("/")
    assert tab.page.evaluate("document.activeElement.id") == "q"


def test_what_was_typed_wrongly(looked_at: Served, tab: Tab) -> None:
    tab.go(looked_at, "/?q=bie6n+che61")
    tab.page.locator(".suggest a").click()
    expect(tab.page.locator(".hit").first).to_be_visible()
    expect(tab.page.locator("#q")).to_have_value("biên chế")


def test_a_label_set_right_with_one_key_stays(served: Served, tab: Tab) -> None:
    report = first_report(tab, served)
    tab.go(served, report)
    sentence = tab.page.locator(".s.difficulty").first
    start = sentence.get_attribute("data-sentence")
    sentence.locator(".tag").first.click()
    tab.page.keyboard.press("3")
    expect(tab.page.locator(f"#s{start}")).to_have_class(re.compile("recommendation.*corrected"))
    tab.page.reload()
    expect(tab.page.locator(f"#s{start}")).to_have_class(re.compile("recommendation"))
    again = run("ingest", "--again", SAMPLES, "--archive", served.folder)
    assert again.returncode == 0, again.stderr
    tab.page.reload()
    expect(tab.page.locator(f"#s{start}")).to_have_class(re.compile("recommendation"))
    tab.page.locator("summary", has_text="lần sửa").click()
    tab.page.get_by_role("button", name="Hoàn tác").click()
    expect(tab.page.locator(f"#s{start}")).to_have_class(re.compile("difficulty"))


def test_a_missed_unit_is_marked_by_hand_and_taken_back(served: Served, tab: Tab) -> None:
    tab.go(served, first_report(tab, served))
    place = tab.page.evaluate(
        """() => {
          const walk = document.createTreeWalker(document.getElementById("text"), NodeFilter.SHOW_TEXT);
          for (let n = walk.nextNode(); n; n = walk.nextNode()) {
            const at = n.data.indexOf("iên chế");
            if (at < 1 || n.parentElement.closest(".tag, .e, h2")) continue;
            const range = document.createRange();
            range.setStart(n, at - 1); range.setEnd(n, at + 7);
            getSelection().removeAllRanges(); getSelection().addRange(range);
            document.getElementById("text").dispatchEvent(new MouseEvent("mouseup", { bubbles: true }));
            return n.parentElement.closest("[data-sentence]").dataset.sentence;
          }
        }"""
    )
    tab.page.locator("#editor").get_by_role("button", name="Đơn vị").click()
    mention = tab.page.locator(f'.s[data-sentence="{place}"] .e.UNIT', has_text=re.compile("^[Bb]iên chế$"))
    expect(mention).to_be_visible()
    tab.page.keyboard.press("u")
    expect(mention).to_have_count(0)


def test_the_original_stands_beside_the_text(looked_at: Served, tab: Tab) -> None:
    tab.go(looked_at, "/?q=giao+duc&kind=report")
    report = next(
        href for href in (a.get_attribute("href") for a in tab.page.locator(".hit h2 a").all())
        if href and "05-giao-duc" in tab.page.request.get(looked_at.url + href).text()
    )  # fmt: skip
    tab.go(looked_at, report)
    picture = tab.page.locator("#page-picture")
    picture.scroll_into_view_if_needed()
    until = time.monotonic() + 30
    while (width := picture.evaluate("p => p.naturalWidth")) < 300 and time.monotonic() < until:
        tab.page.wait_for_timeout(100)
    assert width >= 300


def test_colours_and_language_are_kept(looked_at: Served, tab: Tab) -> None:
    tab.go(looked_at, "/?q=nam")
    tab.page.locator("header details.menu summary").click()
    tab.page.get_by_role("button", name="English").click()
    expect(tab.page.locator("html")).to_have_attribute("lang", "en")
    assert tab.page.url.endswith("/?q=nam")
    tab.page.locator("header details.menu summary").click()
    tab.page.get_by_role("button", name="Dark").click()
    expect(tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert tab.page.evaluate("getComputedStyle(document.body).color") == "rgb(230, 234, 240)"


def test_a_folder_with_a_broken_file(served: Served, tab: Tab, tmp_path: Path) -> None:
    folder = tmp_path / "Báo cáo quý I"
    folder.mkdir()
    (folder / "tot.txt").write_text("BÁO CÁO\nKết quả công tác quý I\nTrạm Khuyến nông huyện đã mở 9 lớp tập huấn.\n")
    (folder / "hong.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "trong.docx").write_bytes(b"")
    tab.go(served, "/uploads")
    tab.page.locator("input[type=file]:not([webkitdirectory])").set_input_files(sorted(folder.iterdir()))
    tab.page.get_by_role("button", name="Gửi", exact=True).click()
    expect(tab.page.locator("main")).to_contain_text("tot.txt", timeout=20_000)
    expect(tab.page.locator("tr, li", has_text="tot.txt").get_by_role("link").first).to_be_visible(timeout=90_000)
    tab.go(served, "/uploads/quarantine")
    expect(tab.page.locator("main")).to_contain_text("hong.pdf")
    expect(tab.page.locator("main")).to_contain_text("trong.docx")
    tab.go(served, "/?q=khuyen+nong")
    expect(tab.page.locator(".hit").first).to_be_visible()


def test_a_folder_is_dropped_on_the_page(served: Served, tab: Tab, tmp_path: Path) -> None:
    folder = tmp_path / "Kéo thả"
    folder.mkdir()
    for number in (1, 2):
        text = f"BÁO CÁO\nKết quả công tác lần {number}\nTrạm Thú y huyện đã tiêm phòng {number}.200 con trâu, bò.\n"
        (folder / f"lan-{number}.txt").write_text(text)
    tab.go(served, "/uploads")
    devtools = tab.page.context.new_cdp_session(tab.page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 300, "data": data})
    for number in (1, 2):
        row = tab.page.locator("tr, li", has_text=f"Kéo thả/lan-{number}.txt")
        expect(row.get_by_role("link").first).to_be_visible(timeout=90_000)


def test_a_review_is_drafted_edited_and_saved_as_word(served: Served, tab: Tab, tmp_path: Path) -> None:
    import docx

    tab.go(served, "/reviews?year=2017")
    tab.page.get_by_role("button", name="Soạn bản thảo").click()
    tab.page.wait_for_url(re.compile(r"/reviews/\d+"))
    items = tab.page.locator("[data-item]")
    expect(items.first).to_be_visible(timeout=60_000)
    with tab.page.expect_download() as saved:
        tab.page.get_by_role("link", name=re.compile("DOCX|Word")).first.click()
    path = tmp_path / "review.docx"
    saved.value.save_as(path)
    document = docx.Document(str(path))
    text = "\n".join(p.text for p in document.paragraphs) + "\n".join(
        c.text for t in document.tables for r in t.rows for c in r.cells
    )
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text and "2017" in text
    assert zipfile.is_zipfile(path)


@pytest.fixture
def locked(archive: Path) -> Iterator[Served]:
    """A page that wants a login, with an account of each role."""
    for role in ("reader", "editor", "admin"):
        done = run(
            "user",
            "add",
            f"nguoi-{role}",
            "--role",
            role,
            "--password-stdin",
            "--archive",
            archive,
            input=f"mat khau {role} dai",
        )
        assert done.returncode == 0, done.stderr
    yield from serving(archive, "--accounts")


def log_in(tab: Tab, served: Served, role: str, password: str | None = None) -> None:
    tab.go(served, "/login")
    tab.page.get_by_label("Tên đăng nhập").fill(f"nguoi-{role}")
    tab.page.get_by_label("Mật khẩu").fill(password or f"mat khau {role} dai")
    tab.page.get_by_role("button", name="Đăng nhập", exact=True).click()


def test_each_role_and_what_it_may_not(locked: Served, browser: Browser) -> None:
    for role, may in (("reader", 0), ("editor", 1), ("admin", 2)):
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        tab = Tab(context)
        tab.go(locked, "/?q=bien+che")
        assert "/login" in tab.page.url
        log_in(tab, locked, role, "sai mat khau roi")
        expect(tab.page.get_by_role("alert")).to_be_visible()
        log_in(tab, locked, role)
        expect(tab.page.locator("header")).to_contain_text(f"nguoi-{role}")
        report = first_report(tab, locked)
        tab.go(locked, report)
        assert tab.page.locator("article.report").get_attribute("data-editor") == ("yes" if may else "no")
        id_ = report.rsplit("/", 1)[1]
        start = int(tab.page.locator(".s").first.get_attribute("data-sentence") or 0)
        told = tab.page.evaluate(
            """async ([id, start]) => (await fetch(`/api/reports/${id}/corrections`, { method: "POST",
            headers: { "content-type": "application/json" }, body: JSON.stringify({ act: "relabel", start, label: "other" }) })).status""",
            [id_, start],
        )  # fmt: skip
        assert told == (201 if may else 403)
        assert tab.page.request.get(f"{locked.url}/users").status == (200 if may == 2 else 403)
        for path in LOGIN if may == 2 else ():
            tab.go(locked, path)
            assert violations(tab.page) == []
        context.close()
