"""However somebody goes: the others are told, and the program rests or ends as it should."""

from __future__ import annotations

from collections.abc import Sequence

from ...program import LISTENS_WITHIN
from ..check import check
from ..clients import Client
from ..stage import NotJudged, Stage, about, counted

_REST_SECONDS = 2.0
_RESTING_CPU = 0.5
"""Seconds of processor time in which a resting program may wake up now and then."""
_SPINS, _SPINNING_CPU = 0.9, 0.1
"""On a busy machine a thread that never rests gets little time, but is runnable for this part of
it. One that rests never is, and uses less."""
_STOPS_WITHIN = 3.0


@check(
    "leave.quit", 2, "talk.two",
    "`quit` closes the connection, and the others are told once.",
    "`quit` is passed on as a message, or the connection is not closed.",
)  # fmt: skip
def quits(stage: Stage) -> None:
    leaver, *others = _met(stage)
    stage.send(leaver, "quit")
    _is_closed(stage, leaver)
    _are_told_once(stage, leaver, others)


@check(
    "leave.fin", 3, "talk.two",
    "When somebody closes, the program closes too, and the others are told once.",
    "b\"\" from recv is not taken for the end, so the person stays in the list for ever.",
)  # fmt: skip
def fin(stage: Stage) -> None:
    leaver, *others = _met(stage)
    leaver.half_close()
    stage.story.tell(leaver.label, "closed its side (FIN)")
    _is_closed(stage, leaver)
    _are_told_once(stage, leaver, others)


@check(
    "leave.reset", 3, "talk.two",
    "When a connection breaks, the others are told once and miss nothing.",
    "the error of one connection ends the loop in which another was being served, or it is told"
    " twice: where reading failed, and where writing failed.",
)  # fmt: skip
def reset(stage: Stage) -> None:
    leaver, speaker, hearer = _met(stage)
    leaver.reset()
    stage.story.tell(leaver.label, "broke its connection (RST), and at the same moment")
    _passes(stage, speaker, hearer)
    _are_told_once(stage, leaver, [speaker, hearer])


def _met(stage: Stage) -> list[Client]:
    """Three people, who have been told of each other: such a notice may name everybody."""
    first, second, third = stage.joined(3)
    stage.loop.until(
        lambda: (
            about(second.label, first.notices)
            and about(third.label, first.notices)
            and about(third.label, second.notices)
        )
    )
    for client in (first, second, third):
        client.notices.clear()
    return [first, second, third]


def _is_closed(stage: Stage, leaver: Client) -> None:
    if not stage.loop.until(lambda: leaver.ended):
        raise stage.failure(
            f"the connection of {leaver.label} is closed by your program",
            f"it still stands after {stage.loop.patience:.1f} s",
        )


def _are_told_once(stage: Stage, leaver: Client, others: Sequence[Client]) -> None:
    """Each of the two others, who came later, gets one notice with the name; what they say then
    shows that there is no second one before it."""

    def told(client: Client) -> list[bytes]:
        return about(leaver.label, client.notices)

    first, second = others
    if stage.loop.until(lambda: told(first) and told(second)):
        for speaker, hearer in ((first, second), (second, first)):
            _passes(stage, speaker, hearer)
    for client in others:
        if len(told(client)) != 1:
            raise stage.failure(
                f"{client.label} receives one notice that {leaver.label} went",
                f"{counted(len(told(client)), 'notice')} with this name"
                f" within {stage.loop.patience:.1f} s",
            )


def _passes(stage: Stage, speaker: Client, hearer: Client) -> None:
    """A line of one reaches the other, whatever else does, and under whatever name."""
    text = stage.text()
    stage.send(speaker, text)

    def arrived() -> bool:
        return any(line.endswith(f": {text}".encode()) for line in hearer.said)

    if not stage.loop.until(lambda: arrived() or hearer.ended) or not arrived():
        expected = f"{hearer.label} receives  {speaker.label}: {text}<LF>"
        raise stage.failure(expected, stage.what_came(hearer))
    hearer.said.clear()


@check(
    "leave.rest", 2, "fin",
    "When somebody has gone, the program rests.",
    "recv returns b\"\" at once, again and again, when the other side has closed. b\"\" means:"
    " it is over. Leave the loop.",
)  # fmt: skip
def rest(stage: Stage) -> None:
    leaver, _ = stage.joined(2)
    leaver.half_close()
    stage.story.tell(leaver.label, "closed its side (FIN); then nobody said a thing")
    stage.loop.until(lambda: leaver.ended)
    # Runtimes may have work of their own for some seconds after their start.
    for windows_left in (2, 1, 0):
        before = stage.program.usage()
        stage.loop.pause(_REST_SECONDS)
        after = stage.program.usage()
        if before is None or after is None:
            raise NotJudged("this system does not tell how much processor time a program uses")
        used, busiest = after.cpu - before.cpu, after.busiest_since(before)
        spins = busiest > _SPINS * _REST_SECONDS and used > _SPINNING_CPU
        if used < _RESTING_CPU and not spins:
            return
        if not windows_left:
            raise stage.failure(
                f"your program uses less than {_RESTING_CPU} s of processor time"
                f" in {_REST_SECONDS:.0f} s",
                f"it used {used:.1f} s" + (", and never rested" if spins else ""),
            )


@check(
    "leave.stop", 2, "talk.two",
    "Ctrl-C ends the program while people are there, and their connections with it.",
    "a thread that is not a daemon is still waiting, or KeyboardInterrupt is caught in a loop that"
    " goes on.",
)  # fmt: skip
def stop(stage: Stage) -> None:
    people = stage.joined(2)
    stage.story.tell("I", "interrupted your program (SIGINT, as Ctrl-C does)")
    stage.program.interrupt()
    seconds = max(_STOPS_WITHIN, stage.loop.patience)
    if not stage.loop.until(lambda: stage.program.exit_code is not None, seconds):
        raise stage.failure(f"your program ends within {seconds:.0f} s", "it still runs")
    for client in people:
        if not stage.loop.until(lambda client=client: client.ended):  # type: ignore[misc]
            raise stage.failure(
                f"the connection of {client.label} has ended with your program", "it still stands"
            )


@check(
    "leave.again", 2, "stop",
    "Once stopped, it can be started again at once on the same port.",
    "after a connection the system keeps its port for a minute. Set SO_REUSEADDR before bind();"
    " socket.create_server() does it.",
)  # fmt: skip
def again(stage: Stage) -> None:
    people = stage.joined(2)
    stage.story.tell("I", "interrupted your program (SIGINT, as Ctrl-C does)")
    stage.program.interrupt()
    seconds = max(_STOPS_WITHIN, stage.loop.patience)
    stage.loop.until(lambda: stage.program.exit_code is not None, seconds)
    stage.loop.until(lambda: all(client.ended for client in people))
    stage.program.kill()
    for client in people:
        client.close()
    stage.story.tell("I", f"started it again on the same port, and waited {LISTENS_WITHIN:.0f} s")
    stage.start(stage.program.port)
    stage.join()
