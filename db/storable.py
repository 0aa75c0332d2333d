"""Words that every database can keep: PostgreSQL refuses NUL, and half a surrogate pair is no character at all."""

import re
from typing import Any

_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The same text, list or dictionary (as from JSON) without them. Nobody types these; broken clients send them."""
    match value:
        case str():
            return _UNKEPT.sub("", value)
        case dict():
            return {storable(key): storable(one) for key, one in value.items()}
        case list():
            return [storable(one) for one in value]
    return value
