"""The API's description says how one logs in."""

from typing import Any

from fastapi import FastAPI

from baocao.web.settings import Serving


def describe(app: FastAPI, serving: Serving) -> None:
    """Let the description name the ways to log in: a session's cookie, and name and password with each request."""
    plain = app.openapi
    schemes = {
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-session" if serving.secure else "session",
            "description": "What POST /login sets.",
        },
        "basic": {"type": "http", "scheme": "basic", "description": "For programs."},
    }  # fmt: skip

    def described() -> dict[str, Any]:
        told = plain()
        told.setdefault("components", {})["securitySchemes"] = schemes
        told["security"] = [{"session": []}, {"basic": []}] if serving.accounts else [{}]
        return told

    app.openapi = described  # type: ignore[method-assign]
