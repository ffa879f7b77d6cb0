"""The search page, its addresses, exports, kept searches and JSON."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient
from made import made

from baocao.index import open_archive


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_the_empty_page_teaches(client: TestClient) -> None:
    page = client.get("/").text
    assert "Kho đang có 12 báo cáo" in page
    assert "Cách hỏi" in page and "Mới nạp" in page


def test_found_with_and_without_diacritics(client: TestClient) -> None:
    for query in ("biên chế", "bien che"):
        page = client.get("/", params={"q": query}).text
        assert re.search(r"<mark>[Bb]iên chế</mark>", page)


def test_a_part_of_the_page_for_typing(client: TestClient) -> None:
    part = client.get("/", params={"q": "bien che"}, headers={"x-part": "found"}).text
    assert "<html" not in part and "<mark>" in part


def test_facets_are_filters_and_chips(client: TestClient) -> None:
    page = client.get("/", params={"q": "còn"}).text
    label = re.search(r'href="(/\?[^"]*label=difficulty[^"]*)"', page)
    assert label
    filtered = client.get(label[1].replace("&amp;", "&")).text
    assert "Bỏ lọc Nội dung: Khó khăn, vướng mắc" in filtered
    found = client.get("/api/search", params={"q": "còn", "label": "difficulty"}).json()
    assert found["total"] and {s["label"] for h in found["hits"] for s in h["sentences"]} == {"difficulty"}


def test_facets_of_persons_and_numbers(client: TestClient) -> None:
    facets = client.get("/api/search", params={"q": "năm"}).json()["facets"]
    assert set(facets) == {"unit", "year", "label", "kind", "docno", "person"}
    assert facets["docno"]


def test_paging_keeps_the_question(client: TestClient) -> None:
    page = client.get("/", params={"q": "năm", "by": "sentence"}).text
    second = re.search(r'href="(/\?[^"]*page=2)"', page)
    assert second and "q=n%C4%83m" in second[1] and "by=sentence" in second[1]
    first_hits = re.findall(r'class="sentence[^"]*" href="([^"]+)"', page)
    second_hits = re.findall(r'class="sentence[^"]*" href="([^"]+)"', client.get(second[1].replace("&amp;", "&")).text)
    assert second_hits and not set(first_hits) & set(second_hits)


@pytest.mark.parametrize("query", ['"', "((", "a AND", "-"])
def test_a_question_that_cannot_be_understood(client: TestClient, query: str) -> None:
    assert client.get("/", params={"q": query}).status_code == 200
    assert client.get("/api/search", params={"q": query}).status_code in (200, 400)


@pytest.mark.parametrize(
    "wrong", [{"year": "abc"}, {"label": "x"}, {"from": "22/6/2017"}, {"page": "0"}, {"page": "501"}, {"q": "a" * 2001}]
)
def test_an_address_that_cannot_be(client: TestClient, wrong: dict[str, str]) -> None:
    page = client.get("/", params=wrong)
    assert page.status_code == 422 and "Yêu cầu chưa hợp lệ" in page.text
    assert client.get("/api/search", params=wrong).json()["error"]["code"] == "BC100"


def test_export_as_csv_and_xlsx(client: TestClient) -> None:
    total = client.get("/api/search", params={"q": "năm", "by": "sentence"}).json()["total"]
    answer = client.get("/search.csv", params={"q": "năm"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:2] == ["report", "title"] and len(rows) == total + 1
    assert "attachment" in answer.headers["content-disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/search.xlsx", params={"q": "năm"}).content)).active
    assert sheet is not None and sheet.max_row == total + 1


def test_a_kept_search_marks_what_is_new(client: TestClient, archive: Path) -> None:
    assert (
        client.post("/searches", data={"name": "Của tôi", "query": "q=so+y+te"}, follow_redirects=False).status_code
        == 303
    )
    (kept,) = client.get("/api/searches").json()
    assert (kept["name"], kept["new"]) == ("Của tôi", 0)
    with open_archive(archive) as opened:
        opened.add([made("của Sở Y tế")])
    assert client.get("/api/searches").json()[0]["new"] == 1
    assert "1 báo cáo mới" in client.get("/").text
    assert client.get(f"/searches/{kept['number']}", follow_redirects=False).headers["location"] == "/?q=so+y+te"
    assert client.get("/api/searches").json()[0]["new"] == 0
    assert client.delete(f"/api/searches/{kept['number']}").status_code == 204
    assert client.get("/api/searches").json() == []


@pytest.mark.parametrize("query", ["", "page=2", "label=none", "x=1"])
def test_only_searches_are_kept(client: TestClient, query: str) -> None:
    assert client.post("/api/searches", json={"name": "x", "query": query}).status_code in (400, 422)


def test_in_english(client: TestClient) -> None:
    answer = client.post("/look", data={"language": "en", "back": "/?q=nam"}, follow_redirects=False)
    assert answer.headers["location"] == "/?q=nam"
    page = client.get("/?q=nam").text
    assert '<html lang="en"' in page and "By report" in page and ">Theo báo cáo<" not in page


def test_a_new_archive_is_made_and_invites_to_upload(tmp_path: Path) -> None:
    from baocao.web.app import create_app
    from baocao.web.settings import Serving

    with TestClient(create_app(Serving(str(tmp_path / "new"))), base_url="http://localhost") as client:
        assert "Chưa có báo cáo nào" in client.get("/").text
        assert client.get("/?q=khi").status_code == 200


@pytest.mark.parametrize("typed", ["bien chr", "bie6n che61", "bienche"])
def test_what_was_meant(client: TestClient, typed: str) -> None:
    found = client.get("/api/search", params={"q": typed}).json()
    assert found["suggestion"] == "biên chế"
    page = client.get("/", params={"q": typed}).text
    assert "Có phải bạn tìm" in page and "<b>biên chế</b>" in page
