"""The search language: parsing and matching, pure, the same for every log.

    coffee machine          both words, anywhere in the message
    "coffee machine"        the words in a row
    coff*                   words with this beginning
    from:ann in:#tea        sent by that nick or account, in that conversation
    after:2026-11-01        after that day; before:, on: likewise, in UTC
    before:8000000010-9f31  before that message; after: likewise
    has:link                with a web address

Words are separated by punctuation and spaces; case, accents and widths are ignored. Chinese,
Japanese, Korean and other scripts without spaces, and emoji, match wherever the characters occur in
a row (as pairs of neighbours, see `tokens`). No query is a syntax error: an operator with an
invalid argument counts as words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from ..events.kinds import MessageSent
from ..protocol.durations import DAY_MS
from ..protocol.names import fold


class Term(NamedTuple):
    """Consecutive tokens; with `prefix` the last one may be longer."""

    tokens: tuple[str, ...]
    prefix: bool = False


class Query(NamedTuple):
    """A parsed query. All conditions must hold; `senders` are alternatives.

    `places` are names of conversations as people write them, a channel or a nick; `before` and
    `after` are msgids (events/msgid.py): the caller of the log resolves both. `later` and `earlier`
    are times in ms since 1970, exclusive.
    """

    terms: tuple[Term, ...] = ()
    senders: tuple[str, ...] = ()  # folded
    places: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None
    later: int | None = None
    earlier: int | None = None
    links: bool = False

    def asks_something(self) -> bool:
        return self != Query()


# -- words ---------------------------------------------------------------------------------------

# Scripts without spaces between words, and pictures.
_WIDE = (
    "\u0e01-\u0e5b\u0e81-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17dd\u2600-\u27bf\u2e80-\u2fdf"
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U0001f000-\U0001faff\U00020000-\U0003ffff"
)
# Marks that belong to the letter before: Indic, Tibetan.
_MARKS = "\u0900-\u0963\u0966-\u0dff\u0f18-\u0fbc"
_RUNS = re.compile(f"([{_WIDE}]+)|((?:[^\\W_{_WIDE}]|[{_MARKS}])+)")
_ASCII_WORDS = re.compile("[a-z0-9]+")
# Accents; and what Hebrew and Arabic usually omit: vowels, hamza, the long line.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed]"
)
# Accented letters that Unicode does not decompose; of the Turkish pair I is the capital.
_LETTERS = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe"})


def tokens(text: str) -> list[str]:
    """The words of a text in order, normalised for comparison.

    A run of wide characters becomes the pairs of its neighbours and its last character, so that a
    pair is one token, three characters are two consecutive tokens, and one is the beginning of a
    token.
    """
    if text.isascii():
        return _ASCII_WORDS.findall(text.lower())
    found: list[str] = []
    for wide, word in _RUNS.findall(plain(text)):
        if word:
            found.append(word)
        else:
            found += [wide[at : at + 2] for at in range(len(wide))]
    return found


def plain(text: str) -> str:
    """Remove case, width and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    composed = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    return composed.lower().translate(_LETTERS)


def term(text: str, *, prefix: bool = False) -> Term | None:
    """The term for a word or a phrase; None if it has no tokens."""
    found = tokens(text)
    if not found:
        return None
    last = found[-1]
    if text.isascii() or not _is_wide(last):
        return Term(tuple(found), prefix)
    # Drop the last character of the last run: what follows it does not matter.
    if len(found) > 1 and len(found[-2]) == 2 and _is_wide(found[-2]):
        return Term(tuple(found[:-1]))
    return Term(tuple(found), prefix=True)


_WIDE_ONE = re.compile(f"[{_WIDE}]")


def _is_wide(token: str) -> bool:
    return _WIDE_ONE.match(token) is not None


# -- reading a query -----------------------------------------------------------------------------

# Typographic quotation marks.
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_PART = re.compile(r'([a-z]+):("[^"]*"|\S+)|"([^"]*)"?|(\S+)', re.IGNORECASE)
_MSGID = re.compile("[0-9a-f]{10}-[0-9a-z]+")


def parse(text: str) -> Query:
    """Parse a typed query. Never fails."""
    query = Query()
    for operator, argument, phrase, word in _PART.findall(text.translate(_QUOTES)):
        changed = _operated(query, operator.lower(), argument.strip('"')) if operator else None
        if changed is not None:
            query = changed
            continue
        if operator:
            looked_for = term(f"{operator} {argument}")
        elif word:
            looked_for = term(word, prefix=word.endswith("*"))
        else:
            looked_for = term(phrase)
        if looked_for is not None:
            query = query._replace(terms=(*query.terms, looked_for))
    return query


def words(text: str) -> tuple[Term, ...]:
    """The words and phrases of a query without operators (IRC's SEARCH has these separately)."""
    found = []
    for phrase, word in re.findall(r'"([^"]*)"?|(\S+)', text.translate(_QUOTES)):
        looked_for = term(word or phrase, prefix=word.endswith("*"))
        if looked_for is not None:
            found.append(looked_for)
    return tuple(found)


def _operated(query: Query, operator: str, argument: str) -> Query | None:
    """The query with an operator applied; None if the operator is invalid."""
    if operator == "from":
        return query._replace(senders=(*query.senders, fold(argument.lstrip("@"))))
    if operator == "in":
        return query._replace(places=(*query.places, argument))
    if operator == "has" and argument.lower() in ("link", "links", "url"):
        return query._replace(links=True)
    if operator == "before" and _MSGID.fullmatch(argument):
        return query._replace(before=argument)
    if operator == "after" and _MSGID.fullmatch(argument):
        return query._replace(after=argument)
    if operator in ("before", "after", "on"):
        day = _day(argument)
        if day is not None:
            return _dated(query, operator, day)
    return None


def _dated(query: Query, operator: str, begin: int) -> Query:
    end = begin + DAY_MS
    if operator in ("before", "on"):
        earlier = begin if operator == "before" else end
        known = earlier if query.earlier is None else query.earlier
        query = query._replace(earlier=min(earlier, known))
    if operator in ("after", "on"):
        later = (end if operator == "after" else begin) - 1
        query = query._replace(later=max(later, later if query.later is None else query.later))
    return query


def _day(text: str) -> int | None:
    """The beginning of that day, in ms since 1970."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return round(day.timestamp() * 1000)


# -- what a query finds --------------------------------------------------------------------------

_LINK = re.compile(r"https?://\w|\bwww\.\w", re.IGNORECASE)


def has_link(text: str) -> bool:
    # Most texts contain neither; the regular expression would scan them letter by letter.
    return ("://" in text or "www." in text.lower()) and _LINK.search(text) is not None


def senders_of(source: str, account: str | None) -> tuple[str, ...]:
    """The names by which `from:` finds a sender's messages, folded."""
    nick = fold(source.partition("!")[0])
    if account is None or fold(account) == nick:
        return (nick,)
    return (nick, fold(account))


def matches(query: Query, message: MessageSent) -> bool:
    """Does the query match this message, apart from its place and time?"""
    if query.links and not has_link(message.text):
        return False
    senders = senders_of(message.source, message.account) if query.senders else ()
    if query.senders and not any(name in query.senders for name in senders):
        return False
    if not query.terms:
        return True
    found = tokens(message.text)
    return all(stands_in(term, found) for term in query.terms)


def stands_in(term: Term, found: Sequence[str]) -> bool:
    *first, last = term.tokens
    for at in range(len(found) - len(first)):
        word = found[at + len(first)]
        if (word.startswith(last) if term.prefix else word == last) and list(
            found[at : at + len(first)]
        ) == first:
            return True
    return False
