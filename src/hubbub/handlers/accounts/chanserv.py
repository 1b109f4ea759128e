"""ChanServ: registered channels.

A registered channel is kept without members, with its topic, modes and lists. Its founder and the
accounts on its access list get their prefixes when they join (access.py, called by JOIN).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ...dialects.irc.serializer import format_modes
from ...events.kinds import (
    ChannelAccessChanged,
    ChannelModesLocked,
    ChannelOffered,
    ChannelRegistered,
    ChannelTransferred,
    ChannelUnregistered,
    Kicked,
    ModeChange,
)
from ...model import rules
from ...model.accounts import Account
from ...model.channel import Channel
from ...model.masks import matches
from ...model.user import User
from ...protocol.modes import FLAG_MODES, GIVEN_FLAGS, rank, sort_prefixes
from ..channels.mode import read_modes
from ..command_table import Step
from ..context import Context
from ..people import metadata
from ..people.whois import date
from ..refusals import Refused
from . import lifecycle, logins
from .access import by_service, give_prefixes, service_source
from .services import CHANSERV, Said, ServiceRequest, misused, service_command

#: Maximum accounts on the access list of a channel.
_MOST_ACCESS = 200


# -- who is what -----------------------------------------------------------------------------


def _registered(asked: ServiceRequest, name: str) -> Channel:
    channel = asked.context.network.channel(name)
    # A secret channel does not exist for outsiders, registered or not.
    if channel is None or channel.founder is None or not _sees(asked, channel):
        raise Refused("NOT_FOUND", f"{name} is not a registered channel")
    return channel


def _sees(asked: ServiceRequest, channel: Channel) -> bool:
    user = asked.context.user(asked.session)
    return rules.sees_channel(channel, user) or bool(_prefixes(asked, channel))


def _own(asked: ServiceRequest) -> str | None:
    """The name of the client's account."""
    account = asked.context.account(asked.session)
    return account.name if account is not None else None


def _prefixes(asked: ServiceRequest, channel: Channel) -> str:
    return rules.prefixes_of(channel, _own(asked))


def _is_founder(asked: ServiceRequest, channel: Channel) -> bool:
    return asked.may("accounts") or channel.founder == _own(asked)


def _founders_channel(asked: ServiceRequest, name: str) -> Channel:
    channel = _registered(asked, name)
    if not _is_founder(asked, channel):
        raise Refused("NO_PERMISSIONS", f"{channel.name} is not yours")
    return channel


def _proved_channel(
    asked: ServiceRequest, channel: Channel, password: str
) -> Generator[Step, Any, Channel]:
    """The channel, of which its founder may dispose once the owner of the account is there; an
    operator disposes by privilege. Raises Refused."""
    if channel.founder == _own(asked):
        yield from asked.prove(password)
        return _founders_channel(asked, channel.name)  # meanwhile
    return channel


# -- having a channel ------------------------------------------------------------------------


@service_command(
    CHANSERV, "REGISTER", "<#channel>", "a channel where you are operator becomes yours",
    params=1, login=True,
)  # fmt: skip
def _register(asked: ServiceRequest) -> Said:
    context, account, user = asked.context, asked.account, asked.context.user(asked.session)
    channel = context.network.channel(asked.word(0))
    if channel is None or not rules.is_operator(channel, user):
        raise Refused("NO_PERMISSIONS", "Enter the channel first; you must be an operator in it")
    if channel.founder is not None:
        raise Refused("IN_USE", f"{channel.name} belongs to {channel.founder}")
    if len(lifecycle.channels_of(context, account)) >= context.settings.accounts.channels:
        raise Refused("TOO_MANY", "You have as many channels as one account may have")
    yield ChannelRegistered(channel.name, account.name)
    yield f"{channel.name} is yours now"
    yield from give_prefixes(context, channel, user)


@service_command(
    CHANSERV, "UNREGISTER", "<#channel> [code] [password]",
    "the channel is nobody's any more; say it without the code first", "DROP",
    params=1, login=True,
)  # fmt: skip
def _unregister(asked: ServiceRequest) -> Said:
    channel = _founders_channel(asked, asked.word(0))
    code = lifecycle.confirmation(asked.context, f"unregister {channel.key} {channel.registered}")
    if asked.word(1) != code:
        yield "Then it is nobody's: who enters it first, when nobody is in it, is its operator."
        order = "/drop" if asked.session.dialect.for_people else "UNREGISTER"
        yield f"If you mean it: {order} {channel.name} {code}"
        return
    channel = yield from _proved_channel(asked, channel, asked.rest(2))
    yield ChannelUnregistered(channel.name, asked.by)
    yield f"{channel.name} is nobody's any more"


@service_command(
    CHANSERV, "TRANSFER", "<#channel> <account> [password] | ACCEPT <#channel>",
    "offer the channel to somebody else, who then accepts it", params=2, login=True,
)  # fmt: skip
def _transfer(asked: ServiceRequest) -> Said:
    if asked.word(0).upper() == "ACCEPT":
        yield from _accept(asked, asked.word(1))
        return
    channel = _founders_channel(asked, asked.word(0))
    heir = asked.context.network.accounts.get(asked.word(1))
    if heir is None:
        raise Refused("NOT_FOUND", f"There is no account {asked.word(1)}")
    if heir.name == channel.founder:
        yield ChannelOffered(channel.name, None)
        yield f"{channel.name} stays with {heir.name}"
    elif asked.may("accounts"):
        yield from _hand_over(asked, channel, heir)
    else:
        channel = yield from _proved_channel(asked, channel, asked.rest(2))
        yield ChannelOffered(channel.name, heir.name)
        yield f"{heir.name} may now say: TRANSFER ACCEPT {channel.name}"


def _accept(asked: ServiceRequest, name: str) -> Said:
    channel, account = asked.context.network.channel(name), asked.account
    if channel is None or channel.offered != account.name:
        raise Refused("NOT_FOUND", f"Nobody has offered you {name}")
    if (
        len(lifecycle.channels_of(asked.context, account))
        >= asked.context.settings.accounts.channels
    ):
        raise Refused("TOO_MANY", "You have as many channels as one account may have")
    yield from _hand_over(asked, channel, account)


def _hand_over(asked: ServiceRequest, channel: Channel, heir: Account) -> Said:
    context, former = asked.context, asked.context.network.accounts.get(channel.founder)
    yield ChannelTransferred(channel.name, heir.name)
    if former is not None:
        yield from _take_prefix(context, channel, former, "q")
    for user in logins.people_of(context, heir):
        if user.id in channel.members:
            yield from give_prefixes(context, channel, user)
    yield f"{channel.name} belongs to {heir.name} now"


# -- knowing ---------------------------------------------------------------------------------


@service_command(CHANSERV, "INFO", "<#channel>", "whose channel it is, and since when", params=1)
def _info(asked: ServiceRequest) -> Said:
    channel = _registered(asked, asked.word(0))
    yield f"Channel {channel.name}"
    yield f"  Founder      {channel.founder}"
    yield f"  Registered   {date(channel.registered)}"
    if channel.offered is not None and _is_founder(asked, channel):
        yield f"  Offered to   {channel.offered}"
    for name, key in _SAID.items():
        if key in channel.metadata:
            yield f"  {name.capitalize():<12} {channel.metadata[key]}"
    if asked.context.user(asked.session).id in channel.members or _is_founder(asked, channel):
        if channel.locked:
            yield f"  Mlock        {channel.locked}"
        for name, letters in channel.access.values():
            yield f"  Access       {name} +{letters}"


@service_command(CHANSERV, "LIST", "[mask]", "your channels; for operators all registered ones")
def _list(asked: ServiceRequest) -> Said:
    mask, everything = asked.word(0) or "*", asked.may("accounts")
    own = _own(asked)
    found = [
        channel
        for _, channel in sorted(asked.context.network.channels.items())
        if channel.founder is not None
        and matches(mask, channel.name)
        and (everything or rules.prefixes_of(channel, own))
    ]
    for channel in found[:200]:
        letters = rules.prefixes_of(channel, own)
        yield f"{channel.name}  {channel.founder}{f'  you: +{letters}' if letters else ''}"
    yield f"{len(found)} channel(s)"


# -- prefixes --------------------------------------------------------------------------------


def _prefix_command(sign: str, letter: str) -> None:
    name = {"q": "OWNER", "a": "ADMIN", "o": "OP", "h": "HALFOP", "v": "VOICE"}[letter]
    name = name if sign == "+" else f"DE{name}"
    verb = "give" if sign == "+" else "take"

    @service_command(
        CHANSERV, name, "<#channel> [nick]",
        f"{verb} +{letter}, to yourself or to somebody there, as your access allows",
        params=1, login=True,
    )  # fmt: skip
    def change(asked: ServiceRequest) -> Said:
        channel = _registered(asked, asked.word(0))
        user = asked.context.user(asked.session)
        target = asked.context.network.person(asked.word(1)) if asked.word(1) else user
        if target is None or target.id not in channel.members:
            raise Refused(
                "INVALID_TARGET", f"{asked.word(1) or 'You'} must be in {channel.name} for that"
            )
        _must_outrank(asked, channel, letter, target if sign == "-" else None)
        held = channel.members[target.id]
        if (letter in held) == (sign == "+"):
            raise Refused("UNCHANGED", "That is so already")
        yield by_service(asked.context, channel, [ModeChange(sign, letter, target.nick, target.id)])


def _must_outrank(
    asked: ServiceRequest, channel: Channel, letter: str, target: User | None
) -> None:
    """The user's own access must be operator or more, and at least as high as the prefix; to remove
    access, at least as high as that of the other account."""
    own = _own_rank(asked, channel)
    needed = max(rank(letter), rank("o"))
    if target is not None and target is not asked.session.user:
        needed = max(needed, rank(channel.members[target.id]))
    if rank(own) < needed:
        raise Refused("NO_PERMISSIONS", f"Your access in {channel.name} does not allow that")


for _letter in "aohv":
    for _sign in "+-":
        _prefix_command(_sign, _letter)


@service_command(
    CHANSERV, "ACCESS", "<#channel> [account +modes | account -modes]",
    "what accounts are given when they enter, such as ACCESS #tea bob +o", "AMODE", "FLAGS",
    params=1,
)  # fmt: skip
def _access(asked: ServiceRequest) -> Said:
    channel = _registered(asked, asked.word(0))
    if len(asked.words) == 1:
        yield from _show_access(asked, channel)
        return
    name, change = _name_and_change(asked)
    sign, letters = change[:1], sort_prefixes(change[1:])
    if sign not in ("+", "-") or not letters or len(letters) != len(set(change[1:])):
        raise misused("ACCESS #channel account +o")
    if "q" in letters:
        raise Refused("INVALID_PARAMS", "There is one founder; TRANSFER hands the channel over")
    for letter in letters:
        _must_outrank(asked, channel, letter, None)
    account = asked.context.network.accounts.get(name)
    if account is None:
        raise Refused("NOT_FOUND", f"There is no account {name}")
    yield from _change_access(asked, channel, account, sign, letters)


def _name_and_change(asked: ServiceRequest) -> tuple[str, str]:
    """Accept `bob +o` and `+o bob`."""
    first, second = asked.word(1), asked.word(2)
    return (second, first) if first[:1] in ("+", "-") else (first, second)


def _show_access(asked: ServiceRequest, channel: Channel) -> Said:
    user = asked.context.user(asked.session)
    if user.id not in channel.members and not _prefixes(asked, channel):
        raise Refused("INVALID_TARGET", f"You are not in {channel.name}")
    yield f"{channel.founder} +q (founder)"
    for name, letters in channel.access.values():
        yield f"{name} +{letters}"


def _change_access(
    asked: ServiceRequest, channel: Channel, account: Account, sign: str, letters: str
) -> Said:
    held = channel.access.get(account.key, ("", ""))[1]
    rest = "".join(letter for letter in held if letter not in letters)
    present = sort_prefixes(rest + letters if sign == "+" else rest)
    if present == held:
        raise Refused("UNCHANGED", "That is so already")
    if account.key not in channel.access and len(channel.access) >= _MOST_ACCESS:
        raise Refused("TOO_MANY", "No more accounts can be given access here")
    if sign == "-" and rank(held) > rank(_own_rank(asked, channel)):
        raise Refused("NO_PERMISSIONS", f"Your access in {channel.name} does not allow that")
    yield ChannelAccessChanged(channel.name, account.name, present, asked.by)
    yield (
        f"{account.name} has +{present} in {channel.name} now"
        if present
        else (f"{account.name} has no access in {channel.name} any more")
    )
    if sign == "+":
        for user in logins.people_of(asked.context, account):
            if user.id in channel.members:
                yield from give_prefixes(asked.context, channel, user)
    else:
        for letter in letters:
            yield from _take_prefix(asked.context, channel, account, letter)


def _own_rank(asked: ServiceRequest, channel: Channel) -> str:
    return "q" if _is_founder(asked, channel) else _prefixes(asked, channel)


def _take_prefix(
    context: Context, channel: Channel, account: Account, letter: str
) -> Iterator[Step]:
    for user in logins.people_of(context, account):
        if letter in channel.members.get(user.id, ""):
            yield by_service(context, channel, [ModeChange("-", letter, user.nick, user.id)])


# -- settings --------------------------------------------------------------------------------

#: Descriptions of a channel, as other services name them -> metadata key (homepage is that of
#: IRCv3).
_SAID = {"description": "description", "url": "homepage", "email": "email"}
#: Settings of other services that are fixed here.
_ALWAYS = {"keeptopic": "on", "secure": "on", "guard": "off"}


@service_command(
    CHANSERV, "SET", "<#channel> [setting [value]]",
    "see or change the channel's settings: description, url, email, mlock, founder", params=1,
    login=True,
)  # fmt: skip
def _set(asked: ServiceRequest) -> Said:
    channel, name = _founders_channel(asked, asked.word(0)), asked.word(1).lower()
    if not name:
        yield from _show_settings(channel)
    elif name in _ALWAYS:
        yield f"{name} is always {_ALWAYS[name]}"
    elif name == "founder" and len(asked.words) >= 3:
        yield from _transfer(asked._replace(words=[channel.name, *asked.words[2:]]))
    elif name in _SAID:
        yield from _say_of(asked, channel, name, asked.rest(2))
    elif name == "mlock" and len(asked.words) <= 3:
        yield from _lock_modes(asked, channel, asked.word(2))
    else:
        raise misused(f"SET {channel.name} {'|'.join((*_SAID, 'mlock'))} value")


def _show_settings(channel: Channel) -> Iterator[str]:
    yield f"  founder      {channel.founder}"
    for name, key in _SAID.items():
        yield f"  {name:<12} {channel.metadata.get(key, 'none')}"
    yield f"  mlock        {channel.locked or 'none'}"


def _say_of(asked: ServiceRequest, channel: Channel, name: str, text: str) -> Said:
    """Without a value, show it. `none` deletes it."""
    key, limits = _SAID[name], asked.context.settings.limits
    if not text:
        yield f"{name} is {channel.metadata.get(key, 'none')}"
        return
    if len(text.encode()) > limits.metadata_bytes:
        raise Refused("TOO_LONG", f"That is longer than {limits.metadata_bytes} bytes")
    if key not in channel.metadata and len(channel.metadata) >= limits.metadata_keys:
        raise Refused("TOO_MANY", "The channel says too much of itself already")
    value = None if text.lower() == "none" else text
    owner = metadata.MetadataOwner(channel.name, channel.metadata, channel=channel)
    yield from metadata.change(asked.context, asked.session, owner, key, value)
    yield f"{name} is {value or 'none'} now"


def _lock_modes(asked: ServiceRequest, channel: Channel, word: str) -> Said:
    if not word:
        yield f"mlock is {channel.locked or 'none'}"
        return
    modes = [] if word.lower() == "none" else list(read_modes(word, ()))
    letters = [each.letter for each in modes]
    if not set(letters) <= FLAG_MODES.keys() - GIVEN_FLAGS or len(set(letters)) < len(letters):
        raise Refused(
            "INVALID_PARAMS", "MLOCK takes modes without parameters, such as +s-i, or none"
        )
    locked = format_modes(tuple(ModeChange(each.sign, each.letter) for each in modes))
    yield ChannelModesLocked(channel.name, locked, asked.by)
    changes = [
        ModeChange(each.sign, each.letter)
        for each in modes
        if (each.letter in channel.modes) != (each.sign == "+")
    ]
    if changes:
        yield by_service(asked.context, channel, changes)
    yield f"mlock is {locked or 'none'} now"


# -- cleaning up -----------------------------------------------------------------------------


@service_command(
    CHANSERV, "CLEAR", "<#channel> USERS | BANS | ACCESS",
    "everybody but you leaves, or the list is emptied", params=2, login=True,
)  # fmt: skip
def _clear(asked: ServiceRequest) -> Said:
    channel, what = _founders_channel(asked, asked.word(0)), asked.word(1).upper()
    if what == "USERS":
        yield from _clear_users(asked, channel)
    elif what == "BANS":
        bans = [ModeChange("-", "b", each.mask) for each in channel.lists.get("b", {}).values()]
        if bans:
            yield by_service(asked.context, channel, bans)
    elif what == "ACCESS":
        for name, _ in list(channel.access.values()):
            yield ChannelAccessChanged(channel.name, name, "", asked.by)
    else:
        raise misused("CLEAR #channel USERS, BANS or ACCESS")
    yield "Done"


def _clear_users(asked: ServiceRequest, channel: Channel) -> Iterator[Step]:
    own = asked.session.user
    source = service_source(CHANSERV.name, asked.context)
    for id in list(channel.members):
        user = asked.context.network.users[id]
        if user is not own:
            reason = f"Cleared by {asked.by}"
            yield Kicked(0, source, channel.name, user.id, user.nick, reason)
