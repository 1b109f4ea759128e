"""NickServ and ChanServ: text commands about accounts and channels.

They are part of the server, not users on the network: text sent to them never becomes a message, so
passwords are never stored or forwarded. `PRIVMSG NickServ :identify ...`, `NS IDENTIFY ...` and the
slash commands of the plain dialect all call `ask`.

To add a command, add a function with `@service_command` in the file of its service. It is a
generator like every handler; text that it yields is sent by the service. HELP is derived from the
table.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias

from ...events.kinds import OperatorActed
from ...model.accounts import Account
from ...protocol.escape import escape
from ...protocol.message import Message, Reply
from ...protocol.names import fold
from ...protocol.numerics import ERR_NOSUCHSERVICE, RPL_SERVLIST, RPL_SERVLISTEND, numeric
from ...session import Session
from ..command_table import Step, Steps, command, spoken
from ..context import Context
from ..refusals import Refused
from .access import service_source
from .proof import prove

Said: TypeAlias = "Generator[Step | str, Any, None]"


class ServiceRequest(NamedTuple):
    """A command with its arguments."""

    context: Context
    session: Session
    words: list[str]

    def word(self, number: int) -> str:
        """The word at that index, or ""."""
        return self.words[number] if number < len(self.words) else ""

    def rest(self, number: int) -> str:
        return " ".join(self.words[number:])

    @property
    def account(self) -> Account:
        """The client's account; always set for commands with `login`."""
        account = self.context.account(self.session)
        if account is None:
            raise Refused("ACCOUNT_REQUIRED", NOT_LOGGED_IN)
        return account

    def prove(self, password: str) -> Generator[Step, Any, None]:
        """Check that the owner of the client's account is there. Raises Refused."""
        return prove(self.context, self.session, self.account, password)

    @property
    def by(self) -> str:
        """The client, for records."""
        return self.session.nick

    @property
    def privileges(self) -> tuple[str, ...]:
        """The client's privileges as a network operator."""
        user = self.session.user
        return user.privileges if user is not None else ()

    def may(self, privilege: str) -> bool:
        return privilege in self.privileges


NOT_LOGGED_IN = "You are not logged in to an account"


def misused(usage: str) -> Refused:
    return Refused("INVALID_PARAMS", f"Use it like this: {usage}")


class ServiceCommand(NamedTuple):
    name: str
    usage: str  # arguments
    does: str
    run: Callable[[ServiceRequest], Said]
    params: int
    login: bool  # requires a login
    anyone: bool  # allowed before registration
    privilege: str | None  # requires a network operator with it


class Service(NamedTuple):
    """One service. `shorthand` is the command that replaces PRIVMSG to it."""

    name: str
    shorthand: str
    does: str
    commands: dict[str, ServiceCommand]
    aliases: dict[str, str]


NICKSERV = Service(
    "NickServ", "NS", "NickServ keeps accounts: your name, your password, your nicks.", {}, {}
)
CHANSERV = Service(
    "ChanServ", "CS", "ChanServ keeps channels: whose they are, and who is what in them.", {}, {}
)
SERVICES = {fold(service.name): service for service in (NICKSERV, CHANSERV)}


def service_command(
    service: Service,
    name: str,
    usage: str,
    does: str,
    *aliases: str,
    params: int = 0,
    login: bool = False,
    anyone: bool = False,
    privilege: str | None = None,
) -> Callable[[Callable[[ServiceRequest], Said]], Callable[[ServiceRequest], Said]]:
    """Register the decorated function as a command."""

    def enter(run: Callable[[ServiceRequest], Said]) -> Callable[[ServiceRequest], Said]:
        row = ServiceCommand(name, usage, does, run, params, login, anyone, privilege)
        service.commands[name] = row
        service.aliases.update((alias, name) for alias in aliases)
        return run

    return enter


def called(nick: str) -> Service | None:
    """The service with that nick, or None."""
    return SERVICES.get(fold(nick))


@command("NS", "NICKSERV", anyone=True)
def nickserv(context: Context, session: Session, message: Message) -> Steps:
    return ask(NICKSERV, context, session, " ".join(message.params))


@command("CS", "CHANSERV")
def chanserv(context: Context, session: Session, message: Message) -> Steps:
    return ask(CHANSERV, context, session, " ".join(message.params))


@command("SERVLIST")
def servlist(context: Context, session: Session, message: Message) -> Steps:
    """List the services (RFC 2812 section 3.5.1)."""
    for service in SERVICES.values():
        host = service_source(service.name, context).rpartition("@")[2]
        yield numeric(RPL_SERVLIST, service.name, host, "*", "0", "0", f"/{service.name} HELP")
    yield numeric(RPL_SERVLISTEND, "*", "*")


@command("SQUERY", params=2)
def squery(context: Context, session: Session, message: Message) -> Steps:
    """PRIVMSG to a service only (RFC 2812 section 3.5.2)."""
    service = called(message.params[0])
    if service is None:
        raise Refused.numeric(ERR_NOSUCHSERVICE, message.params[0])
    return ask(service, context, session, message.params[1])


def ask(
    service: Service, context: Context, session: Session, text: str, said: str = ""
) -> Generator[Step, Any, None]:
    """Execute the command in `text`; answers are notices, after the echo of a PRIVMSG to the
    service (IRCv3 echo-message)."""
    if said and "echo-message" in session.caps and session.user is not None:
        yield Reply(said, (service.name, text), source=session.user.source)
    words = text.split()
    try:
        steps = _find(service, context, session, words)
        yield from spoken(steps, str, lambda said: [_notice(service, context, session, said)])
    except Refused as refused:
        refused.forget_frames()
        yield _notice(service, context, session, str(refused))


def _notice(service: Service, context: Context, session: Session, text: str) -> Reply:
    return Reply("NOTICE", (session.nick, text), source=service_source(service.name, context))


def _find(service: Service, context: Context, session: Session, words: list[str]) -> Said:
    """The steps of the command in `words`."""
    name = words[0].upper() if words else "HELP"
    asked = ServiceRequest(context, session, words[1:])
    if name == "HELP":
        return _help(service, asked)
    row = service.commands.get(service.aliases.get(name, name))
    if row is None or (row.privilege is not None and not asked.may(row.privilege)):
        raise Refused(
            "UNKNOWN_COMMAND", f"There is no command {escape(name[:40])}. HELP shows them all."
        )
    if session.user is None and not row.anyone:
        raise Refused("COMPLETE_CONNECTION_REQUIRED", "Finish connecting first")
    if row.login and context.account(session) is None:
        raise Refused("ACCOUNT_REQUIRED", NOT_LOGGED_IN)
    if len(asked.words) < row.params:
        raise misused(f"{row.name} {row.usage}")
    return row.run(asked) if row.privilege is None else _audited(asked, service, row)


def _audited(asked: ServiceRequest, service: Service, row: ServiceCommand) -> Said:
    """Record commands for operators in the audit log."""
    yield from row.run(asked)
    user = asked.session.user
    if user is not None and row.name not in ("LIST", "INFO"):
        action = f"{service.name.upper()} {row.name}"
        # Of other commands it is a password.
        detail = asked.rest(1) if row.name == "SUSPEND" else ""
        address = asked.session.peer.host
        yield OperatorActed(user.id, user.source, address, action, asked.word(0), detail)


def _help(service: Service, asked: ServiceRequest) -> Said:
    name = asked.word(0).upper()
    row = service.commands.get(service.aliases.get(name, name))
    if row is not None:
        yield f"{row.name} {row.usage}".rstrip()
        yield f"  {row.does}"
        return
    yield service.does
    shown = [
        row
        for row in service.commands.values()
        if row.privilege is None or asked.may(row.privilege)
    ]
    widest = max(len(f"{row.name} {row.usage}") for row in shown)
    for row in shown:
        yield f"  {f'{row.name} {row.usage}':<{widest}}  {row.does}"


for _family in ("nickserv", "chanserv"):
    import_module(f".{_family}", __package__)
