"""A refusal, as IRC tells it; and that there is one kind of it."""

import re
from pathlib import Path

import hubbub
from hubbub.handlers.refusals import Refused
from hubbub.protocol.message import Reply
from hubbub.protocol.numerics import ERR_CANNOTSENDTOCHAN, ERR_NOSUCHNICK


def test_a_word_is_a_fail_of_the_command_that_was_asked():
    refused = Refused("INVALID_PARAMS", "The limit is a number", "LATEST", "x")
    told = Reply("FAIL", ("CHATHISTORY", "INVALID_PARAMS", "LATEST", "x", "The limit is a number"))
    assert refused.reply_to("CHATHISTORY") == told
    assert str(refused) == "The limit is a number"


def test_it_may_belong_to_another_command():
    refused = Refused("MULTILINE_INVALID", "One batch at a time", command="BATCH")
    told = Reply("FAIL", ("BATCH", "MULTILINE_INVALID", "One batch at a time"))
    assert refused.reply_to("PRIVMSG") == told


def test_digits_are_a_numeric_with_its_own_text_or_one_that_is_given():
    refused = Refused.numeric(ERR_NOSUCHNICK, "bob")
    assert refused.reply_to("WHOIS") == Reply("401", ("bob", str(refused)))
    refused = Refused.numeric(ERR_CANNOTSENDTOCHAN, "#tea", "Cannot knock (+b)")
    assert (refused.code, refused.context, str(refused)) == ("404", ("#tea",), "Cannot knock (+b)")
    assert refused.reply_to("KNOCK") == Reply("404", ("#tea", "Cannot knock (+b)"))


def test_words_that_do_not_fit_into_a_line_are_a_star():
    refused = Refused("INVALID_PARAMS", "No such channel", "#a b", "", ":x", "#tea")
    assert refused.reply_to("RENAME").params[2:-1] == ("*", "*", "*", "#tea")


#: What is wrong with bytes, before anybody asks anything; the second is in a process of its own.
OTHERS = {"BadJson", "PictureRefused"}


def test_nothing_between_a_handler_and_an_edge_is_refused_by_another_class():
    source = Path(hubbub.__file__).parent
    rooms = ("handlers", "hub", "files", "http")
    text = "".join(file.read_text() for room in rooms for file in (source / room).rglob("*.py"))
    found = set(re.findall(r"^class (\w+)\(\w*(?:Exception|Error)\)", text, re.MULTILINE))
    assert found == {"Refused", *OTHERS}
