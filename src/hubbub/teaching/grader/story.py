"""What the grader did in one check, told in short lines: who, and what.

A failure quotes it, so a message can never describe something that was not done. With `--show` each
line is printed when it happens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

_FIRST, _LAST = 3, 9  # lines of a long story that are quoted

Line = tuple[str, str]


@dataclass
class Story:
    """The lines of one run of a check."""

    tells: Callable[[str, str], None] = lambda who, what: None
    """Called with each line at once."""
    lines: list[Line] = field(default_factory=list)

    def tell(self, who: str, what: str) -> None:
        self.tells(who, what)
        self.lines.append((who, what))

    def quoted(self) -> list[Line]:
        """The lines, without the middle of a long story; a name is not repeated."""
        lines = self.lines
        if len(lines) > _FIRST + _LAST + 1:
            left_out = len(lines) - _FIRST - _LAST
            lines = [*lines[:_FIRST], ("", f"... ({left_out} lines)"), *lines[-_LAST:]]
        names = [who for who, _ in lines]
        return [
            ("" if who == before else who, what)
            for (who, what), before in zip(lines, [None, *names], strict=False)
        ]
