"""The tag of a batch, on many lines at once and one by one."""

from hypothesis import given
from hypothesis import strategies as st

from hubbub.dialects.irc import dialect
from hubbub.protocol.codec import escape_tag, unescape_tag

TAGS = st.lists(st.sampled_from(["time=1", "batch=m1", "+x=batch=2", "msgid=a-b", "label"]))
LINES = st.builds(
    lambda tags, rest: f"@{';'.join(tags)} {rest}" if tags else rest,
    TAGS,
    st.sampled_from([":a!b@c PRIVMSG #d :batch=b1 e", "BATCH +m1 draft/multiline #d", "PING"]),
)


@given(st.lists(LINES))
def test_many_lines_get_the_tag_that_each_alone_would_get(lines):
    alone = [dialect.add_tags(line, {"batch": "b7"}) for line in lines]
    assert dialect.in_batch(lines, "b7") == alone


@given(st.text())
def test_a_value_comes_back_from_the_wire(value):
    escaped = escape_tag(value)
    assert not set("; \r\n") & set(escaped)
    assert unescape_tag(escaped) == value
