"""The application: the pages, the JSON API, the files that go with them, and the guard around it all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

from baocao.web import (
    audit,
    cookies,
    corrections,
    difficulties,
    entities,
    followups,
    loading,
    login,
    oidc,
    quality,
    quarantine,
    reports,
    reviews,
    saved,
    search,
    tasks,
    uploads,
    users,
)
from baocao.web.access import THEMES, known
from baocao.web.addresses import local
from baocao.web.background import Background
from baocao.web.described import describe
from baocao.web.desk import Desk
from baocao.web.entrance import Entrance
from baocao.web.faults import FaultAnswer, add_handlers
from baocao.web.guard import Guard
from baocao.web.settings import Serving, from_environment
from baocao.web.wording import LANGUAGES

_AREAS = (
    search,
    saved,
    reports,
    corrections,
    entities,
    login,
    oidc,
    users,
    audit,
    uploads,
    quarantine,
    difficulties,
    followups,
    reviews,
    quality,
)
_FAULTS: dict[int | str, dict[str, Any]] = {
    status: {"model": FaultAnswer} for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
shown = APIRouter(include_in_schema=False)


def create_app(serving: Serving) -> FastAPI:
    """Return the application for an archive; it opens the archive when it starts and lets it go when it ends."""

    @asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        desk = app.state.desk = Desk(serving)
        programs = loading.program(desk.folder), tasks.program(desk.folder)
        background = Background(desk.record, desk.folder, *programs)
        try:
            yield
        finally:
            background.close()
            desk.close()

    app = FastAPI(
        title="baocao", version="1", lifespan=opened, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        description="Search, reports, corrections, difficulties, reviews and uploads of an archive of meeting reports.",
        dependencies=[Depends(known)],
    )  # fmt: skip
    app.add_middleware(Entrance, accounts=serving.accounts)
    app.add_middleware(
        Guard, names=serving.names, upload_limit=serving.upload_limit, secure=serving.secure
    )  # fmt: skip
    add_handlers(app)
    app.mount("/static", StaticFiles(directory=str(files("baocao.web").joinpath("static"))), name="static")
    app.include_router(shown)
    for area in _AREAS:
        app.include_router(area.shown, include_in_schema=False)
        app.include_router(area.api, prefix="/api", responses=_FAULTS)
    describe(app, serving)
    return app


def from_command() -> FastAPI:
    """Return the application that `baocao serve` asked for; each process of the page calls this."""
    return create_app(from_environment())


@shown.post("/look")
def look(
    request: Request,
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> RedirectResponse:
    """Choose the language or the colours of the page."""
    answer = RedirectResponse(local(back), status_code=303)
    for name, value, choices in (("language", language, tuple(LANGUAGES)), ("theme", theme, THEMES)):
        if value in choices:
            cookies.prefer(request, answer, name, value)
    return answer
