"""History is read in turns, and only for clients that receive the answers."""

from __future__ import annotations

from harness import Chat

from hubbub.fair_queue import Asker
from hubbub.hub.hub import asker_of
from hubbub.work import Busy, Work

CAPS = "batch message-tags draft/chathistory labeled-response"
ASK = "CHATHISTORY LATEST #tea * 10"


def texts(lines: list[str]) -> list[str]:
    return [line.rpartition(":")[2] for line in lines if " PRIVMSG #tea " in line]


def talking() -> Chat:
    chat = Chat()
    chat.irc("bob", join="#tea").sends("PRIVMSG #tea :one", "PRIVMSG #tea :two")
    return chat


def test_nothing_is_read_for_a_client_that_does_not_receive():
    chat = talking()
    ann = chat.irc("ann", join="#tea", caps=CAPS)
    ann.session.behind = True
    assert ann.asks(ASK, "PING x") == []
    ann.session.behind = False
    chat.hub.caught_up(ann.session)
    chat.settle()
    lines = ann.sees()
    assert texts(lines) == ["one", "two"]
    assert lines[-1].endswith(" PONG hubbub.local x"), "answers stay in order"
    chat.check()


def test_a_client_that_leaves_meanwhile_is_read_nothing():
    chat = talking()
    ann = chat.irc("ann", join="#tea", caps=CAPS)
    ann.session.behind = True
    ann.sends(ASK)
    ann.drops()
    chat.hub.caught_up(ann.session)
    chat.settle()
    assert ann.session.postponed is None
    chat.check()


def test_what_waits_in_too_long_a_queue_is_refused():
    chat = talking()
    ann = chat.irc("ann", join="#tea", caps=CAPS)

    def submit(work: Work, done, asker: Asker) -> None:
        done(Busy())

    chat.hub.workers.submit = submit  # type: ignore[method-assign]
    assert ann.asks(f"@label=x {ASK}") == [
        "@label=x :hubbub.local FAIL CHATHISTORY BUSY"
        " :The server is too busy: try again in a few seconds"
    ]
    assert ann.asks("PING x") == [":hubbub.local PONG hubbub.local x"]


def test_guests_share_the_turn_of_their_address_and_accounts_have_one_of_their_own():
    chat = Chat()
    turns = [
        asker_of(chat.hub.context, chat.irc(nick, host=host).session)
        for nick, host in (("a", "192.0.2.1"), ("b", "192.0.2.1"), ("c", "2001:db8::1"))
    ]
    assert [turn.address for turn in turns] == ["192.0.2.1", "192.0.2.1", "2001:db8::/64"]
    assert len({turn.person for turn in turns}) == 3
    near = asker_of(chat.hub.context, chat.irc("near").session)
    assert near.address == near.person, "addresses in limits.exempt are not counted together"


def test_a_long_labeled_answer_is_sent_as_it_is_read():
    chat = Chat()
    bob = chat.irc("bob", join="#tea,#pot")
    bob.sends("PRIVMSG #tea :one", "PRIVMSG #pot :two")
    ann = chat.irc("ann", join="#tea,#pot", caps=f"{CAPS} znc.in/playback")
    lines = ann.asks("@label=x ZNC *playback PLAY #tea,#pot 0")
    assert lines[0].startswith("@label=x :hubbub.local BATCH +r")
    assert [line.rpartition(":")[2] for line in lines if " PRIVMSG " in line] == ["one", "two"]
    assert (
        sum(" BATCH +" in line for line in lines) == sum(" BATCH -" in line for line in lines) == 3
    )
