"""The JSON API as its own description promises: whatever is sent, nothing fails unforeseen, and errors have one shape."""

import os
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

try:
    import httpx
    import hypothesis
    import schemathesis
    from hypothesis import HealthCheck, Phase, settings
    from schemathesis import GenerationMode
except ModuleNotFoundError:
    if os.environ.get("CI"):
        raise
    pytest.skip("schemathesis is not installed: pip install -e '.[dev]'.", allow_module_level=True)

from baocao.web.app import create_app
from baocao.web.settings import Serving

CASES = int(os.environ.get("BAOCAO_API_CASES", "6"))  # an operation; the run took 1,000 in all


@pytest.fixture(scope="module")
def described(made_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    import shutil

    folder = Path(shutil.copytree(made_archive, tmp_path_factory.mktemp("api") / "archive"))
    with TestClient(
        create_app(Serving(str(folder))), base_url="http://localhost", raise_server_exceptions=False
    ) as client:
        yield client


def test_every_operation_is_described(described: Any) -> None:
    told = described.get("/api/openapi.json").json()
    assert {t for p in told["paths"].values() for o in p.values() for t in o.get("tags", ())} >= {
        "search", "reports", "corrections", "entities",
    }  # fmt: skip
    for path, operations in told["paths"].items():
        assert path.startswith("/api/")
        for operation in operations.values():
            assert operation.get("description") or operation.get("summary"), path


def test_nothing_sent_fails_unforeseen(described: Any) -> None:
    client = described
    schema = schemathesis.openapi.from_dict(client.get("/api/openapi.json").json())
    tried, failed, statuses = 0, [], dict[int, int]()

    def send(case: Any) -> None:
        nonlocal tried
        tried += 1
        try:
            answer = client.request(**sent(case), follow_redirects=False)
        except (UnicodeError, httpx.InvalidURL, ValueError):
            return  # what no client can send
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        if answer.status_code >= 500 and answer.status_code != 503:
            failed.append((case.method, case.formatted_path, case.query, answer.status_code, answer.content[:300]))
        if answer.status_code >= 400 and case.method != "HEAD":
            told = answer.json()
            assert set(told) == {"error"} and set(told["error"]) == {"code", "message"}, (case.formatted_path, told)

    for found, mode in product(list(schema.get_all_operations()), (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)):
        wanted = settings(
            max_examples=CASES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        cases = hypothesis.given(case=found.ok().as_strategy(generation_mode=mode))
        with suppress(hypothesis.errors.Unsatisfiable):  # nothing can be wrong where nothing is wanted
            hypothesis.seed(7)(wanted(cases(send)))()
    assert tried > 200 and statuses[200] > 50
    assert failed == []


def sent(case: Any) -> dict[str, Any]:
    """What a client is asked to send for a case."""
    told: dict[str, Any] = case.as_transport_kwargs(base_url="http://localhost")
    told["headers"] = {
        str(n): str(v) for n, v in told["headers"].items() if n.lower() not in ("user-agent", "host", "content-length")
    }
    if isinstance(told.get("data"), bytes | str):
        told["content"] = told.pop("data")
    return {n: v for n, v in told.items() if v is not None and n != "cookies"}
