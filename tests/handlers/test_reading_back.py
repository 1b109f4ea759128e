"""Permission to read history: single cases that the random test (tests/journeys/
test_who_sees_what.py) does not make clear."""

from harness import Chat

from hubbub.model.resting import RESTING_MS

CAPS = (
    "batch server-time message-tags echo-message draft/chathistory draft/search"
    " draft/message-edit draft/message-redaction"
)


def quiet(**settings):
    return Chat(accounts__scram_iterations=0, **settings)


def person(chat, nick, *, join=""):
    """Somebody with an account of that name."""
    client = chat.irc(nick, caps=CAPS)
    client.sends(f"NS REGISTER correct-horse-{nick}", *([f"JOIN {join}"] if join else []))
    return client


def read(client, target):
    lines = client.asks(f"CHATHISTORY LATEST {target} * 50")
    return [line.rpartition(" :")[2] for line in lines if " PRIVMSG " in line]


def found(client, words):
    lines = client.asks(f"SEARCH * :{words}")
    return [line.rpartition(" :")[2] for line in lines if " PRIVMSG " in line]


def msgid(line):
    return line.partition("msgid=")[2].split(" ")[0].split(";")[0]


def test_who_is_banned_reads_nothing_though_still_inside():
    chat = quiet()
    owner = chat.irc("owner", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    line = owner.asks("PRIVMSG #tea :word")[0]
    assert read(bob, "#tea") == found(bob, "word") == ["word"]
    owner.sends("MODE #tea +b bob!*@*")
    assert "INVALID_TARGET" in bob.asks("CHATHISTORY LATEST #tea * 9")[0]
    assert found(bob, "word") == []
    assert "INVALID_TARGET" in bob.asks(f"EDIT #tea {msgid(line)} :x")[0]
    targets = "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00Z timestamp=2100-01-01T00:00:00Z 9"
    assert not any("#tea" in each for each in bob.asks(targets))
    owner.sends("MODE #tea +v bob")
    assert read(bob, "#tea") == ["word"]
    owner.sends("MODE #tea -v bob", "MODE #tea -b bob!*@*", "MODE #tea +b m:bob!*@*")
    assert read(bob, "#tea") == ["word"]  # a mute takes the voice alone


def test_what_was_said_to_operators_is_read_by_operators():
    chat = quiet()
    owner = chat.irc("owner", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    carol = chat.irc("carol", join="#tea", caps=CAPS)
    bob.sends("PRIVMSG #tea :to all", "PRIVMSG @#tea :to ops")
    owner.sends("MODE #tea +U")
    bob.sends("PRIVMSG #tea :to halfops")
    for client, theirs in (
        (owner, ["to all", "to ops", "to halfops"]),
        (carol, ["to all"]),
    ):
        assert read(client, "#tea") == theirs
        assert found(client, "to") == found(client, "to in:#tea") == theirs
    owner.sends("MODE #tea +h carol")
    assert read(carol, "#tea") == ["to all", "to halfops"]
    owner.sends("RENAME #tea #pot")
    assert read(owner, "#pot") == ["to all", "to ops", "to halfops"]
    lines = owner.asks("CHATHISTORY LATEST #pot * 9")
    assert [line.split()[3] for line in lines[1:-1]] == ["#pot", "@#pot", "#pot"]
    chat.check()


def test_only_operators_are_told_that_what_was_said_to_them_is_taken_back():
    chat = quiet()
    owner = chat.irc("owner", join="#tea", caps=CAPS)
    owner.sends("MODE #tea +U")
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    chat.forget()
    bob.sends("PRIVMSG #tea :to halfops")
    (line,) = owner.sees()
    bob.sees()
    assert " REDACT %#tea " in owner.asks(f"REDACT #tea {msgid(line)} :no")[0]
    assert bob.sees_nothing()


def test_what_was_said_before_a_renaming_is_taken_back_before_everybody():
    chat = quiet()
    owner = chat.irc("owner", join="#tea", caps=CAPS)
    bob = chat.irc("bob", join="#tea", caps=CAPS)
    line = owner.asks("PRIVMSG #tea :word")[0]
    owner.sends("RENAME #tea #pot")
    chat.irc("eve", join="#tea", caps=CAPS)
    chat.forget()
    owner.sends(f"EDIT #pot {msgid(line)} :other", f"REDACT #pot {msgid(line)} :no")
    assert [each.split(" ")[2:4] for each in bob.sees()] == [["EDIT", "#pot"], ["REDACT", "#pot"]]
    assert chat.clients[-1].sees_nothing()
    chat.check()


def test_what_a_guest_said_who_left_is_read():
    chat = quiet()
    ann = person(chat, "ann")
    for text in ("one", "two"):
        guest = chat.irc("guest", caps=CAPS)
        guest.sends(f"PRIVMSG ann :{text}")
        guest.drops()
    assert read(ann, "guest") == found(ann, "in:guest") == ["one", "two"]
    targets = ann.asks(
        "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00Z timestamp=2100-01-01T00:00:00Z 9"
    )
    assert [line.split()[-2] for line in targets[1:-1]] == ["guest"]
    namesake = chat.irc("guest", caps=CAPS)
    assert read(namesake, "ann") == read(namesake, "guest") == found(namesake, "in:ann") == []
    line = ann.asks("PRIVMSG guest :three")[0]
    namesake.drops()
    third = chat.irc("guest", caps=CAPS)
    chat.forget()
    ann.sends(f"EDIT guest {msgid(line)} :for the other one")
    assert third.sees_nothing()
    assert read(ann, "guest") == ["one", "two", "for the other one"]
    chat.check()


class Looked(dict):
    """Counts how often all that is in it is gone through."""

    times = 0

    def values(self):
        self.times += 1
        return super().values()


def test_everybody_is_gone_through_once_for_all_conversations(monkeypatch):
    """Their nicks are looked up under the hub's lock: with thousands of each nobody else would be
    heard meanwhile."""
    chat = quiet()
    ann, names = person(chat, "ann"), ["bob", "cat", "dan"]
    for name in names:
        person(chat, name).sends("PRIVMSG ann :hello")
    users = Looked(chat.network.users)
    monkeypatch.setattr(chat.network, "users", users)
    told = ann.asks(
        "CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00Z timestamp=2100-01-01T00:00:00Z 9"
    )
    assert [line.split()[-2] for line in told[1:-1]] == names
    assert users.times == 1


def test_somebody_with_an_account_is_found_by_any_nick_of_it():
    chat = quiet()
    ann, bob = person(chat, "ann"), person(chat, "bob")
    bob.sends("NICK bobby", "NS GROUP", "PRIVMSG ann :hello", "QUIT")
    assert read(ann, "bobby") == read(ann, "bob") == ["hello"]
    assert found(ann, "in:bobby") == ["hello"]


def test_the_next_account_of_a_name_is_somebody_else():
    chat = quiet()
    ann, bob = person(chat, "ann", join="#tea"), person(chat, "bob", join="#tea")
    ann.sends("PRIVMSG bob :secret")
    bob.sends("PRIVMSG ann :answer", "MARKREAD ann timestamp=2023-11-14T22:13:20.000Z")
    line = bob.asks("PRIVMSG #tea :words")[0]
    bob.sends("INVITELINK ADD #tea")
    operator = chat.irc("chief")
    chat.makes_operator(operator)
    assert "is erased" in operator.asks("NS ERASE bob")[0]
    bob.drops()
    chat.forget()
    bob = person(chat, "bob", join="#tea")
    assert read(bob, "ann") == found(bob, "in:ann") == []
    assert read(ann, "bob") == found(ann, "in:bob") == ["secret", "answer"]
    for command in (f"EDIT #tea {msgid(line)} :forged", f"REDACT #tea {msgid(line)} :x"):
        assert "FORBIDDEN" in bob.asks(command)[0]
    assert not any("#tea" in each for each in bob.asks("INVITELINK LIST"))
    bob.sends("PRIVMSG ann :hello")
    assert read(bob, "ann") == ["hello"]
    assert read(ann, "bob") == ["secret", "answer", "hello"]
    chat.check()


def test_a_closed_channel_that_ended_keeps_to_itself_what_was_said():
    for modes in ("+i", "+k key", "+s", "+R"):
        chat = quiet()
        owner = chat.irc("owner", join="#tea", caps=CAPS)
        owner.sends(f"MODE #tea {modes}", "PRIVMSG #tea :hush", "MODE #tea +U")
        owner.sends("INVITELINK ADD #tea")
        owner.sends("PART #tea")
        chat.now += RESTING_MS + 1000
        owner.sends("JOIN #milk", "TOPIC #milk :white", "PART #milk")  # what rested too long ends
        eve = chat.irc("eve", join="#tea", caps=CAPS)
        assert read(eve, "#tea") == found(eve, "hush") == []
        assert not chat.network.invites.all()
        eve.sends("PRIVMSG #tea :mine", "PART #tea")
        bob = chat.irc("bob", join="#tea", caps=CAPS)  # that one was open
        assert read(bob, "#tea") == ["mine"]
        chat.check()


def test_a_registered_channel_keeps_what_was_said():
    chat = quiet()
    ann = person(chat, "ann", join="#tea")
    ann.sends("CS REGISTER #tea", "MODE #tea +i", "PRIVMSG #tea :hush", "PART #tea", "JOIN #tea")
    assert read(ann, "#tea") == ["hush"]
    ann.sends("PART #tea", "CS UNREGISTER #tea")
    code = chat.clients[0].sees()[-1]
    ann.sends(code.partition("CS ")[2].strip("."))
    chat.check()
