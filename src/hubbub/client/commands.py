"""Table of the commands that can be typed; `/help` and Tab completion are derived from it. To add a
command, add a function here.

A line that begins with `/` is a command, `//` sends a line that begins with a slash, and `quit`
alone quits as in the first version of this program. Other lines are sent to the current
conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hubbub.client.conversation import Chat
from hubbub.client.errors import ClientError

Execute = Callable[[Chat, str], None]


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A command. `usage` begins with its name; `execute` gets the text after the name."""

    usage: str
    description: str
    execute: Execute

    @property
    def name(self) -> str:
        return self.usage.partition(" ")[0]


COMMANDS: dict[str, SlashCommand] = {}


def command(usage: str, description: str, *aliases: str) -> Callable[[Execute], Execute]:
    """Register the decorated function as a command."""

    def register(execute: Execute) -> Execute:
        entry = SlashCommand(usage, description, execute)
        for name in (entry.name, *aliases):
            COMMANDS[name] = entry
        return execute

    return register


class SlashUsageError(ClientError):
    """A command was typed with missing or invalid arguments."""


def enter(chat: Chat, line: str) -> None:
    """Execute a typed line and show any error."""
    if not line.strip():
        return
    try:
        obey(chat, line)
    except (ClientError, ValueError) as error:
        chat.complain(error)
    chat.view.refresh()


def obey(chat: Chat, line: str) -> None:
    """Execute a typed line. Raises ClientError with a sentence for the user."""
    first, newline, _ = line.partition("\n")
    if line.strip() == "quit":
        chat.quit("")
    elif not line.startswith("/") or line.startswith("//") or newline:
        # Several lines were pasted at once: text, even if one of them looks like a command.
        chat.say(line[1:] if line.startswith("//") and not newline else line)
    else:
        name, _, rest = first.partition(" ")
        found = COMMANDS.get(name.lower())
        if found is None:
            raise SlashUsageError(
                f"There is no command {name}. /help lists them; //{name[1:]} says it."
            )
        found.execute(chat, rest.strip())


def _split(rest: str, entry: str) -> tuple[str, str]:
    """Split off the first word. Raises SlashUsageError if there is none."""
    word, _, after = rest.partition(" ")
    if not word:
        raise SlashUsageError(f"Usage: {COMMANDS[entry].usage}")
    return word, after.strip()


def _channel_and_rest(chat: Chat, rest: str) -> tuple[str, str]:
    """Split off an optional channel at the beginning; the default is the current one."""
    word, _, after = rest.partition(" ")
    if chat.client.state.is_channel(word):
        return word, after.strip()
    if not chat.client.state.is_channel(chat.current):
        raise SlashUsageError("That needs a channel: you are in a private conversation.")
    return chat.current, rest


@command("/join #channel [key]", "talk in a channel; or go back to it", "/j", "/go")
def _join(chat: Chat, rest: str) -> None:
    names, key = _split(rest, "/join")
    for name in filter(None, names.split(",")):
        chat.join(name if chat.client.state.is_channel(name) else "#" + name, key)


@command("/part [#channel] [reason]", "leave a channel", "/leave")
def _part(chat: Chat, rest: str) -> None:
    name, reason = _channel_and_rest(chat, rest)
    chat.client.do(lambda state: state.part(name, reason))


@command("/msg nick [text]", "say something in private, or go on in private", "/query")
def _msg(chat: Chat, rest: str) -> None:
    nick, text = _split(rest, "/msg")
    if text:
        chat.post(nick, text)
    else:
        chat.go(nick)


@command("/me action", "say what you do: /me waves")
def _me(chat: Chat, rest: str) -> None:
    _split(rest, "/me")
    chat.post(chat.current, rest, action=True)


@command("/nick name", "be called by another name")
def _nick(chat: Chat, rest: str) -> None:
    _split(rest, "/nick")
    chat.rename(rest)


@command("/who [#channel]", "who is here", "/names")
def _who(chat: Chat, rest: str) -> None:
    name, _ = _channel_and_rest(chat, rest)
    chat.client.do(lambda state: state.ask_names(name))


@command("/whois nick", "what the server tells about somebody")
def _whois(chat: Chat, rest: str) -> None:
    nick, _ = _split(rest, "/whois")
    chat.client.do(lambda state: state.ask("WHOIS", nick))


@command("/list [pattern]", "the channels there are, with how many people")
def _list(chat: Chat, rest: str) -> None:
    chat.client.do(lambda state: state.ask_list(rest))


@command("/topic [#channel] [text]", "see or set what a channel is about")
def _topic(chat: Chat, rest: str) -> None:
    name, text = _channel_and_rest(chat, rest)
    chat.client.do(lambda state: state.ask("TOPIC", name, *([text] if text else [])))


@command("/invite nick [#channel]", "invite somebody into a channel")
def _invite(chat: Chat, rest: str) -> None:
    nick, after = _split(rest, "/invite")
    name, _ = _channel_and_rest(chat, after)
    chat.client.do(lambda state: state.ask("INVITE", nick, name))


@command("/kick nick [reason]", "remove somebody from the channel")
def _kick(chat: Chat, rest: str) -> None:
    nick, reason = _split(rest, "/kick")
    name, _ = _channel_and_rest(chat, "")
    chat.client.do(lambda state: state.ask("KICK", name, nick, *([reason] if reason else [])))


@command("/away [text]", "say that you are away; without a text, back")
def _away(chat: Chat, rest: str) -> None:
    chat.client.do(lambda state: state.set_away(rest))


@command("/history [count]", "what was said here; again for what was before it")
def _history(chat: Chat, rest: str) -> None:
    if rest and not rest.isdecimal():
        raise SlashUsageError("Usage: /history [count]")
    chat.ask_history(min(int(rest or 20), 1_000))


@command("/search [words]", "what was said anywhere; alone for older ones")
def _search(chat: Chat, rest: str) -> None:
    if not rest and not chat.searched:
        raise SlashUsageError("Usage: /search words")
    chat.search(rest)


@command("/upload path", "send a file: others get a link or see the picture")
def _upload(chat: Chat, rest: str) -> None:
    if not rest:
        raise SlashUsageError("Usage: /upload path")
    chat.upload(Path(rest.strip("\"'")).expanduser())


@command("/raw line", "send a line of IRC as it is")
def _raw(chat: Chat, rest: str) -> None:
    verb, _ = _split(rest, "/raw")
    _, colon, last = rest.partition(" :")
    words = rest.split(" :")[0].split()[1:] + ([last] if colon else [])
    chat.client.do(lambda state: state.ask(verb.upper(), *words))


@command("/help [command]", "this list", "/?", "/commands")
def _help(chat: Chat, rest: str) -> None:
    for line in help_lines(rest):
        chat.view.notice([("", line)])


@command("/quit [reason]", "leave; `quit` alone does the same", "/exit")
def _quit(chat: Chat, rest: str) -> None:
    chat.quit(rest)


def help_lines(about: str = "") -> list[str]:
    """The lines of `/help`, from the table."""
    if about:
        found = COMMANDS.get("/" + about.lstrip("/").lower())
        if found is None:
            raise SlashUsageError(f"There is no command /{about.lstrip('/')}.")
        return [f"{found.usage}: {found.description}"]
    entries = list(dict.fromkeys(COMMANDS.values()))
    width = max(len(entry.usage) for entry in entries)
    return [f"{entry.usage:{width}}  {entry.description}" for entry in entries]


def completions(chat: Chat, before: str) -> list[str]:
    """Completions of the last word before the cursor, each with the separator that follows it."""
    head, _, word = before.rpartition(" ")
    state = chat.client.state
    if not head and word.startswith("/"):
        return _beginning_with(word, (entry.name for entry in COMMANDS.values()), " ")
    if word.startswith("#"):
        return _beginning_with(word, (channel.name for channel in state.channels.values()), " ")
    nicks = chat.nicks()
    if word.startswith("@"):
        return _beginning_with(word, ("@" + nick for nick in nicks), " ")
    return _beginning_with(word, nicks, ": " if not head else " ") if word else []


def _beginning_with(word: str, names: Iterable[str], after: str) -> list[str]:
    found = {name for name in names if name.lower().startswith(word.lower())}
    return [name + after for name in sorted(found, key=str.lower)]
