"""Several questions in one message: where one ends and the next begins. Rules, no model."""

import re

from knowledge import text
from knowledge.follow_up import GoesOn, goes_on

MOST = 4  # questions of one message that are answered
_SENTENCE = re.compile(r"([?？!;\n]+|(?<=[^\W\d])\.(?=\s))")
_JOINT = re.compile(
    r"\s*(?:,\s*)?\b(?:và|va|với lại|voi lai|đồng thời|dong thoi|ngoài ra|ngoai ra|còn|con)\b\s+|\s*,\s*", re.IGNORECASE
)
_ASKING = re.compile(
    r"\b(?:bao nhieu|bao lau|bao gio|khi nao|luc nao|may|o dau|noi nao|cho nao|den dau|ve dau|the nao|ra sao|lam sao"
    r"|sao|vi sao|tai sao|gi|nao|ai|(?:duoc|phai|co|dung|can) khong|khong|chua)\b"
)
_ENDS_ASKING = ("khong", "chua")  # elsewhere they say "not"


def asks(piece: str) -> bool:
    """Whether a piece asks something by itself."""
    said = " ".join(text.folded_syllables(piece))
    found = [m[0] for m in _ASKING.finditer(said)]
    plain = [word for word in found if word not in _ENDS_ASKING]
    return bool(plain) or any(said.removesuffix(" a").removesuffix(" vay").endswith(word) for word in found)


def sentences(message: str) -> list[str]:
    """Pieces by signs and lines; what asks nothing belongs to the question after it, else before it."""
    found: list[str] = []
    waiting = ""
    for said, sign in _pieces(message):
        whole = f"{waiting} {said}".strip()
        if {"?", "？"} & set(sign) or asks(said) or goes_on(said) == GoesOn.SURELY:
            found.append(whole)
            waiting = ""
        else:
            waiting = whole
    if waiting and found:
        found[-1] = f"{found[-1]} {waiting}"
    return found or [message.strip()]


def _pieces(message: str) -> list[tuple[str, str]]:
    """Each with the sign it ends with."""
    parts = [*_SENTENCE.split(message), ""]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [(said.strip(), sign) for said, sign in pairs if text.folded_syllables(said)]


def clauses(sentence: str) -> list[str]:
    """A sentence at its "và", "còn" and commas, where both sides ask; at most MOST. "còn" stays: it says that one goes
    on."""
    joints = list(_JOINT.finditer(sentence))
    begins = [0, *(joint.end() for joint in joints)]
    asking = [asks(sentence[b:e]) for b, e in zip(begins, [*(j.start() for j in joints), len(sentence)], strict=True)]
    later = len(asking) - 1 - asking[::-1].index(True) if any(asking) else 0  # the last piece that asks
    pieces, start, open_ = [], 0, False
    for number, joint in enumerate(joints):
        open_ = open_ or asking[number]
        if open_ and number < later and len(pieces) < MOST - 1:
            pieces.append(sentence[start : joint.start()])
            start = joint.start() if "con" in text.folded_syllables(joint[0]) else joint.end()
            open_ = False
    return [p.strip(" ,") for p in (*pieces, sentence[start:]) if text.folded_syllables(p)]
