"""SEARCH (IRCv3 draft/search, pull request 496; soju's soju.im/search).

    SEARCH in=#tea;from=ann;text=coffee;limit=20     has=link is an extension
    SEARCH * :coffee from:ann in:#tea          as people type it (/search), see log/search.py
    SEARCH text=coffee :before:8000000010-9f31c2    both apply: older than the last result

Only history that the client may read now is searched: its channels and its private conversations.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator, Iterable, Iterator
from typing import Any, NamedTuple

from ...events.conversations import without_sign
from ...events.kinds import Entry
from ...events.msgid import msgid, position_of
from ...log.base import Log
from ...log.ranges import Page, Range, page_of
from ...log.search import Query, parse, words
from ...protocol.codec import parse_tags
from ...protocol.message import Message, Reply
from ...protocol.names import fold
from ...protocol.numerics import standard_reply
from ...session import Session
from ...work import reading
from ..command_table import HistoryReply, Step, command
from ..context import Context
from ..refusals import Refused
from .chathistory import (
    Readable,
    channels_of,
    number,
    parse_time,
    readable,
    targets_of,
    under_name,
    with_reactions,
)

DRAFT, SOJU = "draft/search", "soju.im/search"
#: Default number of results.
USUAL = 100
FOR_PEOPLE = 20


class SearchRequest(NamedTuple):
    """A query, and the conversations to search; None: all."""

    query: Query
    places: list[Readable] | None
    within: Range


@command("SEARCH", params=1, past=True)
def search(context: Context, session: Session, message: Message) -> Generator[Step, Any, None]:
    typed = message.params[1] if len(message.params) > 1 else ""
    attributes = {} if message.params[0] == "*" else parse_tags(message.params[0])
    page = yield from find(context, session, attributes, typed)
    kind = DRAFT if DRAFT in session.caps else SOJU
    yield HistoryReply(tuple(page.entries), kind, short=page.more)
    if session.dialect.for_people:
        yield from _more(context, session, page, typed)


def _more(context: Context, session: Session, page: Page, typed: str) -> Iterator[Reply]:
    """Tell a person with netcat how to get more results."""
    text, found = "Nothing was found.", page.entries
    if found:
        oldest, newest = (msgid(found[at].position, context.server.log_id) for at in (0, -1))
        last: Any = found[-1].event
        [place] = targets_of(context, context.user(session), [last.conversation])
        text = f"Around the last: /history {place} around {newest}"
        if page.more:
            words = " ".join(word for word in typed.split() if not _PAGE.fullmatch(word))
            text += f"\nOlder: /search {words} before:{oldest}"
    yield standard_reply("NOTE", "SEARCH", "MORE" if found else "NOTHING_FOUND", text=text)


_PAGE = re.compile("before:[0-9a-f]{10}-[0-9a-z]+")


def find(
    context: Context,
    session: Session,
    attributes: dict[str, str],
    typed: str,
    *,
    reactions: bool = False,
) -> Generator[Step, Any, Page]:
    """Messages that match `attributes` and the `typed` query, oldest first; with `reactions` each
    message is followed by its reactions."""
    wanted = _wanted(context, session, attributes, typed)
    if not wanted.query.asks_something() and wanted.places is None:
        raise Refused("INVALID_PARAMS", "Say what to look for")
    user, places = context.user(session), wanted.places
    channels = channels_of(context, user)

    def read(log: Log) -> Page:
        where: tuple[Iterable[str], str | None] = (channels, user.key)
        if places is not None:
            where = ({key for place in places for key in place.conversations(log)}, None)
        within = wanted.within
        found, more = page_of(within, log.search(wanted.query, *where, within.and_one())[::-1])
        return Page(with_reactions(log, found, within.size) if reactions else found, more)

    page: Page = yield reading(read)
    return page._replace(entries=[_as_now(context, entry) for entry in page.entries])


def _wanted(
    context: Context, session: Session, attributes: dict[str, str], typed: str
) -> SearchRequest:
    query = parse(typed) if typed else Query()
    places = list(_typed_places(context, session, query)) if query.places else None
    if attributes.get("in"):
        places = [readable(context, session, "SEARCH", attributes["in"])]
    if attributes.get("text"):
        query = query._replace(terms=words(attributes["text"]))
        if not query.terms:
            raise Refused("INVALID_PARAMS", "There is no word in it", "text")
    if attributes.get("from"):
        query = query._replace(senders=(fold(attributes["from"]),))
    query = query._replace(
        links=query.links or attributes.get("has") == "link",
        later=_time(attributes, "after", query.later),
        earlier=_time(attributes, "before", query.earlier),
    )
    usual = FOR_PEOPLE if session.dialect.for_people else USUAL
    within = Range(
        before=_position(context, attributes.get("before"), query.before),
        after=_position(context, attributes.get("after"), query.after),
        limit=_limit(context, attributes, usual),
        size=context.settings.limits.history_bytes,
    )
    return SearchRequest(query, places, within)


def _typed_places(context: Context, session: Session, query: Query) -> Iterator[Readable]:
    """Conversations that do not exist or may not be read have no results."""
    for name in query.places:
        with contextlib.suppress(Refused):
            yield readable(context, session, "SEARCH", name)


def _time(attributes: dict[str, str], name: str, otherwise: int | None) -> int | None:
    text = attributes.get(name)
    if not text or ":" not in text:
        return otherwise
    time = parse_time(text)
    if time is None:
        raise Refused("INVALID_PARAMS", _NO_PLACE, name)
    return time


_NO_PLACE = "Give a msgid, or a time as YYYY-MM-DDThh:mm:ss.sssZ"


def _position(context: Context, attribute: str | None, typed: str | None) -> int | None:
    """The position of the message named by one of them; an attribute may be a time instead."""
    text = typed if not attribute or ":" in attribute else attribute
    if not text:
        return None
    position = position_of(text, context.server.log_id)
    if position is None:
        raise Refused("INVALID_PARAMS", _NO_PLACE, text)
    return position


def _limit(context: Context, attributes: dict[str, str], usual: int) -> int:
    text = attributes.get("limit") or str(usual)
    if not (text.isascii() and text.strip("0").isdigit()):
        raise Refused("INVALID_PARAMS", "The limit is a number", "limit")
    return min(number(text), context.settings.limits.history_at_once)


def _as_now(context: Context, entry: Entry) -> Entry:
    """A channel message with the channel's current name."""
    channel = context.network.channels.get(without_sign(entry.event))
    return under_name([entry], channel.name)[0] if channel is not None else entry
