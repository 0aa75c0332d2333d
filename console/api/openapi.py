"""The OpenAPI 3.1 document, from the table of endpoints and the models that check them."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic.json_schema import models_json_schema

from console.api.call import KEY, Endpoint
from console.api.shapes import MOST, Nothing, Problem
from network.api_tokens import SAID

REFS = "#/components/schemas/{model}"
PROBLEMS = {
    "400": "Yêu cầu hỏng", "401": "Thiếu hoặc sai mã truy cập", "403": "Mã truy cập thiếu phạm vi",
    "404": "Không tìm thấy", "409": "Trái quy tắc, hoặc Idempotency-Key đã dùng cho yêu cầu khác",
    "413": "Quá lớn", "415": "Không phải JSON", "422": "Chưa đúng mẫu", "429": "Hỏi quá nhanh",
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    bodies = {e.takes for e in endpoints if e.method == "POST"}
    models = [(model, "validation") for model in sorted(bodies, key=lambda m: m.__name__)]
    models += [(e.gives, "serialization") for e in endpoints] + [(Problem, "serialization")]
    refs, definitions = models_json_schema(models, ref_template=REFS)
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        path = re.sub(r":\w+\}", "}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loa API", "version": "1", "description": "API của mạng lưới truyền thông chính sách Loa."},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "loa token make"}},
        },
    }


def _operation(endpoint: Endpoint, refs: Any) -> dict[str, Any]:
    good = {"description": "Đã thực hiện", "content": {"application/json": {
        "schema": refs[(endpoint.gives, "serialization")]}}}
    wrong = {"application/problem+json": {"schema": refs[(Problem, "serialization")]}}
    found: dict[str, Any] = {
        "operationId": f"{endpoint.method.lower()}_{endpoint.handler.__module__.rpartition('.')[2]}_"
                       f"{endpoint.handler.__name__}",
        "summary": endpoint.summary,
        "description": f"Phạm vi cần có: `{endpoint.scope.value}` ({SAID[endpoint.scope]}).",
        "parameters": [*_of_path(endpoint), *_of_query(endpoint)],
        "responses": {str(endpoint.status): good} | {
            code: {"description": said, "content": wrong} for code, said in PROBLEMS.items()
        },
    }
    if endpoint.method == "POST":
        found["parameters"].append({
            "name": "Idempotency-Key", "in": "header",
            "schema": {"type": "string", "maxLength": KEY, "pattern": "^[ -~]*$"},
            "description": "Gửi lại với cùng khóa thì nhận lại đúng câu trả lời cũ, việc không làm lần hai.",
        })
        if endpoint.takes is not Nothing:
            schema = refs[(endpoint.takes, "validation")]
            found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _of_path(endpoint: Endpoint) -> list[dict[str, Any]]:
    number, word = {"type": "integer", "minimum": 1, "maximum": MOST}, {"type": "string", "maxLength": 64}
    return [
        {"name": name, "in": "path", "required": True, "schema": number if kind else word}
        for name, kind in re.findall(r"\{(\w+)(:int)?\}", endpoint.path)
    ]


def _of_query(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.method != "GET":
        return []
    schema = endpoint.takes.model_json_schema()
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": one}
        for name, one in schema.get("properties", {}).items()
    ]
