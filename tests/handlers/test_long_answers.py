"""Long replies are sent in parts, and other commands run in between."""

import pytest
from harness import Chat

CHANNELS = [f"#c{number}" for number in range(600)]


@pytest.fixture
def chat():
    chat = Chat(limits__channels_per_client=1000, limits__flood_burst=0)
    founder = chat.irc("founder")
    for at in range(0, len(CHANNELS), 50):
        founder.sends("JOIN " + ",".join(CHANNELS[at : at + 50]))
    chat.forget()
    return chat


class Slowly:
    """The turns of the I/O thread, one by one."""

    def __init__(self, chat, client):
        self.chat, self.client = chat, client

    def sends(self, line):
        client = self.client
        self.chat.hub.receive(client.session, client.session.dialect.receive(line.encode() + b"\n"))

    def turn(self):
        function, arguments = self.chat.thread.calls.popleft()
        function(*arguments)


def names(lines):
    return [line.split(" ")[3] for line in lines if " 322 " in line]


def test_a_long_list_is_whole_and_in_order(chat):
    alice = chat.irc("alice")
    lines = alice.asks("LIST", "PING after")
    assert names(lines) == CHANNELS
    assert " 323 " in lines[-2]
    assert "PONG" in lines[-1]


def test_others_speak_between_the_parts(chat):
    alice, bob = chat.irc("alice"), chat.irc("bob")
    turns = Slowly(chat, alice)
    turns.sends("LIST")
    assert 0 < len(names(alice.sees())) < len(CHANNELS)
    assert "PONG" in bob.asks("PING now")[-1]


def test_what_went_meanwhile_is_not_told(chat):
    alice, founder = chat.irc("alice"), chat.clients[0]
    Slowly(chat, alice).sends("LIST")
    told = names(alice.sees())
    chat.hub.receive(founder.session, founder.session.dialect.receive(b"PART #c599,#c598\n"))
    chat.settle()
    assert told + names(alice.sees()) == CHANNELS[:-2]


def test_who_leaves_in_the_middle_ends_it(chat):
    alice = chat.irc("alice")
    Slowly(chat, alice).sends("LIST")
    alice.drops()
    assert alice.session.run is None
    chat.check()


def test_a_label_makes_one_batch_of_it(chat):
    alice = chat.irc("alice", caps="labeled-response batch")
    first, *lines, last = alice.asks("@label=x LIST")
    number = first.partition("BATCH +")[2].split(" ")[0]
    assert first == f"@label=x :hubbub.local BATCH +{number} labeled-response"
    assert last == f":hubbub.local BATCH -{number}"
    assert names(line.partition(" ")[2] for line in lines) == CHANNELS
    assert all(line.startswith(f"@batch={number} ") for line in lines)


def test_a_label_means_nothing_to_who_did_not_ask_for_it(chat):
    assert names(chat.irc("alice").asks("@label=x LIST")) == CHANNELS


def test_people_with_netcat_too(chat):
    lines = chat.plain("Bob").asks("/list")
    assert sum("#c" in line for line in lines) == len(CHANNELS)


def test_who_goes_on_past_people_that_leave():
    chat = Chat()
    alice = chat.irc("alice", join="#x")
    others = [chat.irc(f"u{number}", join="#x") for number in range(600)]
    for command in ("WHO #x", "WHO *", "WHO u*"):
        assert sum(" 352 " in line for line in alice.asks(command)) >= 600
    Slowly(chat, alice).sends("WHO #x")
    seen = sum(" 352 " in line for line in alice.sees())
    for other in others[-10:]:
        chat.hub.registry.disconnect(other.session, "gone")
    chat.settle()
    seen += sum(" 352 " in line for line in alice.sees())
    assert seen == 591
    chat.check()


def test_only_so_many_masks_of_a_list_count(chat):
    alice = chat.irc("alice")
    assert names(alice.asks("LIST #c1,#c2,#c3,#c4,#c5")) == ["#c1", "#c2", "#c3", "#c4"]
