"""A secret channel (+s) looks to strangers like one that does not exist."""

import pytest
from harness import Chat

CAPS = (
    "draft/channel-rename draft/chathistory draft/search draft/metadata-2 draft/relaymsg"
    " draft/message-edit draft/message-redaction draft/read-marker message-tags"
)


@pytest.mark.parametrize(
    "line",
    ["MODE {}", "MODE {} b", "MODE {} +b x", "TOPIC {}", "TOPIC {} :x", "PART {}",
     "KICK {} owner", "INVITE stranger {}", "RENAME {} #other", "KNOCK {}", "NAMES {}", "WHO {}",
     "LIST {}", "MARKREAD {}", "CHATHISTORY LATEST {} * 9", "HISTORY {} 9",
     "SEARCH in={};text=word", "SEARCH * :word in:{}", "REDACT {} 8000000005-log001",
     "EDIT {} 8000000005-log001 :x", "METADATA {} LIST", "METADATA {} SYNC", "RELAYMSG {} a/b :x",
     "PRIVMSG {} :x", "TAGMSG {}", "PRIVMSG @{} :x", "CS INFO {}", "CS ACCESS {}",
     "CS REGISTER {}", "INVITELINK ADD {}", "ZNC *playback PLAY {}", "NPC {} a :x",
     "REPORT {} :x", "MODE {} +b"],
)  # fmt: skip
def test_a_stranger_cannot_tell(line):
    chat = Chat()
    chat.irc("owner", join="#there").sends("MODE #there +s", "TOPIC #there :word")
    stranger = chat.irc("stranger", caps=CAPS)
    there, absent = (stranger.asks(line.format(name)) for name in ("#THERE", "#NONES"))
    assert [each.replace("#THERE", "#NONES") for each in there] == absent


def test_members_and_operators_of_the_server_can():
    chat = Chat()
    owner = chat.irc("owner", join="#there").sends("MODE #there +s")
    operator = chat.irc("operator")
    chat.makes_operator(operator)
    assert " 324 " in owner.asks("MODE #there")[0]
    assert " 324 " in operator.asks("MODE #there")[0]
