"""Logging in at an office's OpenID provider: a small real one that runs on loopback as long as the tests."""

import base64
import hashlib
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from people import CHEAP, PASSWORD, browser, log_in, log_of, made_office, page, record_of
from processes import free_port, run

from baocao.errors import UsageError
from baocao.index.settings import OpenId
from baocao.web import accounts, passwords
from baocao.web.journal import By
from baocao.web.oidc import role_of
from baocao.web.ready import ready
from baocao.web.roles import Role
from baocao.web.settings import Serving

SECRET = "a-secret-of-the-office"


class Provider:
    """Signs in whoever comes, as `claims` tells; `wrong` makes it do one thing as it should not."""

    def __init__(self) -> None:
        self.issuer = f"http://127.0.0.1:{free_port()}/office"
        self.key, self.other = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})
        self.claims: dict[str, Any] = {}
        self.wrong, self.asked = "", 0
        self._codes: dict[str, dict[str, str]] = {}
        self.app = FastAPI()
        self.app.get("/office/.well-known/openid-configuration")(self.configuration)
        self.app.get("/office/authorize")(self.authorize)
        self.app.post("/office/token")(self.token)
        self.app.get("/office/keys")(lambda: {"keys": [self.key.as_dict(private=False)]})

    def configuration(self) -> dict[str, str]:
        self.asked += 1
        told = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        addresses = {name: f"{self.issuer}/{path}" for name, path in told.items()}
        if self.wrong == "plain address":
            addresses["token_endpoint"] = "http://login.example/token"
        return {"issuer": "http://127.0.0.1/other" if self.wrong == "issuer" else self.issuer, **addresses}

    def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (
            asked["response_type"] == "code" and asked["code_challenge_method"] == "S256" and "openid" in asked["scope"]
        )
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", status_code=302)

    def token(self, request: Request, code: Annotated[str, Form()], code_verifier: Annotated[str, Form()]) -> Response:
        asked = self._codes.pop(code, None)
        expected = "Basic " + base64.b64encode(f"page:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
        if asked is None or request.headers.get("authorization") != expected or proof != asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant", "error_description": SECRET}, status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": "page",
            "sub": "1",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        key: Any = self.key
        match self.wrong:
            case "signature":
                key = self.other
            case "nonce" | "iss" | "aud" as name:
                claims[name] = "another"
            case "azp":
                claims |= {"aud": ["page", "another"], "azp": "another"}
            case "expired":
                claims["exp"] = now - 3_600
            case "no expiry":
                del claims["exp"]
            case "broken":
                return Response("<html>" + SECRET)
            case "none":
                token = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode() + ".e30."
                return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})
            case "symmetric":  # signed with the public key as if it were a secret
                public = OctKey.import_key(self.key.as_pem(private=False))
                token = jwt.encode({"alg": "HS256", "kid": "1"}, claims, public, algorithms=["HS256"])
                return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})
        token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": token})


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    provider = Provider()
    port = urlsplit(provider.issuer).port
    assert port
    server = uvicorn.Server(uvicorn.Config(provider.app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.02)
    yield provider
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def provider(running: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    monkeypatch.setenv("NO_PROXY", "*")
    running.claims, running.wrong, running.asked = {"preferred_username": "Lan@So.Vn"}, "", 0
    return running


def settings(provider: Provider, **more: str) -> str:
    return f'oidc_issuer = "{provider.issuer}"\noidc_client = "page"\noidc_secret_file = "secret"\n' + "".join(
        f"{name} = {value}\n" for name, value in more.items()
    )


ROLES = {"oidc_role_claim": '"realm_access.roles"', "oidc_roles": '["heads=admin", "editors=editor"]'}


@pytest.fixture
def office(tmp_path: Path, provider: Provider) -> Iterator[TestClient]:
    folder = made_office(tmp_path)
    (folder / "baocao.toml").write_text(settings(provider, **ROLES))
    (folder / "secret").write_text(SECRET + "\n")
    with page(folder) as client:
        yield client


def there(client: TestClient, next: str = "/account") -> str:
    """Go to the provider and let it sign in; return the address that leads back."""
    import httpx2

    sent = client.get("/login/openid", params={"next": next})
    assert sent.status_code == 303, sent.text
    answer = httpx2.get(sent.headers["location"], trust_env=False)
    return answer.headers["location"].removeprefix("http://localhost")


def test_a_login_there_is_a_session_here(office: TestClient, provider: Provider) -> None:
    assert "/login/openid?next=/account" in office.get("/login?next=/account").text
    done = office.get(there(office))
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    shown = office.get("/account").text
    assert "lan@so.vn" in shown and "Người đọc" in shown and 'name="old"' not in shown
    assert "openid" not in office.cookies
    (lan,) = [a for a in accounts.everyone(record_of(office)) if a.elsewhere]
    assert (lan.name, lan.role) == ("lan@so.vn", Role.READER)
    assert [line.did for line in log_of(office, who="lan@so.vn")] == ["login", "account"]
    assert (
        log_in(browser(office), "lan@so.vn", PASSWORD) == 401
        and log_in(browser(office), "lan@so.vn", "openid 1") == 401
    )
    assert (
        office.get(there(office)).status_code == 303 and provider.asked == 1
    )  # what it says of itself is kept a while


def test_the_role_follows_the_claim(office: TestClient, provider: Provider) -> None:
    for roles, role in (
        (["editors"], "editor"),
        (["editors", "heads"], "admin"),
        (["others"], "reader"),
        ("heads", "admin"),
    ):
        provider.claims["realm_access"] = {"roles": roles}
        office.get(there(office))
        assert office.get("/api/account").json() == {"name": "lan@so.vn", "role": role}


def test_an_account_with_a_password_is_taken_by_nobody(office: TestClient, provider: Provider) -> None:
    provider.claims["preferred_username"] = "AN"
    answer = office.get(there(office))
    assert answer.status_code == 401 and office.get("/account").status_code == 303
    provider.claims = {"preferred_username": "lan", "sub": "1"}
    assert office.get(there(office)).status_code == 303
    provider.claims["sub"] = "2"  # another person there who took the name
    assert browser(office).get("/account").status_code == 303
    other = browser(office)
    assert other.get(there(other)).status_code == 401


def test_who_is_disabled_here_stays_out(office: TestClient) -> None:
    office.get(there(office))
    accounts.set_enabled(record_of(office), By("test"), "lan@so.vn", False)
    assert office.get("/account").status_code == 303
    assert office.get(there(office)).status_code == 401


@pytest.mark.parametrize(
    "wrong", ["signature", "nonce", "iss", "aud", "azp", "expired", "no expiry", "broken", "none", "symmetric"]
)
def test_a_token_that_is_not_right_lets_nobody_in(
    office: TestClient, provider: Provider, wrong: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.wrong = wrong
    answer = office.get(there(office))
    assert answer.status_code == 502 and SECRET not in answer.text + caplog.text
    assert "session" not in office.cookies and len(accounts.everyone(record_of(office))) == 3


@pytest.mark.parametrize("wrong", ["issuer", "plain address"])
def test_a_provider_that_tells_of_itself_what_is_not_right_is_not_asked(
    office: TestClient, provider: Provider, wrong: str
) -> None:
    provider.wrong = wrong
    assert office.get("/login/openid").status_code == 502


def test_a_name_that_is_not_told_or_none_lets_nobody_in(office: TestClient, provider: Provider) -> None:
    for name, status in ((None, 502), ("", 401), ("a b/<c>", 401), (7, 502)):
        provider.claims = {"preferred_username": name} if name is not None else {}
        assert office.get(there(office)).status_code == status
    assert len(accounts.everyone(record_of(office))) == 3


def test_nobody_is_made_to_come_back_as_somebody_else(office: TestClient) -> None:
    back, other = there(office), browser(office)
    assert other.get(back).status_code == 400  # an address that an attacker sends to somebody
    other.get("/login/openid")
    assert other.get(back).status_code == 400  # not theirs
    state = parse_qs(urlsplit(back).query)["state"][0]
    for query in (f"?state={state}", "?code=code-0", f"?code=code-0&state={state}x", f"?error=access_denied&state={state}",
                  f"?code=code-0&state={state}&iss=https://evil.example"):  # fmt: skip
        assert office.get(f"/login/openid/back{query}").status_code in (400, 502), query
    sealed = office.cookies["openid"]
    office.cookies.clear()
    office.cookies.set("openid", sealed[:-1] + ("0" if sealed[-1] != "0" else "1"))
    assert office.get(back).status_code == 400
    office.cookies.clear()
    office.cookies.set("openid", sealed)
    assert office.get(back).status_code == 303
    assert office.get(back).status_code in (400, 502)  # a code serves once


def test_after_the_login_there_nothing_leads_elsewhere(office: TestClient) -> None:
    assert office.get(there(office, "https://evil.example/")).headers["location"] == "/"


def test_a_provider_that_is_away_is_told_in_one_sentence(tmp_path: Path, provider: Provider) -> None:
    folder = made_office(tmp_path)
    (folder / "baocao.toml").write_text(f'oidc_issuer = "http://127.0.0.1:{free_port()}"\noidc_client = "page"\n')
    with page(folder) as client:
        answer = client.get("/login/openid")
        assert answer.status_code == 502 and "Không đăng nhập được ở máy chủ tài khoản" in answer.text
        assert log_in(client, "an") == 303  # those with a password still get in


def test_without_a_provider_there_is_no_such_login(tmp_path: Path) -> None:
    with page(made_office(tmp_path)) as client:
        assert client.get("/login/openid").status_code == 400
        assert client.get("/login/openid/back?state=x&code=y").status_code == 400
        assert "/login/openid" not in client.get("/login").text


def test_with_a_provider_the_page_opens_without_an_admin_of_its_own(tmp_path: Path, provider: Provider) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "baocao.toml").write_text(f'oidc_issuer = "{provider.issuer}"\noidc_client = "page"\n')
    ready(Serving(str(tmp_path / "archive"), accounts=True))
    assert provider.asked == 0  # nobody is called before somebody logs in


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('oidc_issuer = "http://login.tinh.vn"\noidc_client = "page"', "oidc_issuer is no address"),
        ('oidc_issuer = "https://user:pw@login.tinh.vn"\noidc_client = "page"', "oidc_issuer is no address"),
        ('oidc_issuer = "https://login.tinh.vn"', "not oidc_client"),
        (
            'oidc_issuer = "https://a.vn"\noidc_client = "p"\noidc_roles = ["x=boss"]\noidc_role_claim = "g"',
            "oidc_roles has to",
        ),
        ('oidc_issuer = "https://a.vn"\noidc_client = "p"\noidc_roles = ["x=admin"]', "one is missing"),
        ('oidc_issuer = "https://a.vn"\noidc_client = "p"\noidc_role_claim = "groups"', "one is missing"),
        ('oidc_issuer = "https://a.vn"\noidc_client = "p"\noidc_secret_file = "none"', "cannot be read"),
    ],
)
def test_settings_that_cannot_be_right_are_told(tmp_path: Path, lines: str, words: str) -> None:
    (tmp_path / "baocao.toml").write_text(lines)
    with pytest.raises(UsageError, match=words) as told:
        OpenId.of(tmp_path)
    assert "pw" not in str(told.value)


def test_the_environment_goes_before_the_file_and_a_secret_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "baocao.toml").write_text('oidc_issuer = "https://a.vn"\noidc_client = "p"\noidc_secret = "x"')
    monkeypatch.setenv("BAOCAO_OIDC_SECRET", SECRET)
    found = OpenId.of(tmp_path)
    assert found is not None and found.secret == SECRET and SECRET not in repr(found)
    assert SECRET not in (run("doctor", "--archive", tmp_path).stdout)


def test_roles_are_found_by_the_claim_s_whole_name_or_inside_of_others() -> None:
    url = OpenId("i", "c", role_claim="https://office.vn/roles", roles=(("a=b", "editor"),))
    assert role_of(url, {"https://office.vn/roles": ["a=b"]}) is Role.EDITOR
    assert role_of(url, {"https://office": "x"}) is Role.READER
    assert role_of(OpenId("i", "c"), {"roles": ["admin"]}) is None
