"""Password and second factor (TOTP, RFC 6238), for offices where the chat is not at hand when the console is.

Passwords are kept as scrypt (RFC 7914). Whoever is refused never learns which of the three was wrong, nor whether
there is such a login at all.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.console import RecoveryCode, SignInKey
from network import audit
from network.refusals import Refusal

SCRYPT: dict[str, Any] = {"n": 2**15, "r": 8, "p": 1, "maxmem": 2**26, "dklen": 32}  # 32 MiB, about 0.1 s
STEP = 30  # seconds a code is shown
FAILURES, LOCKED = 5, timedelta(minutes=15)
RECOVERY_CODES = 10
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
SHORTEST, LONGEST = 12, 200  # characters of a password
WRONG = (
    "Tên đăng nhập, mật khẩu hoặc mã xác thực không đúng. Sau năm lần sai, cách đăng nhập này tạm khóa 15 phút; "
    "liên kết Loa gửi qua khung chat (gõ /banlamviec) vẫn dùng được."
)
WRONG_CODE = "Mã xác thực không đúng. Vui lòng nhập mã sáu số đang hiện trong ứng dụng xác thực."
NO_KEY = "Anh/chị chưa đặt mật khẩu cho bảng điều khiển."
_hashers = ThreadPoolExecutor(1, "scrypt")  # one after the other: more would starve the conversation beside them


async def of_person(db: AsyncSession, person_id: int) -> SignInKey | None:
    return await db.get(SignInKey, person_id)


async def of_login(db: AsyncSession, login: str) -> SignInKey | None:
    """Only one that may be signed in with."""
    mine = select(SignInKey).where(SignInKey.login == login.strip().lower(), SignInKey.confirmed_at.is_not(None))
    return await db.scalar(mine)


async def fits(key: SignInKey | None, password: str) -> bool:
    """Whether it is the password of the key. Takes as long where there is no key. Not to be called in a transaction."""
    salt, expected = (key.salt, key.hash) if key else (b"nobody", b"")
    return hmac.compare_digest(await _scrypt(password, salt), expected)


async def _scrypt(password: str, salt: bytes) -> bytes:
    work = partial(hashlib.scrypt, password[:LONGEST].encode(), salt=salt, **SCRYPT)
    return await asyncio.get_running_loop().run_in_executor(_hashers, work)


async def made(login: str, password: str, repeated: str) -> dict[str, Any]:
    """The fields of a new key; refuses what is too easily guessed."""
    login = login.strip().lower()
    if not LOGIN.fullmatch(login):
        raise Refusal("Tên đăng nhập cần từ 3 đến 40 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch nối.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refusal(f"Mật khẩu cần từ {SHORTEST} đến {LONGEST} ký tự. Một câu dễ nhớ là mật khẩu tốt.")
    if len(set(password)) < 5 or login in password.lower():
        raise Refusal("Mật khẩu này dễ đoán: ít ký tự khác nhau, hoặc chứa tên đăng nhập. Vui lòng chọn mật khẩu khác.")
    if password != repeated:
        raise Refusal("Hai lần nhập mật khẩu không giống nhau. Vui lòng nhập lại.")
    salt = secrets.token_bytes(16)
    return {"login": login, "salt": salt, "hash": await _scrypt(password, salt), "secret": pyotp.random_base32()}


async def begin(db: AsyncSession, person_id: int, key: dict[str, Any], now: datetime) -> None:
    """Put a key there, to be confirmed with a first code. One in use stays until it is given up."""
    old = await of_person(db, person_id)
    if old is not None and old.confirmed_at:
        raise Refusal("Anh/chị đang có mật khẩu. Vui lòng bỏ mật khẩu cũ trước.")
    taken = select(SignInKey.person_id).where(SignInKey.login == key["login"], SignInKey.person_id != person_id)
    if await db.scalar(taken) is not None:
        raise Refusal("Tên đăng nhập này đã có người dùng. Vui lòng chọn tên khác.")
    await db.execute(delete(SignInKey).where(SignInKey.person_id == person_id))
    db.add(SignInKey(person_id=person_id, created_at=now, **key))
    await db.flush()


async def confirm(db: AsyncSession, person_id: int, code: str, now: datetime) -> list[str]:
    """The authenticator has the secret: from now on the key opens the console. Its recovery codes, said this once."""
    key = await of_person(db, person_id)
    if key is None or key.confirmed_at:
        raise Refusal("Không có mật khẩu nào đang chờ xác nhận. Vui lòng bắt đầu lại.")
    if not await _step_used(db, key, code, now):
        raise Refusal(WRONG_CODE)
    await db.execute(update(SignInKey).where(SignInKey.person_id == person_id).values(confirmed_at=now))
    await audit.record(db, now, "console.key_set", actor=person_id, subject=f"person:{person_id}")
    return await _new_recovery_codes(db, person_id)


@dataclass(frozen=True, slots=True)
class Attempt:
    """`person_id`: whose the key is, None where something was wrong. `locked`: by this attempt."""

    person_id: int | None = None
    locked: bool = False


async def attempt(db: AsyncSession, key: SignInKey | None, password_fits: bool, code: str, now: datetime) -> Attempt:
    """Counted, so the transaction must not be undone: five wrong ones in a row lock the key."""
    if key is None:
        return Attempt()
    mine = update(SignInKey).where(SignInKey.person_id == key.person_id)
    unlocked = or_(SignInKey.locked_until.is_(None), SignInKey.locked_until <= now)
    counted = mine.where(unlocked).values(failures=SignInKey.failures + 1).returning(SignInKey.failures)
    if (failures := await db.scalar(counted)) is None:
        return Attempt()
    if password_fits and await _second(db, key, code, now):
        await db.execute(mine.values(failures=0, locked_until=None))
        return Attempt(key.person_id)
    if failures < FAILURES:
        return Attempt()
    await db.execute(mine.values(failures=0, locked_until=now + LOCKED))
    await audit.record(db, now, "console.key_locked", subject=f"person:{key.person_id}")
    return Attempt(locked=True)


async def renew_recovery_codes(db: AsyncSession, person_id: int, code: str, now: datetime) -> list[str]:
    await _prove(db, person_id, code, now)
    await audit.record(db, now, "console.codes_renewed", actor=person_id, subject=f"person:{person_id}")
    return await _new_recovery_codes(db, person_id)


async def give_up(db: AsyncSession, person_id: int, code: str, now: datetime) -> None:
    """A key in use goes only with a code: who finds an open console must not be able to."""
    key = await of_person(db, person_id)
    if key is not None and key.confirmed_at:
        await _prove(db, person_id, code, now)
    await remove(db, person_id, now, by=person_id)


async def remove(db: AsyncSession, person_id: int, now: datetime, by: int | None = None) -> bool:
    """Without any question: for erasure and for the operator. False where there was none."""
    gone = delete(SignInKey).where(SignInKey.person_id == person_id).returning(SignInKey.confirmed_at)
    await db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    rows = (await db.execute(gone)).all()
    if rows and rows[0].confirmed_at:
        await audit.record(db, now, "console.key_removed", actor=by, subject=f"person:{person_id}")
    return bool(rows)


async def unlock(db: AsyncSession, person_id: int, now: datetime) -> bool:
    mine = update(SignInKey).where(SignInKey.person_id == person_id)
    found = await db.scalar(mine.values(failures=0, locked_until=None).returning(SignInKey.person_id))
    if found is not None:
        await audit.record(db, now, "console.key_unlocked", subject=f"person:{person_id}")
    return found is not None


async def recovery_codes_left(db: AsyncSession, person_id: int) -> int:
    mine = select(func.count()).where(RecoveryCode.person_id == person_id)
    return await db.scalar(mine) or 0


def address(key: SignInKey) -> str:
    """What an authenticator reads from the QR picture (otpauth://)."""
    return pyotp.TOTP(key.secret).provisioning_uri(name=key.login, issuer_name="Loa")


async def _prove(db: AsyncSession, person_id: int, code: str, now: datetime) -> None:
    key = await of_person(db, person_id)
    if key is None or not key.confirmed_at:
        raise Refusal(NO_KEY)
    if not await _second(db, key, code, now):
        raise Refusal(WRONG_CODE)


async def _second(db: AsyncSession, key: SignInKey, code: str, now: datetime) -> bool:
    """A code of the authenticator or one for recovery; each works once."""
    if await _step_used(db, key, code, now):
        return True
    used = delete(RecoveryCode).where(
        RecoveryCode.hash == _hash(key.person_id, code), RecoveryCode.person_id == key.person_id
    )
    if await db.scalar(used.returning(RecoveryCode.person_id)) is None:
        return False
    await audit.record(db, now, "console.code_used", actor=key.person_id, subject=f"person:{key.person_id}")
    return True


async def _step_used(db: AsyncSession, key: SignInKey, code: str, now: datetime) -> bool:
    """Use up the step whose code this is: the present one or, as clocks differ, one beside it."""
    typed, totp, present = re.sub(r"\s", "", code), pyotp.TOTP(key.secret), int(now.timestamp()) // STEP
    for step in (present, present - 1, present + 1):
        if hmac.compare_digest(totp.at(step * STEP).encode(), typed.encode()):
            newer = update(SignInKey).where(SignInKey.person_id == key.person_id, SignInKey.last_step < step)
            return await db.scalar(newer.values(last_step=step).returning(SignInKey.person_id)) is not None
    return False


async def _new_recovery_codes(db: AsyncSession, person_id: int) -> list[str]:
    await db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    db.add_all(RecoveryCode(hash=_hash(person_id, code), person_id=person_id) for code in codes)
    await db.flush()
    return codes


def _recovery_code() -> str:
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def _hash(person_id: int, code: str) -> str:
    typed = re.sub(r"[\s-]", "", code.lower())
    return hashlib.sha256(f"{person_id} {typed}".encode()).hexdigest()
