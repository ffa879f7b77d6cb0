"""The follow-up list on the page: filters, states, several at once, who may, and the export."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from told import told

from baocao.index import open_archive, tables
from baocao.index.record import FollowUp
from baocao.web.app import create_app
from baocao.web.settings import Serving

REPORT = told("Báo cáo", "Sở Y tế", 2017, "Thiếu thuốc.")


def item(number: int, year: int, unit: str, text: str) -> FollowUp:
    return FollowUp(f"{REPORT.report.id}:{number}", year, unit, text, "open", "", "Lan", f"{year}-12-31T08:00:00+00:00")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with open_archive(tmp_path / "archive") as archive:
        archive.add([REPORT])
        archive.record.follow_up([
            item(0, 2016, "Sở Y tế", "Đề nghị bổ sung biên chế."), item(5, 2017, "Sở Y tế", "=Đề nghị cấp thuốc."),
            item(9, 2017, "<b>Sở Nội vụ</b>", "Đề nghị hướng dẫn chế độ phụ cấp."),
        ])  # fmt: skip
    with TestClient(create_app(Serving(str(tmp_path / "archive"))), base_url="http://localhost") as opened:
        opened.headers["origin"] = "http://localhost"
        yield opened


def found(client: TestClient, **asked: Any) -> Any:
    answer = client.get("/api/followups", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_list_leads_to_the_sentences(client: TestClient) -> None:
    shown = client.get("/followups").text
    assert f'href="/reports/{REPORT.report.id}?at=5#s5"' in shown
    assert "<b>Sở Nội vụ" not in shown and "&lt;b&gt;Sở Nội vụ" in shown
    assert client.get(f"/reports/{REPORT.report.id}?at=5").status_code == 200


def test_filters(client: TestClient) -> None:
    assert [i["year"] for i in found(client)["items"]] == [2017, 2017, 2016]
    assert found(client, year=2016)["total"] == 1
    assert found(client, year=[2016, 2017], unit="Sở Y tế")["total"] == 2
    assert found(client, q="che do")["total"] == 1  # diacritics or not
    assert found(client, state="done") == {
        "total": 0, "items": [], "states": {"open": 3, "in-hand": 0, "done": 0, "dropped": 0},
    }  # fmt: skip
    assert "Không có kiến nghị nào khớp bộ lọc." in client.get("/followups", params={"state": "done"}).text


def test_one_is_set_with_its_note(client: TestClient) -> None:
    one = found(client)["items"][0]["item"]
    done = client.post(
        "/followups", data={"item": one, "state": "done", "note": "Đã bố trí", "back": "/followups?year=2017"},
        follow_redirects=False,
    )  # fmt: skip
    assert (done.status_code, done.headers["location"]) == (303, "/followups?year=2017")
    row = next(i for i in found(client)["items"] if i["item"] == one)
    assert (row["state"], row["note"]) == ("done", "Đã bố trí") and row["by"] != "Lan" and row["at"] > "2020"
    client.post("/followups", data={"item": one, "state": "open", "note": ""})
    assert next(i for i in found(client)["items"] if i["item"] == one)["note"] == ""


def test_several_keep_their_notes(client: TestClient) -> None:
    items = [i["item"] for i in found(client)["items"]]
    client.post("/api/followups", json={"item": items[:1], "state": "in-hand", "note": "Đang trình"})
    client.post("/followups", data={"item": items[:2], "state": "dropped", "note": "", "keep": "true"})
    told = {i["item"]: (i["state"], i["note"]) for i in found(client)["items"]}
    assert told == {items[0]: ("dropped", "Đang trình"), items[1]: ("dropped", ""), items[2]: ("open", "")}
    rows = client.app.state.desk.record.rows(tables.audit)  # type: ignore[attr-defined]
    assert [r["did"] for r in rows] == ["follow up", "follow up"] and items[1] in rows[1]["what"]


@pytest.mark.parametrize(
    ("given", "status"), [({"item": ["x:1"], "state": "done"}, 404), ({"item": [], "state": "done"}, 422),
                          ({"item": ["x:1"], "state": "lost"}, 422)],
)  # fmt: skip
def test_what_cannot_be_set(client: TestClient, given: dict[str, Any], status: int) -> None:
    assert client.post("/api/followups", json=given).status_code == status
    assert {i["state"] for i in found(client)["items"]} == {"open"}


def test_a_form_that_is_wrong_is_told(client: TestClient) -> None:
    done = client.post("/followups", data={"item": "x" * 101, "state": "done"})
    assert done.status_code in (400, 422)


def test_exports_hold_no_formula(client: TestClient) -> None:
    text = client.get("/followups.csv", params={"year": 2017}).text.lstrip("\ufeff")
    rows = list(csv.reader(io.StringIO(text)))
    assert [r[4] for r in rows] == ["Tình trạng", "Chưa thực hiện", "Chưa thực hiện"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert client.get("/api/followups/export.xlsx").content.startswith(b"PK")


def test_an_empty_list_tells_how_it_fills(tmp_path: Path) -> None:
    with TestClient(create_app(Serving(str(tmp_path / "new"))), base_url="http://localhost") as opened:
        assert "Khi lập tổng kết năm" in opened.get("/followups").text
        assert "Nạp thêm báo cáo" in opened.get("/difficulties").text
