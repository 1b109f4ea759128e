"""What nobody would send by accident."""

from __future__ import annotations

from ...shown import shown
from ..check import check
from ..clients import Client
from ..stage import Stage, counted

_ENDLESS = 1_000_000  # bytes
_LONGEST_LINE = 1_000
_PIECE = 10_000
_CONTROL_BYTES = {*b"\x1b\x07\x00\r"}
_SLOW = 5
"""Programs that keep it all take their time over a million bytes."""
_CONTROLS = (b"\x1b[2J", b"\x07", b"\x00", b"\r")
_GROWTH, _MORE, _GROWTH_OF_MORE = 4_000_000, 16_000_000, 12_000_000
_MARK = b"\xc2\xa4"
"""A letter that nothing else has in it."""


@check(
    "abuse.long", 3, "line.merged talk.two",
    "A line without an end fills no memory and reaches nobody.",
    "bytes are gathered until a line end comes, however many they are. A line has at most 1,000.",
)  # fmt: skip
def long(stage: Stage) -> None:
    endless, hearer = stage.joined(2)
    before = stage.program.usage()
    _send_much(stage, _ENDLESS)
    after = stage.program.usage()
    if before and after and after.memory - before.memory > _GROWTH and not endless.ended:
        # Runtimes with garbage grow for reasons of their own; what keeps it all grows with it.
        _send_much(stage, _MORE)
        later = stage.program.usage()
        grown = later.memory - after.memory if later else 0
        if grown > _GROWTH_OF_MORE:
            raise stage.failure(
                f"your program keeps at most {_LONGEST_LINE:,} bytes of a line",
                f"it grew by {grown / 1e6:.1f} MB when {_MORE / 1e6:.0f} MB more came",
            )
    # If the end of it is kept or thrown away, the next line of the same person comes after it.
    following = stage.text()
    stage.send_bytes(endless, f"\n{following}\n".encode())
    stage.loop.until(
        lambda: endless.ended or _has_come(hearer, following), _SLOW * stage.loop.patience
    )
    newcomer = stage.join()
    text = stage.text()
    stage.send(newcomer, text)
    wanted = f"{newcomer.label}: {text}".encode()
    stage.loop.until(lambda: wanted in hearer.said or hearer.ended)
    got = b"".join([*hearer.said, *hearer.notices, hearer.unfinished]).count(_MARK) * len(_MARK)
    if got > _LONGEST_LINE:
        raise stage.failure(
            f"{hearer.label} receives at most {_LONGEST_LINE:,} bytes of it",
            counted(got, "byte"),
        )
    while hearer.said and hearer.said[0] != wanted:
        hearer.said.popleft()
    stage.expect(hearer, wanted.decode())


def _has_come(client: Client, text: str) -> bool:
    return any(line.endswith(text.encode()) for line in client.said)


def _send_much(stage: Stage, size: int) -> None:
    """The first client sends bytes without a line end until it is let go; one that is no longer
    read is left alone."""
    endless = stage.loop.clients[0]
    sent = endless.sent
    for _ in range(size // _PIECE):
        stage.put(endless, _MARK * (_PIECE // len(_MARK)))
        if not stage.loop.until(lambda: not endless.to_send or endless.ended):
            endless.to_send = b""
            break
        if endless.ended:
            break
    much = f"sent {endless.sent - sent:,} bytes without a line end"
    stage.story.tell(endless.label, f"{much}, and was let go" if endless.ended else much)


@check(
    "abuse.escape", 3, "talk.two",
    "No control character of one reaches the terminal of another.",
    "the text is passed on as it came. Replace what is not printable.",
)  # fmt: skip
def escape(stage: Stage) -> None:
    speaker, hearer, other = stage.joined(3)
    for control in _CONTROLS:
        line = stage.text().encode() + control + stage.text().encode()
        stage.send_bytes(speaker, line + b"\n")
        stage.loop.gate(speaker)
    stage.loop.until(lambda: len(hearer.said) >= len(_CONTROLS) or speaker.ended)
    lines = [*hearer.said, *hearer.notices]
    received = b"".join([*lines, hearer.unfinished])
    if _CONTROL_BYTES & {*received}:
        bad = [line for line in lines if _CONTROL_BYTES & {*line}]
        raise stage.failure(
            f"{hearer.label} receives no control character",
            "\n".join(f"{shown(line)}<LF>" for line in bad) or shown(hearer.unfinished),
        )
    hearer.said.clear()
    stage.fence(other, [hearer])
