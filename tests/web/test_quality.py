"""The state of the archive: warnings, gaps, silent units, corrections to undo, and work beside the page."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from processes import free_port

from baocao.index import lookup, open_archive
from baocao.index.corrections import relabel
from baocao.index.record import Record
from baocao.index.tables import tasks as task_table
from baocao.insight.overview import Overview, silent
from baocao.pipeline import train
from baocao.report import Label
from baocao.web import tasks
from baocao.web.app import create_app
from baocao.web.settings import Serving
from baocao.web.tasks import Stage, Work


def until(tell: Callable[[], Any], seconds: float = 120) -> Any:
    """What `tell` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (told := tell()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.1)
    return told


def relabelled(archive: Path, count: int) -> list[tuple[Label, Label]]:
    """Relabel sentences of different reports; return what the model had said and what is said now."""
    told = []
    reports = list(lookup.reports(archive))[:count]
    with open_archive(archive) as opened:
        for n, report in enumerate(reports):
            sentence = report.sentences[-2]
            label = sentence.label if n == 0 else next(other for other in Label if other is not sentence.label)
            opened.correct(report.id, relabel(report, sentence.start, label), by="lan")
            told.append((sentence.label, label))
    return told


def test_what_the_archive_holds(client: TestClient, archive: Path) -> None:
    reports = list(lookup.reports(archive))
    told = client.get("/api/quality").json()
    assert told["reports"] == len(reports)
    assert sum(sum(kinds.values()) for _, kinds in told["years"]) == len(reports)
    assert told["lacking"]["docno"] == sum(report.docno is None for report in reports)
    assert sum(told["warnings"].values()) == sum(len(report.findings) for report in reports)
    shown = client.get("/quality").text
    assert "Báo cáo theo năm và loại" in shown
    for code in told["warnings"]:
        assert f"/quality/warnings?code={code}" in shown


def test_warnings_lead_to_their_sentences(client: TestClient, archive: Path) -> None:
    found = client.get("/api/quality/warnings").json()
    assert found["total"] == len(found["warnings"]) > 0
    one = found["warnings"][0]
    text = client.get(f"/api/reports/{one['report']}").json()["text"]
    assert text[one["start"] :].startswith(one["text"])
    shown = client.get("/quality/warnings", params={"code": one["code"]}).text
    assert f"/reports/{one['report']}?at={one['start']}" in shown
    assert client.get("/api/quality/warnings", params={"code": "none such"}).json()["total"] == 0


@pytest.mark.parametrize("what", ["issuer", "issued", "docno"])
def test_what_reports_lack(client: TestClient, archive: Path, what: str) -> None:
    lacking = {report.id for report in lookup.reports(archive) if getattr(report, what) is None}
    found = client.get("/api/quality/lacking", params={"what": what}).json()
    assert {one["report"] for one in found["reports"]} == lacking
    assert client.get("/quality/lacking", params={"what": what}).status_code == 200


def test_units_that_have_not_reported(client: TestClient, archive: Path) -> None:
    years = {report.issuer: report.issued for report in lookup.reports(archive) if report.issuer and report.issued}
    unit, issued = min(years.items(), key=lambda pair: str(pair[1]))
    year = int(issued[:4]) + 1
    names = {one["unit"] for one in client.get("/api/quality/silent", params={"year": year}).json()}
    assert unit in names
    answer = client.post(
        "/quality/expected",
        data={"units": " Sở  Không Có \n\nSở Không Có\n", "year": str(year)},
        follow_redirects=False,
    )
    assert answer.headers["location"] == f"/quality/silent?year={year}"
    assert client.get("/api/quality/expected").json() == {"units": ["Sở Không Có"]}
    odd = client.put("/api/quality/expected", json={"units": ["S\0 X", "Sở Không Có"]})
    assert odd.json() == {"units": ["S X", "Sở Không Có"]}
    told = {one["unit"]: one["last"] for one in client.get("/api/quality/silent", params={"year": year}).json()}
    assert told["Sở Không Có"] is None
    shown = client.get("/quality/silent", params={"year": year}).text
    assert "Sở Không Có" in shown
    assert "Chưa có báo cáo nào" in shown


def test_facts_follow_what_changes(archive: Path) -> None:
    overview = Overview(archive)
    assert overview.ready(60)
    before = {one.id: one.issuer for one in overview.facts()}
    unit = next(issuer for issuer in before.values() if issuer)
    with open_archive(archive) as opened:
        opened.merge(unit, "Sở Mới Lập", by="lan")
    assert overview.ready(60)
    after = {one.id: one.issuer for one in overview.facts()}
    assert [after[id] for id, issuer in before.items() if issuer == unit] == ["Sở Mới Lập"] * list(
        before.values()
    ).count(unit)
    whole = Overview(archive)
    assert whole.ready(60)
    assert whole.facts() == overview.facts(), "what is read again bit by bit is what is read at once"
    assert silent(overview.facts(), 1990) == []


def test_a_page_that_says_it_is_counting(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Overview, "ready", lambda *_: False)
    shown = client.get("/quality")
    assert shown.status_code == 200
    assert "Đang xem qua các báo cáo" in shown.text
    answer = client.get("/api/quality")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "BC650")
    monkeypatch.undo()
    assert "Trong kho" in client.get("/quality").text


def test_what_the_model_had_said(client: TestClient, archive: Path) -> None:
    told = relabelled(archive, 4)
    found = client.get("/api/quality/judged").json()
    assert found["total"] == 4
    assert {(before, after): n for before, after, n in found["pairs"]} == {
        (before.value, after.value): told.count((before, after)) for before, after in told
    }
    shown = client.get("/quality/model").text
    assert "không phải độ chính xác trên cả kho" in shown


def test_corrections_are_undone_from_the_list(client: TestClient, archive: Path) -> None:
    relabelled(archive, 3)
    issuer = next(report.issuer for report in lookup.reports(archive) if report.issuer)
    client.post("/api/units/merge", json={"alias": issuer, "name": "Sở Gộp"})
    listed = client.get("/api/quality/corrections").json()
    assert listed["total"] == 3
    assert [c["number"] for c in listed["corrections"]] == sorted(
        (c["number"] for c in listed["corrections"]), reverse=True
    )
    shown = client.get("/quality/corrections").text
    assert "Tách ra" in shown
    number = listed["corrections"][0]["number"]
    answer = client.post(
        f"/corrections/{number}/undo", data={"back": "/quality/corrections"}, follow_redirects=False
    )  # fmt: skip
    assert answer.headers["location"] == "/quality/corrections"
    assert client.get("/api/quality/corrections").json()["total"] == 2
    assert client.get("/api/quality/corrections", params={"undone": True}).json()["total"] == 3
    assert "đã hoàn tác" in client.get("/quality/corrections", params={"undone": "true"}).text


def ended(client: TestClient, number: int) -> dict[str, Any]:
    def told() -> dict[str, Any] | None:
        one = next(task for task in client.get("/api/tasks").json() if task["number"] == number)
        return one if one["ended_at"] else None

    found: dict[str, Any] = until(told, 300)
    return found


def test_a_new_index(client: TestClient, archive: Path) -> None:
    number = client.post("/api/tasks", json={"kind": "rebuild"}).json()["number"]
    told = ended(client, number)
    assert told["state"] == "done"
    assert told["told"] == {"reports": len(lookup.latest_ids(archive))}
    assert "Chỉ mục có" in client.get("/quality/model").text


def test_training_without_corrections_says_so(client: TestClient) -> None:
    told = ended(client, client.post("/api/tasks", json={"kind": "train"}).json()["number"])
    assert told["state"] == "failed"
    assert told["told"]["error"].startswith("No sentence there was labelled by a person")


@pytest.mark.parametrize(("worse", "stage"), [(False, Stage.DONE), (True, Stage.REFUSED)])
def test_training(archive: Path, monkeypatch: pytest.MonkeyPatch, worse: bool, stage: Stage) -> None:
    """On a few of the shipped sentences, since all take minutes; a model that is worse is not put in place."""
    few = train.read_passages()[:12]
    monkeypatch.setattr(train, "read_passages", lambda: few)
    monkeypatch.setattr(train, "is_worse", lambda *_: worse)
    relabelled(archive, 6)
    came, told = tasks.WORK[Work.TRAIN](archive, lambda _: None)
    assert came is stage
    assert (archive / "models" / "labels.skops").exists() == (stage is Stage.DONE)
    assert set(told["before"]) >= {"macro_f1", "accuracy"}
    assert told["corrections"] > 0
    assert "model" not in told, "no path of the server"
    record = Record(archive)
    tasks.finish(record, tasks.ask(record, Work.TRAIN, "lan"), came, told)
    record.close()
    with TestClient(create_app(Serving(str(archive))), base_url="http://localhost") as client:
        assert client.get("/api/tasks").json()[0]["told"] == told
        shown = client.get("/quality/model").text
        assert "Trên văn bản chưa thấy" in shown
        assert f"{told['after']['macro_f1']:.3f}" in shown


def test_a_task_is_asked_for_once(archive: Path) -> None:
    record = Record(archive)
    first = tasks.ask(record, Work.TRAIN, "lan")
    assert tasks.ask(record, Work.TRAIN, "minh") == first
    assert tasks.ask(record, Work.REBUILD, "minh") != first
    record.close()


def test_a_task_that_was_broken_off(archive: Path) -> None:
    record = Record(archive)
    number = tasks.ask(record, Work.TRAIN, "lan")
    with record.writing() as connection:
        connection.execute(sa.update(task_table).values(state=Stage.RUNNING))
    record.close()
    with TestClient(create_app(Serving(str(archive))), base_url="http://localhost") as client:
        told = ended(client, number)
    assert told["state"] == "failed"
    assert told["told"]["error"].startswith("It was broken off")


def test_work_ends_with_the_page(archive: Path, tmp_path: Path) -> None:
    """Killed without warning, the page leaves no program behind that would hold the archive."""
    from processes import start

    server = start("serve", "--archive", archive, "--port", free_port())
    record = Record(archive)
    try:
        with open_archive(archive):  # so that the program has to wait
            tasks.ask(record, Work.REBUILD, "lan")
            until(lambda: _program(archive))
            os.kill(server.pid, signal.SIGKILL)
            until(lambda: _program(archive) is None, 20)
    finally:
        record.close()
        server.kill()
        server.communicate()


def _program(archive: Path) -> int | None:
    found = subprocess.run(["pgrep", "-f", f"baocao.web.tasks {archive}$"], capture_output=True, text=True, check=False)
    return int(found.stdout.split()[0]) if found.stdout else None
