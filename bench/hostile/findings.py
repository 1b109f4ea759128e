"""The definition of an attack and of its findings.

An attack is an async function `attack(full: bool) -> Finding`, registered with its number in the
list of security tests (docs/security-tests.md), a description, and the required result. `full`
selects the full size; otherwise it is small enough for the test suite.

A finding has two kinds of faults. `broken` faults are wrong on any machine: a lost message, growing
memory, a stranger admitted. `slow` faults exceed a required time, possibly because the machine is
busy, so the test suite checks only the broken ones.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Finding:
    said: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)

    def says(self, text: str) -> None:
        self.said.append(text)

    def holds(self, what: str, true: bool) -> None:
        """`what` says how it should be."""
        if not true:
            self.broken.append(what)

    def at_most(self, what: str, value: float, most: float, unit: str = "") -> None:
        """A number that depends on the server alone, such as memory."""
        self.said.append(f"{what} {_number(value)}{unit}")
        if value > most:
            self.broken.append(f"{what} {_number(value)}{unit} > {_number(most)}{unit}")

    def within(self, what: str, value: float, most: float, unit: str = " ms") -> None:
        """A time, which depends on the machine too."""
        self.said.append(f"{what} {_number(value)}{unit}")
        if value > most:
            self.slow.append(f"{what} {_number(value)}{unit} > {_number(most)}{unit}")

    def verdict(self) -> str:
        if self.broken:
            return "BROKEN: " + "; ".join(self.broken)
        return "SLOW: " + "; ".join(self.slow) if self.slow else "ok"

    def __str__(self) -> str:
        return ", ".join(self.said)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.2f}"


Function = Callable[[bool], Awaitable[Finding]]


@dataclass(frozen=True)
class Attack:
    """`run` is the attack; or `tests` names what pytest is to run instead."""

    number: str
    what: str
    demanded: str
    run: Function | None = None
    tests: Sequence[str] = ()


ATTACKS: dict[str, Attack] = {}


def attack(number: str, what: str, demanded: str) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        assert number not in ATTACKS, number
        ATTACKS[number] = Attack(number, what, demanded, function)
        return function

    return register


def tested(number: str, what: str, demanded: str, *tests: str) -> None:
    """It is in the test-suite in full: these tests, as pytest names them."""
    assert number not in ATTACKS, number
    ATTACKS[number] = Attack(number, what, demanded, tests=tests)
