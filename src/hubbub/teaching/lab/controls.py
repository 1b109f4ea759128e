"""What the lab does with bytes on their way. Every control has a value at which it does nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

#: Control -> its largest value. The smallest is 0, which turns it off.
LARGEST = {"pieces": 4096, "lines": 100, "hold": 10_000, "delay": 10_000, "slow": 1000}


@dataclass(frozen=True)
class Controls:
    """Applied to the bytes from a person to the program, but `stopped`: that is the way back."""

    pieces: int = 0
    """Pass on at most this many bytes at a time, the next when the program has read the last."""
    lines: int = 0
    """Hold bytes back until there are this many lines, and pass them on as one piece."""
    hold: int = 500
    """Milliseconds after which held bytes are passed on with fewer lines."""
    delay: int = 0
    """Milliseconds that each piece is late."""
    slow: int = 0
    """Milliseconds between two steps, so that they can be followed with the eye."""
    stopped: bool = False
    """The person does not read: the lab takes nothing from the program for them."""

    def changed(self, asked: Mapping[str, Any]) -> Controls:
        """With other values. Raises ValueError with a sentence for people."""
        for name, value in asked.items():
            _check(name, value)
        return replace(self, **asked)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _check(name: str, value: object) -> None:
    if name not in {field.name for field in fields(Controls)}:
        raise ValueError(f"there is no control named {name}")
    if name == "stopped":
        if not isinstance(value, bool):
            raise ValueError("stopped is true or false")
        return
    if type(value) is not int or not 0 <= value <= LARGEST[name]:
        raise ValueError(f"{name} is a number from 0 to {LARGEST[name]}")
