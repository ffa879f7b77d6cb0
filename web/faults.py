"""What a person or a program is told when something cannot be done: one shape, one sentence, never a path or trace."""

import logging
from urllib.parse import quote

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
from baocao.insight.review.verify import UnfaithfulError
from baocao.web.access import ForbiddenError, LoginNeededError, known
from baocao.web.passwords import BusyError, WeakPasswordError
from baocao.web.refusals import (
    DifferentError,
    LastAdminError,
    ProviderError,
    StaleDraftError,
    StillCountingError,
    StrayError,
    TakenError,
    WrongLoginError,
)
from baocao.web.showing import page
from baocao.web.throttle import WaitError
from baocao.web.wording import said

_LOG = logging.getLogger("baocao.web")
_STATUS: tuple[tuple[type[BaocaoError], int], ...] = (
    (LoginNeededError, 401),
    (WrongLoginError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (ArchiveBusyError, 409),
    (LastAdminError, 409),
    (TakenError, 409),
    (StaleDraftError, 409),
    (UnfaithfulError, 422),
    (WaitError, 429),
    (BusyError, 429),
    (SearchDownError, 503),
    (RecordDownError, 503),
    (StillCountingError, 503),
    (StrayError, 400),
    (ProviderError, 502),
    (UsageError, 400),
)
# In Vietnamese, since a clerk reads them; the code and the English sentence stand below for whoever looks after it.
_SAID: tuple[tuple[type[BaocaoError], str], ...] = (
    (LoginNeededError, "Bạn cần đăng nhập để xem trang này."),
    (WrongLoginError, "Tên hoặc mật khẩu chưa đúng; hãy kiểm tra cả hai."),
    (ForbiddenError, "Tài khoản của bạn không có quyền làm việc này; hãy hỏi người quản trị."),
    (LastAdminError, "Phải còn ít nhất một người quản trị; hãy giao quyền quản trị cho người khác trước."),
    (TakenError, "Đã có tài khoản tên này; hãy chọn tên khác."),
    (WeakPasswordError, "Mật khẩu phải có ít nhất 10 ký tự, không trùng tên và không chỉ lặp lại vài ký tự."),
    (StaleDraftError, "Bản thảo đang được soạn hoặc đã được người khác sửa; hãy tải lại trang rồi làm tiếp."),
    (UnfaithfulError, "Câu sửa nêu điều mà nguồn không nói; hãy sửa theo nguồn, hoặc đánh dấu là ý của người soạn."),
    (WaitError, "Đăng nhập sai quá nhiều lần; hãy thử lại sau {wait} giây."),
    (BusyError, "Có nhiều người đang đăng nhập cùng lúc; hãy thử lại sau {wait} giây."),
    (QueryError, "Câu tìm kiếm chưa đúng; hãy xem lại dấu ngoặc và từ khóa."),
    (NotFoundError, "Không tìm thấy nội dung bạn yêu cầu; có thể nó đã được thay hoặc xóa."),
    (ArchiveBusyError, "Kho báo cáo đang được ghi; hãy thử lại sau ít phút."),
    (SearchDownError, "Máy chủ tìm kiếm tạm thời không trả lời; hãy thử lại sau ít phút."),
    (RecordDownError, "Máy chủ lưu báo cáo tạm thời không trả lời; hãy thử lại sau ít phút."),
    (StrayError, "Lần đăng nhập này không bắt đầu từ trình duyệt này hoặc đã quá lâu; hãy đăng nhập lại."),
    (ProviderError, "Không đăng nhập được ở máy chủ tài khoản của cơ quan; hãy thử lại hoặc hỏi người quản trị."),
    (DifferentError, "Hai lần nhập mật khẩu mới khác nhau; hãy nhập lại."),
    (StillCountingError, "Các báo cáo đang được xem qua; hãy thử lại sau ít phút."),
    (UsageError, "Yêu cầu chưa hợp lệ; hãy kiểm tra lại những gì đã nhập."),
)
_BY_STATUS = {
    400: "Yêu cầu chưa hợp lệ; hãy kiểm tra lại những gì đã nhập.",
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


def said_of(error: BaocaoError, language: str = "vi") -> str:
    """Return the sentence for an error as a clerk reads it."""
    words = next((words for kind, words in _SAID if isinstance(error, kind)), _UNFORESEEN)
    return said(words, language, wait=error.wait) if isinstance(error, WaitError | BusyError) else said(words, language)


def status_of(error: BaocaoError) -> int:
    """Return the HTTP status that goes with an error."""
    return next((number for kind, number in _STATUS if isinstance(error, kind)), 500)


def headers_of(error: BaocaoError) -> dict[str, str]:
    """Return the headers that go with an error."""
    return {"retry-after": str(error.wait)} if isinstance(error, WaitError | BusyError) else {}


def answered(request: Request, error: Exception) -> Response:
    """Return the answer for an error that came up around the page's own handlers."""
    return _foreseen(request, error) if isinstance(error, BaocaoError) else _unforeseen(request, error)


def _foreseen(request: Request, error: Exception) -> Response:
    assert isinstance(error, BaocaoError)  # noqa: S101
    status = status_of(error)
    if isinstance(error, LoginNeededError) and _is_page(request):
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(back, safe='')}", status_code=303)
    answer = _answer(request, status, error.code, said_of(error, known(request).language), str(error))
    answer.headers.update(headers_of(error))
    if status == 401 and _is_api(request) and not {"referer", "sec-fetch-site"} & set(request.headers):
        answer.headers["www-authenticate"] = 'Basic realm="baocao", charset="UTF-8"'  # a browser would ask by itself
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
    return _answer(request, 422, "BC100", _said(request, _BY_STATUS[422]), told)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    told = _BY_STATUS.get(error.status_code, _UNFORESEEN)
    answer = _answer(request, error.status_code, f"HTTP{error.status_code}", _said(request, told), str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def _unforeseen(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s", request.method, request.url.path, exc_info=error)
    return _answer(request, 500, "BC000", _said(request, _UNFORESEEN), "This is a fault of baocao; its log says where.")


def _is_page(request: Request) -> bool:
    """Tell whether a browser goes to a page, not for a part of one that is shown already."""
    return not _is_api(request) and request.method == "GET" and "x-part" not in request.headers


def _is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _said(request: Request, words: str) -> str:
    return said(words, known(request).language)


def _answer(request: Request, status: int, code: str, words: str, english: str) -> Response:
    if _is_api(request) or "application/json" in request.headers.get("accept", ""):
        body = {"error": {"code": code, "message": english}}
        return JSONResponse(body, status_code=status)
    return page(request, "fault.html", status=status, code=code, words=words, english=english)
