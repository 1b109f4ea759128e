"""Hash passwords with argon2id (RFC 9106), or scrypt where argon2-cffi is not installed.

A hash contains its parameters (PHC string format), so hashes of several kinds coexist; a hash with
outdated parameters is replaced when its owner next logs in.

OWASP's cheat sheet recommends at least 46 MiB at one pass; the default of the setting is above it.
Hashing runs in a worker thread, at most two at a time (workers.py).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import stringprep
import unicodedata
from typing import NamedTuple

#: Maximum bytes of a password, checked before anything is hashed.
LONGEST = 1024
_PASSES = 1
#: With r = 8, scrypt takes n KiB, where n is a power of two. hashlib allows less than 2 GiB.
_SCRYPT_MOST = 1 << 20


class Checked(NamedTuple):
    """The result of a check. `fresh`: a new hash to store if a correct password had an outdated
    one."""

    right: bool
    fresh: str | None = None


class CannotCheck(Exception):
    """The hash needs argon2-cffi, which is not installed."""


def prepare(password: str) -> str:
    """Normalise a password for hashing and comparison (SASLprep, RFC 4013).

    Raises ValueError for characters that no password may contain: control characters, private use
    and the like.
    """
    mapped = "".join(
        " " if stringprep.in_table_c12(c) else c for c in password if not stringprep.in_table_b1(c)
    )
    # Strict SASLprep would refuse unassigned code points. Code points of newer Unicode versions
    # (emoji) are accepted, as in other servers.
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(any(table(c) for table in _PROHIBITED) for c in prepared):
        raise ValueError("the password has a control character or the like in it")
    if not _has_one_direction(prepared):
        raise ValueError("the password mixes left-to-right and right-to-left text")
    return prepared


_PROHIBITED = (
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3,
    stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7,
    stringprep.in_table_c8, stringprep.in_table_c9,
)  # fmt: skip


def _has_one_direction(text: str) -> bool:
    """RFC 3454 section 6: right-to-left text begins and ends with such characters only."""
    if not any(stringprep.in_table_d1(c) for c in text):
        return True
    whole = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return whole and not any(stringprep.in_table_d2(c) for c in text)


def _bytes(password: str) -> bytes:
    try:
        return prepare(password).encode()
    except ValueError:
        return password.encode()  # no hash will match, but the check takes the same time


# -- hashing -------------------------------------------------------------------------------


def hash_password(password: str, memory: int) -> str:
    """Hash a password. `memory` is the memory cost in KiB."""
    try:
        from argon2.low_level import Type, hash_secret
    except ImportError:
        log_n = min(memory, _SCRYPT_MOST).bit_length() - 1
        return _scrypt(_bytes(password), os.urandom(16), log_n)
    secret, salt = _bytes(password), os.urandom(16)
    return hash_secret(secret, salt, _PASSES, memory, 1, 32, Type.ID).decode()


def check(password: str, stored: str | None, memory: int) -> Checked:
    """Compare a password with the hash `stored`.

    Without a hash (no such account, or no password) the same work is done and the result is
    negative, so the duration does not reveal which names exist. Raises CannotCheck.
    """
    if stored is None:
        hash_password(password, memory)
        return Checked(False)
    if stored.startswith("$scrypt$"):
        right = _check_scrypt(password, stored)
    else:
        right = _check_argon2(password, stored)
    fresh = hash_password(password, memory) if right and _is_outdated(stored, memory) else None
    return Checked(right, fresh)


def _check_argon2(password: str, stored: str) -> bool:
    try:
        from argon2.exceptions import VerificationError
        from argon2.low_level import Type, verify_secret
    except ImportError as error:
        raise CannotCheck("argon2-cffi is not installed") from error
    try:
        return verify_secret(stored.encode(), _bytes(password), Type.ID)
    except VerificationError:
        return False


def _is_outdated(stored: str, memory: int) -> bool:
    try:
        import argon2  # noqa: F401
    except ImportError:
        return False
    return not stored.startswith(f"$argon2id$v=19$m={memory},t={_PASSES},p=1$")


def _scrypt(secret: bytes, salt: bytes, log_n: int) -> str:
    most = (1 << log_n + 10) + (1 << 20)
    key = hashlib.scrypt(secret, salt=salt, n=1 << log_n, r=8, p=1, maxmem=most, dklen=32)
    return f"$scrypt$ln={log_n},r=8,p=1${_b64(salt)}${_b64(key)}"


def _check_scrypt(password: str, stored: str) -> bool:
    _, _, parameters, salt, _ = stored.split("$")
    log_n = int(parameters.partition("ln=")[2].partition(",")[0])
    return hmac.compare_digest(_scrypt(_bytes(password), _unb64(salt), log_n), stored)


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
