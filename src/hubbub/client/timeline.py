"""Messages, each shown once and in order, even across reconnects.

After a reconnect a channel catches up (`catch_up`): exactly the missed messages are requested, page
by page, and new messages of the channel are held back until then. Own lines are settled by their
echo (`privmsg`) or by being in the history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from functools import partial

from hubbub.client import events as ev
from hubbub.client.batches import Request, ServerBatch
from hubbub.client.events import Event
from hubbub.client.state import ASKED, FIRST_LOOK, PAGE, ChannelState, State
from hubbub.client.wire import Message, is_word

MAX_SEEN = 10_000


def privmsg(state: State, message: Message) -> list[Event]:
    said = _said(state, message, "now")
    line = state.pending.settle(message.tags.get("label", "")) if said.mine else None
    if line is not None:
        _is_new(state, said)
        _told(state, said)
        return [ev.Delivered(line.label, line.target, line.text, said)]
    if said.mine and not state.labels_work and _said_here(state, said):
        return []
    channel = _conversation(state, said)
    if channel is not None and channel.held is not None:
        channel.held.append(said)
        return []
    return _tell(state, [said])


def notice(state: State, message: Message) -> list[Event]:
    if "!" in message.source and not message.param(0).startswith("*"):
        return privmsg(state, message)
    return [ev.Reply("NOTICE", message.params, message.param(-1), sender=message.nick)]


def _said(state: State, message: Message, when: ev.When) -> ev.Said:
    target, text, mine = message.param(0), message.param(1), state.is_me(message.nick)
    kind: ev.Kind = "notice" if message.command == "NOTICE" else "message"
    if text.startswith("\x01"):
        kind, text = _ctcp(text)
    # "@#tea" is a message in #tea to its operators.
    bare = target.lstrip(state.isupport.get("STATUSMSG", "~&@%+"))
    private = not state.is_channel(bare)
    where = bare if not private else (target if mine else message.nick)
    time, msgid = time_of(message.tags.get("time", "")), message.tags.get("msgid", "")
    msgid = msgid if is_word(msgid) else ""
    return ev.Said(message.nick, where, text, kind, private, mine, when, time, msgid)


def _said_here(state: State, said: ev.Said) -> bool:
    """The echo, without a label, of a line that is still pending: the PONG after it settles the
    line.
    """
    return any(
        line.in_flight and state.fold(line.target) == state.fold(said.where)
        for line in state.pending
    )


def _conversation(state: State, said: ev.Said) -> ChannelState | None:
    return None if said.private else state.channels.get(state.fold(said.where))


def _tell(state: State, messages: Iterable[ev.Said]) -> list[Event]:
    new: list[Event] = []
    for said in messages:
        new += [said] if _is_new(state, said) else []
        _told(state, said)
    return new


def _is_new(state: State, said: ev.Said) -> bool:
    """Was it not shown before? A message without an id always counts as new."""
    if said.msgid in state.seen:
        return False
    if said.msgid:
        state.seen[said.msgid] = None
    if len(state.seen) > MAX_SEEN:
        state.seen.popitem(last=False)
    return True


def _told(state: State, said: ev.Said) -> None:
    """The next catch-up begins after this message. During one, only its pages count."""
    channel = _conversation(state, said)
    if channel is not None and channel.held is None and said.msgid:
        channel.last_msgid = said.msgid


def catch_up(state: State, channel: ChannelState, again: bool) -> None:
    if not state.has_history:
        return
    channel.held = []
    if channel.last_msgid:
        _ask_after(state, channel)
    elif again:
        # It had no messages when the connection broke: all there are now were missed.
        state.ask_page("LATEST", channel.name, "*", PAGE, "missed")
    else:
        state.ask_page("LATEST", channel.name, "*", FIRST_LOOK, "earlier")


def _ask_after(state: State, channel: ChannelState) -> None:
    state.ask_page("AFTER", channel.name, f"msgid={channel.last_msgid}", PAGE, "missed")


def batch(state: State, message: Message) -> list[Event]:
    ended = state.batches.turn(message)
    return _history(state, ended) if ended is not None and ended.is_history else []


def _history(state: State, batch: ServerBatch) -> list[Event]:
    request = state.requests.answered_by(batch, state.fold)
    when: ev.When = request.when if request else "earlier"
    where = batch.params[0] if batch.params else request.where if request else ""
    page = [_said(state, m, when) for m in batch.messages if m.command in ("PRIVMSG", "NOTICE")]
    if when in ASKED:
        return [ev.History(where, when, page)]
    new: list[ev.Said] = []
    settled: list[Event] = []
    for said in filter(partial(_is_new, state), page):
        delivered = _settled_by_history(state, said)
        settled += delivered
        new += [] if delivered else [said]
    channel = state.channels.get(state.fold(where))
    if channel is None:
        return [*settled, ev.History(where, when, new)]
    cursor = channel.last_msgid
    channel.last_msgid = page[-1].msgid if page else cursor
    # Until a page is empty: a short page may have been filtered by the server.
    if request and request.after and channel.last_msgid != cursor:
        _ask_after(state, channel)
        return [*settled, ev.History(where, when, new, last=False)]
    heard = [said for said in new if when == "earlier" and _since(channel.came_at, said)]
    before = [said for said in new if said not in heard]
    now = [replace(said, when="now") for said in heard]
    return [*settled, ev.History(where, when, before), *now, *_release(state, channel)]


def _settled_by_history(state: State, said: ev.Said) -> list[Event]:
    """An own line in doubt that is in the history has arrived: do not send it again."""
    for line in state.pending:
        mine = state.fold(line.sender) == state.fold(said.sender)
        same = line.text == _written(said) and state.fold(line.target) == state.fold(said.where)
        if line.in_doubt and mine and same:
            state.pending.settle(line.label)
            return [ev.Delivered(line.label, line.target, line.text, said)]
    return []


def _release(state: State, channel: ChannelState) -> list[Event]:
    held, channel.held = channel.held or [], None
    return _tell(state, held)


def pong(state: State, message: Message) -> list[Event]:
    token = message.param(-1)
    found: list[Event] = []
    for request in state.requests.over(token, state.now):
        found += unanswered(state, request)
    return [*found, ev.Pong(token)]


def unanswered(state: State, request: Request) -> list[Event]:
    """The server refused the request or did not answer it."""
    state.requests.forget(request)
    channel = state.channels.get(state.fold(request.where))
    if request.after and channel is not None:
        channel.last_msgid = ""  # it no longer knows that message: show the latest ones instead
        state.ask_page("LATEST", request.where, "*", PAGE, "missed")
        return []
    released = _release(state, channel) if channel is not None and request.when not in ASKED else []
    return [ev.History(request.where, request.when, []), *released]


def _since(came_at: datetime | None, said: ev.Said) -> bool:
    """Was it sent after the join, so that it is not shown as history although it is in it?"""
    return came_at is not None and said.time is not None and said.time > came_at


def _written(said: ev.Said) -> str:
    """The text as it was sent."""
    return f"\x01ACTION {said.text}\x01" if said.kind == "action" else said.text


def _ctcp(text: str) -> tuple[ev.Kind, str]:
    verb, _, rest = text.strip("\x01").partition(" ")
    return ("action", rest) if verb == "ACTION" else ("ctcp", text.strip("\x01"))


def time_of(stamp: str) -> datetime | None:
    """Parse a server-time as UTC, even without zone; None if it is outside the calendar."""
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return time if MINYEAR < time.year < MAXYEAR else None
