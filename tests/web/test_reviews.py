"""The page of the year's review: a draft made, changed step by step, kept, checked and downloaded; the API alike."""

import io
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from fastapi.testclient import TestClient

from baocao.index import lookup, open_archive
from baocao.index.archive import Incoming
from baocao.index.prepare import unpack
from baocao.insight.review.year import reports_of, years
from baocao.report import Kind, Label, Period, Report, Sentence, Source
from baocao.web import drafts, reviews
from baocao.web.app import create_app
from baocao.web.settings import Serving
from baocao.web.wording import english

A, D, R = Label.ACHIEVEMENT, Label.DIFFICULTY, Label.RECOMMENDATION
HOSTILE = "Sở <script>alert(1)</script>"
CITIZENS = "Thanh tra tỉnh đã tiếp 1.934 lượt công dân đến khiếu nại, tố cáo."
STAFF = "Biên chế của thanh tra cấp huyện chưa đáp ứng yêu cầu nhiệm vụ."
ASK = "Đề nghị Ủy ban nhân dân tỉnh bổ sung 12 biên chế cho thanh tra huyện."
FEVER = "Công tác phòng, chống dịch sốt xuất huyết được triển khai ở 100% số xã."
SAID: dict[tuple[str, int], list[tuple[Label, str]]] = {
    ("Thanh tra tỉnh", 2017): [
        (A, CITIZENS), (D, STAFF), (R, ASK),
        (A, "Năm 2017, toàn tỉnh có 35 xã đạt chuẩn nông thôn mới."),
        (D, "Việc thu hồi tiền sai phạm sau thanh tra còn chậm ở nhiều địa phương."),
    ],
    ("Sở Y tế", 2017): [
        (A, FEVER), (D, "Trạm y tế các xã vùng cao xuống cấp, thiếu trang thiết bị khám bệnh."),
        (R, "Đề nghị Sở Tài chính bố trí kinh phí sửa chữa các trạm y tế xã."),
    ],
    (HOSTILE, 2017): [(D, "Phần mềm một cửa điện tử của huyện hay bị lỗi <b>kết nối</b> với tỉnh.")],
    ("Sở Nội vụ", 2016): [(D, STAFF)],
}  # fmt: skip


def incoming(issuer: str, year: int, said: list[tuple[Label, str]]) -> Incoming:
    text, sentences = "", []
    for label, sentence in said:
        sentences.append(Sentence(len(text), len(text) + len(sentence), None, label, 0.9))
        text += sentence + "\n"
    data = f"{issuer}{year}{text}".encode()
    source = Source("a.txt", sha256(data).hexdigest(), "text/plain", len(data))
    report = Report(
        source, f"Báo cáo năm {year} của {issuer}", Kind.REPORT, None, f"{year}-12-22", None, issuer, None, None, text,
        (0,), (), tuple(sentences), (), (), (),
    )  # fmt: skip
    return Incoming.of(report, f"/r/{source.sha256[:8]}.txt", data)


def put(folder: Path, *given: Incoming) -> None:
    with open_archive(folder) as archive:
        archive.add(list(given))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose reports stay as they are; each test makes a draft of its own."""
    made = tmp_path_factory.mktemp("reviews") / "archive"
    put(made, *(incoming(*key, said) for key, said in SAID.items()))
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Serving(str(folder))), base_url="http://localhost") as opened:
        yield opened


def make(page: TestClient, **wanted: Any) -> dict[str, Any]:
    answer = page.post("/api/reviews", json={"year": 2017, "issuer": "Thanh tra tỉnh", **wanted})
    assert answer.status_code == 201, answer.text
    return ready(page, answer.json()["number"])


def ready(page: TestClient, number: int) -> dict[str, Any]:
    """Return a draft once it is composed."""
    deadline = time.monotonic() + 30
    while True:
        told: dict[str, Any] = page.get(f"/api/reviews/{number}").json()
        if told["state"] != "composing" or time.monotonic() > deadline:
            return told
        time.sleep(0.05)


def items(told: dict[str, Any]) -> dict[str, str]:
    return {
        item["text"]: item["id"] for part in told["review"]["parts"] for g in part["groups"] for item in g["items"]
    }  # fmt: skip


def change(page: TestClient, told: dict[str, Any], act: str, status: int = 200, **more: Any) -> dict[str, Any]:
    body = {"act": act, "version": told["version"], **more}
    answer = page.post(f"/api/reviews/{told['number']}/changes", json=body)
    assert answer.status_code == status, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


def audit(page: TestClient) -> list[str]:
    from baocao.index import tables

    rows = page.app.state.desk.record.rows(tables.audit)  # type: ignore[attr-defined]
    return [f"{row['did']} {row['what']}" for row in rows]


def test_the_form_offers_the_years_and_who_reported(page: TestClient) -> None:
    assert page.get("/api/reviews/years").json() == [
        {"year": 2017, "reports": 3, "units": {"Thanh tra tỉnh": 1, "Sở Y tế": 1, HOSTILE: 1}},
        {"year": 2016, "reports": 1, "units": {"Sở Nội vụ": 1}},
    ]
    shown = page.get("/reviews").text
    assert "2017 (3 báo cáo)" in shown
    assert 'value="Sở Y tế"' in shown
    assert "<script>alert" not in shown
    assert 'value="Sở Nội vụ"' in page.get("/reviews", params={"year": 2016}).text


def test_years_are_told_by_the_beginning_of_a_report_whatever_its_title_says(tmp_path: Path) -> None:
    odd = '"period": {"start": "1999-01-01", "end": "1999-12-31"}, "signer", "text": "' + "Báo cáo dài " * 500
    given = [incoming("Sở Y tế", year, [(A, FEVER)]) for year in (2017, 2018)]
    period = Period("2016-10-01", "2017-09-30")
    given[1] = Incoming.of(replace(unpack(given[1].report.body), title=odd, period=period), "/r/odd.txt", b"odd")
    put(tmp_path, *given)
    assert {year: told.total() for year, told in years(tmp_path).items()} == {2017: 2}
    assert {r.title for r in reports_of(tmp_path, 2018)} == {r.title for r in lookup.reports(tmp_path)}
    assert list(reports_of(tmp_path, 2016)) == []


def test_a_draft_is_made_by_the_form_shown_with_sources_and_listed(page: TestClient) -> None:
    form = {"year": 2017, "unit": ["Thanh tra tỉnh", "Sở Y tế"], "length": "items", "items": 10, "pages": 6,
            "expected": "Sở Y tế\r\n\r\nSở Công thương\r\n", "issuer": "Thanh tra tỉnh", "name": ""}  # fmt: skip
    answer = page.post("/reviews", data=form, follow_redirects=False)
    assert answer.status_code == 303
    number = answer.headers["location"].rpartition("/")[2]
    told = ready(page, int(number))
    assert told["state"] == "ready"
    assert told["review"]["units"] == ["Thanh tra tỉnh", "Sở Y tế"]
    assert [r["unit"] for r in told["review"]["reporting"] if not r["reports"]] == ["Sở Công thương"]
    shown = page.get(f"/reviews/{number}").text
    source = told["review"]["parts"][0]["groups"][0]["items"][0]["sources"][0]
    assert f'href="/reports/{source["report"]}?at={source["start"]}#s{source["start"]}"' in shown
    assert "Đơn vị chưa có báo cáo" in shown
    assert f'href="/reviews/{number}"' in page.get("/reviews").text
    assert "Tổng kết năm 2017 – Thanh tra tỉnh, Sở Y tế" in [e["name"] for e in page.get("/api/reviews").json()]


def test_what_takes_long_is_composed_beside_the_request(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "_AT_ONCE", 0.0)
    composed = drafts.review

    def slowly(*given: Any) -> Any:
        time.sleep(1.0)
        return composed(*given)

    monkeypatch.setattr(drafts, "review", slowly)
    answer = page.post("/api/reviews", json={"year": 2017})
    number = answer.json()["number"]
    assert answer.json()["state"] == "composing"
    waiting = page.get(f"/reviews/{number}").text
    assert 'http-equiv="refresh"' in waiting
    assert page.get(f"/reviews/{number}/review.docx").status_code == 409
    ready(page, number)
    assert "Kết quả đạt được" in page.get(f"/reviews/{number}").text


def test_what_cannot_be_composed_is_told(page: TestClient) -> None:
    told = make(page, unit=["Sở Nội vụ"])
    assert (told["state"], told["fault"], told["review"]) == ("failed", "BC100", None)
    assert "Không có báo cáo nào" in page.get(f"/reviews/{told['number']}").text


def test_changes_are_kept_over_a_restart_with_who_and_when(folder: Path, page: TestClient) -> None:
    told = make(page)
    told = change(page, told, "drop", item=items(told)[STAFF])
    told = change(page, told, "edit", item=items(told)[CITIZENS], text="Đã tiếp 1.934 lượt công dân.")
    told = change(page, told, "own", label="recommendation", field="Chỉ đạo", text="Giao Văn phòng đôn đốc.")
    told = change(page, told, "head", label="difficulty", text="Tồn tại")
    told = change(page, told, "field", item=items(told)[FEVER], field="Dịch bệnh")
    assert [s["did"] for s in told["steps"]] == ["drop", "edit", "own", "head", "field"]
    assert all(s["by"] and s["at"] for s in told["steps"])
    with TestClient(create_app(Serving(str(folder))), base_url="http://localhost") as other:
        again = other.get(f"/api/reviews/{told['number']}").json()
        assert again == told
        assert STAFF not in items(again)
        assert again["dropped"] == [{"item": items(make(other))[STAFF], "text": STAFF}]
        assert "Giao Văn phòng đôn đốc." in items(again)
        again = change(other, again, "restore", item=again["dropped"][0]["item"])
        assert STAFF in items(again)
        for _ in range(6):
            again = change(other, again, "undo")
        assert STAFF in items(again)
        assert CITIZENS in items(again)
        change(other, again, "undo", 400)
    assert any(line.startswith("draft ") and "drop" in line for line in audit(page))


def test_items_move_up_and_down_and_before_another(page: TestClient) -> None:
    told = make(page)
    for text in (STAFF, *[t for t in items(told) if "sai phạm" in t or "Trạm y tế" in t]):
        told = change(page, told, "field", item=items(told)[text], field="Chung")
    three = [i["text"] for g in told["review"]["parts"][1]["groups"] if g["field"] == "Chung" for i in g["items"]]

    def order() -> list[str]:
        return [i["text"] for g in told["review"]["parts"][1]["groups"] if g["field"] == "Chung" for i in g["items"]]

    told = change(page, told, "down", item=items(told)[three[0]])
    assert order() == [three[1], three[0], three[2]]
    told = change(page, told, "move", item=items(told)[three[2]], before=items(told)[three[1]])
    assert order() == [three[2], three[1], three[0]]
    change(page, told, "move", 400, item=items(told)[three[2]], before=items(told)[CITIZENS])


def test_a_wording_that_no_source_says_is_refused_on_the_page_and_kept_to_go_on(page: TestClient) -> None:
    told = make(page)
    item = items(told)[CITIZENS]
    text = "Đã tiếp 2.500 lượt công dân tại Đà Nẵng."
    refused = change(page, told, "edit", 422, item=item, text=text)
    assert refused["error"]["code"] == "BC500"
    assert "“2.500”" in refused["error"]["message"]
    form = {"act": "edit", "version": told["version"], "item": item, "text": text}
    address = f"/reviews/{told['number']}/changes"
    answer = page.post(address, data=form)
    assert answer.status_code == 422
    assert "Không nguồn nào của mục này nêu “2.500”, “Đà Nẵng”." in answer.text
    assert f">{text}</textarea>" in answer.text
    part = page.post(address, data=form, headers={"x-part": "draft"})
    assert "<html" not in part.text
    assert page.get(f"/api/reviews/{told['number']}").json() == told
    answer = page.post(address, data={**form, "own": "true"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/reviews/{told['number']}#i-{item}")
    shown = page.get(f"/reviews/{told['number']}").text
    assert "Ý của người soạn" in shown
    assert "Nguyên văn: “Thanh tra tỉnh đã tiếp" in shown


def test_a_lost_negation_is_refused(page: TestClient) -> None:
    told = make(page)
    form = {"act": "edit", "version": told["version"], "item": items(told)[STAFF],
            "text": "Biên chế của thanh tra cấp huyện đáp ứng yêu cầu nhiệm vụ."}  # fmt: skip
    answer = page.post(f"/reviews/{told['number']}/changes", data=form)
    assert answer.status_code == 422
    assert "Nguồn viết “chưa đáp ứng”" in answer.text


def test_two_clerks_do_not_overwrite_each_other(page: TestClient) -> None:
    told = make(page)
    change(page, told, "drop", item=items(told)[STAFF])
    late = change(page, told, "drop", 409, item=items(told)[CITIZENS])
    assert "changed the draft" in late["error"]["message"]
    form = {"act": "edit", "version": told["version"], "item": items(told)[CITIZENS], "text": "Đã tiếp 1.934 lượt."}
    answer = page.post(f"/reviews/{told['number']}/changes", data=form)
    assert answer.status_code == 409
    assert "đã sửa bản thảo trong lúc bạn làm" in answer.text
    assert ">Đã tiếp 1.934 lượt.</textarea>" in answer.text  # what was typed is there to be saved on the newer state
    now = page.get(f"/api/reviews/{told['number']}").json()
    assert CITIZENS in items(now)
    for path in ("anew", "name", "delete"):
        late_form = {"version": told["version"], "name": "x"}
        assert page.post(f"/reviews/{told['number']}/{path}", data=late_form).status_code == 409


def test_sentences_that_were_not_chosen_are_found_and_added(page: TestClient) -> None:
    told = make(page, items=3)
    left = page.get(f"/api/reviews/{told['number']}/sentences", params={"label": "difficulty", "q": "tram y te"}).json()
    assert left["total"] == 1
    shown = page.get(f"/reviews/{told['number']}/sentences", params={"label": "difficulty"}).text
    assert "Trạm y tế các xã vùng cao" in shown
    assert "&lt;b&gt;kết nối" in shown or "lỗi &lt;b&gt;" in page.get(f"/reviews/{told['number']}").text
    item = left["sentences"][0]["item"]
    added = change(page, told, "add", item=item)
    assert item in items(added).values()
    change(page, added, "add", 400, item=item)
    change(page, added, "add", 404, item="0123456789abcdef:1")


def test_it_tells_that_the_archive_changed_and_composes_anew_beneath_the_decisions(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    put(folder, *(incoming(*key, said) for key, said in SAID.items()))
    with TestClient(create_app(Serving(str(folder))), base_url="http://localhost") as page:
        told = make(page)
        told = change(page, told, "drop", item=items(told)[STAFF])
        told = change(page, told, "edit", item=items(told)[CITIZENS], text="Đã tiếp 1.934 lượt công dân.")
        assert told["changed_reports"] == 0
        newer = "Toàn huyện đã cấp 412 giấy chứng nhận quyền sử dụng đất lần đầu."
        put(folder, incoming("Huyện Đông Sơn", 2017, [(A, newer)]), incoming("Huyện Đông Sơn", 2015, [(A, FEVER)]))
        told = page.get(f"/api/reviews/{told['number']}").json()
        assert told["changed_reports"] == 1  # that of 2015 is none of the year
        assert "1 báo cáo của năm đã được thêm, thay hoặc sửa" in page.get(f"/reviews/{told['number']}").text
        page.post(f"/api/reviews/{told['number']}/anew", json={"version": told["version"]})
        told = ready(page, told["number"])
        assert told["changed_reports"] == 0
        assert newer in items(told)
        assert "Đã tiếp 1.934 lượt công dân." in items(told)
        assert [d["text"] for d in told["dropped"]] == [STAFF]


def test_the_draft_is_downloaded_as_edited(page: TestClient) -> None:
    told = make(page, parent="Ủy ban nhân dân tỉnh", place="Lâm Hà", name="Tổng kết / 2017")
    told = change(page, told, "drop", item=items(told)[STAFF])
    told = change(page, told, "edit", item=items(told)[ASK], text="Tự đặt ra 99 việc.", own=True)
    address = f"/reviews/{told['number']}/review."
    answer = page.get(f"{address}docx")
    assert (
        'filename="T' in answer.headers["content-disposition"] or "filename*=" in answer.headers["content-disposition"]
    )
    lines = [p.text for p in docx.Document(io.BytesIO(answer.content)).paragraphs]
    assert "- Tự đặt ra 99 việc. [ý của người soạn]" in lines
    assert not any(STAFF in line for line in lines)
    assert "Tự đặt ra 99 việc." in page.get(f"{address}md").text
    assert json.loads(page.get(f"/api{address}json").content) == told["review"]
    sheet = openpyxl.load_workbook(io.BytesIO(page.get(f"{address}xlsx").content)).active
    assert any("Tự đặt ra 99 việc." in [cell.value for cell in row] for row in sheet.rows)
    assert page.get(f"{address}pdf").status_code == 422
    assert any(line.startswith(f"download draft {told['number']} as docx") for line in audit(page))


def test_its_recommendations_go_on_the_follow_up_list(folder: Path, page: TestClient) -> None:
    told = make(page)
    assert page.post(f"/api/reviews/{told['number']}/followups").json() == {"new": 2}
    assert page.post(f"/api/reviews/{told['number']}/followups").json() == {"new": 0}
    assert {row["text"] for row in lookup.follow_ups(folder, 2017)} >= {ASK}


def test_a_draft_is_renamed_and_deleted(page: TestClient) -> None:
    told = make(page)
    page.post(f"/reviews/{told['number']}/name", data={"version": told["version"], "name": "Bản trình ký"})
    told = page.get(f"/api/reviews/{told['number']}").json()
    assert told["name"] == "Bản trình ký"
    named = {"version": told["version"], "name": "Bản cuối"}
    told = page.post(f"/api/reviews/{told['number']}/name", json=named).json()
    assert told["name"] == "Bản cuối"
    assert page.delete(f"/api/reviews/{told['number']}", params={"version": told["version"]}).status_code == 204
    assert page.get(f"/reviews/{told['number']}").status_code == 404
    assert told["number"] not in [e["number"] for e in page.get("/api/reviews").json()]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"act": "own", "text": "x"}, 400),  # of no part
        ({"act": "own", "label": "other", "text": "x"}, 400),
        ({"act": "drop", "item": "none:1"}, 404),
        ({"act": "edit", "item": "none:1", "text": "x"}, 404),
        ({"act": "burn"}, 422),
        ({"act": "field-up", "label": "difficulty", "field": "none"}, 200),  # nothing to move, nothing done
    ],
)
def test_what_cannot_be_done_is_told(page: TestClient, body: dict[str, Any], status: int) -> None:
    told = make(page)
    answer = page.post(f"/api/reviews/{told['number']}/changes", json={"version": told["version"], **body})
    assert answer.status_code == status, answer.text
    assert page.get(f"/api/reviews/{told['number']}").json()["version"] == told["version"]


def test_it_speaks_english_and_has_no_style_or_script_within(page: TestClient) -> None:
    told = make(page)
    assert set(reviews._DID.values()) <= set(english())
    headers = {"cookie": "language=en"}
    for address in ("/reviews", f"/reviews/{told['number']}", f"/reviews/{told['number']}/sentences"):
        shown = page.get(address, headers=headers).text
        assert not re.search(r"<[^>]+\s(style|on\w+)=|<script>|<style", shown)
    assert "Download DOCX" in page.get(f"/reviews/{told['number']}", headers=headers).text
