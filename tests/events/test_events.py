"""The table of events is whole."""

import typing

from hubbub.events.kinds import EVENT_TYPES, Event


def test_every_event_can_be_read_again():
    assert set(EVENT_TYPES.values()) == set(typing.get_args(Event))
