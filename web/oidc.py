"""Logging in at the office's OpenID provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0).

Only the provider that the settings name is called, and only while somebody logs in. What has to last from going there
to coming back is in a sealed cookie, so that nobody can be made to come back as somebody else.
"""

import base64
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from baocao.errors import UsageError
from baocao.index.settings import OpenId, is_safe_address
from baocao.web import accounts, cookies
from baocao.web.access import TheDesk, address
from baocao.web.addresses import local
from baocao.web.desk import Desk
from baocao.web.login import entered
from baocao.web.passwords import BusyError
from baocao.web.refusals import ProviderError, StrayError
from baocao.web.roles import Role

shown = APIRouter()
api = APIRouter()

_COOKIE, _LASTS = "openid", 600  # seconds to log in there
_SECONDS = 10.0  # that an answer may take
_SIGNED = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_at_once = threading.Semaphore(4)  # a slow provider must not take all threads of the page
Told = Annotated[str, Query(max_length=4_000)]


def check_installed() -> None:
    """Raise UsageError where what logs in at a provider is not installed."""
    try:
        import authlib.integrations.httpx_client  # noqa: F401
    except ModuleNotFoundError as missing:
        raise UsageError(f"oidc_issuer needs {missing.name}; run `pip install 'baocao[oidc]'`.") from missing


@shown.get("/login/openid")
def go(request: Request, desk: TheDesk, next: Told = "/") -> Response:
    """Send somebody to the provider."""
    provider = _provider(desk)
    kept = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")}
    kept |= {"next": local(next), "until": str(int(time.time()) + _LASTS)}
    with _called(), _client(provider, request) as client:
        url, _ = client.create_authorization_url(
            _known(desk, provider, client)["authorization_endpoint"], state=kept["state"], nonce=kept["nonce"],
            code_verifier=kept["verifier"],
        )  # fmt: skip
    answer = RedirectResponse(url, status_code=303)
    cookies.put(request, answer, _COOKIE, _sealed(desk.secret, kept), _LASTS)
    return answer


@shown.get("/login/openid/back")
def back(
    request: Request, desk: TheDesk, state: Told = "", code: Told = "", error: Told = "", iss: Told = ""
) -> Response:
    """Take somebody in who comes back from the provider."""
    provider = _provider(desk)
    kept = _opened(desk.secret, cookies.read(request, _COOKIE))
    if not kept or not hmac.compare_digest(kept["state"].encode(), state.encode("utf-8", "surrogatepass")):
        raise StrayError("This login was not begun in this browser, or too long ago; log in again.")
    if error or not code or (iss and iss != provider.issuer):
        raise ProviderError("The provider did not let you log in; try again, or ask whoever looks after it.")
    with _called(), _client(provider, request) as client:
        known = _known(desk, provider, client)
        told = client.fetch_token(known["token_endpoint"], code=code, code_verifier=kept["verifier"])
        keys = _got(client, known["jwks_uri"])
        claims = _claims(provider, str(told.get("id_token", "")), keys, kept["nonce"])
    name = claims.get(provider.name_claim)
    if not isinstance(name, str):
        raise ProviderError(f"The provider tells no {provider.name_claim}; let it, or set oidc_name_claim.")
    token = accounts.log_in_from_elsewhere(
        desk.record, name, str(claims["sub"]), role_of(provider, claims), address(request)
    )
    answer = entered(request, desk, token, accounts.spelled(name), kept["next"])
    cookies.drop(request, answer, _COOKIE)
    return answer


def role_of(provider: OpenId, claims: Mapping[str, Any]) -> Role | None:
    """Return the highest role that the claims give, reader where they give none; None where no claim is asked."""
    if provider.role_claim is None:
        return None
    found: Any = claims.get(provider.role_claim)
    if found is None:  # such as realm_access.roles
        found = claims
        for part in provider.role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    roles = [Role(role) for value, role in provider.roles if value in values]
    return max(roles, key=list(Role).index, default=Role.READER)


def _provider(desk: Desk) -> OpenId:
    provider = OpenId.of(desk.folder) if desk.serving.accounts else None
    if provider is None:
        raise UsageError("No OpenID provider is set (oidc_issuer in baocao.toml).")
    return provider


def _client(provider: OpenId, request: Request) -> Any:
    from authlib.integrations.httpx_client import OAuth2Client

    # Without a secret the page is a public client; PKCE alone binds the code to it.
    return OAuth2Client(
        client_id=provider.client, client_secret=provider.secret, scope="openid profile",
        token_endpoint_auth_method="client_secret_basic" if provider.secret else "none",
        redirect_uri=f"{request.url.scheme}://{request.url.netloc}/login/openid/back",
        code_challenge_method="S256", timeout=_SECONDS, follow_redirects=False,
    )  # fmt: skip


def _known(desk: Desk, provider: OpenId, client: Any) -> dict[str, str]:
    """Return what the provider says of itself; asked anew every ten minutes."""

    def asked() -> dict[str, str]:
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        told = _got(client, url)
        wanted = {name: str(told[name]) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        if told["issuer"] != provider.issuer or not all(map(is_safe_address, wanted.values())):
            raise ProviderError("The provider names another issuer than oidc_issuer, or an address without https.")
        return wanted

    return desk.kept("openid", (provider.issuer, int(time.time() // 600)), asked)


def _got(client: Any, url: str) -> dict[str, Any]:
    told = client.request("GET", url, withhold_token=True).raise_for_status().json()
    if not isinstance(told, dict):
        raise ValueError
    return told


def _claims(provider: OpenId, token: str, keys: Any, nonce: str) -> dict[str, Any]:
    """Return what a token says, once it is seen to be the provider's, for this page, now, and for this login."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(_SIGNED)).claims
    wanted: dict[str, Any] = {name: {"essential": True} for name in ("exp", "iat", "sub")}
    for name, value in (("iss", provider.issuer), ("aud", provider.client), ("nonce", nonce)):
        wanted[name] = {"essential": True, "value": value}
    if "azp" in claims or (isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1):
        wanted["azp"] = {"essential": True, "value": provider.client}
    jwt.JWTClaimsRegistry(leeway=60, **wanted).validate(claims)
    return dict(claims)


@contextmanager
def _called() -> Iterator[None]:
    """Turn what goes wrong on the way to the provider into one sentence; its own words may hold a secret."""
    from authlib.common.errors import AuthlibBaseError
    from httpx2 import HTTPError
    from joserfc.errors import JoseError

    if not _at_once.acquire(blocking=False):
        raise BusyError("Many are logging in just now; try again in a second.")
    try:
        yield
    except (AuthlibBaseError, JoseError, HTTPError, ValueError, KeyError) as error:
        raise ProviderError(
            f"The OpenID provider cannot be reached or gives no valid answer ({type(error).__name__}); try again."
        ) from error
    finally:
        _at_once.release()


def _sealed(secret: bytes, kept: Mapping[str, str]) -> str:
    body = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{body}.{hmac.new(secret, f'openid {body}'.encode(), 'sha256').hexdigest()}"


def _opened(secret: bytes, sealed: str) -> dict[str, str] | None:
    """Return what `_sealed` put together, or None where somebody else did, or too long ago."""
    body, _, seal = sealed.partition(".")
    right = hmac.new(secret, f"openid {body}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()
    if not hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), right.encode()):
        return None
    kept: dict[str, str] = json.loads(base64.urlsafe_b64decode(body))
    return kept if int(kept["until"]) > time.time() else None
