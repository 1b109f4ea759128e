"""Names: who may have which, and who is meant."""

from __future__ import annotations

from ...shown import shown
from ..check import check
from ..clients import Client
from ..stage import Stage, about, is_here


@check(
    "name.taken", 3, "talk.two",
    "A name that is here already is refused, also in capitals; another one is accepted then.",
    "nobody looks whether the name is there, or capitals are compared as other letters.",
)  # fmt: skip
def taken(stage: Stage) -> None:
    first = stage.join()
    second = stage.connect("the second")
    for name in (first.label, first.label.upper()):
        _is_refused(stage, second, name)
    stage.enter(second, stage.name())


def _is_refused(stage: Stage, client: Client, name: str) -> None:
    before = len(client.notices)
    stage.send(client, name)
    stage.loop.until(lambda: len(client.notices) > before or client.ended)
    answers = client.notices[before:]
    if not answers or any(is_here(line) for line in answers) or client.ended:
        raise stage.failure(
            f"{client.label} receives  * and why {name} is refused, and may choose another",
            stage.what_came(client),
        )


@check(
    "name.shape", 3, "talk.two",
    "Only 1 to 20 letters or digits are a name.",
    "the first line becomes the name, whatever it is. With a colon, a space or a control character"
    " in it, nobody can tell name and text apart.",
)  # fmt: skip
def shape(stage: Stage) -> None:
    stage.join()
    for bad in ("", "a" * 300, "a:b", "two words", "\x1b[31mred"):
        client = stage.connect("somebody")
        stage.send(client, bad)
        stage.loop.gate(client)
        # Somebody else comes in between: the program had time to answer.
        stage.join()
        stage.loop.until(client.has_answer, 0.1)
        if any(is_here(line) for line in client.notices):
            raise stage.failure(
                f"the name {shown(bad.encode()) or '(nothing)'} is refused", "it was accepted"
            )


@check(
    "name.kept", 2, "talk.two",
    "When the earliest has gone, the others still speak under their own names.",
    "names and connections stand in two lists, and only one of them was shortened.",
)  # fmt: skip
def kept(stage: Stage) -> None:
    first, *others = stage.joined(4)
    first.half_close()
    stage.story.tell(first.label, "closed its side (FIN)")
    stage.loop.until(lambda: all(about(first.label, each.notices) for each in others))
    for speaker in others:
        stage.fence(speaker, [each for each in others if each is not speaker])
    newcomer = stage.connect(stage.name())
    stage.send(newcomer, newcomer.label)
    # That the first has not gone at all is the matter of leave.fin.
    here = set(stage.expect_here(newcomer)) - {newcomer.label, first.label}
    if here != {each.label for each in others}:
        names = " ".join(each.label for each in others)
        raise stage.failure(
            f"{newcomer.label} receives  * here: {names}", stage.what_came(newcomer)
        )


@check(
    "name.trust", 2, "talk.two",
    "Nobody can speak as another, or as the server.",
    "the text is passed on without the name in front of it.",
)  # fmt: skip
def trust(stage: Stage) -> None:
    speaker, hearer, other = stage.joined(3)
    stage.loop.until(lambda: about(other.label, hearer.notices))
    for text in (f"{other.label}: hi", f"* {other.label} went"):
        before = len(hearer.notices)
        stage.send(speaker, text)
        stage.expect(hearer, f"{speaker.label}: {text}")
        for notice in hearer.notices[before:]:
            if notice.startswith(f"* {other.label}".encode()):
                raise stage.failure(
                    f"{hearer.label} receives no notice about {other.label}", f"{shown(notice)}<LF>"
                )
