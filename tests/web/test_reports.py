"""A report's page, its corrections, and entities."""

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from processes import run

from baocao.index.lookup import reports

ROOT = Path(__file__).parents[2]


def report_about(client: TestClient, query: str) -> dict[str, Any]:
    hit = client.get("/api/search", params={"q": query}).json()["hits"][0]
    data: dict[str, Any] = client.get(f"/api/reports/{hit['report']}").json()
    return data


def test_every_report_is_shown_whole(client: TestClient, archive: Path) -> None:
    for report in reports(archive):
        page = client.get(f"/reports/{report.id}").text
        shown = page[page.index('id="text"') : page.index("</article>")]
        shown = re.sub(r'<span class="tag [^>]*>[^<]*</span>|<p class="pagebreak".*?</p>', "", shown)
        words = re.sub(r"<[^>]+>", "", shown[shown.index(">") + 1 :])
        for raw, sign in (("&lt;", "<"), ("&gt;", ">"), ("&#34;", '"'), ("&#39;", "'"), ("&amp;", "&")):
            words = words.replace(raw, sign)
        assert "".join(words.split()).startswith("".join(report.text.split()))


def test_offsets_in_the_page_are_the_report_s(client: TestClient, archive: Path) -> None:
    for report in reports(archive):
        page = client.get(f"/reports/{report.id}", headers={"x-part": "text"}).text
        for start, end, told in re.findall(r'data-start="(\d+)" data-end="(\d+)" data-type="(\w+)"', page):
            assert any((e.start, e.end, e.type) == (int(start), int(end), told) for e in report.entities)
        assert {int(s) for s in re.findall(r'id="s(\d+)"', page)} == {s.start for s in report.sentences}


def test_metadata_outline_and_what_the_search_found(client: TestClient) -> None:
    data = report_about(client, "biên chế")
    page = client.get(f"/reports/{data['id']}", params={"q": "bien che"}).text
    assert data["docno"] in page and "Mục lục" in page
    assert re.search(r"<mark>[Bb]iên chế</mark>", page)


def test_the_original_is_saved_not_shown(client: TestClient, archive: Path) -> None:
    for report in reports(archive):
        answer = client.get(f"/reports/{report.id}/original")
        assert len(answer.content) == report.source.size
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].startswith("attachment")


def test_pages_of_a_pdf_are_pictures(client: TestClient, archive: Path) -> None:
    pdf = next(r for r in reports(archive) if r.source.media_type == "application/pdf")
    answer = client.get(f"/reports/{pdf.id}/pages/1.png")
    assert answer.content.startswith(b"\x89PNG")
    assert client.get(f"/reports/{pdf.id}/pages/{len(pdf.pages_at) + 1}.png").status_code == 404
    text = next(r for r in reports(archive) if r.source.media_type == "text/plain")
    assert client.get(f"/reports/{text.id}/pages/1.png").status_code == 404


@pytest.mark.parametrize("id_", ["0000000000000000", "zz", "..%2f..%2fetc", "ab"])
def test_no_such_report(client: TestClient, id_: str) -> None:
    assert client.get(f"/reports/{id_}").status_code in (404, 422)
    assert "error" in client.get(f"/api/reports/{id_}").json()


def sentence_of(data: dict[str, Any], label: str) -> dict[str, Any]:
    return next(s for s in data["sentences"] if s["label"] == label)


def test_a_relabelled_sentence_stays_so_when_read_anew(client: TestClient, archive: Path) -> None:
    data = report_about(client, "biên chế")
    start = sentence_of(data, "difficulty")["start"]
    answer = client.post(
        f"/reports/{data['id']}/corrections",
        data={"act": "relabel", "start": start, "label": "recommendation"}, follow_redirects=False,
    )  # fmt: skip
    assert answer.headers["location"].endswith(f"#s{start}")

    def label() -> tuple[str, str]:
        told = next(s for s in client.get(f"/api/reports/{data['id']}").json()["sentences"] if s["start"] == start)
        return told["label"], told["by"]

    assert label() == ("recommendation", "person")
    done = run("ingest", "--again", ROOT / "samples" / "reports", "--archive", archive)
    assert done.returncode == 0, done.stderr
    assert label() == ("recommendation", "person")
    assert "Xếp câu" in client.get(f"/reports/{data['id']}").text
    (entry,) = client.get("/api/corrections", params={"report": data["id"]}).json()
    assert entry["by"] and entry["at"]
    client.post(f"/corrections/{entry['number']}/undo", data={"back": f"/reports/{data['id']}"})
    assert label() == ("difficulty", "model")


def test_a_correction_is_found_by_the_search(client: TestClient) -> None:
    import time

    data = report_about(client, "biên chế")
    start = sentence_of(data, "difficulty")["start"]
    client.post(f"/api/reports/{data['id']}/corrections", json={"act": "relabel", "start": start, "label": "other"})

    def labels() -> set[str]:
        found = client.get("/api/search", params={"q": "biên chế", "by": "sentence"}).json()
        return {
            s["label"]
            for h in found["hits"]
            for s in h["sentences"]
            if (h["report"], s["start"]) == (data["id"], start)
        }

    until = time.monotonic() + 20
    while labels() != {"other"} and time.monotonic() < until:
        time.sleep(0.1)
    assert labels() == {"other"}


def test_mentions_are_added_changed_and_removed(client: TestClient) -> None:
    data = report_about(client, "biên chế")
    sentence = sentence_of(data, "difficulty")
    word = sentence["text"].index("iên chế") - 1
    place = {"start": sentence["start"] + word, "end": sentence["start"] + word + 8}
    address = f"/api/reports/{data['id']}/corrections"

    def there() -> list[tuple[str, str]]:
        entities = client.get(f"/api/reports/{data['id']}").json()["entities"]
        return [(e["type"], e["norm"]) for e in entities if e["start"] == place["start"]]

    assert client.post(address, json={"act": "add", **place, "type": "UNIT", "norm": "Ban Biên chế"}).status_code == 201
    assert there() == [("UNIT", "Ban Biên chế")]
    client.post(address, json={"act": "retype", "start": place["start"], "type": "PERSON"})
    assert [t for t, _ in there()] == ["PERSON"]
    client.post(address, json={"act": "remove", "start": place["start"]})
    assert there() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"act": "relabel", "start": 0}, {"act": "add", "start": 0, "type": "UNIT"}, {"act": "retype", "start": 0},
        {"act": "relabel", "start": 10**9, "label": "other"}, {"act": "drop", "start": 0},
        {"act": "add", "start": 5, "end": 2, "type": "UNIT"}, {"act": "add", "start": 0, "end": 3, "type": "DATE", "norm": "x"},
    ],
)  # fmt: skip
def test_corrections_that_cannot_be(client: TestClient, wrong: dict[str, Any]) -> None:
    data = report_about(client, "biên chế")
    assert client.post(f"/api/reports/{data['id']}/corrections", json=wrong).status_code in (400, 422)
    assert client.get("/api/corrections").json() == []


def test_two_units_are_merged_and_parted(client: TestClient) -> None:
    units = dict(client.get("/api/search", params={"q": "năm"}).json()["facets"]["unit"])
    alias, name = list(units)[:2]
    page = client.post("/units/merge", data={"alias": alias, "name": name})
    assert page.status_code == 200 and name in page.text
    (entry,) = client.get("/api/corrections").json()
    assert (entry["alias"], entry["name"]) == (alias, name)
    assert client.post("/api/units/merge", json={"alias": alias, "name": "Khác"}).status_code == 400
    assert client.delete(f"/api/corrections/{entry['number']}").status_code == 200
    assert client.get("/api/corrections").json() == []


def test_pages_of_units_people_and_numbers(client: TestClient) -> None:
    facets = client.get("/api/search", params={"q": "năm"}).json()["facets"]
    for address, facet, type_ in (
        ("/units", "unit", "UNIT"),
        ("/persons", "person", "PERSON"),
        ("/documents", "docno", "DOCNO"),
    ):
        if facets[facet]:
            name = facets[facet][0][0]
            page = client.get(address, params={"name": name}).text
            assert "Số câu theo năm" in page and "Mới nhất" in page
            told = client.get("/api/entities", params={"type": type_, "name": name}).json()
            assert told["sentences"] >= facets[facet][0][1] and told["years"]
    assert client.get("/units", params={"name": "Không có đơn vị này"}).status_code == 200
    assert client.get("/api/entities", params={"type": "DATE", "name": "2017"}).status_code == 400


def test_related_reports(client: TestClient, archive: Path) -> None:
    thanh_tra = next(r for r in reports(archive) if r.source.name.startswith("02-"))
    related = client.get(f"/api/reports/{thanh_tra.id}/citations").json()["related"]
    assert related and all(r["report"] != thanh_tra.id for r in related)
    assert "Báo cáo liên quan" in client.get(f"/reports/{thanh_tra.id}").text
