"""Registration: capabilities (CAP 302), a free nick, rejoining the channels.

Handlers of the server's messages meanwhile; each returns events.
"""

from __future__ import annotations

from functools import partial

from hubbub.client import events as ev
from hubbub.client import timeline
from hubbub.client.batches import reply
from hubbub.client.events import Event
from hubbub.client.pending import RETRY_FOR, PendingLine
from hubbub.client.state import State
from hubbub.client.text import casefold_for
from hubbub.client.wire import Message

WANTED_CAPS = (
    "batch",
    "cap-notify",
    "draft/chathistory",
    "draft/search",
    "echo-message",
    "invite-notify",
    "labeled-response",
    "message-tags",
    "multi-prefix",
    "server-time",
    "soju.im/search",
    "standard-replies",
)
JOIN_AT_ONCE = 5


def capabilities(state: State, message: Message) -> list[Event]:
    verb, more = message.param(1).upper(), message.param(2) == "*"
    names = message.param(-1).split()
    if verb == "LS":
        state.offered.update(name.partition("=")[0] for name in names)
        if not more:
            _request_caps(state, state.offered)
    elif verb == "NEW":
        _request_caps(state, {name.partition("=")[0] for name in names})
    elif verb == "ACK":
        state.caps.update(name for name in names if not name.startswith("-"))
    elif verb == "DEL":
        state.caps.difference_update(names)
    if verb in ("ACK", "NAK") and not state.registered:
        state.send("CAP", "END")
    return []


def _request_caps(state: State, offered: set[str]) -> None:
    wanted = [cap for cap in WANTED_CAPS if cap in offered and cap not in state.caps]
    if wanted:
        state.send("CAP", "REQ", " ".join(wanted))
    elif not state.registered:
        state.send("CAP", "END")


def welcome(state: State, message: Message) -> list[Event]:
    again, state.ever_registered, state.registered = state.ever_registered, True, True
    state.nick = message.param(0) or state.nick
    _join_all(state)
    if state.away:
        state.send("AWAY", state.away)
    return [ev.Registered(state.nick, again), *_give_up(state)]


def _join_all(state: State) -> None:
    """Send few lines, because servers limit lines; channels with a key first, so that the keys
    match their channels.
    """
    channels = sorted(state.channels.values(), key=lambda channel: not channel.key)
    for begin in range(0, len(channels), JOIN_AT_ONCE):
        some = channels[begin : begin + JOIN_AT_ONCE]
        keys = ",".join(channel.key for channel in some if channel.key)
        state.send("JOIN", ",".join(channel.name for channel in some), *([keys] if keys else []))


def _give_up(state: State) -> list[Event]:
    """After a reconnect: give up own lines whose fate can no longer be known."""
    reason = "the connection broke before its echo came, so it may have arrived or not"
    lines = state.pending.forget(partial(_is_lost, state))
    return [ev.NotDelivered(line.label, line.target, line.text, reason) for line in lines]


def _is_lost(state: State, line: PendingLine) -> bool:
    """It may have arrived, and neither history nor a retry with its label can tell."""
    if not line.in_doubt or (state.has_history and state.fold(line.target) in state.channels):
        return False
    age = state.now - (line.first_sent or 0.0)
    return not state.labels_work or age >= RETRY_FOR


def nick_refused(state: State, message: Message) -> list[Event]:
    reason, taken = message.param(-1), message.command in ("433", "436", "437")
    if state.regaining:
        state.regaining = False
        return []
    if not state.registered and state.ever_registered:
        return _take_another_nick(state, reason)
    refused, state.awaiting = state.wanted_nick, not state.registered
    if state.registered:
        state.wanted_nick = state.nick
    return [ev.NickRefused(refused, reason, taken, state.registered)]


def password_refused(state: State, message: Message) -> list[Event]:
    if state.registered:
        return reply(message)
    state.awaiting = not state.ever_registered
    given, state.password = state.password, ""
    return [ev.PasswordNeeded("that is not its password" if given else "it has a password")]


def failed(state: State, message: Message) -> list[Event]:
    """A FAIL: does it say that an account is needed, or that it could not be made?"""
    if state.registered or message.param(0) not in ("*", "REGISTER"):
        return reply(message)
    if message.param(0) == "REGISTER":
        return _account_refused(state, message)
    if message.param(1) != "ACCOUNT_REQUIRED":
        return reply(message)
    if state.password and not state.account:
        state.sign_in(state.password)
    elif state.account:
        state.send_account()
    else:
        state.awaiting = True
        return [ev.AccountNeeded("")]
    return []


def _account_refused(state: State, message: Message) -> list[Event]:
    state.signing_in, state.awaiting, state.account = False, not state.ever_registered, ()
    state.password = ""
    return [ev.AccountNeeded(message.param(-1))]


def logged_in(state: State, message: Message) -> list[Event]:
    """Later connections log in to the account, also to one that was made just now."""
    state.signing_in = False
    if state.account:
        state.account = ("NS", "IDENTIFY", message.param(-2), state.account[-1])
    return []


def notice(state: State, message: Message) -> list[Event]:
    """A notice: is it the refusal of a login (NickServ's)?"""
    if state.signing_in and message.nick == "NickServ":
        return _account_refused(state, message)
    return timeline.notice(state, message)


def _take_another_nick(state: State, reason: str) -> list[Event]:
    """At a reconnect the nick is in use, most likely by the lost connection: use a similar one for
    now.
    """
    state.nick_attempts += 1
    suffix = "_" if state.nick_attempts == 1 else f"_{state.nick_attempts}"
    old, length = state.nick, state.number("NICKLEN", 30)
    state.nick = state.wanted_nick[: length - len(suffix)] + suffix
    state.send("NICK", state.nick)
    return [ev.Renamed(old, state.nick, mine=True, why=reason)]


def isupport(state: State, message: Message) -> list[Event]:
    for token in message.params[1:-1]:
        key, _, value = token.partition("=")
        state.isupport[key] = value
        if key == "CASEMAPPING":
            _refold(state, value)
    return []


def _refold(state: State, mapping: str) -> None:
    state.fold = casefold_for(mapping)
    state.channels = {state.fold(channel.name): channel for channel in state.channels.values()}
    for channel in state.channels.values():
        channel.members = {state.fold(nick): nick for nick in channel.members.values()}
