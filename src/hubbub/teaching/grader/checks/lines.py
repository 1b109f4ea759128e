"""Lines, however their bytes arrive."""

from __future__ import annotations

from ..check import check
from ..stage import MOST_AT_ONCE, Stage

_SEEDS = 5


@check(
    "line.plain", 4, "start.listens",
    "A line is answered.",
    "the answer has another form than lessons/protocol.md gives it, or it has no line end.",
)  # fmt: skip
def plain(stage: Stage) -> None:
    stage.conversation().says(stage.text())


@check(
    "line.end", 4, "plain",
    "The last line before the end of a connection is answered; then the program closes it.",
    "the loop goes on when recv has given b\"\", or the program does not close its side. b\"\""
    " means: the other side will send no more.",
)  # fmt: skip
def end(stage: Stage) -> None:
    talk, text = stage.conversation(), stage.text()
    stage.send(talk.speaker, text)
    stage.loop.until(lambda: not talk.speaker.to_send)
    talk.speaker.half_close()
    stage.story.tell(talk.speaker.label, "closed its sending side at once (FIN)")
    talk.expect(text)
    if not stage.loop.until(lambda: talk.speaker.ended):
        raise stage.failure(
            f"the connection of {talk.speaker.label} is closed by your program",
            f"it still stands after {stage.loop.patience:.1f} s",
        )
    stage.newcomer()


@check(
    "line.split", 4, "plain",
    "A line may arrive in two pieces.",
    "each recv is taken for a whole message. Keep what has no line end yet.",
)  # fmt: skip
def split(stage: Stage) -> None:
    talk = stage.conversation()
    for cut in (3, 1, 7, -1):
        line = stage.text()
        data = line.encode() + b"\n"
        stage.send_in_pieces(talk.speaker, [data[:cut], data[cut:]])
        talk.expect(line)


@check(
    "line.merged", 4, "plain",
    "Several lines may arrive at once.",
    "what one recv gives is taken for one message. Look for the line ends in it.",
)  # fmt: skip
def merged(stage: Stage) -> None:
    talk = stage.conversation()
    for count in (2, MOST_AT_ONCE):
        lines = [stage.text() for _ in range(count)]
        stage.send_bytes(talk.speaker, "".join(f"{line}\n" for line in lines).encode())
        talk.expect_all(lines)


@check(
    "line.bytes", 3, "plain",
    "A line may arrive byte by byte.",
    "a line is put together from two pieces at most. Keep on adding until there is a line end.",
)  # fmt: skip
def single_bytes(stage: Stage) -> None:
    talk = stage.conversation()
    for _ in range(2):
        line = stage.text()
        stage.send_in_pieces(talk.speaker, [bytes([byte]) for byte in f"{line}\n".encode()])
        talk.expect(line)


@check(
    "line.seeded", 3, "split merged",
    "Twelve lines arrive whole and in order, wherever they are cut.",
    "one kind of cut is not thought of, such as one before the line end, or one with two line ends"
    " in a piece.",
)  # fmt: skip
def seeded(stage: Stage) -> None:
    talk = stage.conversation()
    for _ in range(_SEEDS):
        lines = [stage.text() for _ in range(12)]
        data = "".join(f"{line}\n" for line in lines).encode()
        pieces = []
        while data:
            cut = stage.random.randint(1, 13)
            pieces.append(data[:cut])
            data = data[cut:]
        stage.send_in_pieces(talk.speaker, pieces)
        talk.expect_all(lines)
