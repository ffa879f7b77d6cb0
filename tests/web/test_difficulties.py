"""Recurring difficulties on the page: the list, the map, a difficulty, what clerks decide, and who may."""

import csv
import io
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from told import told

from baocao.index import lookup, open_archive
from baocao.index.record import Record
from baocao.insight import recurring as insight
from baocao.insight import watching
from baocao.insight.watching import Watch
from baocao.report import Label
from baocao.web import difficulty_list
from baocao.web.app import create_app
from baocao.web.settings import Serving

STAFF = [
    ("Sở Y tế", 2015, "Biên chế của Sở còn thiếu so với yêu cầu nhiệm vụ."),
    ("Sở Y tế", 2016, "Biên chế còn thiếu, chưa được giao bổ sung."),
    ("Sở Nội vụ", 2017, "Biên chế được giao còn thiếu."),
]
ROADS = [
    ("UBND huyện Hạ Hòa", 2015, "Đường giao thông liên xã xuống cấp nghiêm trọng."),
    ("Sở Nội vụ", 2016, "Nhiều tuyến đường giao thông liên xã xuống cấp."),
]
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("difficulties") / "archive"
    with open_archive(folder) as archive:
        for number, (unit, year, text) in enumerate([*STAFF, *ROADS]):
            archive.add([told(f"Báo cáo {number}", unit, year, text)])
        archive.add([told("Báo cáo lạ", HOSTILE, 2017, "=HYPERLINK(1), thuốc chữa bệnh còn thiếu.")])
        archive.add([told("Báo cáo lạ hơn", HOSTILE, 2017, "Trạm y tế thiếu thuốc chữa bệnh cho người dân.")])
    insight.recurring(folder)
    return folder


@pytest.fixture
def client(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(difficulty_list, "PATIENCE", 60)
    own = Path(shutil.copytree(folder, tmp_path / "archive"))
    with TestClient(create_app(Serving(str(own))), base_url="http://localhost") as opened:
        opened.headers["origin"] = "http://localhost"
        yield opened


def found(client: TestClient, **asked: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/difficulties", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["difficulties"])


def staff(client: TestClient) -> dict[str, Any]:
    return next(d for d in found(client) if "biên chế" in d["best"]["text"].lower())


def test_the_list_tells_reports_units_years_and_trend(client: TestClient) -> None:
    one = staff(client)
    assert (one["reports"], one["years"]) == (3, [[2015, 1], [2016, 1], [2017, 1]])
    assert one["units"] == [["Sở Y tế", 2], ["Sở Nội vụ", 1]]
    shown = client.get("/difficulties").text
    assert one["name"] in shown and "Kéo dài" in shown and "2015–2017" in shown


def test_filters(client: TestClient) -> None:
    every = {d["id"] for d in found(client)}
    of_health = found(client, unit="Sở Y tế", least=1)
    assert staff(client)["id"] in {d["id"] for d in of_health} and not any("liên xã" in d["name"] for d in of_health)
    assert {d["reports"] for d in found(client, least=3)} == {3, 7}  # all seven give the same cause
    assert staff(client)["id"] not in {d["id"] for d in found(client, trend="new")}
    assert [d["reports"] for d in found(client, q="giao bổ sung")] == [3]  # words of any of its sentences
    assert found(client, **{"from": 2018}) == []
    assert {d["id"] for d in found(client, sort="name")} == every
    assert client.get("/difficulties", params={"trend": "sideways"}).status_code == 422


def test_the_map_counts_sentences_and_leads_to_them(client: TestClient) -> None:
    made = client.get("/api/difficulties/map").json()
    assert made["years"] == [2015, 2016, 2017]
    assert {r["unit"]: r["counts"] for r in made["rows"]}["Sở Nội vụ"] == [0, 2, 2]  # each with its cause
    shown = client.get("/difficulties").text
    assert "/difficulties/sentences?of=S%E1%BB%9F+N%E1%BB%99i+v%E1%BB%A5&amp;year=2017" in shown
    cell = client.get("/difficulties/sentences", params={"of": "Sở Nội vụ", "year": 2017})
    assert "Biên chế được giao còn thiếu." in cell.text and "liên xã" not in cell.text
    one = client.get("/api/difficulties/sentences", params={"of": "Sở Nội vụ", "id": staff(client)["id"]}).json()
    assert one["total"] == 1


def test_a_difficulty_leads_to_every_sentence(client: TestClient) -> None:
    one = client.get(f"/api/difficulties/{staff(client)['id']}").json()
    shown = client.get(f"/difficulties/{one['id']}").text
    assert len(one["mentions"]) == 3
    for mention in one["mentions"]:
        assert f'href="/reports/{mention["report"]}?at={mention["start"]}#s{mention["start"]}"' in shown
    assert "Nguyên nhân là do tinh giản." in shown and "Đề nghị giao thêm biên chế." in shown
    assert client.get("/difficulties/000000000000").status_code == 404


def test_renaming_stays(client: TestClient, tmp_path: Path) -> None:
    id = staff(client)["id"]
    done = client.post(f"/difficulties/{id}/rename", data={"name": "Thiếu người"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/difficulties/{id}")
    assert "Thiếu người" in client.get("/difficulties").text
    stored = insight.recurring(tmp_path / "archive").outlines()
    assert {o.id: o.name for o in stored}[id] == "Thiếu người"
    client.post(f"/difficulties/{id}/rename", data={"name": ""})
    assert "Thiếu người" not in client.get("/difficulties").text


def test_merging_and_splitting(client: TestClient) -> None:
    id = staff(client)["id"]
    other = next(d for d in found(client) if d["id"] != id and "xã" in d["best"]["text"])
    client.post(f"/difficulties/{id}/merge", data={"into": other["id"]})
    merged = client.get(f"/api/difficulties/{other['id']}").json()
    assert (merged["reports"], len(merged["mentions"])) == (5, 5)
    assert client.get(f"/api/difficulties/{id}").json()["id"] == other["id"]  # old links lead on
    moved = [f"{m['report']}:{m['start']}" for m in merged["mentions"] if "iên chế" in m["text"]]
    made = client.post(f"/api/difficulties/{other['id']}/split", json={"mention": moved}).json()["id"]
    assert made not in (id, other["id"]) and client.get(f"/api/difficulties/{made}").json()["reports"] == 3
    refused = client.post(f"/api/difficulties/{made}/split", json={"mention": moved})
    assert refused.status_code == 400  # not all of them
    assert client.post(f"/api/difficulties/{made}/merge", json={"into": "0" * 12}).status_code == 404


def test_dismissed_ones_can_be_taken_back(client: TestClient) -> None:
    id = staff(client)["id"]
    client.post(f"/difficulties/{id}/dismiss")
    assert id not in {d["id"] for d in found(client)}
    assert f"/difficulties/{id}/dismiss" in client.get("/difficulties/dismissed").text
    client.post(f"/difficulties/{id}/dismiss", data={"dismissed": "false", "back": "//evil.example"})
    assert id in {d["id"] for d in found(client)}


def test_decisions_are_in_the_audit_log(client: TestClient) -> None:
    from baocao.index import tables

    id = staff(client)["id"]
    client.post(f"/api/difficulties/{id}/rename", json={"name": "Thiếu người"})
    rows = client.app.state.desk.record.rows(tables.audit)  # type: ignore[attr-defined]
    assert [r["what"] for r in rows if r["did"] == "difficulty"] == [f"rename {id}: Thiếu người"]


def test_exports_hold_no_formula(client: TestClient) -> None:
    rows = list(csv.reader(io.StringIO(client.get("/difficulties.csv").text.lstrip("\ufeff"))))
    assert rows[0][:3] == ["Mã", "Khó khăn", "Xu hướng"] and len(rows) == len(found(client)) + 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    book = zipfile.ZipFile(io.BytesIO(client.get("/difficulties.xlsx").content))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_names_of_units_are_text(client: TestClient) -> None:
    for address in ("/difficulties", "/difficulties/sentences"):
        shown = client.get(address).text
        assert HOSTILE not in shown and "&lt;script&gt;" in shown


def test_in_english(client: TestClient) -> None:
    client.cookies.set("language", "en")
    shown = client.get("/difficulties").text
    assert "Recurring difficulties" in shown and "Persistent" in shown


# Following the reports.


def test_one_more_report_is_taken_in_without_reading_all(client: TestClient, tmp_path: Path, monkeypatch: Any) -> None:
    before = staff(client)
    roads = next(d for d in found(client) if "liên xã" in d["best"]["text"])
    read: list[str] = []
    real = lookup.some_reports
    monkeypatch.setattr(lookup, "some_reports", lambda f, ids: real(f, [i for i in ids if not read.append(i)]))
    monkeypatch.setattr(lookup, "reports", lambda *_: pytest.fail("all reports were read"))
    new = told("Báo cáo mới", "Sở Tư pháp", 2018, "Biên chế của đơn vị còn thiếu so với yêu cầu.")
    with open_archive(tmp_path / "archive") as archive:
        archive.add([new])
    assert next(d for d in found(client) if d["id"] == before["id"])["reports"] == before["reports"] + 1
    assert new.report.id in read and not {p["report"] for p in roads["places"][:1]} & set(read)


def test_a_corrected_label_takes_the_sentence_out(client: TestClient) -> None:
    one = client.get(f"/api/difficulties/{staff(client)['id']}").json()
    mention = one["mentions"][0]
    client.post(
        f"/api/reports/{mention['report']}/corrections",
        json={"act": "relabel", "start": mention["start"], "label": Label.OTHER},
    )
    assert client.get(f"/api/difficulties/{one['id']}").json()["reports"] == one["reports"] - 1
    number = client.get("/api/corrections").json()[0]["number"]
    client.delete(f"/api/corrections/{number}")
    assert client.get(f"/api/difficulties/{one['id']}").json()["reports"] == one["reports"]


def test_merged_units_are_one_unit(client: TestClient) -> None:
    staff(client)
    client.post("/api/units/merge", json={"alias": "Sở Nội vụ", "name": "Sở Y tế"})
    assert staff(client)["units"] == [["Sở Y tế", 3]]


def test_a_writer_beside_does_not_hinder(client: TestClient, tmp_path: Path) -> None:
    with open_archive(tmp_path / "archive"):
        assert staff(client)["reports"] == 3
        id = staff(client)["id"]
        assert client.post(f"/api/difficulties/{id}/rename", json={"name": "Thiếu"}).status_code == 200


def test_what_takes_long_is_told_and_done_once(client: TestClient, monkeypatch: Any) -> None:
    go, asked = threading.Event(), []
    real = watching.follow

    def slow(*given: Any) -> Any:
        asked.append(1)
        go.wait(20)
        return real(*given)

    monkeypatch.setattr(watching, "follow", slow)
    monkeypatch.setattr(difficulty_list, "PATIENCE", 0.05)
    shown = client.get("/difficulties")
    assert "Đang tổng hợp…" in shown.text and 'http-equiv="refresh"' in shown.text
    assert client.get("/api/difficulties").status_code == 409
    go.set()
    monkeypatch.setattr(difficulty_list, "PATIENCE", 20)
    assert "Biên chế" in client.get("/difficulties").text
    assert len(asked) == 1


def test_two_processes_may_follow_at_once(folder: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(folder, tmp_path / "two"))
    watches = [Watch(own, Record(own)) for _ in range(2)]
    told_to: list[list[str]] = []
    ask = [threading.Thread(target=lambda w=w: told_to.append(ids(w))) for w in watches]  # type: ignore[misc]
    for thread in ask:
        thread.start()
    for thread in ask:
        thread.join()
    assert told_to[0] and told_to[0] == told_to[1]


def ids(watch: Watch) -> list[str]:
    now = watch.known(60).recurring
    assert now is not None
    return [o.id for o in now.outlines()]
