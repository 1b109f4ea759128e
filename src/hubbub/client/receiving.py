"""Process input: `receive` takes one message of the server and returns events.

A message settles an own line, answers a request (`batches.py`), or is handled by the handler of its
command.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hubbub.client import events as ev
from hubbub.client import people, registration, timeline
from hubbub.client.batches import is_error, reply
from hubbub.client.events import Event
from hubbub.client.pending import PendingLine
from hubbub.client.state import ASKED, State
from hubbub.client.wire import Message, number


def receive(state: State, message: Message, now: float) -> list[Event]:
    """Process one message and return its events. `now` is in seconds of a monotonic clock."""
    state.now = now
    batch = state.batches.of(message)
    if batch is not None and message.command != "BATCH":
        if batch.is_history:
            batch.take(message)
            return []
        if batch.label:
            message = replace(message, tags={"label": batch.label, **message.tags})
    found = _settled_by(state, message)
    if found is None:
        found = _refused_by(state, message)
    if found is None:
        answered = _answered_by(state, message)
        found = answered + HANDLERS.get(message.command, _other)(state, message)
    state.flush(now)
    return found


def _settled_by(state: State, message: Message) -> list[Event] | None:
    """Does this settle an own line other than by an echo? ACK confirms it, an error refuses it."""
    line = state.pending.get(message.tags.get("label", "")) or _fallback_line(state, message)
    if line is None:
        return None
    if message.command == "ACK" or (message.command == "PONG" and not state.labels_work):
        state.pending.settle(line.label)
        return [ev.Delivered(line.label, line.target, line.text)]
    if is_error(message):
        state.pending.settle(line.label)
        return [ev.NotDelivered(line.label, line.target, line.text, message.param(-1))]
    return None


def _answered_by(state: State, message: Message) -> list[Event]:
    """Is this a service's (NickServ's) answer to an own line? Some servers send no echo of it."""
    line = state.pending.get(message.tags.get("label", ""))
    if message.command != "NOTICE" or line is None:
        return []
    if state.fold(message.nick) != state.fold(line.target):
        return []
    state.pending.settle(line.label)
    return [ev.Delivered(line.label, line.target, line.text)]


def _refused_by(state: State, message: Message) -> list[Event] | None:
    """Does this refuse history? A refusal of automatic requests is not shown."""
    request = state.requests.labelled(message.tags.get("label", ""))
    if request is None or not (message.command == "ACK" or is_error(message)):
        return None
    told = reply(message) if request.when in ASKED and is_error(message) else []
    return [*told, *timeline.unanswered(state, request)]


def _fallback_line(state: State, message: Message) -> PendingLine | None:
    """Without labels: the PONG to the PING after the line, or an error with its target."""
    if state.labels_work or not state.pending:
        return None
    if message.command == "PONG":
        return state.pending.get(message.param(-1))
    if message.command in ("401", "403", "404"):
        target = state.fold(message.param(1))
        return next(
            (
                line
                for line in state.pending
                if line.in_flight and state.fold(line.target) == target
            ),
            None,
        )
    return None


def _ping(state: State, message: Message) -> list[Event]:
    state.send("PONG", *message.params)
    return []


def _error(state: State, message: Message) -> list[Event]:
    return [ev.Goodbye(message.param(-1))]


def _listed(state: State, message: Message) -> list[Event]:
    people = number(message.param(2), 0)
    return [ev.ChannelListed(message.param(1), people, message.param(3))]


def _filehost(state: State, message: Message) -> list[Event]:
    return [ev.UploadToken(message.param(1))]


def _nothing(state: State, message: Message) -> list[Event]:
    return []


def _other(state: State, message: Message) -> list[Event]:
    return reply(message)


Handler = Callable[[State, Message], list[Event]]

HANDLERS: dict[str, Handler] = {
    "001": registration.welcome,
    "005": registration.isupport,
    "322": _listed,
    "332": people.topic_reply,
    "353": people.names,
    "366": people.end_of_names,
    "431": registration.nick_refused,
    "432": registration.nick_refused,
    "433": registration.nick_refused,
    "436": registration.nick_refused,
    "437": registration.nick_refused,
    **dict.fromkeys(
        ("403", "405", "471", "473", "474", "475", "476", "477", "479", "489", "520"),
        people.join_refused,
    ),
    "464": registration.password_refused,
    "900": registration.logged_in,
    "ACK": _nothing,
    "BATCH": timeline.batch,
    "CAP": registration.capabilities,
    "ERROR": _error,
    "FAIL": registration.failed,
    "FILEHOST": _filehost,
    "JOIN": people.joined,
    "KICK": people.kicked,
    "NICK": people.renamed,
    "NOTICE": registration.notice,
    "PART": people.parted,
    "PING": _ping,
    "PONG": timeline.pong,
    "PRIVMSG": timeline.privmsg,
    "QUIT": people.quit,
    "TAGMSG": _nothing,
    "TOPIC": people.topic,
    # 462: the server accepts only the first USER.
    **dict.fromkeys(("321", "323", "333", "329", "462"), _nothing),
}
