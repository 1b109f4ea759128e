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
ACCEPT <nick or -nick or *> | Whom you hear in spite of user mode R.
ADMIN [<server>] | Who runs this server.
AUTHENTICATE <mechanism or answer> | Log in to an account with SASL.
AWAY [<text>] | Say that you are away, and why; without text, that you are back.
BATCH <+ or -><reference> [<type> [<parameters>]] | Several lines that belong together.
CAP <subcommand> [<capabilities>] | Agree on IRCv3 capabilities: LS, LIST, REQ, END.
CHANSERV <command> | Registered channels; CHANSERV HELP shows how.
CHATHISTORY <subcommand> <target> <from> [<to>] <limit> | What was said before.
CHGHOST <nick> [<user>@]<host> | Operators: another host behind a nick.
CONNECT <server> | For networks of several servers; this is one.
CONTROL <token> <order> | The command line's way into a running server.
CS <command> | The same as CHANSERV.
DIE [<reason>] | Operators: stop the server.
DLINE [<duration>] <address> [<reason>] | Operators: keep an address or network out.
EDIT <target> <msgid> <text> | Say something you said in other words.
ERROR [<text>] | Nothing; servers say it.
FILEHOST TOKEN | A word that lets you upload a file, for ten minutes.
HANDOVER <PUT or TAKE or DROP> [<note or token>] | From one device of yours to the next, once.
HELP [<command>] | What a command does; without one, which there are.
HELPOP [<command>] | The same as HELP.
HISTORY <channel> <count> | What was said last, as /history shows it.
INFO [<server>] | About this server.
INVITE [<nick> <channel>] | Invite somebody; alone, the channels you are invited to.
INVITELINK <ADD or DEL or LIST> | A link for others: ADD [<channel or *> [<uses> [<time>]]].
ISON <nick> [<nick> ...] | Which of these are here.
ISUPPORT | What the server can do and where its limits are.
JOIN <channel>[,<channel>] [<key>[,<key>]] | Enter channels; JOIN 0 leaves all.
KICK <channel> <nick>[,<nick>] [<reason>] | Put somebody out of a channel.
KILL <nick> [<reason>] | Operators: end somebody's connections.
KLINE [<duration>] <mask> [<reason>] | Operators: keep out whose nick!user@host matches.
KNOCK <channel> [<text>] | Ask the operators of a channel for an invitation.
LINKS [<mask>] | The servers of the network; this is one.
LIST [<condition>[,<condition>]] | Channels: a mask, !mask, >3 or <3 members, C<60 or T>60 minutes.
LUSERS | How many are here.
MARKREAD <target> [timestamp=<time>] | How far you have read, on all your devices.
METADATA <target or *> <subcommand> [<keys>] | GET, LIST, SET, CLEAR, SYNC; * SUB, UNSUB, SUBS.
MODE <channel or nick> [<modes> [<parameters>]] | See or set modes.
MONITOR <+ or - or C or L or S> [<nick>[,<nick>]] | Be told when somebody comes or leaves.
MOTD [<server>] | The message of the day.
NAMES [<channel>[,<channel>]] | Who is in channels.
NICK <nick> | Your name.
NICKSERV <command> | Your account; NICKSERV HELP shows how.
NOTICE <target>[,<target>] <text> | Say something that no program answers.
NPC <channel> <name> <text> | Roleplay: say it in another name, in a channel that is +E.
NPCA <channel> <name> <text> | Roleplay: do it in another name.
NS <command> | The same as NICKSERV.
OPER <name> <password> | Become an operator.
PART <channel>[,<channel>] [<reason>] | Leave channels.
PASS <password> | The password of the server, before you are in.
PERSISTENCE <GET or SET> [<value>] | Whether you stay when you are not connected.
PING <token> | The server answers with PONG and the token.
PONG [<token>] | Your answer to a PING.
PRIVMSG <target>[,<target>] <text> | Say something to a channel, to @channel (operators) or a nick.
QUIT [<reason>] | Leave.
REDACT <target> <msgid> [<reason>] | Take back a message.
REGISTER <account or *> <email or *> <password> | Make an account.
REHASH | Operators: read the settings again.
RELAYMSG <channel> <nick/network> <text> | Bridges: say what somebody elsewhere said.
RENAME <channel> <new name> [<reason>] | Call a channel otherwise; everything in it stays.
REPORT <nick or channel> <reason> [<msgid>] | Tell those who run the server.
RESTART [<reason>] | Operators: stop the server and start it again.
SAJOIN [<nick>] [<prefix>]<channel> | Operators: put somebody into a channel.
SAMODE <channel> <modes> [<parameters>] | Operators: MODE in any channel.
SANICK <nick> <nick> | Operators: give somebody another nick.
SAPART <nick> <channel> [<reason>] | Operators: take somebody out of a channel.
SCENE <channel> <text> | Roleplay: what happens, in a channel that is +E.
SEARCH <attributes or *> [<words>] | What was said: in=, from=, text=, after=, before=, limit=.
SERVLIST | The services of this server.
SETNAME <real name> | Change your real name.
SQUERY <service> <text> | Say something to a service.
SQUIT <server> | For networks of several servers; this is one.
STATS <u or o or k or l> [<server>] | Uptime; operators, bans and connections for operators.
SUMMON | Not on this server.
TAGMSG <target>[,<target>] | Send tags without text, such as typing.
TIME [<server>] | The server's time.
TOKEN <GENERATE or SERVICELIST> [<service>] | A word that lets you in by HTTP, for ten minutes.
TOPIC <channel> [<text>] | See or set what a channel is about.
TRACE [<server>] | Who is connected.
UBAN ADD <target> [<duration>] [<reason>] | Operators: keep people out; also DEL, INFO, LIST.
UNDLINE <address> | Operators: let an address in again.
UNKLINE <mask> | Operators: let a mask in again.
USER <name> 0 * <real name> | Who you are, before you are in.
USERHOST <nick> [<nick> ...] | User names and hosts of up to five people.
USERIP <nick> [<nick> ...] | The same with addresses, for operators and yourself.
USERS | Not on this server.
VERIFY <account> <code> | Prove the email address of an account.
VERSION [<server>] | Which server this is and what it supports.
WALLOPS <text> | Operators: to everybody who has user mode w.
WEBPUSH <REGISTER or UNREGISTER> <endpoint> [<keys>] | Be told while you are not connected.
WEBIRC <password> <gateway> <host> <address> [<options>] | A gateway says for whom it connects.
WHO <mask> [o][%<fields>[,<token>]] | People in a channel or whose names match.
WHOIS [<server>] <nick> | About somebody.
WHOWAS <nick> [<count>] | About somebody who was here.
ZNC *playback PLAY <targets> [<from> [<to>]] | What was said, as clients ask ZNC for it.
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
