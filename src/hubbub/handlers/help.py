"""HELP: usage and description of every command, also for docs/protocol/commands.md."""

from __future__ import annotations

from typing import NamedTuple

from ..protocol.message import Message
from ..protocol.numerics import (
    ERR_HELPNOTFOUND,
    RPL_ENDOFHELP,
    RPL_HELPSTART,
    RPL_HELPTXT,
    numeric,
)
from ..session import Session
from .command_table import Steps, command
from .context import Context, wrapped
from .refusals import Refused


class Help(NamedTuple):
    usage: str
    does: str


def _table(text: str) -> dict[str, Help]:
    """Parse lines of the form `COMMAND parameters | description`."""
    found = {}
    for line in text.strip().splitlines():
        usage, _, does = line.partition(" | ")
        found[usage.split()[0]] = Help(usage.strip(), does.strip())
    return found


#: By command. <> marks required parameters, [] optional ones.
HELP = _table("""
ACCEPT <nick or -nick or *> | List of users whose messages you accept in spite of user mode R.
ADMIN [<server>] | Contact details of the administrator.
AUTHENTICATE <mechanism or answer> | Log in to an account with SASL.
AWAY [<text>] | Say that you are away, and why; without text, that you are back.
BATCH <+ or -><reference> [<type> [<parameters>]] | Send several lines as one message.
CAP <subcommand> [<capabilities>] | Negotiate IRCv3 capabilities: LS, LIST, REQ, END.
CHANSERV <command> | Registered channels; see CHANSERV HELP.
CHATHISTORY <subcommand> <target> <from> [<to>] <limit> | Read history.
CHGHOST <nick> [<user>@]<host> | Operators: change the host shown for a user.
CONNECT <server> | For networks of several servers; this is one.
CONTROL <token> <order> | Orders to a running server from its command line.
CS <command> | The same as CHANSERV.
DIE [<reason>] | Operators: stop the server.
DLINE [<duration>] <address> [<reason>] | Operators: ban an address or network.
EDIT <target> <msgid> <text> | Change the text of one of your messages.
ERROR [<text>] | No effect; only servers send it.
FILEHOST TOKEN | Get a token for uploads, valid for ten minutes.
GUEST <secret> [<nick>] | Before NICK: find a guest's private conversations again.
HANDOVER <PUT or TAKE or DROP> [<note or token>] | Pass a note to your next device.
HELP [<command>] | Describe a command; without one, list all commands.
HELPOP [<command>] | The same as HELP.
HISTORY <channel> <count> | Read recent history, in the form of /history.
INFO [<server>] | About this server.
INVITE [<nick> <channel>] | Invite somebody; alone, the channels you are invited to.
INVITELINK <ADD or DEL or LIST> | Invitation links: ADD [<channel or *> [<uses> [<time>]]].
ISON <nick> [<nick> ...] | Which of these users are online.
ISUPPORT | Features and limits of the server.
JOIN <channel>[,<channel>] [<key>[,<key>]] | Join channels; JOIN 0 leaves all.
KICK <channel> <nick>[,<nick>] [<reason>] | Remove users from a channel.
KILL <nick> [<reason>] | Operators: disconnect a user.
KLINE [<duration>] <mask> [<reason>] | Operators: ban by nick!user@host.
KNOCK <channel> [<text>] | Ask the operators of a channel for an invitation.
LINKS [<mask>] | The servers of the network; this is one.
LIST [<condition>[,<condition>]] | Channels: a mask, !mask, >3 or <3 members, C<60 or T>60 minutes.
LUSERS | Number of users and channels.
MARKREAD <target> [timestamp=<time>] | Read or set your read marker of a conversation.
METADATA <target or *> <subcommand> [<keys>] | GET, LIST, SET, CLEAR, SYNC; * SUB, UNSUB, SUBS.
MODE <channel or nick> [<modes> [<parameters>]] | See or set modes.
MONITOR <+ or - or C or L or S> [<nick>[,<nick>]] | Be notified when users come and leave.
MOTD [<server>] | The message of the day.
NAMES [<channel>[,<channel>]] | List the members of channels.
NICK <nick> | Set your nick.
NICKSERV <command> | Accounts; see NICKSERV HELP.
NOTICE <target>[,<target>] <text> | Send a message that programs never answer.
NPC <channel> <name> <text> | Roleplay: speak as a character, in a channel with +E.
NPCA <channel> <name> <text> | Roleplay: act as a character.
NS <command> | The same as NICKSERV.
OPER <name> <password> | Become an operator.
PART <channel>[,<channel>] [<reason>] | Leave channels.
PASS <password> | Send the server's password or an invitation, before registration.
PERSISTENCE <GET or SET> [<value>] | Stay on the network without a connection, or not.
PING <token> | The server answers with PONG and the token.
PONG [<token>] | Your answer to a PING.
PRIVMSG <target>[,<target>] <text> | Send a message to a channel, to @channel (operators) or a user.
QUIT [<reason>] | Leave.
REDACT <target> <msgid> [<reason>] | Delete a message.
REGISTER <account or *> <email or *> <password> | Register an account.
REHASH | Operators: reload the settings.
RELAYMSG <channel> <nick/network> <text> | Bridges: relay a message of a user on another network.
RENAME <channel> <new name> [<reason>] | Rename a channel, with members, modes and history.
REPORT <nick or channel> <reason> [<msgid>] | Report something to the administrators.
RESTART [<reason>] | Operators: stop the server and start it again.
SAJOIN [<nick>] [<prefix>]<channel> | Operators: make a user join a channel.
SAMODE <channel> <modes> [<parameters>] | Operators: MODE in any channel.
SANICK <nick> <nick> | Operators: change the nick of a user.
SAPART <nick> <channel> [<reason>] | Operators: make a user part a channel.
SCENE <channel> <text> | Roleplay: describe a scene, in a channel with +E.
SEARCH <attributes or *> [<words>] | Search history: in=, from=, text=, after=, before=, limit=.
SERVLIST | The services of this server.
SETNAME <real name> | Change your real name.
SQUERY <service> <text> | Send a command to a service.
SQUIT <server> | For networks of several servers; this is one.
STATS <u or o or k or l> [<server>] | Uptime; operators, bans and connections for operators.
SUMMON | Not on this server.
TAGMSG <target>[,<target>] | Send tags without text, such as typing.
TIME [<server>] | The server's time.
TOKEN <GENERATE or SERVICELIST> [<service>] | Get a token for HTTP requests, valid for ten minutes.
TOPIC <channel> [<text>] | See or set the topic of a channel.
TRACE [<server>] | List connections.
UBAN ADD <target> [<duration>] [<reason>] | Operators: ban users; also DEL, INFO, LIST.
UNDLINE <address> | Operators: remove an address ban.
UNKLINE <mask> | Operators: remove a KLINE.
USER <name> 0 * <real name> | Set your user name and real name, before registration.
USERHOST <nick> [<nick> ...] | User names and hosts of up to five users.
USERIP <nick> [<nick> ...] | User names and addresses; other users' for operators only.
USERS | Not on this server.
VERIFY <account> <code> | Verify the email address of an account.
VERSION [<server>] | Version and features of the server.
WALLOPS <text> | Operators: send to everybody with user mode w.
WEBPUSH <REGISTER or UNREGISTER> <endpoint> [<keys>] | Subscribe to push notifications.
WEBIRC <password> <gateway> <host> <address> [<options>] | Gateways: name the actual client.
WHO <mask> [o][%<fields>[,<token>]] | List users by channel or mask.
WHOIS [<server>] <nick> | Show facts about a user.
WHOWAS <nick> [<count>] | Show facts about a user who has left.
ZNC *playback PLAY <targets> [<from> [<to>]] | History for clients that use ZNC playback.
""")


@command("HELP", "HELPOP", anyone=True)
def help_(context: Context, session: Session, message: Message) -> Steps:
    subject = message.params[0].upper() if message.params and message.params[0] else "*"
    if subject == "*":
        yield numeric(RPL_HELPSTART, "*", "The commands of this server. HELP and one tells more.")
        for line in wrapped(sorted(HELP), 70):
            yield numeric(RPL_HELPTXT, "*", line)
    elif subject in HELP:
        yield numeric(RPL_HELPSTART, subject, HELP[subject].usage)
        yield numeric(RPL_HELPTXT, subject, HELP[subject].does)
    else:
        raise Refused.numeric(ERR_HELPNOTFOUND, subject)
    yield numeric(RPL_ENDOFHELP, subject, "End of /HELP")
