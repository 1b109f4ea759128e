"""Several people at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...shown import shown
from ..check import check
from ..clients import Client
from ..stage import MOST_AT_ONCE, Stage, about


@check(
    "talk.two", 4, "line.plain",
    "Who comes is told to the others; what one says, they receive, in order, and not the author.",
    "the line is sent to everybody including its author, or to the author alone, or without the"
    " name; or nobody is told who came.",
)  # fmt: skip
def two(stage: Stage) -> None:
    first, second, third = stage.joined(3)
    for newcomer, client in ((second, first), (third, first), (third, second)):
        if not stage.loop.until(lambda n=newcomer, c=client: about(n.label, c.notices)):  # type: ignore[misc]
            raise stage.failure(
                f"{client.label} receives  * and that {newcomer.label} came",
                stage.what_came(client),
            )
    for speaker, count in ((first, 3), (second, 2)):
        for _ in range(count):
            stage.fence(speaker, [each for each in (first, second, third) if each is not speaker])
    for _ in range(2):
        stage.fence(third, [first, second])


@check(
    "talk.silent", 5, "two",
    "Somebody who says nothing keeps nobody waiting.",
    "the name is read where accept() is called, so accept() is not called again until the first one"
    " has spoken. Give each connection its own thread or turn.",
)  # fmt: skip
def silent(stage: Stage) -> None:
    stage.connect("quiet1")
    stage.story.tell("quiet1", "connected and said nothing; it is still there")
    speaker, hearer = stage.joined(2)
    stage.fence(speaker, [hearer])


@check(
    "talk.half", 3, "silent line.split",
    "Somebody in the middle of a line keeps nobody waiting.",
    "the program waits for the rest of a line before it turns to others.",
)  # fmt: skip
def half(stage: Stage) -> None:
    name = stage.name()
    slow = stage.connect(name)
    stage.send_bytes(slow, name[:2].encode())
    stage.loop.gate(slow)
    other = stage.join()
    stage.send_bytes(slow, name[2:].encode() + b"\n")
    stage.expect_here(slow)
    stage.fence(slow, [other])
    stage.fence(other, [slow])


@check(
    "talk.twenty", 2, "two",
    "Twenty people talk, and each receives every line of the others once.",
    "the list of people changes while another thread walks through it; or a table has room for too"
    " few.",
)  # fmt: skip
def twenty(stage: Stage) -> None:
    people = stage.joined(20)
    for _ in range(5):
        all_speak(stage, people, people)


def all_speak(stage: Stage, speakers: Sequence[Client], hearers: Sequence[Client]) -> None:
    """Each says one line, twenty at once; each hearer receives all lines of the other hearers,
    once.

    What those say who are not among the hearers may arrive, too, or not.
    """
    for first in range(0, len(speakers), MOST_AT_ONCE):
        _speak_at_once(stage, speakers[first : first + MOST_AT_ONCE], hearers)


def _speak_at_once(stage: Stage, speakers: Sequence[Client], hearers: Sequence[Client]) -> None:
    stage.story.tell("", f"{len(speakers)} people said a line each, all at once")
    texts = {speaker: stage.text() for speaker in speakers}
    for speaker, text in texts.items():
        stage.put(speaker, text.encode() + b"\n")
    lines = {
        each: f"{each.label}: {text}".encode() for each, text in texts.items() if each in hearers
    }
    labels = {each.label.encode() for each in stage.loop.clients} - {
        each.label.encode() for each in hearers
    }

    def heard(hearer: Client) -> list[bytes]:
        return [line for line in hearer.said if line.partition(b": ")[0] not in labels]

    def has_all(hearer: Client) -> bool:
        count = len(lines) - (hearer in lines)
        return len(hearer.said) >= count and len(heard(hearer)) >= count

    stage.loop.until(lambda: all(each.ended or has_all(each) for each in hearers))
    for hearer in hearers:
        wanted = Counter(line for each, line in lines.items() if each is not hearer)
        came = Counter(heard(hearer))
        if came != wanted:
            raise stage.failure(
                f"{hearer.label} receives {wanted.total()} lines of the others, each once",
                _what_was_wrong(hearer, wanted - came, came - wanted),
            )
        hearer.said.clear()


def _what_was_wrong(hearer: Client, missing: Counter[bytes], more: Counter[bytes]) -> str:
    parts = [
        f"{lines.total()} lines {what}, such as  {shown(min(lines))}<LF>"
        for what, lines in (("are missing", missing), ("are too many", more))
        if lines
    ]
    return "\n".join([*parts, *([f"(the connection was {hearer.ended})"] if hearer.ended else [])])
