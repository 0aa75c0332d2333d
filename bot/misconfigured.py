"""What is wrong with the environment, in sentences for the operator."""

from pydantic import ValidationError

KINDS = {
    "int_parsing": "phải là số nguyên", "float_parsing": "phải là một số", "bool_parsing": "phải là true hoặc false",
    "time_parsing": "phải là giờ, ví dụ 21:30", "path_type": "phải là đường dẫn", "missing": "còn thiếu",
    "greater_than_equal": "quá nhỏ", "less_than_equal": "quá lớn",
}
REMEDY = "Sửa biến môi trường hoặc tệp .env; mẫu ở .env.example."


def sentences(problem: ValidationError) -> list[str]:
    """One for each setting, by the name it has in the environment. Values are not repeated: one may be a secret."""
    return [f"{_name(str(error['loc'][0]) if error['loc'] else '')}: {_text(error)}" for error in problem.errors()]


def _name(field: str) -> str:
    return field if field.isupper() else f"LOA_{field.upper()}"


def _text(error: dict) -> str:
    if error["type"] == "value_error":  # our own validators speak Vietnamese
        return str(error["ctx"]["error"])
    return KINDS.get(error["type"], error["msg"])
