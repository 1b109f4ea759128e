"""Channels, their members and topics.

Handlers of JOIN, PART, KICK, QUIT, NICK, NAMES and TOPIC; each returns events.
"""

from __future__ import annotations

from hubbub.client import events as ev
from hubbub.client.batches import reply
from hubbub.client.events import Event
from hubbub.client.state import State
from hubbub.client.timeline import catch_up, time_of
from hubbub.client.wire import Message, is_word


def joined(state: State, message: Message) -> list[Event]:
    name, mine = message.param(0), state.is_me(message.nick)
    if not mine:
        if known := state.channels.get(state.fold(name)):
            known.members[state.fold(message.nick)] = message.nick
        return [ev.Joined(message.nick, name)]
    if not is_word(name):
        return []
    channel = state.channel(name)
    again, channel.visited = channel.visited, True
    channel.name, channel.joined = name, True
    channel.came_at = time_of(message.tags.get("time", ""))
    channel.members = {state.fold(state.nick): state.nick}
    state.source_length = max(len(message.source.encode()) + 2, 32)
    catch_up(state, channel, again)
    return [ev.Joined(state.nick, name, mine=True, again=again)]


def parted(state: State, message: Message) -> list[Event]:
    return _leave(state, message.nick, message.param(0), message.param(1), by="")


def kicked(state: State, message: Message) -> list[Event]:
    return _leave(state, message.param(1), message.param(0), message.param(2), by=message.nick)


def _leave(state: State, nick: str, name: str, reason: str, *, by: str) -> list[Event]:
    mine = state.is_me(nick)
    if mine:
        state.channels.pop(state.fold(name), None)
    elif channel := state.channels.get(state.fold(name)):
        channel.members.pop(state.fold(nick), None)
    return [ev.Left(nick, name, reason, by, mine)]


def quit(state: State, message: Message) -> list[Event]:
    if state.is_me(message.nick):
        return []
    nick = state.fold(message.nick)
    shared = [channel for channel in state.channels.values() if channel.members.pop(nick, None)]
    return [ev.Quit(message.nick, [channel.name for channel in shared], message.param(0))]


def renamed(state: State, message: Message) -> list[Event]:
    old, new, mine = message.nick, message.param(0), state.is_me(message.nick)
    for channel in state.channels.values():
        if channel.members.pop(state.fold(old), None):
            channel.members[state.fold(new)] = new
    if mine:
        state.nick, state.regaining = new, False
    return [ev.Renamed(old, new, mine)]


def names(state: State, message: Message) -> list[Event]:
    state.naming.setdefault(state.fold(message.param(2)), []).extend(message.param(3).split())
    return []


def end_of_names(state: State, message: Message) -> list[Event]:
    name, folded = message.param(1), state.fold(message.param(1))
    names = state.naming.pop(folded, [])
    asked = folded in state.names_asked
    state.names_asked.discard(folded)
    if channel := state.channels.get(folded):
        prefixes = state.isupport.get("PREFIX", "(qaohv)~&@%+").partition(")")[2] or "@+"
        nicks = [written.lstrip(prefixes).partition("!")[0] for written in names]
        channel.members = {state.fold(nick): nick for nick in nicks}
    return [ev.Names(name, names, asked)]


def topic(state: State, message: Message) -> list[Event]:
    return _set_topic(state, message.param(0), message.param(1), message.nick)


def topic_reply(state: State, message: Message) -> list[Event]:
    return _set_topic(state, message.param(1), message.param(2), "")


def _set_topic(state: State, name: str, topic: str, by: str) -> list[Event]:
    if channel := state.channels.get(state.fold(name)):
        channel.topic = topic
    return [ev.TopicIs(name, topic, by)]


def join_refused(state: State, message: Message) -> list[Event]:
    channel = state.channels.get(state.fold(message.param(1)))
    if channel is None or channel.joined:
        return reply(message)
    del state.channels[state.fold(channel.name)]
    return [ev.JoinRefused(channel.name, message.param(-1))]
