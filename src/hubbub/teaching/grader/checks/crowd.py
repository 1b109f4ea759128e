"""Fifty people."""

from __future__ import annotations

from ..check import check
from ..stage import Stage
from .talk import all_speak

_SEEDS, _PEOPLE, _LEAVE, _ROUNDS = 5, 50, 10, 20


@check(
    "crowd.fifty", 4, "talk.twenty name.kept",
    "Fifty people talk while ten connections break; who stays receives every line of who stays.",
    "a list changes while another thread walks through it. Hold a lock, or walk through a copy.",
)  # fmt: skip
def fifty(stage: Stage) -> None:
    for _ in range(_SEEDS):
        people = stage.joined(_PEOPLE)
        leavers = dict(zip(people[::5], range(2, 2 + _LEAVE), strict=True))
        staying = [each for each in people if each not in leavers]
        for number in range(_ROUNDS):
            here = [each for each in people if leavers.get(each, number) >= number]
            for each in people:
                if leavers.get(each) == number:
                    stage.story.tell(each.label, "broke its connection (RST)")
                    each.reset()
            all_speak(stage, [each for each in here if each.socket.fileno() >= 0], staying)
        for each in staying:
            each.reset()
