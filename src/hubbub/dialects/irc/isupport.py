"""RPL_ISUPPORT (005): the features and limits of the server, derived from the tables."""

from __future__ import annotations

from ...config import Settings
from ...model.masks import EXTBANS
from ...protocol.modes import (
    FLAG_MODES,
    KEY_MODES,
    LIST_MODES,
    PARAMETER_MODES,
    PREFIX_MODES,
)
from ...protocol.names import CHANNEL_PREFIXES

#: Descriptions of the tokens, for docs/protocol/isupport.md.
MEANINGS = {
    "ACCOUNTEXTBAN": "the extended ban that matches accounts",
    "AWAYLEN": "bytes of an away message",
    "BOT": "the user mode of bots",
    "CASEMAPPING": "ASCII names are compared without case; other names are compared by"
    " their NFKC form without case, and none may look like another",
    "CHANLIMIT": "maximum channels of one client",
    "CHANMODES": "channel modes: lists, always with a parameter, with one when set, without",
    "CHANNELLEN": "bytes of a channel's name",
    "CHANTYPES": "first character of channel names",
    "CHATHISTORY": "maximum messages in one CHATHISTORY",
    "ELIST": "conditions of LIST: age, mask, negated mask, topic age, members",
    "EXCEPTS": "the mode of ban exceptions",
    "EXTBAN": "extended bans; they have no prefix",
    "HOSTLEN": "bytes of a host",
    "INVEX": "the mode of invitation exceptions",
    "KICKLEN": "bytes of a reason for KICK",
    "KNOCK": "KNOCK is supported",
    "LINELEN": "bytes of a line with its ending, without its tags",
    "MAXLIST": "masks in each list of a channel",
    "MAXTARGETS": "targets of one message",
    "MODES": "changes in one MODE: as many as fit",
    "MONITOR": "maximum nicks on the list of one client",
    "MSGREFTYPES": "how CHATHISTORY may reference a message",
    "NAMELEN": "bytes of a real name",
    "NETWORK": "the network's name",
    "NICKLEN": "bytes of a nick",
    "PREFIX": "modes of members, highest first, and their signs",
    "SAFELIST": "LIST never overflows the send queue",
    "STATUSMSG": "signs allowed before a channel as a target",
    "TARGMAX": "targets of single commands",
    "TOPICLEN": "bytes of a topic",
    "USERLEN": "bytes of a user name",
    "UTF8ONLY": "text is UTF-8",
    "VAPID": "the server's key for push services, with the capability draft/webpush",
    "WHOX": "WHO accepts fields",
}

#: Name of the capability and of the batch of IRCv3 extended-isupport.
EXTENDED_ISUPPORT, ISUPPORT_BATCH = "draft/extended-isupport", "draft/isupport"
_TOKENS_A_LINE = 13  # RFC draft-brocklesby-irc-isupport: at most 13 tokens and 15 parameters


def isupport(settings: Settings) -> dict[str, str]:
    """Every token with its value; an empty value means a token without value."""
    return {**_always(settings), **_where_set(settings)}


def _where_set(settings: Settings) -> dict[str, str]:
    """The tokens that depend on a setting."""
    tokens = {"draft/ICON": settings.icon}
    found = {name: value for name, value in tokens.items() if value}
    return found | ({"draft/ACCOUNTREQUIRED": ""} if settings.accounts.required else {})


def _always(settings: Settings) -> dict[str, str]:
    limits = settings.limits
    kinds = (LIST_MODES, KEY_MODES, PARAMETER_MODES, FLAG_MODES)
    targets = str(limits.targets)
    many = {"NAMES": targets, "LIST": targets, "KICK": "", "WHOIS": "1", "PRIVMSG": targets}
    many |= {"NOTICE": targets, "TAGMSG": targets, "JOIN": "", "PART": "", "MONITOR": ""}
    return {
        "ACCOUNTEXTBAN": "a",
        "AWAYLEN": str(limits.away_length),
        "BOT": "B",
        "CASEMAPPING": "ascii",
        "CHATHISTORY": str(limits.history_at_once),
        "CHANLIMIT": f"{CHANNEL_PREFIXES}:{limits.channels_per_client}",
        "CHANMODES": ",".join("".join(sorted(modes)) for modes in kinds),
        "CHANNELLEN": str(limits.channel_length),
        "CHANTYPES": CHANNEL_PREFIXES,
        "ELIST": "CMNTU",
        "EXCEPTS": "e",
        "EXTBAN": "," + "".join(EXTBANS),
        "HOSTLEN": "64",
        "INVEX": "I",
        "KICKLEN": str(limits.reason_length),
        "KNOCK": "",
        "LINELEN": str(limits.line_length),
        "MAXLIST": f"{''.join(LIST_MODES)}:{limits.list_entries}",
        "MAXTARGETS": targets,
        "MODES": "",
        "MONITOR": str(limits.monitored),
        "NAMELEN": str(limits.realname_length),
        "MSGREFTYPES": "msgid,timestamp",
        "NETWORK": settings.network,
        "NICKLEN": str(limits.nick_length),
        "PREFIX": f"({''.join(PREFIX_MODES)}){''.join(PREFIX_MODES.values())}",
        "SAFELIST": "",
        "STATUSMSG": "".join(PREFIX_MODES.values()),
        "TARGMAX": ",".join(f"{name}:{most}" for name, most in many.items()),
        "TOPICLEN": str(limits.topic_length),
        "USERLEN": str(limits.user_length),
        "UTF8ONLY": "",
        "WHOX": "",
    }


def file_host(place: str) -> dict[str, str]:
    """The tokens that name the upload address; "" means none."""
    return {name: place for name in ("draft/FILEHOST", "soju.im/FILEHOST") if place}


def isupport_lines(settings: Settings) -> list[list[str]]:
    """The tokens in groups that fit into one line each."""
    words = [f"{name}={value}" if value else name for name, value in isupport(settings).items()]
    return [words[i : i + _TOKENS_A_LINE] for i in range(0, len(words), _TOKENS_A_LINE)]


def changed_tokens(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """The tokens to send to a client that knows `old`; `-TOKEN` removes one."""
    said = [
        f"{name}={value}" if value else name
        for name, value in new.items()
        if old.get(name) != value
    ]
    return said + [f"-{name}" for name in old if name not in new]
