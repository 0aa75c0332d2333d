"""What short words may stand for: the civil service's abbreviations, those of chat, and the base's own initials."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from knowledge import text

Meaning = tuple[str, ...]  # canonical syllables
CHAT = {
    "ko": "không", "k": "không", "hok": "không", "kh": "không", "khum": "không", "hông": "không", "dc": "được",
    "đc": "được", "j": "gì", "ntn": "như thế nào", "bn": "bao nhiêu", "vs": "với", "ng": "người",
    "sđt": "số điện thoại", "sdt": "số điện thoại", "đk": "đăng ký", "dk": "đăng ký", "đki": "đăng ký",
    "tp": "thành phố", "vn": "việt nam", "tt": "thông tin", "ttin": "thông tin", "pl": "pháp luật", "cb": "cán bộ",
    "qđ": "quyết định", "qd": "quyết định", "nđ": "nghị định", "nd": "nghị định", "ct": "chỉ thị", "cq": "cơ quan",
    "bc": "báo chí", "tg": "thời gian", "hs": "hồ sơ", "tk": "tài khoản", "mk": "mật khẩu", "trc": "trước",
    "fai": "phải", "bgio": "bao giờ", "tnao": "thế nào", "nthe": "như thế", "lm": "làm", "vb": "văn bản",
    "hd": "hướng dẫn", "xp": "xử phạt", "vp": "vi phạm", "onl": "online", "cđs": "chuyển đổi số",
}
INITIALS = range(3, 6)  # shorter ones mean anything
SEEN = 2  # how often the base must write what initials stand for


class Abbreviations:
    """`rows` as in content/abbreviations.yaml; `phrasings` are those of the base."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], phrasings: Iterable[str] = ()) -> None:
        self._meant: dict[str, list[Meaning]] = defaultdict(list)
        for row in rows:
            for long in row["expansions"]:
                self._add(text.spelt(row["abbr"]), long)
        for short, long in CHAT.items():
            self._add(short, long)
        self._initials = _initials(phrasings)

    def _add(self, short: str, long: str) -> None:
        meaning = _syllables(text.spelt(long))
        for spelling in {short, text.fold(short)}:
            if meaning and meaning not in self._meant[spelling]:
                self._meant[spelling].append(meaning)

    def of(self, word: str, *, known: bool) -> Sequence[Meaning]:
        """What the word may stand for. Initials are read only in words that the base does not know."""
        meant = self._meant.get(word, ())
        if meant or known:
            return meant
        initials = self._initials.get(text.fold(word))
        return (initials,) if initials else ()


def _syllables(said: str) -> Meaning:
    return tuple(text.canonical(word) for word in text.PIECE.findall(said))


def _initials(phrasings: Iterable[str]) -> dict[str, Meaning]:
    """The commonest run of syllables for each run of initials: "cccd" → căn cước công dân."""
    counted: Counter[Meaning] = Counter()
    for phrase in phrasings:
        words = _syllables(text.spelt(phrase))
        counted.update(words[i : i + n] for n in INITIALS for i in range(len(words) - n + 1))
    found: dict[str, Meaning] = {}
    written = [(run, count) for run, count in counted.items() if count >= SEEN]
    for run, _ in sorted(written, key=lambda item: (-item[1], item[0])):
        found.setdefault(text.fold("".join(word[0] for word in run)), run)
    return found
