"""A secret channel (+s) is not there for a stranger: the words are those for one that is not."""

import pytest
from harness import Chat


@pytest.mark.parametrize(
    "line",
    ["MODE {}", "MODE {} b", "MODE {} +b x", "TOPIC {}", "TOPIC {} :x", "PART {}", "KICK {} owner",
     "INVITE stranger {}", "RENAME {} #other", "KNOCK {}", "NAMES {}", "WHO {}", "LIST {}"],
)  # fmt: skip
def test_a_stranger_cannot_tell(line):
    chat = Chat()
    chat.irc("owner", join="#there").sends("MODE #there +s", "TOPIC #there :word")
    stranger = chat.irc("stranger", caps="draft/channel-rename")
    there, absent = (stranger.asks(line.format(name)) for name in ("#there", "#nones"))
    assert [each.replace("#there", "#nones") for each in there] == absent


def test_members_and_operators_of_the_server_can():
    chat = Chat()
    owner = chat.irc("owner", join="#there").sends("MODE #there +s")
    operator = chat.irc("operator")
    chat.makes_operator(operator)
    assert " 324 " in owner.asks("MODE #there")[0]
    assert " 324 " in operator.asks("MODE #there")[0]
