"""Accounts: who gets in, as what, for how long; what is kept of it; the commands; and the office's own provider."""

import csv
import io
import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import argon2
import openpyxl
import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from people import BASE, CHEAP, PASSWORD, Clock, add_people, browser, log_in, log_of, made_office, page, record_of
from processes import COMMAND, free_port, kill, run, start

from baocao.errors import NotFoundError, UsageError
from baocao.index import tables
from baocao.index.record import Record
from baocao.web import accounts, journal, passwords
from baocao.web.journal import By
from baocao.web.passwords import BusyError, WeakPasswordError
from baocao.web.refusals import LastAdminError, TakenError, WrongLoginError
from baocao.web.roles import Role
from baocao.web.throttle import Attempt, WaitError

BY = By("test")


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", CHEAP)


@pytest.fixture
def record(tmp_path: Path, each_record: str) -> Iterator[Record]:
    opened = accounts.open_record(tmp_path / "archive")
    yield opened
    opened.close()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[TestClient]:
    with page(made_office(tmp_path)) as client:
        yield client


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


# What the record keeps, in SQLite and in PostgreSQL.


def test_a_password_is_kept_as_argon2_writes_it_and_a_token_by_its_hash(record: Record) -> None:
    accounts.add(record, BY, "An", Role.ADMIN, PASSWORD)
    token = accounts.log_in(record, Attempt("AN", "10.0.0.1"), PASSWORD)
    (user,), (session,) = record.rows(tables.users), record.rows(tables.sessions)
    assert user["name"] == "an" and user["password"].startswith("$argon2id$")
    assert len(token) == 43 and token not in str(session) and PASSWORD not in str(user)
    found = accounts.of_session(record, token)
    assert found is not None and (found.name, found.role) == ("an", Role.ADMIN)


def test_marked_letters_are_the_same_in_both_of_their_forms(record: Record) -> None:
    accounts.add(record, BY, "an", Role.READER, "mậtkhẩucủatôi")
    assert accounts.log_in(record, Attempt("an", "x"), "mậtkhẩucủatôi")


@pytest.mark.parametrize(
    "password", ["", "ngắn quá", "a" * 12, "abcabcabcabc", "nguyenvanan1", "1nanavneyugn", "x" * 3000]
)
def test_a_password_that_is_too_easy_or_too_long_is_refused(record: Record, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        accounts.add(record, BY, "nguyenvanan1", Role.READER, password)
    assert record.rows(tables.users) == []


@pytest.mark.parametrize("name", ["", " ", "a b", "a/b", "a" * 101, "<script>", "a\0b", "=1+1", "a\nb"])
def test_a_name_that_is_none_is_refused_and_never_found(record: Record, name: str) -> None:
    with pytest.raises(UsageError):
        accounts.add(record, BY, name, Role.READER, PASSWORD)
    assert accounts.of_name(record, name) is None
    with pytest.raises(NotFoundError):
        accounts.set_role(record, BY, name, Role.ADMIN)
    with pytest.raises(WrongLoginError):
        accounts.log_in(record, Attempt(name, "x"), PASSWORD)


def test_a_taken_name_is_refused_and_nothing_noted(record: Record) -> None:
    accounts.add(record, BY, "an", Role.READER, PASSWORD)
    with pytest.raises(TakenError):
        accounts.add(record, BY, "AN ", Role.ADMIN, PASSWORD)
    assert [line.what for line in journal.lines(record, journal.Filter(), limit=9)] == ["add an reader"]


def test_the_last_admin_stays(record: Record) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    accounts.add(record, BY, "binh", Role.ADMIN, PASSWORD)
    accounts.set_enabled(record, BY, "an", False)
    for change in (
        lambda: accounts.set_role(record, BY, "binh", Role.EDITOR),
        lambda: accounts.set_enabled(record, BY, "binh", False),
    ):
        with pytest.raises(LastAdminError):
            change()
    assert accounts.has_admin(record)
    assert {a.name: (a.role, a.enabled) for a in accounts.everyone(record)} == {
        "an": (Role.ADMIN, False), "binh": (Role.ADMIN, True),
    }  # fmt: skip


def test_two_admins_who_demote_each_other_at_once_leave_one(record: Record) -> None:
    for name in ("an", "binh"):
        accounts.add(record, BY, name, Role.ADMIN, PASSWORD)
    refused: list[str] = []

    def demote(name: str) -> None:
        try:
            accounts.set_role(record, BY, name, Role.READER)
        except LastAdminError:
            refused.append(name)

    both = [threading.Thread(target=demote, args=(name,)) for name in ("an", "binh")]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    assert len(refused) == 1 and accounts.has_admin(record)


@pytest.mark.parametrize("change", ["password", "role", "disable"])
def test_a_change_of_an_account_ends_its_sessions_and_no_others(record: Record, change: str) -> None:
    for name in ("an", "binh"):
        accounts.add(record, BY, name, Role.ADMIN, PASSWORD)
    tokens = [accounts.log_in(record, Attempt(name, "x"), PASSWORD) for name in ("an", "an", "binh")]
    match change:
        case "password":
            accounts.set_password(record, BY, "an", "một mật khẩu khác")
        case "role":
            accounts.set_role(record, BY, "an", Role.READER)
        case "disable":
            accounts.set_enabled(record, BY, "an", False)
    assert [accounts.of_session(record, token) is not None for token in tokens] == [False, False, True]


def test_a_session_ends_when_idle_and_after_a_week(record: Record, clock: Clock) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    token = accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    for _ in range(16):  # every ten hours; the week ends with the seventeenth
        clock.now += 10 * 3_600
        assert accounts.of_session(record, token) is not None
    clock.now += 10 * 3_600
    assert accounts.of_session(record, token) is None
    other = accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    clock.now += accounts.IDLE + 1
    assert accounts.of_session(record, other) is None


def test_a_look_just_after_another_writes_nothing(record: Record, clock: Clock) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    token = accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    before = record.rows(tables.sessions)
    clock.now += 60
    assert accounts.of_session(record, token) is not None
    assert record.rows(tables.sessions) == before


def test_sessions_that_ended_are_swept_away(record: Record, clock: Clock) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    clock.now += accounts.IDLE + 1
    accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    assert len(record.rows(tables.sessions)) == 1


def test_a_password_kept_in_a_weaker_way_is_kept_anew(record: Record) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=4_096, parallelism=1).hash(PASSWORD)
    with record.writing() as connection:
        connection.execute(sa.update(tables.users).values(password=weak))
    token = accounts.log_in(record, Attempt("an", "x"), PASSWORD)
    assert accounts.of_session(record, token) is not None
    (user,) = record.rows(tables.users)
    assert user["password"] != weak and not passwords.stale(user["password"])


def fail(record: Record, attempt: Attempt) -> float:
    """Fail once; return the wait that is told, 0 where the password was looked at."""
    try:
        accounts.log_in(record, attempt, "sai mật khẩu rồi")
    except WaitError as told:
        return told.wait
    except WrongLoginError:
        return 0
    raise AssertionError


def test_a_name_waits_after_ten_failures_from_wherever_and_never_longer_than_a_minute(
    record: Record, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    monkeypatch.setattr(passwords, "matches", lambda kept, given: given == PASSWORD)  # its time is not the matter here
    assert [fail(record, Attempt("an", f"10.0.{n}.1")) for n in range(10)] == [0] * 10
    waits = []
    for n in range(10, 20):
        waits.append(fail(record, Attempt("AN", f"10.0.{n}.1")))
        clock.now += waits[-1]
        assert fail(record, Attempt("an", f"10.1.{n}.1")) == 0
    assert waits == [2, 3, 5, 9, 17, 33, 61, 61, 61, 61]
    with pytest.raises(WaitError):  # the right password waits too
        accounts.log_in(record, Attempt("an", "10.9.9.9"), PASSWORD)
    assert accounts.log_in(record, Attempt("an", "10.9.9.9", browser="known"), PASSWORD)  # its own browser does not
    clock.now += 61
    assert accounts.log_in(record, Attempt("an", "10.9.9.9"), PASSWORD)
    assert fail(record, Attempt("an", "10.9.9.9")) == 0  # and all is forgiven


def test_an_address_waits_after_twenty_failures_under_whatever_names(
    record: Record, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "matches", lambda kept, given: False)
    assert [fail(record, Attempt(f"name{n}", f"2001:db8::{n}")) for n in range(20)] == [0] * 20
    assert fail(record, Attempt("another", "2001:db8::ffff")) == 2  # the same 2⁶⁴ addresses
    assert fail(record, Attempt("another", "2001:db8:1::1")) == 0
    longest = 0.0
    for n in range(15):
        clock.now += (wait := fail(record, Attempt("another", "2001:db8::1")))
        longest = max(longest, wait)
        clock.now += 61
        fail(record, Attempt(f"n{n}", "2001:db8::1"))
    assert longest == 901
    clock.now += 86_400 + 901
    assert fail(record, Attempt("name1", "2001:db8::1")) == 0
    assert len(record.rows(tables.failed_logins)) == 2  # what is a day old is swept away


def test_a_known_browser_waits_by_itself(record: Record, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "matches", lambda kept, given: False)
    assert [fail(record, Attempt("an", "x", browser="b")) for _ in range(6)] == [0] * 5 + [2]
    assert fail(record, Attempt("an", "x")) == 0


def test_guesses_side_by_side_are_counted_one_by_one(
    record: Record, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(passwords, "matches", lambda kept, given: looked.append(given) or False)
    threads = [threading.Thread(target=fail, args=(record, Attempt("an", f"10.{n}.0.1"))) for n in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(looked) == 10


def test_a_new_password_ends_the_wait(record: Record, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.add(record, BY, "an", Role.ADMIN, PASSWORD)
    for n in range(11):
        fail(record, Attempt("an", f"10.0.{n}.1"))
    with pytest.raises(WaitError):
        accounts.log_in(record, Attempt("an", "y"), PASSWORD)
    accounts.set_password(record, BY, "an", "một mật khẩu khác")
    assert accounts.log_in(record, Attempt("an", "y"), "một mật khẩu khác")


def test_no_more_than_two_passwords_are_computed_at_once_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    go, running, most = threading.Event(), [0], [0]
    lock = threading.Lock()

    def slow(kept: str, password: str) -> bool:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        go.wait(30)
        with lock:
            running[0] -= 1
        return False

    monkeypatch.setattr(passwords, "_verify", slow)
    busy: list[int] = []

    def attempt() -> None:
        try:
            passwords.matches(None, "x")
        except BusyError as told:
            busy.append(told.wait)

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 10
    while len(busy) < 20 and time.monotonic() < until:
        time.sleep(0.01)
    go.set()
    for thread in threads:
        thread.join(30)
    assert (len(busy), most[0]) == (20, 2)


# The page.


def test_who_is_not_logged_in_is_sent_to_the_login_and_back(office: TestClient) -> None:
    sent = office.get("/reports/abcd?q=thiếu kinh phí")
    assert sent.status_code == 303
    form = office.get(sent.headers["location"])
    assert form.status_code == 200 and "Đăng nhập" in form.text
    done = office.post("/login", data={"name": "chi", "password": PASSWORD, "next": "/reports/abcd?q=thiếu kinh phí"})
    assert done.status_code == 303 and done.headers["location"].startswith("/reports/abcd?q=")
    assert office.get("/login?next=/account").headers["location"] == "/account"  # who is in needs no form


def test_a_part_of_a_page_is_no_login_form(office: TestClient) -> None:
    assert office.get("/?q=x", headers={"x-part": "found"}).status_code == 401


def test_a_wrong_password_is_told_with_the_form_and_noted(office: TestClient) -> None:
    answer = office.post("/login", data={"name": "chi", "password": "không phải thế này"})
    assert answer.status_code == 401 and "Tên hoặc mật khẩu chưa đúng" in answer.text and 'value="chi"' in answer.text
    assert "set-cookie" not in answer.headers
    office.post("/login", data={"name": PASSWORD, "password": "chi"})  # typed in the wrong order
    assert [(line.who, line.what) for line in log_of(office, did="login failed")] == [("", "unknown name"), ("chi", "")]
    assert PASSWORD not in str(record_of(office).rows(tables.audit)) + str(record_of(office).rows(tables.failed_logins))


def test_a_wait_is_told_in_one_sentence_with_its_seconds(office: TestClient, clock: Clock) -> None:
    for _ in range(10):
        log_in(office, "chi", "sai mật khẩu rồi")
    answer = office.post("/login", data={"name": "chi", "password": PASSWORD})
    assert answer.status_code == 429 and answer.headers["retry-after"] == "2"
    assert "Đăng nhập sai quá nhiều lần; hãy thử lại sau 2 giây." in answer.text
    answer = office.get("/api/account", auth=("chi", PASSWORD))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error"]["code"] == "BC623"


def test_who_logged_in_before_in_this_browser_gets_in_while_others_guess(office: TestClient, clock: Clock) -> None:
    own, other = browser(office, "10.0.0.1"), browser(office, "10.0.0.2")
    assert log_in(own, "an") == 303
    own.post("/logout")
    for _ in range(12):
        log_in(other, "an", "sai mật khẩu rồi")
    assert log_in(other, "an") == 429
    assert log_in(own, "an") == 303
    stolen = own.cookies["browser"]
    other.cookies.set("browser", stolen.replace(stolen[:4], "aaaa"))
    assert log_in(other, "an") == 429
    other.cookies.set("browser", stolen)  # another person's mark is no help for this name
    for _ in range(12):
        log_in(browser(office, "10.0.0.3"), "chi", "sai mật khẩu rồi")
    assert log_in(other, "chi") == 429


def test_log_out_ends_the_session_for_good(office: TestClient) -> None:
    log_in(office, "chi")
    token = office.cookies["session"]
    assert office.get("/account").status_code == 200
    assert office.post("/logout").headers["location"] == "/login"
    assert "session" not in office.cookies
    office.cookies.set("session", token)
    assert office.get("/account").status_code == 303
    assert [line.did for line in log_of(office, who="chi")] == ["logout", "login"]


def test_changing_ones_password(office: TestClient) -> None:
    other = browser(office)
    log_in(office, "chi")
    log_in(other, "chi")
    before = office.cookies["session"]
    new = "mật khẩu hoàn toàn mới"
    for fields, status, words in (
        ({"old": "sai mật khẩu rồi", "new": new, "again": new}, 401, "chưa đúng"),
        ({"old": PASSWORD, "new": new, "again": f"{new}!"}, 400, "khác nhau"),
        ({"old": PASSWORD, "new": "ngắn", "again": "ngắn"}, 400, "ít nhất 10 ký tự"),
    ):
        answer = office.post("/account", data=fields)
        assert answer.status_code == status and words in answer.text
        assert other.get("/account").status_code == 200
    assert office.post("/account", data={"old": PASSWORD, "new": new, "again": new}).status_code == 303
    assert office.cookies["session"] != before
    assert office.get("/account?changed=1").status_code == 200 and other.get("/account").status_code == 303
    assert (log_in(other, "chi"), log_in(other, "chi", new)) == (401, 303)


def test_a_program_gives_name_and_password_with_each_request(
    office: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = office.get("/api/account")
    assert told.status_code == 401 and told.headers["www-authenticate"].startswith("Basic")
    assert "www-authenticate" not in office.get("/api/account", headers={"sec-fetch-site": "same-origin"}).headers
    assert office.get("/api/account", auth=("Chi", PASSWORD)).json() == {"name": "chi", "role": "reader"}
    computed: list[str] = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda kept, given: computed.append(given) or real(kept, given))
    for _ in range(5):
        assert office.get("/api/account", auth=("chi", PASSWORD)).status_code == 200
    assert computed == []  # argon2 is slow on purpose, once
    assert office.get("/api/account", auth=("chi", "sai mật khẩu rồi")).status_code == 401
    accounts.set_enabled(record_of(office), BY, "chi", False)
    assert office.get("/api/account", auth=("chi", PASSWORD)).status_code == 401
    accounts.set_enabled(record_of(office), BY, "chi", True)
    accounts.set_password(record_of(office), BY, "chi", "mật khẩu hoàn toàn mới")
    assert office.get("/api/account", auth=("chi", PASSWORD)).status_code == 401
    assert office.get("/account", auth=("an", PASSWORD)).status_code == 303  # pages want the login
    for broken in ("Basic", "Basic !!!", "Basic YQ==", "Bearer x", "Basic /////w=="):
        assert office.get("/api/account", headers={"authorization": broken}).status_code == 401


def test_admins_look_after_the_accounts_on_the_page(office: TestClient) -> None:
    log_in(office, "an")
    assert office.post("/users", data={"name": "Dũng", "role": "editor", "password": PASSWORD}).status_code == 303
    assert office.post("/users", data={"name": "dũng", "role": "reader", "password": PASSWORD}).status_code == 409
    assert "ít nhất 10" in office.post("/users", data={"name": "e", "role": "reader", "password": "x"}).text
    other = browser(office)
    assert log_in(other, "dũng") == 303
    assert office.post("/users/change", data={"name": "dũng", "role": "reader"}).status_code == 303
    assert other.get("/account").status_code == 303
    assert office.post("/users/change", data={"name": "dũng", "enabled": "false"}).status_code == 303
    assert log_in(other, "dũng") == 401
    assert office.post("/users/change", data={"name": "an", "role": "reader"}).status_code == 409
    assert office.post("/users/change", data={"name": "không có ai", "role": "reader"}).status_code == 404
    shown = office.get("/users").text
    assert "dũng" in shown and "Đã khóa" in shown and "argon2" not in shown
    assert [(line.who, line.what) for line in log_of(office, did="account")][:3] == [
        ("an", "disable dũng"), ("an", "role dũng reader"), ("an", "add dũng editor"),
    ]  # fmt: skip


def test_admins_look_after_the_accounts_by_the_api(office: TestClient) -> None:
    auth = ("an", PASSWORD)
    made = office.post("/api/users", json={"name": "d", "role": "editor", "password": PASSWORD}, auth=auth)
    assert made.status_code == 201 and made.json()["role"] == "editor" and "password" not in made.text
    changed = office.patch("/api/users/d", json={"role": "admin", "enabled": False}, auth=auth)
    assert (changed.json()["role"], changed.json()["enabled"]) == ("admin", False)
    assert office.patch("/api/users/nobody", json={"role": "admin"}, auth=auth).status_code == 404
    assert office.patch("/api/users/an", json={"enabled": False}, auth=auth).json()["error"]["code"] == "BC624"
    assert [user["name"] for user in office.get("/api/users", auth=auth).json()] == ["an", "binh", "chi", "d"]
    done = office.post("/api/account/password", json={"old": PASSWORD, "new": "mật khẩu hoàn toàn mới"}, auth=auth)
    assert done.status_code == 204
    assert office.get("/api/account", auth=auth).status_code == 401


def test_the_log_is_filtered_paged_and_exported(office: TestClient) -> None:
    record = record_of(office)
    with record.writing() as connection:
        for n in range(250):
            journal.write(
                connection, By("chi", f"10.0.0.{n % 5}"), "export", f"{n} dòng 100%" if n % 2 else f"=cmd|{n}"
            )
    log_in(office, "an")
    first = office.get("/audit?did=export")
    assert "250 dòng" in first.text and "Trang 1 trên 3" in first.text and first.text.count("<tr><td>") == 100
    last = office.get("/audit?did=export&page=3").text
    assert last.count("<tr><td>") == 50 and "Cũ hơn" not in last
    auth = ("an", PASSWORD)
    ask = lambda query: office.get(f"/api/audit?{query}", auth=auth).json()["total"]  # noqa: E731
    assert (ask("q=100%25"), ask("q=10.0.0.3"), ask("who=chi&q=cmd"), ask("q=1000%25")) == (125, 50, 125, 0)
    today = time.strftime("%Y-%m-%d")
    assert ask(f"did=export&from={today}&to={today}") in (250, 0)  # 0 at midnight
    assert ask("to=2020-01-01") == 0 and ask("did=export&from=2020-01-01") == 250
    assert office.get("/api/audit?from=2020-02-31", auth=auth).status_code == 400
    rows = list(csv.reader(io.StringIO(office.get("/audit.csv?did=export").content.decode("utf-8-sig"))))
    assert len(rows) == 251 and rows[0] == ["number", "at", "who", "address", "did", "what"]
    assert {row[5][0] for row in rows[1:] if "cmd" in row[5]} == {"'"}
    sheet = openpyxl.load_workbook(io.BytesIO(office.get("/audit.xlsx?did=export&q=cmd").content)).active
    assert {cell.data_type for row in sheet.iter_rows(min_row=2, min_col=3) for cell in row} == {"s"}
    assert log_of(office, did="export", who="an")[0].what.startswith("125 lines of the log: /audit?")


def test_a_log_longer_than_what_is_read_at_once_is_exported_whole(office: TestClient) -> None:
    with record_of(office).writing() as connection:
        for n in range(2_001):
            journal.write(connection, By("chi"), "export", str(n))
    lines = list(journal.every(record_of(office), journal.Filter(who="chi"), 10_000))
    assert [line.what for line in lines] == [str(n) for n in reversed(range(2_001))]
    assert len(list(journal.every(record_of(office), journal.Filter(), 1_500))) == 1_500


def test_downloads_and_corrections_are_noted_with_name_and_address(archive: Path) -> None:
    add_people(archive)
    with page(archive) as office:
        client = browser(office, "10.1.2.3")
        log_in(client, "binh")
        report = client.get("/api/search?q=kinh phí").json()["hits"][0]
        id, start = report["report"], report["sentences"][0]["start"]
        assert client.get(f"/reports/{id}/original").status_code == 200
        assert client.post(f"/api/reports/{id}/corrections", json={"act": "relabel", "start": start, "label": "other"}).status_code == 201  # fmt: skip
        assert client.get("/search.csv?q=kinh phí").status_code == 200
        lines = log_of(office, who="binh")
        assert [line.did for line in lines] == ["export", "correct", "download", "login"]
        assert {line.address for line in lines} == {"10.1.2.3"} and id in lines[2].what


def test_the_menu_shows_what_is_ones_own(office: TestClient) -> None:
    log_in(office, "chi")
    shown = office.get("/account").text
    assert 'href="/account"' in shown and 'action="/logout"' in shown
    assert 'href="/users"' not in shown and 'href="/audit"' not in shown
    admin = browser(office)
    log_in(admin, "an")
    assert 'href="/users"' in (shown := admin.get("/account").text) and 'href="/audit"' in shown
    assert 'action="/logout"' not in office.get("/login", follow_redirects=False).text


def test_the_description_of_the_api_names_both_ways_to_log_in(office: TestClient) -> None:
    assert office.get("/api/openapi.json").status_code == 401
    told = office.get("/api/openapi.json", auth=("chi", PASSWORD)).json()
    schemes = told["components"]["securitySchemes"]
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "session")
    assert (schemes["basic"]["type"], schemes["basic"]["scheme"]) == ("http", "basic")
    assert told["security"] == [{"session": []}, {"basic": []}]


# The commands, and opening the page.


def test_accounts_by_the_command_line(tmp_path: Path) -> None:
    def user(*arguments: object, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        return run("user", *arguments, "--archive", tmp_path / "archive", input=typed)

    assert user("list").stdout.startswith("Nobody has an account")
    for address in ((), ("--host", "0.0.0.0")):
        refused = run("serve", "--accounts", *address, "--archive", tmp_path / "archive", "--port", 0)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1
        assert "`baocao user add NAME --role admin --archive" in refused.stderr
    assert (
        user("add", "An", "--role", "admin", "--password-stdin", typed=f"{PASSWORD}\n").stdout
        == "an can log in as admin.\n"
    )
    assert user("add", "binh", "--password-stdin", typed=f"{PASSWORD}\n").returncode == 0
    for wrong, words in (
        (("add", "c", "--role", "boss", "--password-stdin"), "none of: reader, editor, admin"),
        (("add", "c", "--password-stdin"), "10"),
        (("add", "AN", "--password-stdin"), "exists already"),
        (("add", "c"), "--password-stdin"),
        (("role", "an", "reader"), "another one an admin first"),
        (("disable", "an"), "another one an admin first"),
        (("password", "nobody", "--password-stdin"), "no account"),
    ):
        done = user(*wrong, typed="ngắn\n" if "c" in wrong else f"{PASSWORD}\n")
        assert done.returncode in (1, 2) and words in done.stderr and done.stderr.count("\n") == 1, done
    assert user("role", "binh", "editor").returncode == 0 and user("disable", "binh").returncode == 0
    told = json.loads(user("list", "--json").stdout)
    assert [(u["name"], u["role"], u["enabled"]) for u in told] == [("an", "admin", True), ("binh", "editor", False)]
    assert "argon2" not in str(told)
    assert user("enable", "binh").returncode == 0
    assert user("password", "binh", "--password-stdin", typed="mật khẩu hoàn toàn mới\n").returncode == 0
    record = accounts.open_record(tmp_path / "archive")
    assert accounts.log_in(record, Attempt("binh", "x"), "mật khẩu hoàn toàn mới")
    assert "mật khẩu" not in str(record.rows(tables.audit))
    record.close()
    nameless = run("serve", "--host", "0.0.0.0", "--archive", tmp_path / "archive", "--port", 0)
    assert nameless.returncode == 2 and "--name" in nameless.stderr


@pytest.mark.parametrize("second", [PASSWORD, "something else"])
def test_a_password_typed_at_a_terminal_is_not_shown(tmp_path: Path, second: str) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [*COMMAND, "user", "add", "an", "--archive", str(tmp_path / "archive")])
    shown = b""
    for asked, typed in ((b"Password: ", PASSWORD), (b"Once more: ", second)):
        while asked not in shown:
            shown += os.read(terminal, 1_000)
        os.write(terminal, f"{typed}\n".encode())
    try:
        while part := os.read(terminal, 1_000):
            shown += part
    except OSError:  # the other end closed
        pass
    _, status = os.waitpid(child, 0)
    told = shown.decode()
    assert PASSWORD not in told and (status == 0) == (second == PASSWORD)
    assert ("an can log in as reader" if second == PASSWORD else "differ") in told


def test_behind_a_proxy_the_page_wants_a_login_and_believes_loopback_only(tmp_path: Path) -> None:
    import httpx2

    add_people(tmp_path / "archive")
    port = free_port()
    server = start("serve", "--https", "--name", "baocao.tinh.vn", "--archive", tmp_path / "archive", "--port", port)
    try:
        proxy = {"host": "baocao.tinh.vn", "x-forwarded-proto": "https", "origin": "https://baocao.tinh.vn",
                 "x-forwarded-for": "6.6.6.6, 203.0.113.7"}  # fmt: skip
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=proxy, trust_env=False) as client:
            until = time.monotonic() + 60
            while True:
                try:
                    assert client.get("/").status_code == 303
                    break
                except httpx2.ConnectError:
                    assert time.monotonic() < until and server.poll() is None
                    time.sleep(0.1)
            done = client.post("/login", data={"name": "an", "password": PASSWORD})
            cookies = done.headers.get_list("set-cookie")
            assert done.status_code == 303 and done.headers["strict-transport-security"]
            assert len(cookies) == 2 and all(c.startswith("__Host-") for c in cookies)
            assert all(flag in c for c in cookies for flag in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"))
            assert all("domain" not in c.lower() for c in cookies)
            plain = {"origin": "http://baocao.tinh.vn"}
            assert client.post("/login", data={"name": "an", "password": PASSWORD}, headers=plain).status_code == 403
            assert client.get("/", headers={"host": "other.vn"}).status_code == 400
    finally:
        kill(server)
    record = accounts.open_record(tmp_path / "archive")
    (line,) = journal.lines(record, journal.Filter(did="login"), limit=9)
    record.close()
    assert (line.who, line.address) == ("an", "203.0.113.7")  # what the proxy added, not what it was told


def test_on_loopback_nobody_logs_in_and_the_machine_s_user_is_admin(tmp_path: Path) -> None:
    from baocao.index.archive import system_user
    from baocao.web.app import create_app
    from baocao.web.settings import Serving

    with TestClient(create_app(Serving(str(tmp_path / "archive"))), base_url=BASE) as client:
        assert client.get("/api/account").json() == {"name": system_user(), "role": "admin"}
        assert client.get("/users").status_code == 200 and "không cần đăng nhập" in client.get("/account").text


@pytest.mark.parametrize(
    ("host", "https", "names", "wanted"),
    [("127.0.0.1", False, (), False), ("::1", False, (), False), ("localhost", False, (), False),
     ("0.0.0.0", False, (), True), ("::", False, (), True), ("10.0.0.5", False, (), True), ("", False, (), True),
     ("127.0.0.1", True, (), True), ("127.0.0.1", False, ("baocao.tinh.vn",), True)],
)  # fmt: skip
def test_whatever_others_can_reach_wants_accounts(host: str, https: bool, names: tuple[str, ...], wanted: bool) -> None:
    from baocao.web.settings import wants_accounts

    assert wants_accounts(host, https, names) is wanted
