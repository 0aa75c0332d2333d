"""People from a roster: each row is somebody new or somebody known, by number, by phone, or by name and agency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.agencies import Agency, Province
from db.people import Invitation, Person, PersonState
from network import invitations, names, places, roles
from network.people import MEMBERS
from network.roster_rows import BadRow, Fate, Judged, Planned, Row

GONE_FOR_GOOD = (PersonState.ERASED, PersonState.MERGED)
# Their own or an admin's decision: no list brings them back.
GONE = (PersonState.LEFT, PersonState.REFUSED, PersonState.SUSPENDED)
FIELDS = ("full_name", "role", "agency_id", "province_code", "commune_code")
ALIKE = 20  # misspelt agencies for which similar ones are looked up


async def judge(db: AsyncSession, rows: Iterable[Row]) -> Judged:
    reading, known = await _Reading.begin(db), _Known(await _people(db))
    bad, planned = [], []
    for number, row in rows:
        values, reasons = await reading.values(row)
        person, why = (None, "") if reasons else known.find(number, row, values)
        if why:
            reasons.append(why)
        if reasons:
            bad.append(BadRow(number, "; ".join(reasons)))
        else:
            planned.append(_plan(number, values, person))
    if (last := _last_administrator(known.people, planned)) is not None:
        bad.append(BadRow(last, "mạng lưới sẽ không còn quản trị hệ thống nào; vui lòng giữ vai trò của người này"))
    return bad, planned, reading.hints


def _last_administrator(people: Iterable[Person], planned: Iterable[Planned]) -> int | None:
    """The row that takes the role from the last active administrator."""
    able = roles.holding(roles.Permission.ADMINISTER)
    ruling = {p.id for p in people if p.state in MEMBERS and p.role in able}
    for plan in planned:
        role = plan.values.get("role")
        if role and role not in able and plan.known is not None and plan.known.id in ruling:
            ruling.remove(plan.known.id)
            if not ruling:
                return plan.number
    return None


async def _people(db: AsyncSession) -> Sequence[Person]:
    return (await db.scalars(select(Person).where(Person.state.not_in(GONE_FOR_GOOD)).order_by(Person.id))).all()


def _plan(number: int, values: dict[str, Any], person: Person | None) -> Planned:
    if person is None:
        return Planned(number, Fate.NEW, values)
    changed = {} if person.state in GONE else {f: v for f, v in values.items() if v and getattr(person, f) != v}
    return Planned(number, Fate.CHANGED if changed else Fate.SAME, changed, person)


class _Reading:
    """Cells into values of a Person; places and agencies are looked up once each."""

    def __init__(self, db: AsyncSession, agencies: Sequence[Agency], provinces: Sequence[str]) -> None:
        self._db, self._provinces = db, provinces
        self._agencies = agencies
        self._codes = {a.code.lower(): a for a in agencies}
        self._named: dict[str, list[Agency]] = defaultdict(list)
        for agency in agencies:
            if agency.closed_at is None:
                for name in {names.fold(agency.name), names.fold(agency.short_name or ""), *agency.folded.split("|")}:
                    self._named[name].append(agency)
        self._places: dict[tuple[str, str], str | None] = {}
        self._alike: dict[str, str] = {}
        self._wanting: set[str] = set()

    @classmethod
    async def begin(cls, db: AsyncSession) -> "_Reading":
        agencies = (await db.scalars(select(Agency).order_by(Agency.id))).all()
        return cls(db, agencies, (await db.scalars(select(Province.short_name).order_by(Province.code))).all())

    @property
    def hints(self) -> list[str]:
        """What is accepted, for the columns in which something was not."""
        said = {
            "vai_tro": f"Vai trò nhận mã hoặc tên: {roles.listed()}.",
            "tinh": f"Tỉnh nhận mã hoặc tên: {', '.join(self._provinces)}.",
            "ma_co_quan": f"Cơ quan nhận mã hoặc tên; hiện có {len(self._agencies)} cơ quan (loa people agencies).",
        }
        return [text for column, text in said.items() if column in self._wanting]

    async def values(self, row: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
        role = roles.named(row["vai_tro"])
        agency, no_agency = self._agency(row.get("ma_co_quan", ""))
        province, no_province = await self._province(row.get("tinh", ""))
        commune, no_commune = await self._commune(row.get("xa", ""), province)
        reasons = [
            names.name_problem(row["ho_ten"]) or "", "" if role else f"không có vai trò “{row['vai_tro']}”",
            no_agency, no_province, no_commune,
        ]
        self._wanting |= {"vai_tro"} if not role else set()
        self._wanting |= {"tinh"} if no_province else set()
        self._wanting |= {"ma_co_quan"} if no_agency else set()
        found = (row["ho_ten"], role and role.code, agency and agency.id, province, commune)
        values = dict(zip(FIELDS, found, strict=True))
        return values, [reason for reason in reasons if reason]

    def _agency(self, typed: str) -> tuple[Agency | None, str]:
        if not typed:
            return None, ""
        found = [self._codes[typed.lower()]] if typed.lower() in self._codes else self._named.get(names.fold(typed), [])
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, f"có {len(found)} cơ quan “{typed}”; ghi mã: {', '.join(a.code for a in found[:5])}"
        return None, f"không có cơ quan “{typed}”{self._similar(typed)}"

    def _similar(self, typed: str) -> str:
        if typed not in self._alike and len(self._alike) < ALIKE:
            open_ones = [a for a in self._agencies if a.closed_at is None]
            close = names.best(typed, [(a.code, (a.name, a.short_name or "", a.code)) for a in open_ones], 3)
            self._alike[typed] = f" (gần giống: {', '.join(close)})" if close else ""
        return self._alike.get(typed, "")

    async def _province(self, typed: str) -> tuple[str | None, str]:
        if not typed:
            return None, ""
        typed = typed.zfill(2) if typed.isdigit() else typed  # a spreadsheet takes 01 for a number
        if ("", typed) not in self._places:
            found = await places.find_province(self._db, typed)
            self._places["", typed] = found[0].code if len(found) == 1 else None
        code = self._places["", typed]
        return code, "" if code else f"không rõ tỉnh “{typed}”"

    async def _commune(self, typed: str, province: str | None) -> tuple[str | None, str]:
        if not typed:
            return None, ""
        if province is None:
            return None, f"có xã “{typed}” nhưng chưa rõ tỉnh"
        if (province, typed) not in self._places:
            found = await places.find_commune(self._db, province, typed)
            self._places[province, typed] = found[0].code if len(found) == 1 else None
        code = self._places[province, typed]
        return code, "" if code else f"không rõ xã “{typed}” trong tỉnh; nhập danh sách xã bằng --kind communes"


class _Known:
    """Who is in the network already, and which rows of the file have spoken for them."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        self._ids = {person.id: person for person in people}
        self._phones = {digits: person for person in people if (digits := _digits(person.phone))}
        self._names: dict[str, list[Person]] = defaultdict(list)
        for person in people:
            self._names[_spelt(person.full_name or "")].append(person)
        self._rows: dict[Any, int] = {}  # who, by id or by what was said of them → row

    def find(self, number: int, row: dict[str, str], values: dict[str, Any]) -> tuple[Person | None, str]:
        """The person, or None for somebody new; or why that cannot be told."""
        given = row.get("id", "").removesuffix(".0")
        if given and not (given.isdecimal() and int(given) in self._ids):
            return None, f"không có người mang mã “{given}”; với người mới vui lòng để trống cột id"
        person = self._ids[int(given)] if given else self._phones.get(_digits(row.get("dien_thoai", "")))
        if person is None:
            alike = self._alike(values)
            if len(alike) > 1:
                ids = ", ".join(str(p.id) for p in alike[:5])
                return None, f"có {len(alike)} người cùng họ tên và cơ quan (mã {ids}); vui lòng ghi mã vào cột id"
            person = alike[0] if alike else None
        said = (_spelt(values["full_name"]), *(values[f] for f in FIELDS[2:]))
        key = person.id if person else said
        if key in self._rows:
            return None, f"trùng với dòng {self._rows[key]}: cùng một người"
        self._rows[key] = number
        return person, ""

    def _alike(self, values: dict[str, Any]) -> list[Person]:
        """Of that name, in that agency; what one side does not say does not tell two people apart."""
        namesakes = [p for p in self._names.get(_spelt(values["full_name"]), ()) if not _apart(p, values)]
        exact = [p for p in namesakes if p.agency_id == values["agency_id"]]
        return exact or namesakes


def _apart(person: Person, values: dict[str, Any]) -> bool:
    """Both name an agency, and another one; without agencies the provinces tell."""
    fields = ("agency_id",) if values["agency_id"] else ("province_code",)
    return any(getattr(person, f) and values[f] and getattr(person, f) != values[f] for f in fields)


def _spelt(name: str) -> str:
    return names.tidy(name).casefold()


def _digits(phone: str | None) -> str:
    """+84 912 345 678 and 0912345678 and 912345678 (a spreadsheet's number) are one."""
    digits = "".join(c for c in (phone or "").removesuffix(".0") if c.isdigit())
    return digits.removeprefix("84").removeprefix("0") if len(digits) >= 9 else ""


async def put(db: AsyncSession, planned: Sequence[Planned], now: datetime) -> None:
    """Somebody new gets an invitation of their own: they have no chat yet."""
    people = [
        Person(state=PersonState.JOINING, created_at=now, **plan.values) for plan in planned if plan.fate == Fate.NEW
    ]
    db.add_all(people)
    await db.flush()
    db.add_all(
        Invitation(
            code=invitations.new_code(), person_id=person.id, role=person.role, agency_id=person.agency_id,
            province_code=person.province_code, commune_code=person.commune_code, max_uses=1, created_at=now,
            note="roster",
        )
        for person in people
    )
    for plan in planned:
        if plan.fate == Fate.CHANGED:
            await _change(db, plan)
    await db.flush()


async def _change(db: AsyncSession, plan: Planned) -> None:
    """The invitation they have not used yet says the same."""
    for name, value in plan.values.items():
        setattr(plan.known, name, value)
    invited = {name: value for name, value in plan.values.items() if name != "full_name"}
    if invited:
        mine = (Invitation.person_id == plan.known.id) & (Invitation.uses == 0)
        await db.execute(update(Invitation).where(mine).values(**invited))
