"""Tags survive a round trip: no name or tag value can inject anything."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc.serializer import WRITERS
from hubbub.dialects.variant import ServerInfo, Variants
from hubbub.events.kinds import Entry, Joined, MessageSent
from hubbub.model.change import Change
from hubbub.protocol.codec import parse
from hubbub.protocol.names import valid_nick

CAPS = frozenset({"server-time", "message-tags", "account-tag", "draft/relaymsg"})
VARIANT = Variants(ServerInfo("hubbub.local", "log001")).get(WRITERS, CAPS, None)
#: What tags, lines and IRC itself use as syntax, and letters.
_NASTY = st.text(alphabet="a;=\\:, s+/@!é", min_size=1, max_size=12)
#: Names of today, and those that older versions allowed or another program wrote.
NAMES = _NASTY.filter(lambda name: valid_nick(name, 32)) | _NASTY
TAGS = st.dictionaries(
    st.sampled_from(["+draft/reply", "+x", "draft/relaymsg"]), st.text("a;= \\\r\n:")
)


def read(event, position=7):
    """The one line that tells of it, as another client reads it."""
    line = VARIANT.write(Change(Entry(position, 1_764_547_200_123, event)))
    assert line.count("\r\n") == 1
    return parse(line.removesuffix("\r\n"))


@given(account=NAMES, tags=TAGS)
def test_a_message_says_whose_it_is_and_which(account, tags):
    kept = tuple(tags.items())
    said = MessageSent(1, "a!b@c", account, "PRIVMSG", "#tea", None, "#tea", "hello", kept)
    message = read(said)
    assert message.tags == {
        "time": "2025-12-01T00:00:00.123Z",
        "msgid": VARIANT.msgid(7),
        "account": account,
        **tags,
    }
    assert (message.source, message.params) == ("a!b@c", ("#tea", "hello"))


@given(account=NAMES)
def test_so_does_everything_that_carries_an_account(account):
    message = read(Joined(1, "a!b@c", "#tea", "", account))
    assert message.tags["account"] == account
    assert message.tags["msgid"] == VARIANT.msgid(7)
    assert message.params == ("#tea",)
