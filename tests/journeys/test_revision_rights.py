"""S35: permission to delete, edit and react to messages. Precedents: Ergo GHSA-8cmp (redaction) and
2.5.1 (a guest under the nick of an account)."""

import pytest
from harness import Chat, Client

CAPS = (
    "batch server-time message-tags echo-message draft/message-edit draft/message-redaction"
    " draft/chathistory"
)
#: Who -> the actions that succeed on a message of the author in the channel.
MAY = {
    "author": {"REDACT", "EDIT", "REACT"},
    "author, logged in again": {"REDACT", "EDIT", "REACT"},
    "operator": {"REDACT", "REACT"},
    "member": {"REACT"},
    "muted": set(),
    "former member": set(),
    "stranger": set(),
    "banned": set(),
    "namesake": set(),
    "operator elsewhere": set(),
}
ACTIONS = {
    "REDACT": "REDACT #tea {} :x",
    "EDIT": "EDIT #tea {} :forged",
    "REACT": "@+draft/reply={};+draft/react=x TAGMSG #tea",
}


def who_is(chat: Chat, name: str, author: Client) -> Client:
    """Somebody of that kind. The author's account is called alice."""
    if name == "author":
        return author
    if name == "author, logged in again":
        author.sends("QUIT")
        client = chat.irc("else", caps=CAPS)
        client.sends("NS IDENTIFY alice correct-horse", "JOIN #tea")
        return client
    if name == "namesake":  # a guest who would like to be taken for the author
        author.sends("QUIT")
        client = chat.irc("guest", caps=CAPS, join="#tea")
        client.sends("NICK alice")
        chat.clients[0].sends("MODE #tea +m")  # so a reaction of a member is refused too
        return client
    client = chat.irc("bob", caps=CAPS, join="" if name == "stranger" else "#tea")
    owner = chat.clients[0]
    if name == "operator":
        owner.sends("MODE #tea +o bob")
    elif name == "muted":
        owner.sends("MODE #tea +b m:bob!*@*")
    elif name == "former member":
        owner.sends("MODE #tea +n")
        client.sends("PART #tea")
    elif name == "banned":
        owner.sends("MODE #tea +nb bob!*@*", "KICK #tea bob")
    elif name == "operator elsewhere":
        client.sends("PART #tea", "JOIN #other")
        owner.sends("MODE #tea +n")
    elif name == "stranger":
        owner.sends("MODE #tea +n")
    return client


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", MAY)
def test_who_may_do_what_to_whose_message(who, action):
    chat = Chat(accounts__scram_iterations=0)
    chat.irc("owner", join="#tea", caps=CAPS)
    author = chat.irc("alice", caps=CAPS)
    author.sends("NS REGISTER correct-horse", "JOIN #tea")
    chat.forget()
    (line,) = author.asks("PRIVMSG #tea :said")
    msgid = line.partition("msgid=")[2].split(" ")[0].split(";")[0]
    client = who_is(chat, who, author)
    before = chat.log.last_position
    chat.forget()
    client.sends(ACTIONS[action].format(msgid))
    kept = [type(entry.event).__name__ for entry in chat.log.read() if entry.position > before]
    done = {"REDACT": "MessageRedacted", "EDIT": "MessageEdited", "REACT": "Reacted"}[action]
    assert (done in kept) == (action in MAY[who]), client.sees()
    if action not in MAY[who]:
        assert chat.clients[0].sees_nothing() or done not in kept
    chat.check()
