"""A file belongs to the first message that links it, and is deleted with that message."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Chat, Client

from hubbub.events.kinds import Entry, FileRemoved, FileUploaded
from hubbub.files.upload_service import UploadService
from hubbub.handlers.messages.attachments import may_read
from hubbub.log.expiry import Slice
from hubbub.log.memory import MemoryLog
from hubbub.log.sqlite import SqliteLog
from hubbub.model.network import Network
from hubbub.model.replay import read, write

CAPS = (
    "batch draft/message-edit draft/message-redaction draft/multiline echo-message labeled-response"
    " message-tags"
)
ONE, TWO = "1" * 32, "2" * 32


def link(id: str) -> str:
    return f"http://chat.example:50000/files/{id}/40x30/cat.png"


def uploads(chat: Chat, client: Client, id: str, size: int = 100) -> None:
    user = client.session.user
    assert user is not None
    event = FileUploaded(id, "cat.png", "image/png", size, user.account, user.id, "127.0.0.1")
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([event])
    chat.settle()


def msgid(lines: list[str]) -> str:
    return lines[0].partition("msgid=")[2].partition(";")[0].partition(" ")[0]


@pytest.fixture(params=["memory", "sqlite"])
def chat(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    log = MemoryLog() if request.param == "memory" else SqliteLog(tmp_path / "x.db", durable=False)
    chat = Chat(log)  # type: ignore[arg-type]
    yield chat
    chat.check()
    network = Network()
    for entry in log.read_state():
        network.apply(entry)
    assert network.snapshot() == chat.network.snapshot()
    assert read(write(network)).snapshot() == network.snapshot()
    log.close()


def test_what_expires_takes_its_files(tmp_path: Any) -> None:
    """Retention takes messages out of the log, and tells so."""
    log = SqliteLog(tmp_path / "x.db", durable=False)
    chat = Chat(log)  # type: ignore[arg-type]
    service = UploadService(chat.hub, tmp_path / "files")
    log.on_forgotten = service.messages_gone
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    uploads(chat, anna, ONE)
    uploads(chat, anna, TWO)
    anna.sends(f"PRIVMSG #tea :old {link(ONE)}", f"PRIVMSG #tea :new {link(TWO)}")
    file = chat.network.files.by_id[ONE]
    assert file.message is not None
    log.forget(Slice(messages=((1, file.message),)))
    service.stop()
    chat.settle()
    assert list(chat.network.files.by_id) == [TWO]
    chat.check()
    log.close()


def test_it_belongs_to_the_message_that_names_it(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    bob = chat.irc("bob", join="#tea")
    uploads(chat, anna, ONE)
    files = chat.network.files
    anna.sends("PRIVMSG #tea :no file in this")
    assert list(files.waiting) == [ONE]
    bob.sees()
    said = msgid(anna.asks(f"PRIVMSG #tea :my cat {link(ONE)}"))
    assert bob.sees() == [f":{anna.session.user.source} PRIVMSG #tea :my cat {link(ONE)}"]  # type: ignore
    assert files.waiting == {}
    assert files.by_id[ONE].conversation == "#tea"
    bob.sends(f"PRIVMSG #tea :nice {link(ONE)}")
    anna.sends(f"REDACT #tea {said}")
    assert ONE not in files.by_id
    assert files.total == 0


def test_its_name_is_gone_from_the_log_with_it(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    uploads(chat, anna, ONE)
    said = msgid(anna.asks(f"PRIVMSG #tea :{link(ONE)}"))
    anna.sends(f"REDACT #tea {said}")
    told = [entry.event for entry in chat.log.read() if "File" in type(entry.event).__name__]
    assert [type(event) for event in told] == [FileRemoved]
    assert "cat" not in str(told)


def test_an_edit_takes_out_what_it_leaves_out(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    uploads(chat, anna, ONE)
    uploads(chat, anna, TWO)
    said = msgid(anna.asks(f"PRIVMSG #tea :two cats {link(ONE)} {link(TWO)}"))
    files = chat.network.files
    assert len(files.of_message) == 1
    anna.sends(f"EDIT #tea {said} :one cat {link(TWO)}")
    assert list(files.by_id) == [TWO]
    anna.sends(f"EDIT #tea {said} :no cat")
    assert files.by_id == {}
    uploads(chat, anna, ONE)
    anna.sends(f"EDIT #tea {said} :a cat after all {link(ONE)}")
    assert files.waiting == {}
    anna.sends(f"REDACT #tea {said}")
    assert files.by_id == {}


def test_a_message_sent_again_is_one_message(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    uploads(chat, anna, ONE)
    first = msgid(anna.asks(f"@label=a PRIVMSG #tea :{link(ONE)}"))
    uploads(chat, anna, TWO)
    assert msgid(anna.asks(f"@label=a PRIVMSG #tea :{link(ONE)}")) == first
    assert list(chat.network.files.waiting) == [TWO]
    anna.sends(f"REDACT #tea {first}")
    assert list(chat.network.files.by_id) == [TWO]


def test_in_a_message_of_several_lines(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    uploads(chat, anna, ONE)
    anna.sends(
        "BATCH +1 draft/multiline #tea", "@batch=1 PRIVMSG #tea :look",
        f"@batch=1 PRIVMSG #tea :{link(ONE)}", "BATCH -1",
    )  # fmt: skip
    assert chat.network.files.waiting == {}


def test_of_several_targets_the_first_has_it(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea,#cake")
    uploads(chat, anna, ONE)
    anna.sends(f"PRIVMSG #cake,#tea :{link(ONE)}")
    assert chat.network.files.by_id[ONE].conversation == "#cake"


def test_through_a_bridge_too(chat: Chat) -> None:
    """It uploads what was attached elsewhere, and relays the link."""
    bridge = chat.irc("bridge", caps=f"{CAPS} draft/relaymsg", join="#tea")
    uploads(chat, bridge, ONE)
    bridge.sends(f"RELAYMSG #tea ann/discord :{link(ONE)}")
    assert chat.network.files.waiting == {}
    assert chat.network.files.by_id[ONE].conversation == "#tea"


def test_from_netcat_too(chat: Chat) -> None:
    nora = chat.plain("Nora", join="#tea")
    uploads(chat, nora, ONE)
    nora.sends(f"here: {link(ONE)}")
    assert chat.network.files.waiting == {}


def test_who_may_read_when_only_members_may(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS, join="#tea")
    bob = chat.irc("bob", join="#tea")
    eve = chat.irc("eve", join="#cake")

    def readers(id: str) -> str:
        file = chat.network.files.by_id[id]
        people = {"a": anna, "b": bob, "e": eve}
        return "".join(
            letter for letter, each in people.items()
            if may_read(chat.network, each.session.user, file)  # type: ignore[arg-type]
        )  # fmt: skip

    uploads(chat, anna, ONE)
    assert readers(ONE) == "a"
    anna.sends(f"PRIVMSG #tea :{link(ONE)}")
    assert readers(ONE) == "ab"
    anna.sends("RENAME #tea #coffee")
    assert readers(ONE) == "ab"
    eve.sends("JOIN #tea")  # another channel of the old name
    assert readers(ONE) == "ab"
    bob.sends("PART #coffee")
    assert readers(ONE) == "a"
    uploads(chat, anna, TWO)
    anna.sends(f"PRIVMSG eve :{link(TWO)}")
    assert readers(TWO) == "ae"
    for sign, seen in (("@", "a"), ("+", "a")):
        id = ("3" if sign == "@" else "4") * 32
        bob.sends("JOIN #coffee")
        uploads(chat, anna, id)
        anna.sends(f"PRIVMSG {sign}#coffee :{link(id)}")
        assert readers(id) == seen


def test_room_is_counted_by_owner(chat: Chat) -> None:
    anna = chat.irc("anna", caps=CAPS)
    uploads(chat, anna, ONE, size=70)
    uploads(chat, anna, TWO, size=30)
    used = chat.network.files.used
    user = anna.session.user
    assert user is not None
    assert used == {f"guest {user.id}": 100, "address 127.0.0.1": 100}
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([FileRemoved(ONE, (1,), "test")])
    chat.settle()
    assert used == {f"guest {user.id}": 30, "address 127.0.0.1": 30}


def test_a_removal_of_nothing_changes_nothing() -> None:
    network = Network()
    network.apply(Entry(1, 1, FileRemoved(ONE, (), "twice")))
    assert network.files.snapshot() == Network().files.snapshot()
