"""AUTHENTICATE: login by SASL (IRCv3 sasl-3.1, sasl-3.2; RFC 4422).

    C: AUTHENTICATE PLAIN          the mechanism
    S: AUTHENTICATE +              continue
    C: AUTHENTICATE <base64>       in pieces of 400 bytes; a shorter one, or +, is the last
    S: 900, 903                    logged in

A mechanism is a generator that yields steps, and `Ask` for the client's next message. Between two
messages it is stored in `session.sasl`. A login may start at any time, also to change the account.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from ...credentials import oauth, scram
from ...dialects.irc.capabilities import sasl_mechanisms
from ...model.accounts import Account
from ...protocol.message import Message, Reply
from ...protocol.names import fold
from ...protocol.numerics import (
    ERR_SASLABORTED,
    ERR_SASLFAIL,
    ERR_SASLTOOLONG,
    RPL_SASLMECHS,
    RPL_SASLSUCCESS,
    numeric,
)
from ...session import Session
from ...work import Busy, random_token
from ..command_table import Step, Steps, command
from ..context import Context
from ..refusals import Refused
from ..sessions import registration
from . import logins
from .devices import check_secret
from .lifecycle import account_of_token
from .throttle import attempt_of

#: Base64 bytes in one AUTHENTICATE (sasl-3.1).
PIECE = 400
#: Base64 bytes in total; OAuth tokens are long (Ergo accepts 8,192 too).
LONGEST = 8192


class Ask(NamedTuple):
    """The server's message; the client's response is the value of the `yield`."""

    challenge: bytes


Mechanism: TypeAlias = "Generator[Step | Ask, Any, Account]"


class SaslExchange:
    """A login in progress: its mechanism, and the client's message so far."""

    __slots__ = ("gathered", "mechanism")

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = mechanism
        self.gathered = ""


@command("AUTHENTICATE", params=1, anyone=True)
def authenticate(context: Context, session: Session, message: Message) -> Steps:
    word = message.params[0]
    if word == "*":
        session.sasl = None
        yield numeric(ERR_SASLABORTED)
    elif session.sasl is None:
        yield from _begin(context, session, word.upper())
    else:
        yield from _continue(context, session, session.sasl, word)


def _begin(context: Context, session: Session, name: str) -> Iterator[Step]:
    if name not in sasl_mechanisms(context.settings):
        yield numeric(RPL_SASLMECHS, ",".join(sasl_mechanisms(context.settings)))
        yield from _fail(context, session, "no such mechanism")
        return
    exchange = session.sasl = SaslExchange(_MECHANISMS[name](context, session))
    yield from _advance(context, session, exchange, None)


def _continue(
    context: Context, session: Session, exchange: SaslExchange, piece: str
) -> Iterator[Step]:
    if len(piece) > PIECE:
        session.sasl = None
        yield numeric(ERR_SASLTOOLONG)
        return
    if piece != "+":
        exchange.gathered += piece
    if len(exchange.gathered) > LONGEST:
        yield from _fail(context, session, "the message is too long")
    elif len(piece) < PIECE:
        text, exchange.gathered = exchange.gathered, ""
        try:
            answer = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            yield from _fail(context, session, "that is not base64")
        else:
            yield from _advance(context, session, exchange, answer)


def _advance(
    context: Context, session: Session, exchange: SaslExchange, result: Any
) -> Generator[Step, Any, None]:
    """Run the mechanism to its next request to the client, or its end."""
    go_on = partial(exchange.mechanism.send, result)
    try:
        while True:
            step = go_on()
            if isinstance(step, Ask):
                yield from _challenge(step.challenge)
                return
            try:
                go_on = partial(exchange.mechanism.send, (yield step))
            except Exception as error:  # of slow work: the mechanism knows what it means
                go_on = partial(exchange.mechanism.throw, error)
    except StopIteration as end:
        yield from _succeed(context, session, end.value)
    except Refused as refused:
        yield from _fail(context, session, str(refused))


def _challenge(data: bytes) -> Iterator[Reply]:
    text = base64.b64encode(data).decode()
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
    if not pieces or len(pieces[-1]) == PIECE:
        pieces.append("+")
    for piece in pieces:
        yield Reply("AUTHENTICATE", (piece,))


def _succeed(context: Context, session: Session, account: Account) -> Iterator[Step]:
    session.sasl = None
    try:
        yield from logins.log_in(context, session, account)
    except Refused as refused:
        yield from _fail(context, session, str(refused))
        return
    yield numeric(RPL_SASLSUCCESS)
    yield from registration.try_to_register(context, session)


def _fail(context: Context, session: Session, why: str) -> Iterator[Step]:
    session.sasl = None
    yield numeric(ERR_SASLFAIL, f"SASL authentication failed: {why}")
    yield from logins.went_wrong(session)


# -- mechanisms ----------------------------------------------------------------------------


def _plain(context: Context, session: Session) -> Mechanism:
    """RFC 4616: authorization identity, name, password, separated by NUL."""
    answer = yield Ask(b"")
    try:
        authorize, name, password = answer.decode().split("\0")
    except ValueError:  # includes UnicodeDecodeError
        raise Refused("UNKNOWN_ASKER", "that is not a PLAIN message") from None
    _must_be(authorize, name)
    return (yield from check_secret(context, session, name, password))


def _must_be(authorize: str, name: str) -> None:
    """Refuse to act for another account."""
    if authorize and fold(authorize) != fold(name):
        raise Refused("UNKNOWN_ASKER", "you can log in as yourself only")


def _external(context: Context, session: Session) -> Mechanism:
    """RFC 4422 appendix A: the client certificate of the TLS connection."""
    answer = yield Ask(b"")
    account = context.network.accounts.with_certificate(session.peer.certificate_fingerprint)
    if account is None:
        raise Refused("UNKNOWN_ASKER", "no account knows your certificate (CERT ADD in NickServ)")
    _must_be(answer.decode(errors="replace"), account.name)
    return account


def _scram(context: Context, session: Session) -> Mechanism:
    """RFC 5802. Each attempt counts like a password, although nothing slow is done here."""
    exchange = scram.ScramExchange()
    try:
        exchange.first((yield Ask(b"")))
        _must_be(exchange.authorize, exchange.name)
        account = context.network.accounts.get(exchange.name)
        stored = account.scram if account is not None else None
        attempt = attempt_of(account, exchange.name, session.peer.host)
        nonce = yield random_token()
        answer = yield Ask(exchange.challenge(_verifier(context, exchange.name, stored), nonce))
        # Not earlier: starting a login and stopping must not use up others' limits.
        if not context.logins.begin(attempt.keys, context.now):
            raise logins.too_many()
        right = False
        try:
            proof = exchange.finish(answer)
            right = True
        finally:
            context.logins.end(attempt.keys, context.now, failed=not right)
        yield Ask(proof)
    except scram.ScramError:
        raise logins.wrong() from None
    found = context.network.accounts.get(exchange.name)
    if found is None or found is not account or found.scram != stored:
        raise logins.wrong()
    session.proved = (found.id, context.now)
    return found


def _verifier(context: Context, name: str, stored: str | None) -> scram.Verifier:
    if stored is not None:
        return scram.read_verifier(stored)
    iterations = context.settings.accounts.scram_iterations
    return scram.decoy(context.network.secret, fold(name), iterations)


def _oauth(context: Context, session: Session) -> Mechanism:
    """RFC 7628: a token of the configured issuer."""
    answer = yield Ask(b"")
    try:
        token = oauth.read_message(answer)
        found = yield oauth.look_at(context.settings.oauth, token)
    except oauth.TokenRefused as refused:
        # The client answers this with one byte, then gets the failure (section 3.2.3).
        yield Ask(b'{"status":"invalid_token"}')
        raise Refused("UNKNOWN_ASKER", str(refused)) from None
    except Busy:
        raise logins.busy() from None
    account = yield from account_of_token(context, session, found)
    if account.password is None:
        session.proved = (account.id, context.now)
    return account


_MECHANISMS: dict[str, Callable[[Context, Session], Mechanism]] = {
    "PLAIN": _plain,
    "SCRAM-SHA-256": _scram,
    "EXTERNAL": _external,
    "OAUTHBEARER": _oauth,
}
