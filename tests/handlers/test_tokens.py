"""TOKEN: the replies to an IRC client."""

from harness import Chat


def test_a_token_comes_in_one_line():
    chat = Chat()
    alice = chat.irc("alice")
    (line,) = alice.asks("TOKEN GENERATE hubbub/api")
    start, _, token = line.rpartition(" ")
    assert start == ":hubbub.local TOKEN GENERATE HUBBUB/API"
    assert len(token) > 32
    chat.check()


def test_the_services_come_in_a_batch():
    chat = Chat(web__address="https://chat.example.org/")
    alice = chat.irc("alice", caps="batch draft/authtoken")
    first, *services, last = alice.asks("TOKEN SERVICELIST")
    assert " BATCH +" in first
    assert first.endswith(" draft/authtoken *")
    assert services[0].endswith(
        "TOKEN SERVICE HUBBUB/API https://chat.example.org/api/"
        " :History, search, invitations and administration, as JSON"
    )
    assert " BATCH -" in last


def test_what_cannot_be_had():
    chat = Chat()
    alice = chat.irc("alice")
    for asked, code in (
        ("GENERATE", "INVALID_PARAMS GENERATE"),
        ("GENERATE nonsense", "UNKNOWN_SERVICE nonsense"),
        ("GENERATE FILEHOST #tea", "INVALID_SCOPE FILEHOST #tea"),
        ("VALIDATE FILEHOST url :x", "NO_PERMISSIONS *"),
        ("NONSENSE", "UNKNOWN_COMMAND NONSENSE"),
    ):
        (line,) = alice.asks(f"TOKEN {asked}")
        assert line.startswith(f":hubbub.local FAIL TOKEN {code} :"), line
    stranger = chat.connects_plain()
    assert stranger.session.tokens == ()
