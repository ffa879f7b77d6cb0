"""What a person or a program is told when something cannot be done: one shape, one sentence, never a path or trace."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from baocao.errors import (
    ArchiveBusyError,
    BaocaoError,
    NotFoundError,
    QueryError,
    RecordDownError,
    UsageError,
)
from baocao.index.search import SearchDownError
from baocao.web.access import ForbiddenError, LoginNeededError, known
from baocao.web.guard import TooLargeError
from baocao.web.showing import page
from baocao.web.wording import said

_LOG = logging.getLogger("baocao.web")
_STATUS: tuple[tuple[type[BaocaoError], int], ...] = (
    (LoginNeededError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ArchiveBusyError, 409),
    (SearchDownError, 503),
    (RecordDownError, 503),
    (UsageError, 400),
)
# In Vietnamese, since a clerk reads them; the code and the English sentence stand below for whoever looks after it.
_SAID: tuple[tuple[type[BaocaoError], str], ...] = (
    (LoginNeededError, "Bạn cần đăng nhập để xem trang này."),
    (ForbiddenError, "Tài khoản của bạn không có quyền làm việc này; hãy hỏi người quản trị."),
    (QueryError, "Câu tìm kiếm chưa đúng; hãy xem lại dấu ngoặc và từ khóa."),
    (NotFoundError, "Không tìm thấy nội dung bạn yêu cầu; có thể nó đã được thay hoặc xóa."),
    (ArchiveBusyError, "Kho báo cáo đang được ghi; hãy thử lại sau ít phút."),
    (SearchDownError, "Máy chủ tìm kiếm tạm thời không trả lời; hãy thử lại sau ít phút."),
    (RecordDownError, "Máy chủ lưu báo cáo tạm thời không trả lời; hãy thử lại sau ít phút."),
    (UsageError, "Yêu cầu chưa hợp lệ; hãy kiểm tra lại những gì đã nhập."),
)
_BY_STATUS = {
    404: "Không có trang này.",
    405: "Không thể làm việc này ở đây.",
    413: "Dữ liệu gửi lên quá lớn.",
    422: "Yêu cầu chưa hợp lệ; hãy kiểm tra lại những gì đã nhập.",
}
_UNFORESEEN = "Trang gặp lỗi ngoài dự kiến; những gì đã lưu vẫn an toàn. Hãy báo cho người quản trị."


class Fault(BaseModel):
    """What went wrong: a stable code, and a sentence."""

    code: str
    message: str


class FaultAnswer(BaseModel):
    """The body of every answer that is no success."""

    error: Fault


def add_handlers(app: FastAPI) -> None:
    """Let the application answer failures."""
    app.add_exception_handler(BaocaoError, _foreseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(TooLargeError, _too_large)
    app.add_exception_handler(Exception, _unforeseen)


def said_of(error: BaocaoError) -> str:
    """Return the Vietnamese sentence for an error."""
    return next((words for kind, words in _SAID if isinstance(error, kind)), _UNFORESEEN)


def _foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, BaocaoError)  # noqa: S101
    status = next((number for kind, number in _STATUS if isinstance(error, kind)), 500)
    if status == 401 and not _is_api(request) and request.method == "GET":
        from urllib.parse import quote

        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", status_code=303)
    return _answer(request, status, error.code, said_of(error), str(error))


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
    return _answer(request, 422, "BC100", _BY_STATUS[422], told)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    told = _BY_STATUS.get(error.status_code, _UNFORESEEN)
    answer = _answer(request, error.status_code, f"HTTP{error.status_code}", told, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _too_large(request: Request, error: Exception) -> Response:
    return _answer(request, 413, "HTTP413", _BY_STATUS[413], "What was sent is too large.")


def _unforeseen(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
    return _answer(request, 500, "BC000", _UNFORESEEN, "This is a fault of baocao; its log says where.")


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _answer(request: Request, status: int, code: str, words: str, english: str) -> Response:
    if _is_api(request) or "application/json" in request.headers.get("accept", ""):
        body = {"error": {"code": code, "message": english}}
        return JSONResponse(body, status_code=status)
    visitor = known(request)
    return page(
        request, "fault.html", status=status, code=code, words=said(words, visitor.language), english=english,
    )  # fmt: skip
