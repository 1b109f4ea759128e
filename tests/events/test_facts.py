"""Every event class states its facts, and other tables of event classes agree with them."""

import ast
import typing
from pathlib import Path

import pytest

import hubbub
from hubbub.dialects.irc import serializer
from hubbub.dialects.plain import sentences
from hubbub.events import kinds
from hubbub.events.facts import ALL, CHANNEL, CHANNELS, CONVERSATION, IRC, KINDS, SAID
from hubbub.model.applying.appliers import load
from hubbub.model.applying.messages import addressed

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
    said = {event for event, kind in KINDS.items() if kind.nature is SAID}
    assert names(said - kinds.SPOKEN) == []


def test_what_is_said_is_applied_by_telling_it():
    appliers = load()
    assert names(kinds.SPOKEN) == names(e for e in appliers if appliers[e] is addressed)


def test_what_is_lost_and_what_leaves_the_disk():
    """These decide over people's words; a slip would be seen by nobody for long."""
    assert names(kinds.EPHEMERAL) == ["Knocked", "NoticeGiven", "TagsRelayed"]
    said = {event for event, kind in KINDS.items() if kind.nature is SAID}
    assert names(said) == [
        "MessageEdited", "MessageRedacted", "MessageSent", "Reacted", "TagsKept", "Unreacted",
    ]  # fmt: skip
    assert names(kinds.NEVER_REFUSED) == ["ServerStarted", "SessionDetached", "UserQuit"]
    assert names(kinds.ERASING) == [
        "AccountDeleted", "FileRemoved", "MessageEdited", "MessageRedacted",
    ]  # fmt: skip


def test_every_kind_has_an_applier():
    assert names(KINDS.keys() ^ load().keys()) == []


def test_irc_has_words_for_what_is_told():
    told = {event for event, kind in KINDS.items() if kind.told in (ALL, IRC)}
    assert names(told ^ serializer.WRITERS.keys()) == ["MessagesSent"], "several of MessageSent"


def test_plain_text_has_words_for_what_is_told_to_all():
    told = {event for event, kind in KINDS.items() if kind.told is ALL}
    assert names(told ^ sentences.WRITERS.keys()) == ["MessagesSent"], "several of MessageSent"


# -- nobody else keeps a list ---------------------------------------------------------------

EVENTS = {event.__name__ for event in KINDS}
SOURCE = Path(hubbub.__file__).parent
#: Sets that serve one algorithm, where no fact would be of use to anybody else.
LOCAL = {
    # Folded together where many stand in a row.
    "archive/exporting/html.py: Joined NickChanged Parted UserQuit",
    # What it reads is an export, and may be of another version.
    "archive/importing/hubbub_export.py: Reacted Unreacted",
    # They give a session its user.
    "hub/recording.py: SessionAttached UserConnected",
    # A step of a migration stays as it was when its version was released.
    "log/migrations.py: CertificateRemoved MetadataChanged",
    "log/migrations.py: AccountDeleted AccountRegistered AccountSettingChanged AccountSuspended"
    " CertificateAdded CertificateRemoved MetadataChanged PasswordChanged",
    # Two that change one list of reactions.
}


def kinds_in(node):
    """The kinds in a set, a list or the second argument of isinstance, as classes or by name."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
        found = list(ast.walk(node.args[1]))
    elif isinstance(node, ast.Set | ast.List | ast.Tuple):
        found = node.elts
    else:
        return []
    named = [getattr(each, "id", getattr(each, "value", None)) for each in found]
    return sorted(name for name in named if isinstance(name, str) and name in EVENTS)


def lists_of_kinds(file):
    place = file.relative_to(SOURCE)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        found = kinds_in(node)
        if len(found) > 1:
            yield f"{place}: {' '.join(found)}"


def test_no_other_place_keeps_a_list_of_kinds():
    files = [f for f in SOURCE.rglob("*.py") if f.parent.name not in ("events", "client")]
    found = {line for file in files for line in lists_of_kinds(file)}
    assert sorted(found - LOCAL) == [], "state it with the kind (events/facts.py)"
    assert sorted(LOCAL - found) == []
