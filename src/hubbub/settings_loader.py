"""Load frozen dataclasses of settings from a command line, an environment and a TOML file.

`config.py` defines the settings; this file knows none of them by name. A setting is a dataclass
field made by `setting`, a group is a field that holds another such dataclass, and a `dict[str,
<dataclass>]` is a group whose members are named by the operator (`operators.alice`). Checks, names
of environment variables, errors and the sample file are all derived from these fields.
"""

import dataclasses
import difflib
import json
import math
import re
import textwrap
import tomllib
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from .errors import UsageError

T = TypeVar("T")
SettingPath = tuple[str, ...]
ANY_NAME = "*"  # stands in a path for a name that the operator chooses, as in operators.*.password


def setting(
    default: T,
    doc: str,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    check: Callable[[Any], str | None] | None = None,
) -> T:
    """Define a setting.

    `doc` is its description, `unit` is appended to it. `low` and `high` are inclusive bounds.
    `check` returns what is wrong with a value, or None.
    """
    facts = {
        "doc": f"{doc} ({unit})" if unit else doc,
        "low": low,
        "high": high,
        "choices": choices,
        "check": check,
    }
    field: Any
    if isinstance(default, dict):
        field = dataclasses.field(default_factory=default.copy, metadata=facts)
    else:
        field = dataclasses.field(default=default, metadata=facts)
    return typing.cast(T, field)


def group(cls: type[T], doc: str) -> T:
    """Define a group of settings inside another."""
    field: Any = dataclasses.field(default_factory=cls, metadata={"doc": doc})
    return typing.cast(T, field)


# -- which settings there are ----------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One setting: its path, its type and its metadata (doc, bounds, choices, check)."""

    path: SettingPath
    type: Any
    facts: Mapping[str, Any]


def options(cls: type, path: SettingPath = ()) -> Iterator[Option]:
    """Yield every setting of a class in the order of its fields, entering groups where they
    stand."""
    types_by_name = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        kind, here = types_by_name[field.name], (*path, field.name)
        if dataclasses.is_dataclass(kind):
            yield from options(typing.cast(type, kind), here)
        elif typing.get_origin(kind) is dict:
            yield from options(typing.get_args(kind)[1], (*here, ANY_NAME))
        else:
            yield Option(here, kind, field.metadata)


def _same(known: SettingPath, path: SettingPath) -> bool:
    return len(known) == len(path) and all(
        k in (ANY_NAME, p) for k, p in zip(known, path, strict=True)
    )


def _find(known: list[Option], path: SettingPath) -> Option | None:
    return next((option for option in known if _same(option.path, path)), None)


def _is_group(known: list[Option], path: SettingPath) -> bool:
    depth = len(path)
    return any(len(o.path) > depth and _same(o.path[:depth], path) for o in known)


# -- from the places where values are given to checked values --------------------------------------


@dataclass(frozen=True)
class Given:
    """A raw value and its source. `is_text`: the source gives text only (command line,
    environment)."""

    value: Any
    source: str
    is_text: bool


def load(
    cls: type[T],
    *,
    command_line: Mapping[str, str],
    environ: Mapping[str, str],
    prefix: str,
    file: Path | None,
) -> T:
    """Return the dataclass; each value comes from the command line, the environment or the file.

    The first of these three that has a value wins. `command_line` maps dotted names to text;
    variables of `environ` count if their name begins with `prefix`. Raises UsageError with the path
    of the first setting that is unknown or invalid.
    """
    known = list(options(cls))
    given = _in_file(file, known) if file else {}
    given |= _in_environment(environ, prefix)
    given |= {tuple(k.split(".")): Given(v, "command line", True) for k, v in command_line.items()}
    return _make(cls, (), {path: _checked(known, path, item) for path, item in given.items()})


def _in_environment(environ: Mapping[str, str], prefix: str) -> dict[SettingPath, Given]:
    return {
        tuple(name.removeprefix(prefix).lower().split("__")): Given(text, name, True)
        for name, text in environ.items()
        if name.startswith(prefix)
    }


def _in_file(file: Path, known: list[Option]) -> dict[SettingPath, Given]:
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not TOML: {error}") from None
    leaves = _leaves(tables, (), known)
    return {path: Given(value, str(file), False) for path, value in leaves}


def _leaves(
    table: Mapping[str, Any], path: SettingPath, known: list[Option]
) -> Iterator[tuple[SettingPath, Any]]:
    """Yield each value of a file with its path. A table that is no known group counts as a
    value."""
    for name, value in table.items():
        here = (*path, name)
        if isinstance(value, dict) and _is_group(known, here):
            yield from _leaves(value, here, known)
        else:
            yield here, value


def _checked(known: list[Option], path: SettingPath, given: Given) -> object:
    """Return the value converted to the setting's type. Raises UsageError with path and reason."""

    def error(what: str) -> UsageError:
        return UsageError(f"{'.'.join(path)}: {what} ({given.source})")

    option = _find(known, path)
    if option is None:
        raise error(_unknown(known, path))
    try:
        value = _from_text(option.type, given.value) if given.is_text else given.value
        value = _typed(option.type, value)
    except (TypeError, ValueError):
        raise error(f"{given.value!r} is not {_KIND[option.type]}") from None
    if wrong := _wrong(option.facts, value):
        raise error(wrong)
    return value


def _unknown(known: list[Option], path: SettingPath) -> str:
    if _is_group(known, path):
        return "this is a group of settings, not a setting"
    names = [".".join(option.path) for option in known]
    near = difflib.get_close_matches(".".join(path), names, n=1, cutoff=0.75)
    return f"unknown setting, did you mean {near[0]}?" if near else "unknown setting"


_KIND: Mapping[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Path: "a file name",
    Path | None: "a file name",
    tuple[str, ...]: "a list of texts",
}
_TRUTH = {"true": True, "yes": True, "on": True, "1": True} | {
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


def _from_text(kind: Any, text: str) -> object:
    if kind is bool:
        if text.lower() not in _TRUTH:
            raise ValueError
        return _TRUTH[text.lower()]
    if kind in (int, float):
        return kind(text)
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _typed(kind: Any, value: Any) -> object:
    if kind is float and type(value) is int:
        return float(value)
    if kind == tuple[str, ...]:
        if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            raise TypeError
        return tuple(value)
    if kind is Path or isinstance(kind, types.UnionType):  # Path | None: an empty text is None
        if not isinstance(value, str) or (kind is Path and not value):
            raise TypeError
        return Path(value) if value else None
    if type(value) is not kind:  # not isinstance: a bool is not a number here
        raise TypeError
    return value


def _wrong(facts: Mapping[str, Any], value: Any) -> str | None:
    """Return what is wrong with a value of the right type, or None."""
    low, high, choices, check = (facts[name] for name in ("low", "high", "choices", "check"))
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not a number to count with"
    if low is not None and value < low:
        return f"{value} is too small, the least is {low}"
    if high is not None and value > high:
        return f"{value} is too large, the most is {high}"
    if choices and value not in choices:
        return f"{value!r} is not one of {', '.join(choices)}"
    return check(value) if check else None


def _make(cls: type[T], path: SettingPath, values: Mapping[SettingPath, object]) -> T:
    """Build the dataclass at this path from all checked values."""
    made: dict[str, object] = {}
    for name, kind in typing.get_type_hints(cls).items():
        here = (*path, name)
        if dataclasses.is_dataclass(kind):
            made[name] = _make(typing.cast(type, kind), here, values)
        elif typing.get_origin(kind) is dict:
            member = typing.get_args(kind)[1]
            names = dict.fromkeys(key[len(here)] for key in values if key[: len(here)] == here)
            made[name] = {each: _make(member, (*here, each), values) for each in names}
        elif here in values:
            made[name] = values[here]
    return cls(**made)


# -- the sample ------------------------------------------------------------------------------------


def sample(table: Any) -> str:
    """Every setting as TOML below its description, defaults commented out. `load` reads it back."""
    return "\n".join(_sample_lines(table, type(table)(), ()))


def _sample_lines(table: Any, usual: Any, path: SettingPath) -> Iterator[str]:
    groups = []
    for field in dataclasses.fields(table):
        value, default = getattr(table, field.name), getattr(usual, field.name)
        if dataclasses.is_dataclass(value) or isinstance(value, dict):
            groups.append((field, value, default))
            continue
        yield from ("", *_comment(field.metadata["doc"]))
        yield f"{'#' if value == default else ''}{field.name} = {_toml(value)}"
    for (
        field,
        value,
        default,
    ) in groups:  # last: TOML assigns all keys below a table's head to that table
        here = (*path, field.name)
        yield from ("", "", *_comment(field.metadata["doc"]))
        if isinstance(value, dict):
            for name, member in value.items():
                yield _head((*here, name))
                yield from _sample_lines(member, type(member)(), (*here, name))
        else:
            yield _head(here)
            yield from _sample_lines(value, default, here)


def _comment(doc: str) -> list[str]:
    return textwrap.wrap(doc, 100, initial_indent="# ", subsequent_indent="# ")


def _head(path: SettingPath) -> str:
    bare = re.compile(r"[A-Za-z0-9_-]+")
    return f"[{'.'.join(name if bare.fullmatch(name) else _toml(name) for name in path)}]"


def _toml(value: object) -> str:
    """A value as TOML. JSON's notation is valid TOML for all types of settings except None and
    DEL."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if value is None or isinstance(value, Path):
        value = str(value or "")
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
