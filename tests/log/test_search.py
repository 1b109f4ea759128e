"""Search: the meaning of queries; the index always agrees with a linear scan."""

import contextlib
import sqlite3
import unicodedata

import pytest
from entries import START, edited, entries, redacted, said
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.kinds import Entry
from hubbub.log import text_index
from hubbub.log.memory import MemoryLog
from hubbub.log.pace import Pace
from hubbub.log.ranges import Range
from hubbub.log.search import Query, Term, matches, parse, tokens, words
from hubbub.log.sqlite import SqliteLog

CHANNELS = ["#tea", "#pot"]
# The index takes a step when a test says so, and its parts are made anew at once.
BY_HAND = Pace(by_itself=False, anew_seconds=0, checkpoint_commits=1)


@pytest.fixture(params=["memory", "indexed", "not indexed", "half indexed", "no FTS5"])
def log(request, tmp_path):
    if request.param == "memory":
        yield MemoryLog()
        return
    pace = BY_HAND._replace(part_messages=3, part_slice=2, words=request.param != "no FTS5")
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=pace)
    append, appended = log.append, []

    def append_and_index(made):
        append(made)
        appended.append(made)
        if request.param in ("indexed", "no FTS5") or (
            request.param == "half indexed" and len(appended) % 2
        ):
            log.index.catch_up()

    log.append = append_and_index
    yield log
    log.close()


def fill(log, *events):
    log.append(entries(*events, first=log.last_position + 1))


def found(log, text, channels=CHANNELS, person=None, **wanted):
    hits = log.search(parse(text), channels, person, Range(**wanted))
    return [entry.event.text for entry in hits]


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("don't a_b c++ 3.14", ["don", "t", "a", "b", "c", "3", "14"]),
        ("Café CAFÉ cafe\u0301", ["cafe", "cafe", "cafe"]),
        ("Straße ＦＵＬＬ ﬁne", ["strasse", "full", "fine"]),
        ("東京都", ["東京", "京都", "都"]),
        ("東京 都", ["東京", "京", "都"]),
        ("iPhone版だ", ["iphone", "版だ", "だ"]),
        ("がく", ["がく", "く"]),
        ("ｶﾞｸ", ["ガク", "ク"]),
        ("한국어를", ["한국", "국어", "어를", "를"]),
        ("🎉🎂", ["🎉🎂", "🎂"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("שָׁלוֹם мир й", ["שלום", "мир", "и"]),
        ("مُحَمَّد مـــحمد أحمد", ["محمد", "محمد", "احمد"]),
        ("IŞIK ışık İzmir izmir", ["isik", "isik", "izmir", "izmir"]),
        ("Łódź Øresund Æther", ["lodz", "oresund", "aether"]),
        ("", []),
        ("... -- !", []),
    ],
)
def test_words(text, words):
    assert tokens(text) == [unicodedata.normalize("NFC", word) for word in words]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("tea pot", [Term(("tea",)), Term(("pot",))]),
        ('"tea pot" x', [Term(("tea", "pot")), Term(("x",))]),
        ('"tea pot', [Term(("tea", "pot"))]),
        ("“tea pot” „x y“", [Term(("tea", "pot")), Term(("x", "y"))]),
        ("te* don't", [Term(("te",), True), Term(("don", "t"))]),
        ("東", [Term(("東",), True)]),
        ("東京", [Term(("東京",))]),
        ("東京都", [Term(("東京", "京都"))]),
        ("v2版", [Term(("v2", "版"), True)]),
        ("出版v2", [Term(("出版", "版", "v2"))]),
        ("* - AND OR NOT NEAR(", [Term((w,)) for w in ("and", "or", "not", "near")]),
        ('{text}:a mark:link "^x"', [Term(("text", "a")), Term(("mark", "link")), Term(("x",))]),
        ("before:yesterday on:", [Term(("before", "yesterday")), Term(("on",))]),
        ("http://a.b/c", [Term(("http", "a", "b", "c"))]),
    ],
)
def test_terms(text, terms):
    assert parse(text) == Query(tuple(terms))
    if ":" not in text:
        assert words(text) == tuple(terms)


def test_operators():
    query = parse('from:Ann from:@Bob in:#Tea in:cat has:link has:legs tea FROM:"Dan"')
    assert query.senders == ("ann", "bob", "dan")
    assert query.places == ("#Tea", "cat")
    assert query.links
    assert query.terms == (Term(("has", "legs")), Term(("tea",)))
    day = 1_700_006_400_000  # 2023-11-15T00:00Z
    assert parse("before:2023-11-15") == Query(earlier=day)
    assert parse("after:2023-11-14") == Query(later=day - 1)
    assert parse("on:2023-11-15") == Query(later=day - 1, earlier=day + 86_400_000)
    assert parse("before:2023-11-17 before:2023-11-15 after:2023-11-13 after:2023-11-14") == Query(
        earlier=day, later=day - 1
    )
    assert not parse(" ").asks_something()
    assert parse("has:link").asks_something()


# -- what is found --------------------------------------------------------------------------------


def test_words_phrases_and_prefixes_newest_first(log):
    fill(
        log,
        said("ann", "#tea", "the kettle is on"),
        said("bob", "#tea", "Is the KETTLE warm?"),
        said("bob", "#pot", "kettles are round"),
        said("ann", "#tea", "the tea is on"),
        said("cat", "#other", "kettle"),
    )
    assert found(log, "kettle") == ["Is the KETTLE warm?", "the kettle is on"]
    assert found(log, "kettle*") == [
        "kettles are round", "Is the KETTLE warm?", "the kettle is on",
    ]  # fmt: skip
    assert found(log, "on kettle") == ["the kettle is on"]
    assert found(log, '"is on"') == ["the tea is on", "the kettle is on"]
    assert found(log, '"is the"') == ["Is the KETTLE warm?"]
    assert found(log, "nothing") == []
    assert found(log, "the", limit=2) == ["the tea is on", "Is the KETTLE warm?"]
    assert found(log, "the", before=4, limit=1) == ["Is the KETTLE warm?"]


def test_operators_restrict(log):
    fill(
        log,
        said("ann", "#tea", "one https://a.example/x"),
        said("bob", "#tea", "two"),
        said("ann", "#pot", "three www.example.org"),
        said("ann", "bob", "four"),
    )
    assert found(log, "from:ANN") == ["three www.example.org", "one https://a.example/x"]
    assert found(log, "from:ann from:bob", ["#tea"]) == ["two", "one https://a.example/x"]
    assert found(log, "has:link", ["#tea"]) == ["one https://a.example/x"]
    assert found(log, "from:nobody") == []
    assert found(log, "", ["ann bob"]) == ["four"]
    assert found(log, "from:ann", [], person="ann") == ["four"]
    assert found(log, "", [], person="bob") == ["four"]
    assert found(log, "before:2023-11-14") == []
    assert len(found(log, "on:2023-11-14")) == 3
    assert len(found(log, "after:2023-11-13")) == 3


def test_nobody_finds_what_is_not_theirs(log):
    fill(
        log,
        said("ann", "#secret", "marker"),
        said("ann", "bob", "marker"),
        said("ann", "#tea", "marker"),
    )
    assert found(log, "marker", ["#tea"]) == ["marker"]
    assert found(log, "marker", [], person="cat") == []
    assert found(log, "marker", []) == []


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("東", ["我在東京都工作", "東と西"]),
        ("京都", ["我在東京都工作"]),
        ("東京都", ["我在東京都工作"]),
        ("都", ["我在東京都工作"]),
        ("作", ["我在東京都工作"]),
        ("東西", []),
        ("한국", ["한국어를 배워요"]),
        ("국어", ["한국어를 배워요"]),
        ("ガク", ["ｶﾞｸを学ぶ"]),
        ("🎂", ["cake 🎉🎂!"]),
        ("cafe", ["Café au lait"]),
        ("CAFÉ", ["Café au lait"]),
        ("au 東", []),
    ],
)
def test_every_writing_is_found(log, query, hits):
    texts = (
        "東と西",
        "我在東京都工作",
        "한국어를 배워요",
        "ｶﾞｸを学ぶ",
        "cake 🎉🎂!",
        "Café au lait",
    )
    fill(log, *(said("ann", "#tea", text) for text in texts))
    assert sorted(found(log, query)) == sorted(hits)


def in_index(log, query):
    with contextlib.closing(sqlite3.connect(log.index.path)) as db:
        return db.execute(query).fetchall()


@pytest.mark.parametrize("name", ["SQLITE_FULL", "SQLITE_INTERRUPT"])
def test_a_part_that_could_not_be_made_is_made_later(tmp_path, monkeypatch, name):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    fill(log, said("ann", "#tea", "old"))
    log.index.catch_up()
    fill(log, edited("ann", "#tea", 1, "new"))

    def fail(*_):
        error = sqlite3.OperationalError("the disk is full, or the server is stopped")
        error.sqlite_errorname = name
        raise error

    with monkeypatch.context() as context:
        context.setattr(text_index.TextIndex, "insert", fail)
        log.index.catch_up()
    log.index.catch_up()
    assert found(log, "new") == ["new"]
    assert not in_index(log, "SELECT * FROM changed")
    log.close()


def test_an_edited_message_is_found_by_what_it_says_now(log):
    fill(log, *(said("ann", "#tea", f"old {n}") for n in range(7)))
    fill(log, edited("ann", "#tea", 2, "new 1"))
    assert found(log, "new") == ["new 1"]
    assert len(found(log, "old")) == 6
    fill(log, said("ann", "#tea", "new 7"), edited("ann", "#tea", 7, "new 6"))
    assert found(log, "new") == ["new 7", "new 6", "new 1"]


def test_what_was_taken_back_is_gone_from_the_index_file(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    fill(log, *(said("ann", "#tea", f"xylophone{n} zebra") for n in range(50)))
    log.index.catch_up()
    assert b"xylophone13" in _bytes_of(tmp_path)
    fill(log, redacted("ann", "#tea", 14, "oops"))
    log.rest()
    log.index.catch_up()
    assert found(log, "xylophone13") == []
    assert len(found(log, "zebra", limit=100)) == 49
    log.close()
    assert b"xylophone13" not in _bytes_of(tmp_path)
    assert b"xylophone12" in _bytes_of(tmp_path)


def _bytes_of(directory):
    return b"".join(path.read_bytes() for path in directory.iterdir())


def test_a_part_made_of_many_small_slices_is_merged_when_it_is_full(tmp_path):
    pace = BY_HAND._replace(part_messages=12)
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=pace)
    segments = []
    for number in range(13):
        fill(log, said("ann", "#tea", f"tea {number}"))
        log.index.catch_up()
        count = "SELECT count(DISTINCT segid) FROM words_1_idx"
        segments.append(in_index(log, count)[0][0])
    assert segments == [*range(1, 12), 1, 1]
    assert len(found(log, "tea", limit=20)) == 13
    log.close()


def test_a_phrase_is_found_though_the_index_knows_only_words(log):
    texts = ("the warm tea pot", "pot of tea", "tea; POT!", "tea in the pot", "Tëa pot", "tea-pot")
    fill(log, *(said("ann", "#tea", text) for text in texts))
    assert found(log, '"tea pot"') == ["tea-pot", "Tëa pot", "tea; POT!", "the warm tea pot"]
    assert found(log, '"tea pot"', limit=2) == ["tea-pot", "Tëa pot"]


def test_a_half_made_part_is_dropped_at_the_next_start(tmp_path):
    log = SqliteLog(tmp_path / "chat.db", durable=False, pace=BY_HAND)
    fill(log, said("ann", "#tea", "kettle"))
    log.index.catch_up()
    log.close()
    with contextlib.closing(sqlite3.connect(log.index.path)) as db:
        text_index.TextIndex(db, BY_HAND).make_table(2)
    log = SqliteLog(tmp_path / "chat.db", durable=False)
    tables = in_index(log, "SELECT name FROM sqlite_master WHERE name LIKE 'words%'")
    assert not any("_2" in name for (name,) in tables)
    assert found(log, "kettle") == ["kettle"]
    log.close()


# -- as somebody would look who knows nothing of tokens --------------------------------------------


def simple(text):
    """A reader's eye: no case, no width, no accent."""
    flat = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in flat if not 0x300 <= ord(c) < 0x370))


LATIN = st.text(alphabet="abÄß0Éé", min_size=1, max_size=3)
WIDE = st.lists(st.sampled_from([*"東京都が한국어ไทย", "ｶﾞ"]), min_size=1, max_size=4).map("".join)
MIXED = st.lists(LATIN | WIDE | st.sampled_from([" ", ", ", "-", "('"]), max_size=8).map("".join)


@given(text=MIXED, word=LATIN, other=LATIN)
def test_a_reader_finds_a_word_and_a_phrase(text, word, other):
    latin = "".join(c if c.isascii() or ord(c) < 0x300 else " " for c in simple(text))
    there = "".join(c if c.isalnum() else " " for c in latin).split()
    one, two = simple(word), simple(other)
    message = said("ann", "#tea", text)
    assert matches(parse(word), message) == (one in there)
    assert matches(parse(f"{word}*"), message) == any(each.startswith(one) for each in there)
    both = any(one == there[at] and two == there[at + 1] for at in range(len(there) - 1))
    if both and not any(ord(c) > 0x300 for c in simple(text)):
        assert matches(parse(f'"{word} {other}"'), message)


@given(text=MIXED, part=WIDE)
def test_a_reader_finds_characters_wherever_they_stand_in_a_row(text, part):
    assert matches(parse(part), said("ann", "#tea", text)) == (simple(part) in simple(text))


# -- the index never answers otherwise than a plain scan ------------------------------------------

ALPHABET = "ab ä*\"'-:()東京都がｶ한국🎉é_^{}"
TEXTS = st.text(alphabet=ALPHABET, max_size=8) | st.sampled_from(
    ["a b", "b a", "東京", "京都 a", "http://a", "ab ab ab", "from:a", "AND", "a OR b", "NEAR(a b)"]
)
QUERIES = st.text(alphabet=ALPHABET, max_size=8) | st.lists(
    st.sampled_from(["a", "b", "ab", "a*", '"a b"', "東", "京都", "東京都", "from:ann", "has:link",
                     "in:#tea", "in:cat", "after:2023-11-13", "before:2023-11-15", "x:y"]),
    max_size=3,
).map(" ".join)  # fmt: skip
NICKS = st.sampled_from(["ann", "bob", "cat"])
PLACES = st.sampled_from(["#tea", "#pot", "ann", "cat"])
EVENTS = st.one_of(
    st.builds(said, NICKS, PLACES, TEXTS),
    st.builds(said, NICKS, PLACES, TEXTS),
    st.builds(edited, NICKS, PLACES, st.integers(1, 30), TEXTS),
    st.builds(redacted, NICKS, PLACES, st.integers(1, 30)),
)


@settings(max_examples=60)
@given(
    batches=st.lists(st.lists(EVENTS, min_size=1, max_size=8), min_size=1, max_size=6),
    index_every=st.integers(1, 3),
    steps=st.integers(1, 6),
    queries=st.lists(QUERIES, min_size=1, max_size=6),
    limit=st.integers(1, 5),
    before=st.none() | st.integers(1, 30),
)
def test_the_index_answers_as_a_plain_scan(
    tmp_path_factory, batches, index_every, steps, queries, limit, before
):
    memory = MemoryLog()
    pace = BY_HAND._replace(part_messages=4, part_slice=2)
    disk = SqliteLog(tmp_path_factory.mktemp("log") / "chat.db", durable=False, pace=pace)
    position = 0
    for number, batch in enumerate(batches):
        made = []
        for event in batch:
            position += 1
            if hasattr(event, "message"):
                event = event._replace(message=min(event.message, position - 1))
            made.append(Entry(position, START + position, event))
        memory.append(made)
        disk.append(made)
        if number % index_every == 0:
            for _ in range(steps):
                disk.index.step()
    wanted = Range(limit=limit, before=before)
    for text in queries:
        for channels, person in ((["#tea", "#pot"], None), (["#tea"], "ann"), ([], "cat")):
            asked = (parse(text), channels, person, wanted)
            assert disk.search(*asked) == memory.search(*asked)
    disk.close()
