"""What is known about documents: which replaced which, from when, and which one a question names. Pure, immutable."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.legal_numbers import DocumentRef, fold, key, numbers_in

SHORT = {
    "NGHI DINH": "NGHI DINH", "ND": "NGHI DINH", "LUAT": "LUAT", "BO LUAT": "BO LUAT", "QUYET DINH": "QUYET DINH",
    "QD": "QUYET DINH", "CHI THI": "CHI THI", "CT": "CHI THI", "THONG TU": "THONG TU", "TT": "THONG TU",
    "NGHI QUYET": "NGHI QUYET", "NQ": "NGHI QUYET",
}
BY_NUMBER = re.compile(
    rf"(?<!\w)({'|'.join(sorted(SHORT, key=len, reverse=True))})\s*(?:SO\s*)?0*(\d{{1,4}})(?!\d)"
    r"(?:\s*(?:/|NAM|-|\s)\s*((?:19|20)\d\d)(?!\d))?"
)
YEAR_AFTER = re.compile(r"\s*(?:NAM\s*)?((?:19|20)\d\d)(?!\d)")
OLD_AFTER = re.compile(r"\s*(?:CU|TRUOC DAY|TRUOC KIA)(?!\w)")
NUMBER_AFTER = re.compile(r"\s*(?:SO\s*)?\d{1,5}\s*/")
NAMED_KINDS = ("LUAT", "BO LUAT", "PHAP LENH")


@dataclass(frozen=True, slots=True)
class Change:
    """`new` took the place of `old` (or of `provisions` of it) on `since`."""

    old: DocumentRef
    new: tuple[DocumentRef, ...]
    since: date | None = None  # None: not known, counts at once
    amends: bool = False  # True: amended, not replaced
    partial: bool = False  # replaced in part, nobody wrote which
    provisions: tuple[str, ...] = ()
    confirmed: bool = True

    def counts(self, on: date) -> bool:
        return self.confirmed and (self.since is None or self.since <= on)


@dataclass(frozen=True, slots=True)
class Known:
    """A document of the base, with what its own row says."""

    ref: DocumentRef
    effective_on: date | None = None
    expires_on: date | None = None
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Succession:
    old: DocumentRef
    new: tuple[DocumentRef, ...]  # in force at the end of the chain; empty: nothing known took its place
    since: date | None
    partial: bool
    over: bool  # the change has happened on the day asked about

    @property
    def said(self) -> str:
        """One or two sentences for the person who asked."""
        old, new = self.old.title, " và ".join(ref.title for ref in self.new)
        what = f"Nhiều quy định của {old}" if self.partial else old
        last = f" đến hết ngày {_day(self.since - timedelta(days=1))}" if self.since else ""
        if not new:
            return f"{what} đã hết hiệu lực{f' từ ngày {_day(self.since)}' if self.since else ''}."
        if not self.over:
            return f"{what} còn áp dụng{last}; từ ngày {_day(self.since)} được thay thế bằng {new}."
        start = f", có hiệu lực từ ngày {_day(self.since)}" if self.since and len(self.new) == 1 else ""
        return f"{what} {f'chỉ áp dụng{last}' if last else 'đã hết hiệu lực'}. Văn bản thay thế: {new}{start}."


class Register:
    def __init__(self, changes: Iterable[Change], known: Iterable[Known] = ()) -> None:
        self.changes = tuple(changes)
        self.known = {key(k.ref.number): k for k in known}
        self._refs: dict[str, DocumentRef] = {}
        for change in self.changes:
            for ref in (*change.new, change.old):
                same = self._refs.get(key(ref.number))
                if same is None or len(ref.name) > len(same.name):
                    self._refs[key(ref.number)] = ref
        self._refs |= {number: k.ref for number, k in self.known.items()}

    def ref(self, number: str) -> DocumentRef | None:
        return self._refs.get(key(number))

    def changes_of(self, number: str, on: date) -> list[Change]:
        """Of this document, counting on that day."""
        return [c for c in self.changes if key(c.old.number) == key(number) and c.counts(on)]

    def replaced(self, number: str, on: date) -> bool:
        """Whether nothing of it may be quoted as current, as far as links say."""
        return any(not c.amends and not c.provisions for c in self.changes_of(number, on))

    def successor(self, number: str, on: date) -> Succession | None:
        """What took its place, through all later replacements. None: nothing did, so it may be in force."""
        mine = [c for c in self.changes if key(c.old.number) == key(number) and c.confirmed]
        mine = [c for c in mine if not c.amends and not c.provisions]
        if mine:
            since = min((c.since for c in mine if c.since), default=None)
            new = dict.fromkeys(last for c in mine for ref in c.new for last in self._last(ref, on, {key(number)}))
            over = any(c.counts(on) for c in mine)
            return Succession(self._own(mine[0].old), tuple(new), since, all(c.partial for c in mine), over)
        known = self.known.get(key(number))
        if known and known.expires_on and known.expires_on < on:
            return Succession(known.ref, (), known.expires_on + timedelta(days=1), False, True)
        return None

    def _own(self, ref: DocumentRef) -> DocumentRef:
        return self._refs.get(key(ref.number), ref)

    def _last(self, ref: DocumentRef, on: date, seen: set[str]) -> list[DocumentRef]:
        if key(ref.number) in seen:  # a circle somebody typed
            return []
        seen = {*seen, key(ref.number)}
        later = [c for c in self.changes_of(ref.number, on) if not c.amends and not c.provisions and not c.partial]
        found = [last for c in later for new in c.new for last in self._last(new, on, seen)]
        return found or [self._own(ref)]

    def mentioned(self, question: str, on: date) -> list[DocumentRef]:
        """Documents a question names, in any spelling, in the order they stand; an undated law is the current one."""
        found: list[tuple[int, DocumentRef]] = []
        taken: list[tuple[int, int]] = []
        for number, start, end in numbers_in(question):
            found.append((start, self.ref(number) or DocumentRef(number)))
            taken.append((start, end))
        folded = fold(question)
        for match in BY_NUMBER.finditer(folded):
            if any(match.start(2) < end and start < match.end() for start, end in taken):
                continue
            year = int(match[3]) if match[3] else None
            if ref := self._by_number(SHORT[match[1]], int(match[2]), year):
                found.append((match.start(), ref))
        found += self._by_name(folded, on)
        return list(dict.fromkeys(ref for _, ref in sorted(found, key=lambda pair: pair[0])))

    def outdated(self, question: str, on: date) -> list[Succession]:
        """For the documents a question names that have been replaced, or soon will be."""
        return [s for ref in self.mentioned(question, on) if (s := self.successor(ref.number, on))]

    def _to_come(self, ref: DocumentRef, on: date) -> bool:
        known = self.known.get(key(ref.number))
        starts = [known.effective_on] if known else [c.since for c in self.changes if ref in c.new]
        return bool(starts) and all(day is not None and day > on for day in starts)

    def _by_number(self, kind: str, number: int, year: int | None) -> DocumentRef | None:
        fitting = [
            ref for ref in self._refs.values()
            if fold(ref.kind) == kind and re.match(rf"0*{number}[/-]", ref.number) and year in (None, ref.year)
        ]
        return fitting[0] if len(fitting) == 1 else None

    def _by_name(self, folded: str, on: date) -> list[tuple[int, DocumentRef]]:
        found = []
        for called, refs in self._names().items():
            for match in re.finditer(rf"(?<!\w){re.escape(called)}(?!\w)", folded):
                if ref := self._meant(refs, folded[match.end() :], on):
                    found.append((match.start(), ref))
        return found

    def _names(self) -> dict[str, list[DocumentRef]]:
        names: dict[str, list[DocumentRef]] = {}
        for ref in self._refs.values():
            whole = [f"{ref.kind} {ref.name}"] if fold(ref.kind) in NAMED_KINDS and ref.name else []
            for called in (*whole, *ref.aliases):
                names.setdefault(" ".join(fold(called).split()), []).append(ref)
        return names

    def _meant(self, refs: Sequence[DocumentRef], after: str, on: date) -> DocumentRef | None:
        past = [r for r in refs if self.replaced(r.number, on)]
        if year := YEAR_AFTER.match(after):
            return next((r for r in refs if r.year == int(year[1])), None)
        if OLD_AFTER.match(after):
            return max(past, key=lambda r: r.year or 0, default=None)
        if NUMBER_AFTER.match(after):  # the number says which; numbers are found by themselves
            return None
        living = [r for r in refs if r not in past and not self._to_come(r, on)]
        return max(living or past, key=lambda r: r.year or 0, default=None)


def _day(day: date | None) -> str:
    return f"{day.day}/{day.month}/{day.year}" if day else ""
