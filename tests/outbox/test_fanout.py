"""Fan-out: each session gets its own lines in the hub's order, however lines are combined."""

from __future__ import annotations

from typing import Any

from harness import FakeThread
from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc.dialect import IrcDialect
from hubbub.dialects.variant import ServerInfo, Variants
from hubbub.events.kinds import Entry, MessageSent
from hubbub.model.change import Change
from hubbub.outbox.audience import Audience
from hubbub.outbox.batch import Broadcast, PrivateDelivery
from hubbub.outbox.fanout import deliver
from hubbub.peer import Peer
from hubbub.session import Session

VARIANTS = Variants(ServerInfo("hubbub.local", "log001"))
THREAD = FakeThread()


def session(
    number: int, thread: FakeThread = THREAD, **options: Any
) -> tuple[Session, list[bytes]]:
    made = Session(number, thread, Peer("127.0.0.1", 1), IrcDialect(), VARIANTS, **options)
    if number % 2:
        made.negotiate(frozenset({"server-time"}))
    written: list[bytes] = []
    made.divert(written.append)
    return made, written


def change(number: int) -> Change:
    sent = MessageSent(1, "a!b@c", None, "PRIVMSG", "#x", None, "#x", f"text {number}")
    return Change(Entry(number, 0, sent))


DELIVERIES = st.lists(
    st.tuples(st.just("direct"), st.integers(0, 4))
    | st.tuples(
        st.just("broadcast"),
        st.integers(0, 3),  # which audience
        st.none() | st.integers(0, 4),  # who is left out
    ),
    max_size=12,
)


@given(st.lists(st.sets(st.integers(0, 4)), min_size=4, max_size=4), DELIVERIES)
def test_each_session_gets_its_lines_in_order_and_in_one_write(members, plan):
    made = [session(number) for number in range(5)]
    sessions = [each for each, _ in made]
    audiences = [Audience(sessions[i] for i in sorted(group)) for group in members]
    expected: list[list[str]] = [[] for _ in made]
    deliveries: list[Broadcast | PrivateDelivery] = []
    for number, (kind, target, *skip) in enumerate(plan):
        if kind == "direct":
            deliveries.append(PrivateDelivery(sessions[target], f"direct {number}\r\n"))
            expected[target].append(f"direct {number}")
        else:
            left_out = skip[0]
            asker = None if left_out is None else sessions[left_out]
            deliveries.append((audiences[target], change(number), asker))
            for member in members[target]:
                if member != left_out:
                    expected[member].append(f"text {number}")
    deliver(deliveries, THREAD.index)
    for (each, written), lines in zip(made, expected, strict=True):
        text = b"".join(written).decode()
        found = [line.rpartition(":")[2] for line in text.split("\r\n")[:-1]]
        assert found == lines
        assert len(written) <= 1
        assert each.parts == []


def test_a_session_of_another_thread_is_left_to_it():
    """Which may be in the middle of its turn, with lines put together in part."""
    here, heard = session(0)
    there, written = session(2, FakeThread(1))
    audience = Audience([here, there])
    there.parts.append(([(0, change(1), None)], ["half of it\r\n"]))
    deliver([(audience, change(1), there), (audience, change(2), None)], THREAD.index)
    assert b"".join(heard).count(b"text") == 2
    assert written == []
    assert len(there.parts) == 1


def test_what_comes_after_a_hold_waits_behind_what_is_read():
    made, written = session(0)
    audience = Audience([made])
    deliver(
        [
            PrivateDelivery(made, "first\r\n"),
            PrivateDelivery(made, "", hold=True),
            (audience, change(2), None),
            PrivateDelivery(made, "last\r\n"),
        ],
        THREAD.index,
    )
    assert written == [b"first\r\n"]
    made.let_go(b"history\r\n")
    assert b"".join(written).split(b"\r\n")[:-1] == [
        b"first",
        b"history",
        b":a!b@c PRIVMSG #x :text 2",
        b"last",
    ]


def test_frames_are_made_once_for_all_who_share_them():
    made = []

    def frame(lines: bytes) -> bytes:
        made.append(lines)
        return b"<" + lines + b">"

    sessions = [session(number * 2, frame=frame) for number in range(3)]
    audience = Audience(each for each, _ in sessions)
    deliver([(audience, change(1), None)], THREAD.index)
    assert [written for _, written in sessions] == [[b"<:a!b@c PRIVMSG #x :text 1\r\n>"]] * 3
    assert len(made) == 1
