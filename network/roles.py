"""Roles and what each may do. A role is one code on the person; permissions follow from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from network import content, names


class Permission(StrEnum):
    RECEIVE = "receive"  # is part of audiences
    ASK = "ask"
    REPORT = "report"  # what became of a brief
    WRITE_BRIEF = "write_brief"
    APPROVE = "approve"
    SEND = "send"
    SEND_ALONE = "send_alone"  # a flash brief on one's own authority, the second signature asked for afterwards
    ANSWER_CASES = "answer_cases"
    EDIT_ENTRIES = "edit_entries"
    REVIEW_ENTRIES = "review_entries"
    MANAGE_PEOPLE = "manage_people"  # inside one's own agency and below it, unless ADMINISTER
    VIEW = "view"  # statistics
    VIEW_AUDIT = "view_audit"
    ADMINISTER = "administer"


class Area(StrEnum):
    """How finely a role says where somebody works."""

    NONE = "none"
    PROVINCE = "province"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class Role:
    code: str
    name: str
    description: str
    permissions: frozenset[Permission]
    area: Area = Area.NONE
    agency: bool = True  # an agency is asked for
    contact: bool = False  # the own phone number has to be shared
    open: bool = False  # a newcomer may choose it; the others come with an invitation only


@cache
def roles() -> Mapping[str, Role]:
    """Every role by code, in the order of the content file."""
    read = (
        Role(
            code=row["code"],
            name=row["name"],
            description=row["description"],
            permissions=frozenset(Permission(p) for p in row["permissions"]),
            area=Area(row.get("area", "none")),
            agency=row.get("agency", True),
            contact=row.get("contact", False),
            open=row.get("open", False),
        )
        for row in content.load("roles")
    )
    return MappingProxyType({role.code: role for role in read})


def find(code: str | None) -> Role | None:
    return roles().get(code) if code else None


def named(typed: str) -> Role | None:
    """By its code, or by its name as people are shown it."""
    wanted = names.fold(typed)
    return find(typed) or next((role for role in roles().values() if names.fold(role.name) == wanted), None)


def listed() -> str:
    """Every role as one may type it."""
    return ", ".join(f"{role.code} ({role.name})" for role in roles().values())


def name_of(code: str | None) -> str:
    role = find(code)
    return role.name if role else (code or "")


def permissions_of(code: str | None) -> frozenset[Permission]:
    role = find(code)
    return role.permissions if role else frozenset()


def holding(permission: Permission) -> list[str]:
    """Codes of the roles that have a permission."""
    return [code for code, role in roles().items() if permission in role.permissions]


def may_grant(permissions: frozenset[Permission], role: Role) -> bool:
    """Somebody who manages people gives any role but the administrators', which only an administrator gives."""
    if Permission.MANAGE_PEOPLE not in permissions:
        return False
    return Permission.ADMINISTER in permissions or Permission.ADMINISTER not in role.permissions
