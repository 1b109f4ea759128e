"""RPL_ISUPPORT (005): what the server can do and where its limits are, read from the tables."""

from __future__ import annotations

from ...config import Settings
from ...model.modes import FLAG_MODES, KEY_MODES, LIST_MODES, PARAMETER_MODES, PREFIX_MODES
from ...model.names import CHANNEL_PREFIXES

_TOKENS_A_LINE = 13  # RFC draft-brocklesby-irc-isupport: at most 13 tokens and 15 parameters


def isupport(settings: Settings) -> dict[str, str]:
    """Every token with its value; an empty value means the name alone."""
    limits = settings.limits
    modes = (LIST_MODES, KEY_MODES, PARAMETER_MODES, "".join(sorted(FLAG_MODES)))
    return {
        "AWAYLEN": str(limits.away_length),
        "CASEMAPPING": "ascii",
        "CHANLIMIT": f"{CHANNEL_PREFIXES}:{limits.channels_per_client}",
        "CHANMODES": ",".join(modes),
        "CHANNELLEN": str(limits.channel_length),
        "CHANTYPES": CHANNEL_PREFIXES,
        "EXCEPTS": "",
        "INVEX": "",
        "KICKLEN": str(limits.reason_length),
        "MAXLIST": f"{LIST_MODES}:100",
        "MAXTARGETS": str(limits.targets),
        "MODES": "",
        "NETWORK": settings.network,
        "NICKLEN": str(limits.nick_length),
        "PREFIX": f"({''.join(PREFIX_MODES)}){''.join(PREFIX_MODES.values())}",
        "TARGMAX": f"NAMES:1,LIST:1,KICK:,WHOIS:1,PRIVMSG:{limits.targets},"
        f"NOTICE:{limits.targets},JOIN:,PART:",
        "TOPICLEN": str(limits.topic_length),
        "USERLEN": str(limits.user_length),
        "UTF8ONLY": "",
    }


def isupport_lines(settings: Settings) -> list[list[str]]:
    """The tokens in groups that fit a line."""
    words = [f"{name}={value}" if value else name for name, value in isupport(settings).items()]
    return [words[i : i + _TOKENS_A_LINE] for i in range(0, len(words), _TOKENS_A_LINE)]
