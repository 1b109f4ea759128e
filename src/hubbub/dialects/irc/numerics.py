"""Every numeric and its text, in one table (RFC 2812 section 5, modern.ircdocs.horse)."""

from __future__ import annotations

from typing import NamedTuple

from ..message import Reply


class Numeric(NamedTuple):
    """Three digits, and the text for people where it is always the same."""

    code: str
    text: str | None = None


RPL_WELCOME = Numeric("001")
RPL_YOURHOST = Numeric("002")
RPL_CREATED = Numeric("003")
RPL_MYINFO = Numeric("004")
RPL_ISUPPORT = Numeric("005", "are supported by this server")
RPL_UMODEIS = Numeric("221")
RPL_LUSERCLIENT = Numeric("251")
RPL_LUSEROP = Numeric("252", "operator(s) online")
RPL_LUSERUNKNOWN = Numeric("253", "unknown connection(s)")
RPL_LUSERCHANNELS = Numeric("254", "channels formed")
RPL_LUSERME = Numeric("255")
RPL_LOCALUSERS = Numeric("265")
RPL_GLOBALUSERS = Numeric("266")
RPL_AWAY = Numeric("301")
RPL_UNAWAY = Numeric("305", "You are no longer marked as being away")
RPL_NOWAWAY = Numeric("306", "You have been marked as being away")
RPL_WHOISUSER = Numeric("311")
RPL_WHOISSERVER = Numeric("312")
RPL_WHOISOPERATOR = Numeric("313", "is an IRC operator")
RPL_ENDOFWHO = Numeric("315", "End of WHO list")
RPL_WHOISIDLE = Numeric("317", "seconds idle, signon time")
RPL_ENDOFWHOIS = Numeric("318", "End of /WHOIS list")
RPL_WHOISCHANNELS = Numeric("319")
RPL_LISTSTART = Numeric("321", "Users  Name")
RPL_LIST = Numeric("322")
RPL_LISTEND = Numeric("323", "End of /LIST")
RPL_CHANNELMODEIS = Numeric("324")
RPL_CREATIONTIME = Numeric("329")
RPL_WHOISACCOUNT = Numeric("330", "is logged in as")
RPL_NOTOPIC = Numeric("331", "No topic is set")
RPL_TOPIC = Numeric("332")
RPL_TOPICWHOTIME = Numeric("333")
RPL_INVITING = Numeric("341")
RPL_INVITELIST = Numeric("346")
RPL_ENDOFINVITELIST = Numeric("347", "End of channel invite list")
RPL_EXCEPTLIST = Numeric("348")
RPL_ENDOFEXCEPTLIST = Numeric("349", "End of channel exception list")
RPL_VERSION = Numeric("351")
RPL_WHOREPLY = Numeric("352")
RPL_NAMREPLY = Numeric("353")
RPL_ENDOFNAMES = Numeric("366", "End of /NAMES list")
RPL_BANLIST = Numeric("367")
RPL_ENDOFBANLIST = Numeric("368", "End of channel ban list")
RPL_MOTD = Numeric("372")
RPL_MOTDSTART = Numeric("375")
RPL_ENDOFMOTD = Numeric("376", "End of /MOTD command")
RPL_WHOISHOST = Numeric("378")
RPL_WHOISSECURE = Numeric("671", "is using a secure connection")
ERR_UNKNOWNERROR = Numeric("400")
ERR_NOSUCHNICK = Numeric("401", "No such nick/channel")
ERR_NOSUCHSERVER = Numeric("402", "No such server")
ERR_NOSUCHCHANNEL = Numeric("403", "No such channel")
ERR_CANNOTSENDTOCHAN = Numeric("404", "Cannot send to channel")
ERR_TOOMANYCHANNELS = Numeric("405", "You have joined too many channels")
ERR_TOOMANYTARGETS = Numeric("407", "Too many targets")
ERR_INVALIDCAPCMD = Numeric("410", "Invalid CAP command")
ERR_NORECIPIENT = Numeric("411")
ERR_NOTEXTTOSEND = Numeric("412", "No text to send")
ERR_INPUTTOOLONG = Numeric("417", "Input line was too long")
ERR_UNKNOWNCOMMAND = Numeric("421", "Unknown command")
ERR_NOMOTD = Numeric("422", "MOTD File is missing")
ERR_NONICKNAMEGIVEN = Numeric("431", "No nickname given")
ERR_ERRONEUSNICKNAME = Numeric("432", "Erroneous nickname")
ERR_NICKNAMEINUSE = Numeric("433", "Nickname is already in use")
ERR_USERNOTINCHANNEL = Numeric("441", "They aren't on that channel")
ERR_NOTONCHANNEL = Numeric("442", "You're not on that channel")
ERR_USERONCHANNEL = Numeric("443", "is already on channel")
ERR_NOTREGISTERED = Numeric("451", "You have not registered")
ERR_NEEDMOREPARAMS = Numeric("461", "Not enough parameters")
ERR_ALREADYREGISTERED = Numeric("462", "You may not reregister")
ERR_PASSWDMISMATCH = Numeric("464", "Password incorrect")
ERR_YOUREBANNEDCREEP = Numeric("465", "You are banned from this server.")
ERR_KEYSET = Numeric("467", "Channel key already set")
ERR_CHANNELISFULL = Numeric("471", "Cannot join channel (+l)")
ERR_UNKNOWNMODE = Numeric("472", "is unknown mode char to me")
ERR_INVITEONLYCHAN = Numeric("473", "Cannot join channel (+i)")
ERR_BANNEDFROMCHAN = Numeric("474", "Cannot join channel (+b)")
ERR_BADCHANNELKEY = Numeric("475", "Cannot join channel (+k)")
ERR_BADCHANMASK = Numeric("476", "Bad Channel Mask")
ERR_BANLISTFULL = Numeric("478", "Channel list is full")
ERR_NOPRIVILEGES = Numeric("481", "Permission Denied- You're not an IRC operator")
ERR_CHANOPRIVSNEEDED = Numeric("482", "You're not channel operator")
ERR_UMODEUNKNOWNFLAG = Numeric("501", "Unknown MODE flag")
ERR_USERSDONTMATCH = Numeric("502", "Cannot change mode for other users")
ERR_INVALIDKEY = Numeric("525", "Key is not well-formed")
ERR_INVALIDMODEPARAM = Numeric("696")


def numeric(kind: Numeric, *params: str) -> Reply:
    """The reply with `params`; the numeric's own text goes last where it has one."""
    return Reply(kind.code, params if kind.text is None else (*params, kind.text))


def standard_reply(kind: str, command: str, code: str, *context: str, text: str) -> Reply:
    """FAIL, WARN or NOTE (IRCv3 standard-replies). `command` is `*` where none applies."""
    return Reply(kind, (command, code, *context, text))


def fail(command: str, code: str, *context: str, text: str) -> Reply:
    return standard_reply("FAIL", command, code, *context, text=text)
