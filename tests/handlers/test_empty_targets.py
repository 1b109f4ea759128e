"""Every command with an empty target gets a reply (RFC 2812 section 3)."""

from harness import Chat

from hubbub.handlers.help import HELP

#: Needs no answer, or ends something.
SILENT = {"NOTICE", "PONG", "ERROR", "QUIT", "DIE", "RESTART", "BATCH", "SETNAME"}
LABELS = "labeled-response batch message-tags"


def lines(name):
    """The command with nothing as its first target, written in three ways."""
    others = ["x"] * (HELP[name].usage.partition("[")[0].count("<") - 1)
    yield f"{name} :"
    for nothing in (",", ",,"):
        yield " ".join([name, nothing, *others])


def test_an_empty_target_is_answered():
    chat = Chat()
    alice = chat.irc("alice", join="#tea", caps=LABELS)
    asked = [line for name in sorted(HELP.keys() - SILENT) for line in lines(name)]
    asked += ["MONITOR + :", "MONITOR - ,", "MONITOR X", "MONITOR + ,,"]
    answers = {line: alice.asks(f"@label=q {line}") for line in asked}
    silent = [line for line, got in answers.items() if not got or got[0].endswith(" ACK")]
    assert silent == []
