"""What must not succeed: each attack fails with the right status, and nothing in the record has changed."""

import csv
import hashlib
import io
import re
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from argon2 import PasswordHasher
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from people import BASE, CHEAP, PASSWORD, Clock, browser, log_in, log_of, made_office, page, record_of

from baocao.index import open_archive, tables
from baocao.index.archive import Incoming
from baocao.report import Entity, EntityType, Finding, Kind, Label, Report, Section, Sentence, Signer, Source
from baocao.web import access, journal, passwords
from baocao.web import app as application
from baocao.web.app import create_app
from baocao.web.journal import By
from baocao.web.pictures import disposition
from baocao.web.roles import Role, Visitor
from baocao.web.settings import Serving

SCRIPT = "<script>alert(1)</script>"
BREAKING = '"><img src=x onerror=alert(1)>'
CSP = "default-src 'none'; script-src 'self'"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    passwords._of_nobody.cache_clear()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TestClient]:
    with page(made_office(tmp_path)) as client:
        yield client


@pytest.fixture
def open_page(tmp_path: Path) -> Iterator[TestClient]:
    """The page on loopback, without accounts: whoever reaches it is an admin."""
    app = create_app(Serving(str(tmp_path / "archive"), upload_limit=3 * 2**20))
    with TestClient(app, base_url=BASE, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def kept(client: TestClient) -> dict[str, Any]:
    """What the record holds, but for sessions and waits."""
    record = record_of(client)
    names = {"page_session", "page_failed_login"}
    return {t.name: record.rows(t) for t in tables.metadata.sorted_tables if t.name not in names}


def routes() -> Iterator[tuple[str, str, str]]:
    """Yield method, address and the role that each route of the page wants."""
    wants = {access.reader: "reader", access.editor: "editor", access.admin: "admin"}
    for area in application._AREAS:
        for router, prefix in ((area.shown, ""), (area.api, "/api")):
            for route in router.routes:
                assert isinstance(route, APIRoute)
                roles = [wants[call] for call in calls(route.dependant) if call in wants]
                path = prefix + re.sub(
                    r"\{(\w+)[^}]*\}", lambda m: {"form": "csv", "id": "abcd"}.get(m[1], "1"), route.path
                )
                for method in sorted(route.methods):
                    yield method, path, max(roles, key=list(wants.values()).index, default="")


def calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls(inner)


# Rights.


def test_every_route_but_the_login_wants_to_know_who_asks(office: TestClient) -> None:
    free = {path for _, path, role in routes() if not role}
    assert free == {"/login", "/logout", "/login/openid", "/login/openid/back"}
    before = kept(office)
    for method, path, _ in routes():
        status = office.request(method, path).status_code
        if path.startswith("/login"):
            assert status in (200, 400, 401), (method, path)
        else:
            assert status == (303 if method == "GET" and not path.startswith("/api/") else 401), (method, path)
    for path in (
        "/api/openapi.json",
        "/api/nothing",
        "/nothing",
        "//login",
        "/static/../api/users",
        "/LOGIN",
        "/login;/users",
    ):
        answer = office.get(path)
        assert answer.status_code in (303, 401, 404) and "an" not in answer.text.split('"'), path
    after = kept(office)
    assert {n: v for n, v in after.items() if n != "page_audit"} == {
        n: v for n, v in before.items() if n != "page_audit"
    }


@pytest.mark.parametrize(("name", "may"), [("chi", {"reader"}), ("binh", {"reader", "editor"})])
def test_nobody_does_what_is_not_theirs(office: TestClient, name: str, may: set[str]) -> None:
    assert log_in(office, name) == 303
    refused, before = 0, kept(office)
    for method, path, role in routes():
        if role and role not in may:
            answer = office.request(method, path, json={} if path.startswith("/api") else None)
            assert answer.status_code == 403, (method, path, answer.text)
            if path.startswith("/api"):
                again = browser(office).request(method, path, json={}, auth=(name, PASSWORD))
                assert (again.status_code, again.json()["error"]["code"]) == (403, "BC610"), path
            refused += 1
    assert refused >= 9
    after = kept(office)
    assert (
        [line["did"] for line in after.pop("page_audit")][-1] == "login"
        and before.pop("page_audit")
        and before == after
    )


def test_other_methods_and_overrides_change_nothing(office: TestClient) -> None:
    log_in(office, "an")
    before = kept(office)
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "GETS"):
        assert office.request(method, "/users").status_code in (403, 405), method
    for header in ("x-http-method-override", "x-method-override", "x-http-method"):
        assert office.get("/users/change?name=chi&role=admin", headers={header: "POST"}).status_code in (404, 405)
        assert office.post("/users?_method=DELETE", data={}, headers={header: "DELETE"}).status_code == 422
    assert office.get("/logout").status_code == 405  # an image elsewhere logs nobody out
    head = office.head("/users")
    assert head.status_code == 200 and head.content == b"" and head.headers["content-security-policy"].startswith(CSP)
    assert kept(office) == before


# Requests from elsewhere.

FOREIGN = (
    {"origin": "https://evil.example"}, {"origin": "null"}, {"origin": "http://localhost:9999"}, {"origin": "file://"},
    {"origin": "http://localhost.evil.example"}, {"origin": "http://evil.example@localhost.x"}, {"origin": "localhost"},
    {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "made up"},
    {"sec-fetch-site": "cross-site", "origin": BASE},
)  # fmt: skip


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_page_makes_a_browser_change_anything(open_page: TestClient, headers: dict[str, str]) -> None:
    before = kept(open_page)
    for send in ({"data": {"name": "x", "role": "admin", "password": PASSWORD}},
                 {"content": b'{"name": "x", "role": "admin", "password": "longenough1"}', "headers_": "text/plain"}):  # fmt: skip
        more = {"content-type": kind} if (kind := send.pop("headers_", None)) else {}
        for path in ("/users", "/api/users", "/units/merge", "/look", "/logout", "/login"):
            assert open_page.post(path, headers={**headers, **more}, **send).status_code == 403, path
    assert open_page.delete("/api/corrections/1", headers=headers).status_code == 403
    assert kept(open_page) == before


def test_with_a_cookie_but_no_word_of_where_it_comes_from_nothing_changes(office: TestClient) -> None:
    log_in(office, "an")
    token = office.cookies["session"]
    before = kept(office)
    silent = TestClient(office.app, base_url=BASE, cookies={"session": token}, follow_redirects=False)
    assert silent.post("/users", data={"name": "x", "role": "admin", "password": PASSWORD}).status_code == 403
    assert kept(office) == before
    own = {"sec-fetch-site": "same-origin"}
    assert (
        silent.post("/users", data={"name": "x", "role": "admin", "password": PASSWORD}, headers=own).status_code == 303
    )


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:8765", "", "127.0.0.1.nip.io",
                                  "localhost:80:80", "[::1", "0.0.0.0", "localhost@evil.example", "localhost,evil.example"])  # fmt: skip
def test_no_other_name_leads_to_the_page(open_page: TestClient, host: str) -> None:
    before = kept(open_page)
    for path in ("/", "/api/search?q=a", "/static/page.css", "/login"):
        answer = open_page.get(path, headers={"host": host})
        assert answer.status_code == 400 and answer.headers["content-security-policy"].startswith(CSP)
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert open_page.post("/users", data={"name": "x"}, headers=headers).status_code == 400
    assert kept(open_page) == before


def test_own_names_lead_to_it(open_page: TestClient) -> None:
    for host in ("localhost", "LOCALHOST:8765", "127.0.0.1:1", "[::1]:8765", "[::1]"):
        assert open_page.get("/login", headers={"host": host}).status_code == 303


def test_no_websocket_is_opened(open_page: TestClient) -> None:
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), open_page.websocket_connect("/"):
        raise AssertionError


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
                                  "/\t/evil.example", "/\n/evil.example", "///evil.example", "evil.example", "", " //evil.example",
                                  "/x\r\nset-cookie: a=b"])  # fmt: skip
def test_the_login_leads_nowhere_else(office: TestClient, next: str) -> None:
    form = office.get("/login", params={"next": next}).text
    assert 'name="next" value="/"' in form
    assert office.post("/login", data={"name": "an", "password": PASSWORD, "next": next}).headers["location"] == "/"
    assert office.get("/login", params={"next": next}).headers["location"] == "/"
    assert office.post("/look", data={"language": "en", "back": next}).headers["location"] == "/"


# Sessions and passwords.


def test_a_token_known_before_the_login_is_no_session_after_it(office: TestClient) -> None:
    office.cookies.set("session", "set-by-an-attacker")
    assert log_in(office, "an") == 303
    token = office.cookies.get("session", domain="localhost.local") or office.cookies["session"]
    attacker = browser(office)
    attacker.cookies.set("session", "set-by-an-attacker")
    assert attacker.get("/account").status_code == 303
    again = browser(office)
    again.cookies.set("session", token)
    assert again.get("/account").status_code == 200
    assert log_in(again, "chi") == 303  # somebody else at the same browser: the session before has ended
    attacker.cookies.clear()
    attacker.cookies.set("session", token)
    assert attacker.get("/account").status_code == 303


def test_cookies_are_read_by_no_script_and_sent_by_no_other_page(office: TestClient) -> None:
    answer = office.post("/login", data={"name": "an", "password": PASSWORD})
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert (
            "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "domain" not in cookie.lower()
        )
    assert not any("Secure" in cookie for cookie in cookies)


def test_by_https_cookies_are_the_page_s_own(tmp_path: Path) -> None:
    with page(made_office(tmp_path), secure=True) as office:
        answer = office.post("/login", data={"name": "an", "password": PASSWORD})
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2 and all(c.startswith("__Host-") and "Secure" in c for c in cookies)
        assert office.get("/account").status_code == 200
        other = browser(office)
        other.cookies.set("session", office.cookies["__Host-session"])  # as a page of a neighbour's name could set it
        assert other.get("/account").status_code == 303
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("token", ["' OR 1=1 --", "", "a" * 4_000, "null", "0"])
def test_a_made_up_token_is_nobody_s(office: TestClient, token: str) -> None:
    log_in(browser(office), "an")
    office.cookies.set("session", token)
    assert office.get("/api/account").status_code == 401


def test_guessing_is_slowed_down(office: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    guesses = [log_in(office, "chi", f"đoán lần thứ {n}") for n in range(30)]
    assert guesses == [401] * 10 + [429] * 20
    assert len(log_of(office, did="login failed")) == 10


def test_a_wrong_name_takes_as_long_as_a_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher())
    passwords._of_nobody.cache_clear()
    passwords.matches(None, "x")  # its first use computes what the others compare with
    real = passwords._hasher.hash(PASSWORD)

    def spent(kept: str | None) -> float:
        took = []
        for _ in range(9):
            begun = time.thread_time()
            assert not passwords.matches(kept, "sai mật khẩu rồi")
            took.append(time.thread_time() - begun)
        return statistics.median(took)

    known, unknown, elsewhere = spent(real), spent(None), spent("openid 1234")
    assert 0.5 < unknown / known < 2 and 0.5 < elsewhere / known < 2
    assert known > 0.005  # it is argon2 that takes the time


# What is stored and shown.


def hostile(folder: Path) -> str:
    """Make an archive with a report in which everything a report can have is hostile; return its id."""
    text = f"Báo cáo {SCRIPT}\nĐơn vị {BREAKING} thiếu kinh phí {SCRIPT}, theo số 1/{SCRIPT}."
    line, unit, number = text.index("\n") + 1, text.index(BREAKING), text.rindex(SCRIPT)
    report = Report(
        Source(f"{SCRIPT}{BREAKING}.txt", hashlib.sha256(text.encode()).hexdigest(), "text/plain", len(text)),
        f"Tiêu đề {SCRIPT}{BREAKING}", Kind.REPORT, SCRIPT, "2017-06-22", SCRIPT, f"Sở {BREAKING}", None,
        Signer(SCRIPT, BREAKING), text, (0,), (Section(0, len(text), f"I. {SCRIPT}{BREAKING}", "I", 1, None),),
        (Sentence(0, line - 1, 0, Label.OTHER, 0.9), Sentence(line, len(text), 0, Label.DIFFICULTY, 0.9)),
        (Entity(unit, unit + len(BREAKING), EntityType.UNIT, f"Sở {BREAKING}", 1),
         Entity(number, number + len(SCRIPT), EntityType.DOCNO, SCRIPT, 1)),
        (), (Finding(line, len(text), "count_mismatch", SCRIPT),),
    )  # fmt: skip
    with open_archive(folder) as archive:
        archive.add([Incoming.of(report, f"/r/{SCRIPT}.txt", text.encode())])
        archive.record.refuse(f"/r/{BREAKING}{SCRIPT}.pdf", "BC200", f"Hỏng: {SCRIPT}{BREAKING}")
    return report.id


def test_what_a_report_holds_is_never_run(tmp_path: Path) -> None:
    id = hostile(tmp_path / "archive")
    with TestClient(create_app(Serving(str(tmp_path / "archive"))), base_url=BASE) as client:
        client.app.state.desk.note(Visitor("an", Role.ADMIN), "export", f"{SCRIPT}{BREAKING}")  # type: ignore[attr-defined]
        merged = client.post("/api/units/merge", json={"alias": f"Sở {BREAKING}", "name": f"Phòng {SCRIPT}"})
        assert merged.status_code == 201
        start = client.get(f"/api/reports/{id}").json()["sentences"][1]["start"]
        assert client.post(f"/api/reports/{id}/corrections", json={"act": "relabel", "start": start, "label": "other"}).status_code == 201  # fmt: skip
        saved = client.post("/searches", data={"name": SCRIPT, "query": f"q={quote(BREAKING)}"})
        assert saved.status_code < 500
        told = 0
        evil = quote(SCRIPT + BREAKING)
        for path in (
            "/", f"/?q={evil}", "/?q=thiếu kinh phí", f"/?unit={evil}&q=thiếu", "/?q=thiếu kinh phí&by=sentence", f"/?from={evil}",
            f"/reports/{id}", f"/reports/{id}?q=thiếu&at=0", f"/units?name={quote('Sở ' + BREAKING)}", f"/units?name={evil}",
            f"/persons?name={quote(SCRIPT)}", f"/documents?name={quote(SCRIPT)}", "/searches", "/difficulties", "/followups", "/reviews",
            "/uploads", "/quarantine", "/quality", "/audit", f"/audit?q={evil}&who={evil}", "/users", "/account", f"/{evil}", f"/reports/{evil}",
        ):  # fmt: skip
            answer = client.get(path)
            assert answer.status_code < 500, path
            if answer.headers["content-type"].startswith("text/html"):
                assert "<script>alert" not in answer.text and "<img src=x" not in answer.text, path
                told += "&lt;script&gt;alert" in answer.text or "&lt;img src=x" in answer.text
            else:
                assert answer.headers["content-type"].startswith("application/json"), path
            assert answer.headers["content-security-policy"].startswith(CSP), path
        assert told >= 8  # it was there, as text


def test_nothing_in_a_name_leaves_a_header_or_a_folder(tmp_path: Path) -> None:
    id = hostile(tmp_path / "archive")
    with TestClient(create_app(Serving(str(tmp_path / "archive"))), base_url=BASE) as client:
        answer = client.get(f"/reports/{id}/original")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert (
            answer.headers["content-disposition"].startswith("attachment; filename=")
            and "<" not in answer.headers["content-disposition"]
        )
        for query in ("a\r\nset-cookie: x=y", '"; filename=evil.exe', "../../etc/passwd"):
            answer = client.get("/search.csv", params={"q": query})
            assert "set-cookie" not in answer.headers and "/" not in answer.headers.get("content-disposition", "")
            assert (
                "evil.exe" not in answer.headers.get("content-disposition", "").replace("-", "").replace("_", "")
                or answer.status_code == 400
            )
    for name in ("a\r\nset-cookie: x=y.pdf", 'a"; filename="evil.exe', "../../x.pdf", "báo cáo.pdf", "\x00.pdf"):
        told = disposition(name)
        assert told.isascii() and told.isprintable() and told.count('"') == 2 and "/" not in told


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_table_runs_nothing_in_a_spreadsheet(tmp_path: Path, form: str) -> None:
    formulas = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1"]
    with page(made_office(tmp_path)) as office:
        with record_of(office).writing() as connection:
            for formula in formulas:
                journal.write(connection, By("an", formula), "export", formula)
        log_in(office, "an")
        data = office.get(f"/audit.{form}").content
    if form == "csv":
        cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert sum(cell.startswith("'") for cell in cells) >= 2 * 4
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(data)).active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert not [cell for cell in cells if cell.data_type == "f"] and "=cmd|' /C calc'!A0" in [
            c.value for c in cells
        ]


HEADERS = {
    "x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip


def test_every_answer_binds_the_browser(open_page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("/secret/path of the server")

    answers = {
        200: open_page.get("/"), 303: open_page.post("/logout"), 404: open_page.get("/nothing"), 405: open_page.put("/users"),
        422: open_page.get("/api/search?page=x"), 403: open_page.post("/users", headers={"origin": "https://evil.example"}),
        413: open_page.post("/users", content=b"x" * (2**20 + 1)),
        304: open_page.get("/static/page.css", headers={"if-none-match": open_page.get("/static/page.css").headers["etag"]}),
    }  # fmt: skip
    monkeypatch.setattr(journal, "count", broken)
    answers[500] = open_page.get("/audit")
    answers[599] = open_page.get("/api/audit")
    for status, answer in answers.items():
        assert answer.status_code == (500 if status == 599 else status)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith(CSP) and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, status
        assert "secret" not in answer.text and "Traceback" not in answer.text and str(Path.cwd()) not in answer.text
    assert answers[599].json() == {
        "error": {"code": "BC000", "message": "This is a fault of baocao; its log says where."}
    }
    assert open_page.get("/static/page.css").headers["content-security-policy"].startswith(CSP)
    assert open_page.get("/").headers["cache-control"] == "no-store"


PATHS = ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/%2e%2e%2f%2e%2e%2fpyproject.toml", "/static//etc/passwd",
         "/static/..%5capp.py", "/static/%00", "/reports/..%2f..%2fetc%2fpasswd", "/reports/%2e%2e/original", "/reports/abcd%00/original",
         "/reports/ABCD/original", "/reports/abcd/pages/..%2f1.png", "/reports/abcd/pages/-1.png", "/reports/*", "/reports/%25",
         "/api/reports/..%2f..%2frecord.sqlite", "/api/reports/____", "/api/reports/abc%27", "/search.%2e%2e", "/audit./etc/passwd")  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_address_leads_out_of_the_page(open_page: TestClient, path: str) -> None:
    (open_page.app.state.desk.folder / "originals").mkdir(exist_ok=True)  # type: ignore[attr-defined]
    answer = open_page.get(path)
    assert answer.status_code in (404, 422), answer.text
    assert "root:" not in answer.text and "import " not in answer.text and "SQLite" not in answer.text


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 2**16):
        yield b"x" * 2**16


@pytest.mark.parametrize("path", ["/users", "/api/users", "/units/merge", "/api/units/merge"])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"]
)
def test_what_is_too_large_is_refused_whether_it_says_so_or_not(open_page: TestClient, path: str, kind: str) -> None:
    before = kept(open_page)
    headers = {"content-type": kind}
    declared = open_page.post(path, content=b"x" * (2**20 + 1), headers=headers)
    assert (declared.status_code, declared.json()["error"]["code"]) == (413, "HTTP413")
    streamed = open_page.post(path, content=chunks(2 * 2**20), headers=headers)
    assert "content-length" not in streamed.request.headers
    reads = path.startswith("/api/") == (kind == "application/json")  # others look at no such body at all
    assert streamed.status_code == 413 if reads else streamed.status_code in (413, 422)
    for length in (b"-1", b"1e9", b"\xb2", b"9" * 30, b"0x10"):
        wrong = open_page.post(path, content=b"", headers={b"content-type": kind.encode(), b"content-length": length})
        assert wrong.status_code in (400, 413)
    assert kept(open_page) == before


def test_an_upload_may_be_larger_up_to_its_limit(open_page: TestClient) -> None:
    before = kept(open_page)
    for path in ("/uploads", "/api/uploads"):
        for body in (b"x" * (3 * 2**20 + 1), chunks(4 * 2**20)):
            answer = open_page.post(path, content=body, headers={"content-type": "multipart/form-data; boundary=b"})
            assert answer.status_code == 413
        small = open_page.post(
            path, content=chunks(2 * 2**20), headers={"content-type": "multipart/form-data; boundary=b"}
        )
        assert small.status_code in (400, 422)  # it is no form, but it was read
    assert kept(open_page) == before


def test_strangers_are_refused_before_anything_they_send_is_read(office: TestClient) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(64):
            read += 2**16
            yield b"x" * 2**16

    seen: list[int] = []
    inner = office.app

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        async def counted() -> Any:
            message = await receive()
            seen.append(len(message.get("body", b"")))
            return message

        await inner(scope, counted if scope["type"] == "http" else receive, send)

    stranger = TestClient(watched, base_url=BASE, headers={"origin": BASE}, follow_redirects=False)
    assert (
        stranger.post(
            "/uploads", content=endless(), headers={"content-type": "multipart/form-data; boundary=b"}
        ).status_code
        == 401
    )
    assert seen == []


INJECTIONS = (
    "' OR '1'='1",
    "'; DROP TABLE page_user; --",
    '" OR 1=1',
    "%",
    "_",
    "*",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
)


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_is_taken_for_a_command_of_the_database(office: TestClient, text: str) -> None:
    log_in(office, "an")
    before = {n: v for n, v in kept(office).items() if n not in ("page_audit",)}
    assert log_in(browser(office), text, text) == 401
    for path in (f"/api/audit?who={quote(text)}&q={quote(text)}", f"/api/search?q={quote(text)}&unit={quote(text)}",
                 f"/api/entities?type=UNIT&name={quote(text)}", f"/api/corrections?report={quote(text)}"):  # fmt: skip
        assert office.get(path).status_code < 500, path
    assert office.get(f"/api/audit?who={quote(text)}").json()["total"] == 0
    assert office.patch(f"/api/users/{quote(text, safe='')}", json={"role": "admin"}).status_code in (404, 405)
    assert {n: v for n, v in kept(office).items() if n not in ("page_audit",)} == before
