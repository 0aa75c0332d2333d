"""Numbers of Vietnamese documents in one spelling: 7/ct-ttg → 07/CT-TTg, 244/2026/nd-cp → 244/2026/NĐ-CP. Pure."""

import re
import unicodedata
from dataclasses import dataclass

# What may follow the number and year, folded → as it is written officially, and what such a document is called.
HEADS = {
    "ND": ("NĐ", "Nghị định"), "QD": ("QĐ", "Quyết định"), "TT": ("TT", "Thông tư"), "NQ": ("NQ", "Nghị quyết"),
    "TTLT": ("TTLT", "Thông tư liên tịch"), "CT": ("CT", "Chỉ thị"), "PL": ("PL", "Pháp lệnh"), "L": ("L", "Luật"),
    "KH": ("KH", "Kế hoạch"), "VBHN": ("VBHN", "Văn bản hợp nhất"), "HD": ("HD", "Hướng dẫn"),
    "KL": ("KL", "Kết luận"), "TB": ("TB", "Thông báo"), "CTR": ("CTr", "Chương trình"), "DA": ("ĐA", "Đề án"),
    "CD": ("CĐ", "Công điện"), "QC": ("QC", "Quy chế"), "QH": ("QH", "Luật"), "UBTVQH": ("UBTVQH", "Pháp lệnh"),
}
SPELT = {"TTG": "TTg", "HDND": "HĐND", "BLDTBXH": "BLĐTBXH", "BGDDT": "BGDĐT", "LDTBXH": "LĐTBXH", "HDTP": "HĐTP"}
ISSUERS = {
    "CP": "Chính phủ", "TTG": "Thủ tướng Chính phủ", "QH": "Quốc hội", "UBTVQH": "Ủy ban Thường vụ Quốc hội",
    "TW": "Ban Chấp hành Trung ương", "CTN": "Chủ tịch nước",
}

_WORD = r"[A-Za-zĐđ&]{1,12}\d{0,2}"
NUMBER = re.compile(
    rf"(?<![\w/.,-])(?:(?P<no>\d{{1,5}})\s?/\s?(?:(?P<year>(?:19|20)\d\d)\s?/\s?)?"
    rf"(?P<suffix>{_WORD}(?:\s?[-–]\s?{_WORD}){{0,3}})"
    rf"|(?P<party>\d{{1,4}})\s?[-–]\s?(?P<kind>CT|NQ|QĐ|QD|KL|HD|TB|KH)\s?/\s?(?P<body>[A-ZĐa-zđ]{{2,10}}))(?!\w)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A document as people name it; it need not be in the base."""

    number: str  # canonical; a handbook's own code
    kind: str = ""  # Nghị định
    name: str = ""  # Báo chí, for Luật Báo chí
    aliases: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """As in a citation: laws carry their names, handbooks no number, everything else the number alone."""
        kind = self.kind or kind_of(self.number)
        if not canonical(self.number):
            return self.name if self.name.lower().startswith(kind.lower()) else f"{kind} {self.name}".strip()
        named = kind in ("Luật", "Bộ luật", "Pháp lệnh", "Hiến pháp")
        return " ".join(part for part in (kind, self.name if named else "", self.number) if part)

    @property
    def year(self) -> int | None:
        found = re.search(r"/((?:19|20)\d\d)/", self.number)
        return int(found[1]) if found else None


def fold(text: str) -> str:
    """Upper case without diacritics; as long as the NFC text was."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in bare if not unicodedata.combining(c)).upper()


def canonical(number: str) -> str:
    """Official spelling of one number, "" when it is not the number of a document."""
    found = NUMBER.fullmatch(unicodedata.normalize("NFC", number).strip())
    return _spelt(found) if found else ""


def key(number: str) -> str:
    """Equal for every spelling of the same number."""
    return fold(canonical(number) or number.strip())


def numbers_in(text: str) -> list[tuple[str, int, int]]:
    """Canonical numbers with where they begin and end in the (NFC) text."""
    return [(spelt, m.start(), m.end()) for m in NUMBER.finditer(text) if (spelt := _spelt(m))]


def kind_of(number: str) -> str:
    head = _head(number)
    return HEADS[head][1] if head in HEADS else ""


def issuer_of(number: str) -> str | None:
    """Only what the number itself says; "UBND" could be any."""
    last = re.sub(r"\d+$", "", fold(re.split(r"[/-]", number)[-1]))
    return ISSUERS.get(last)


def _head(number: str) -> str:
    if party := re.fullmatch(r"\d+-([^/]+)/.+", number):
        return fold(party[1])
    return re.sub(r"\d+$", "", fold(number.rsplit("/", 1)[-1].partition("-")[0]))


def _spelt(found: re.Match[str]) -> str:
    if found["party"]:
        return f"{int(found['party']):02d}-{HEADS[fold(found['kind'])][0]}/{found['body'].upper()}"
    parts = [p.strip() for p in re.split(r"[-–]", found["suffix"])]
    head, digits = re.fullmatch(r"(.*?)(\d*)", fold(parts[0])).groups()
    if head not in HEADS or (bool(digits) != (head in ("QH", "UBTVQH"))) or (len(parts) == 1 and not digits):
        return ""
    rest = [SPELT.get(fold(p), p.upper()) for p in parts[1:]]
    middle = f"{found['year']}/" if found["year"] else ""
    return f"{int(found['no']):02d}/{middle}{'-'.join([HEADS[head][0] + digits, *rest])}"
