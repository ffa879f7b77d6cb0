"""Templates: rendering a page or a part of one, with what every template may use."""

from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from baocao.report import EntityType, Kind, Label
from baocao.web import wording
from baocao.web.roles import Visitor


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("baocao.web"), autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, cache_size=100, auto_reload=False,
    )  # fmt: skip
    environment.globals |= {
        "LABELS": wording.LABELS, "KINDS": wording.KINDS, "TYPES": wording.TYPES, "LANGUAGES": wording.LANGUAGES,
        "Label": Label, "Kind": Kind, "EntityType": EntityType, "urlencode": urlencode,
    }  # fmt: skip
    return environment


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page, or a part of one; `values` are the template's own."""
    visitor: Visitor = request.state.visitor
    language = visitor.language

    def translated(text: str, /, **filled: object) -> str:
        return wording.said(text, language, **filled)

    shared = {
        "_": translated, "visitor": visitor, "accounts": request.app.state.desk.serving.accounts,
        "path": request.url.path, "language": language,
        "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "day": wording.day, "count": lambda number: wording.count(number, language),
        "clock": wording.clock, "size": lambda number: wording.size(number, language),
    }  # fmt: skip
    return HTMLResponse(_environment().get_template(template).render(**shared, **values), status_code=status)
