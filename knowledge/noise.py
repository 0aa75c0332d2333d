"""Questions as people really type them, made from clean ones: for measuring, never for answering. Deterministic.

nodia: no diacritics. typo: about one syllable in six is wrong. teen: chat's short forms and polite words.
mixed: teen, most marks gone, fewer errors.
"""

import hashlib
import random

from knowledge import text
from knowledge.abbreviations import CHAT

KINDS = ("clean", "nodia", "typo", "teen", "mixed")
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEIGHBOURS = {a: b for row in ROWS for a, b in zip(row, row[1:] + row[-2], strict=True)}
KEYS = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
BEFORE, AFTER = ("cho em hỏi ", "ad ơi ", "cho mình hỏi ", "", "", ""), (" ạ", " vậy ạ", " với ạ", "", "", "")


def typed(question: str, kind: str, key: str) -> str:
    """`key` names the question: the same question is always spoilt in the same way."""
    dice = random.Random(int(hashlib.sha256(f"{kind}|{key}".encode()).hexdigest()[:16], 16))
    if kind == "nodia":
        return text.fold(question)
    if kind == "typo":
        return _wrong(question, dice, 0.16)
    if kind == "teen":
        return _short(question, dice)
    if kind == "mixed":
        said, marks = _short(question, dice), dice.random()
        words = [text.fold(w) if marks < 0.6 or (marks < 0.75 and dice.random() < 0.5) else w for w in said.split()]
        return _wrong(" ".join(words), dice, 0.08)
    return question


def _short(question: str, dice: random.Random) -> str:
    said = " ".join(text.normal(question).replace("?", "").split())
    for short, long in sorted(CHAT.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if dice.random() < 0.4:
            said = f" {said} ".replace(f" {long} ", f" {short} ").strip()
    return dice.choice(BEFORE) + said + dice.choice(AFTER)


def _wrong(question: str, dice: random.Random, share: float) -> str:
    words = question.split()
    at = [i for i in range(len(words)) if dice.random() < share] or [dice.randrange(len(words))] if words else []
    for i in at:
        words[i] = _spoilt(words[i], dice)
    return " ".join(words)


def _spoilt(word: str, dice: random.Random) -> str:
    canonical = text.canonical(word.lower())
    if canonical[-1:] in KEYS and dice.random() < 0.5:  # the tone's key instead of the tone
        return canonical[:-1] + KEYS[canonical[-1]]
    place = dice.randrange(len(word))
    way = dice.choice(("lost", "twice", "swapped", "near", "plain"))
    letter = word[place]
    changed = {
        "lost": word[:place] + word[place + 1 :] if len(word) > 1 else word,
        "twice": word[:place] + letter * 2 + word[place + 1 :],
        "swapped": word[:place] + word[place + 1 : place + 2] + letter + word[place + 2 :],
        "near": word[:place] + NEIGHBOURS.get(text.fold(letter), letter) + word[place + 1 :],
        "plain": text.fold(word),
    }
    return changed[way]
