"""What goes wrong, as application/problem+json with a sentence in Vietnamese."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from console.api.shapes import Problem, Wrong

SAID = {  # of pydantic's kinds of error
    "missing": "thiếu trường này", "extra_forbidden": "không có trường này", "string_type": "phải là một đoạn chữ",
    "int_type": "phải là số nguyên", "bool_type": "phải là true hoặc false", "list_type": "phải là một danh sách",
    "model_type": "phải là một đối tượng JSON", "model_attributes_type": "phải là một đối tượng JSON",
    "json_invalid": "không phải JSON hợp lệ", "string_too_long": "dài hơn {max_length} ký tự",
    "string_too_short": "ngắn hơn {min_length} ký tự", "too_long": "nhiều hơn {max_length} mục",
    "greater_than_equal": "nhỏ hơn {ge}", "less_than_equal": "lớn hơn {le}", "literal_error": "chỉ được là: {expected}",
    "int_parsing": "phải là số nguyên", "int_parsing_size": "số quá lớn", "int_from_float": "phải là số nguyên",
    "date_from_datetime_parsing": "phải là ngày dạng 2026-07-01", "date_type": "phải là ngày dạng 2026-07-01",
    "string_pattern_mismatch": "không đúng dạng {pattern}", "date_parsing": "phải là ngày dạng 2026-07-01",
}
UNKNOWN = {
    401: "Thiếu mã truy cập, hoặc mã đã bị thu hồi hay hết hạn. Gửi kèm: Authorization: Bearer <mã>.",
    404: "Không có địa chỉ này trong API.", 405: "Địa chỉ này không nhận phương thức đó.",
    413: "Yêu cầu lớn quá mức cho phép.", 415: "Nội dung phải là JSON (Content-Type: application/json).",
    500: "Có lỗi ở phía Loa. Vui lòng thử lại; nếu còn lỗi, báo quản trị hệ thống.",
}


class Refused(Exception):
    def __init__(self, status: int, detail: str = "", errors: Sequence[Wrong] = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail or UNKNOWN[status], list(errors)


def problem(status: int, detail: str, errors: Sequence[Wrong] = (), headers: dict[str, str] | None = None) -> Response:
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return Response(body.model_dump_json(), status, headers, "application/problem+json")


def of(refused: Refused) -> Response:
    headers = {"www-authenticate": 'Bearer realm="loa"'} if refused.status == 401 else None
    return problem(refused.status, refused.detail, refused.errors, headers)


def invalid(found: ValidationError) -> Refused:
    errors = [Wrong(where=".".join(map(str, one["loc"])), said=_said(one)) for one in found.errors(include_url=False)]
    return Refused(422, "Yêu cầu chưa đúng mẫu; xem errors.", errors[:50])


def _said(one: Any) -> str:
    return SAID.get(one["type"], "giá trị không hợp lệ").format_map(one.get("ctx") or {})


async def of_http(_request: Request, raised: Exception) -> Response:
    """Starlette's own: no such path, no such method."""
    status = raised.status_code if isinstance(raised, HTTPException) else 500
    headers = dict(raised.headers or {}) if isinstance(raised, HTTPException) else None
    return problem(status, UNKNOWN.get(status, HTTPStatus(status).phrase), headers=headers)
