"""Parse JSON strictly (RFC 8259; I-JSON, RFC 7493). No I/O.

Python's parser accepts NaN, lets later keys override earlier ones, and can exhaust its stack; and
input that two programs read differently is a way past checks. So everything that I-JSON does not
allow is refused.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

#: Maximum nesting of lists and objects; requests need at most 3.
DEPTH = 16
_LONGEST_NUMBER = 18  # digits: fits a 64-bit integer
# Strings are matched as a whole, so that brackets inside them do not count.
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]', re.DOTALL)


class BadJson(ValueError):
    """What is wrong with the input, for people."""


def loads(data: bytes) -> Any:
    """Parse a value. Raises BadJson."""
    _check_depth(data)
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_fraction,
            object_pairs_hook=_object,
        )
    except BadJson:
        raise
    except UnicodeDecodeError:
        raise BadJson("it is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadJson(str(error)) from None
    _check_text(value)
    return value


def _check_depth(data: bytes) -> None:
    depth = 0
    for token in _TOKENS.finditer(data):
        first = token[0][:1]
        if first != b'"':
            depth += 1 if first in b"[{" else -1
            if depth > DEPTH:
                raise BadJson(f"more than {DEPTH} lists and objects inside one another")


def _refuse_constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is no JSON")


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise BadJson("a number is too long")
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits) if len(digits) <= 40 else math.inf
    if not math.isfinite(value):
        raise BadJson("a number is too large or too long")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadJson("a name stands twice in one object")
    return found


def _check_text(value: Any) -> None:
    """Refuse lone surrogates, which cannot be encoded as UTF-8."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise BadJson("a string holds half a character")
    elif isinstance(value, list):
        for each in value:
            _check_text(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            _check_text(name)
            _check_text(each)
