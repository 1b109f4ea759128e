"""Every kind of event states what is true of it, and what others know of kinds agrees with that."""

import typing

import pytest

from hubbub.dialects.irc import serializer
from hubbub.dialects.plain import sentences
from hubbub.events import kinds
from hubbub.events.facts import ALL, CHANNEL, CHANNELS, CONVERSATION, IRC, KINDS
from hubbub.model.applying.appliers import load

#: The fields by which an event is found in a history.
PLACE_FIELDS = {CHANNEL: "channel", CHANNELS: "channels", CONVERSATION: "conversation"}
#: What else stands in kinds.py: an event with its place, and a part of an event.
NO_EVENTS = {kinds.Entry, kinds.ModeChange}


def names(events):
    return sorted(event.__name__ for event in events)


def classes():
    """The classes that stand in kinds.py."""
    found = {thing for thing in vars(kinds).values() if isinstance(thing, type)}
    return {each for each in found if each.__module__ == kinds.__name__} - NO_EVENTS


def test_every_kind_states_what_is_true_of_it():
    assert names(classes() - KINDS.keys()) == []


def test_the_union_names_every_kind():
    assert names(typing.get_args(kinds.Event)) == names(KINDS)


def test_the_name_in_the_log_is_the_name_of_the_class():
    assert {name: kind.__name__ for name, kind in kinds.EVENT_TYPES.items()} == {
        name: name for name in names(KINDS)
    }


@pytest.mark.parametrize("event", KINDS)
def test_a_kind_has_the_fields_that_its_facts_name(event):
    kind = KINDS[event]
    named = [PLACE_FIELDS.get(kind.history), kind.words, kind.erases, kind.goes_with, *kind.secrets]
    assert {field for field in named if field} - set(event._fields) == set()


def test_what_is_said_is_said_to_somebody():
    assert names(kinds.REFUSABLE - kinds.SPOKEN) == []


def test_every_kind_has_an_applier():
    assert names(KINDS.keys() ^ load().keys()) == []


def test_irc_has_words_for_what_is_told():
    told = {event for event, kind in KINDS.items() if kind.told in (ALL, IRC)}
    assert names(told ^ serializer.WRITERS.keys()) == []


def test_plain_text_has_words_for_what_is_told_to_all():
    told = {event for event, kind in KINDS.items() if kind.told is ALL}
    assert names(told ^ sentences.WRITERS.keys()) == []
