"""MODE for channels and users, and the effect of each mode."""

import pytest
from harness import Chat

S = ":hubbub.local"
ALICE, BOB = ":alice!~alice@127.0.0.1", ":bob!~bob@127.0.0.1"


@pytest.fixture
def chat():
    return Chat()


@pytest.fixture
def alice(chat):
    return chat.irc("alice", join="#tea")


@pytest.fixture
def bob(chat, alice):
    return chat.irc("bob", join="#tea")


def test_a_channel_begins_with_n_and_t(chat, alice):
    created = chat.network.channel("#tea").created // 1000
    assert alice.asks("MODE #tea") == [f"{S} 324 alice #tea +nt", f"{S} 329 alice #tea {created}"]


def test_several_changes_are_one_line_and_what_changes_nothing_is_left_out(chat, alice, bob):
    assert alice.asks("MODE #tea +mnl-t+v 5 bob") == [f"{ALICE} MODE #tea +ml-t+v 5 bob"]
    assert bob.sees() == [f"{ALICE} MODE #tea +ml-t+v 5 bob"]
    assert alice.asks("MODE #tea +mnl 5") == []
    chat.check()


def test_a_long_list_of_changes_is_told_in_lines_that_fit(chat, alice):
    masks = [f"somebody{number:02}!user@host.of.some.network" for number in range(8)]
    lines = alice.asks("MODE #tea +bbbbbbbb " + " ".join(masks))
    assert len(lines) > 1
    assert all(len(line) < 500 for line in lines)
    assert [mask for line in lines for mask in line.split()[4:]] == masks
    chat.check()


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ("MODE #nowhere +m", "403 alice #nowhere :No such channel"),
        ("MODE #tea +o nobody", "401 alice nobody :No such nick/channel"),
        ("MODE #tea +o carol", "441 alice carol #tea :They aren't on that channel"),
        ("MODE #tea +Q", "472 alice Q :is unknown mode char to me"),
        ("MODE #tea +l many", "696 alice #tea l many :A limit is a number above 0"),
        ("MODE #tea +k", "696 alice #tea k * :A key is missing"),
        ("MODE #tea +k :two words", "525 alice #tea :Key is not well-formed"),
        ("MODE #tea +f #nowhere", "696 alice #tea f #nowhere :Forward to another channel"),
        ("MODE #tea +q alice", "482 alice #tea :You're not channel operator"),
        ("MODE #tea +a alice", "482 alice #tea :You're not channel operator"),
        ("MODE nobody +i", "401 alice nobody :No such nick/channel"),
        ("MODE carol +i", "502 alice :Cannot change mode for other users"),
        ("MODE alice +Q", "501 alice :Unknown MODE flag"),
    ],
)
def test_refusals(chat, alice, asked, refusal):
    chat.irc("carol")
    lines = alice.asks(asked)
    assert len(lines) == 1
    assert lines[0].startswith(f"{S} {refusal}")
    chat.check()


def test_who_is_no_operator_may_look_but_not_set(chat, alice, bob):
    refused = f"{S} 482 bob #tea :You're not channel operator"
    assert bob.asks("MODE #tea +mi-n") == [refused]
    assert bob.asks("MODE #tea +b *!*@*") == [refused]
    assert bob.asks("MODE #tea +b") == [f"{S} 368 bob #tea :End of channel ban list"]


def test_lists_tell_who_set_what_when(chat, alice):
    chat.now += 1000
    alice.sends("MODE #tea +beI mallory *@10.0.0.1 *!*@trusted")
    time = chat.now // 1000
    assert alice.asks("MODE #tea b") == [
        f"{S} 367 alice #tea mallory!*@* alice {time}",
        f"{S} 368 alice #tea :End of channel ban list",
    ]
    assert f"{S} 348 alice #tea *!*@10.0.0.1 alice {time}" in alice.asks("MODE #tea e")
    assert f"{S} 346 alice #tea *!*@trusted alice {time}" in alice.asks("MODE #tea I")
    assert alice.asks("MODE #tea -b MALLORY!*@*") == [f"{ALICE} MODE #tea -b mallory!*@*"]
    chat.check()


def test_a_list_is_full_at_its_limit(chat):
    small = Chat(limits__list_entries=2)
    alice = small.irc("alice", join="#tea")
    full = f"{S} 478 alice #tea c!*@* :Channel list is full"
    assert alice.asks("MODE #tea +bbb a b c") == [full, f"{ALICE} MODE #tea +bb a!*@* b!*@*"]


# -- what a newcomer meets -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "command", "refusal"),
    [
        ("+k sesame", "JOIN #tea wrong", "475 bob #tea :Cannot join channel (+k)"),
        ("+i", "JOIN #tea", "473 bob #tea :Cannot join channel (+i)"),
        ("+b bob", "JOIN #tea", "474 bob #tea :Cannot join channel (+b)"),
        ("+l 1", "JOIN #tea", "471 bob #tea :Cannot join channel (+l)"),
        ("+R", "JOIN #tea", "477 bob #tea :Cannot join channel (+R): log in"),
        ("+z", "JOIN #tea", "489 bob #tea :Cannot join channel (+z): connect with TLS"),
        ("+b u:*!*@*", "JOIN #tea", "474 bob #tea :Cannot join channel (+b)"),
        ("+b r:*real*", "JOIN #tea", "474 bob #tea :Cannot join channel (+b)"),
    ],
)
def test_a_mode_keeps_people_out_and_its_end_lets_them_in(chat, alice, modes, command, refusal):
    bob = chat.irc("bob")
    alice.sends(f"MODE #tea {modes}")
    lines = bob.asks(command)
    assert len(lines) == 1
    assert lines[0].startswith(f"{S} {refusal}")
    alice.sends(f"MODE #tea -{modes[1:]}")
    assert bob.asks("JOIN #tea")[0] == f"{BOB} JOIN #tea"
    chat.check()


def test_an_invitation_opens_every_door_once(chat, alice):
    bob = chat.irc("bob")
    alice.sends("MODE #tea +iklb sesame 1 bob", "INVITE bob #tea")
    bob.sees()
    assert bob.asks("INVITE") == [f"{S} 336 bob #tea", f"{S} 337 bob :End of /INVITE list"]
    assert bob.asks("JOIN #tea")[0] == f"{BOB} JOIN #tea"
    alice.sends("KICK #tea bob")
    assert " 47" in bob.asks("JOIN #tea")[0]
    assert bob.asks("INVITE") == [f"{S} 337 bob :End of /INVITE list"]
    chat.check()


def test_the_key_lets_in_and_is_shown_to_members_only(chat, alice):
    bob = chat.irc("bob")
    alice.sends("MODE #tea +k sesame")
    assert bob.asks("MODE #tea")[0] == f"{S} 324 bob #tea +knt *"
    bob.sends("JOIN #tea sesame")
    assert bob.asks("MODE #tea")[0] == f"{S} 324 bob #tea +knt sesame"


def test_exceptions_beat_bans_and_invitation_exceptions_beat_i(chat, alice):
    bob = chat.irc("bob")
    alice.sends("MODE #tea +be *!*@* bob")
    assert bob.asks("JOIN #tea")[0] == f"{BOB} JOIN #tea"
    bob.sends("PART #tea")
    alice.sends("MODE #tea +iI bob")
    assert bob.asks("JOIN #tea")[0] == f"{BOB} JOIN #tea"


def test_a_ban_by_channel_keeps_the_people_of_another_channel_out(chat, alice):
    bob = chat.irc("bob", join="#coffee")
    alice.sends("MODE #tea +b c:#COFFEE")
    assert " 474 " in bob.asks("JOIN #tea")[0]
    bob.sends("PART #coffee")
    assert bob.asks("JOIN #tea")[0] == f"{BOB} JOIN #tea"


def test_who_may_not_join_is_forwarded_but_never_twice(chat, alice):
    bob = chat.irc("bob")
    alice.sends("JOIN #lounge", "MODE #tea +if #lounge")
    lines = bob.asks("JOIN #tea")
    assert lines[0] == f"{S} 470 bob #tea #lounge :Forwarding to another channel"
    assert lines[1] == f"{BOB} JOIN #lounge"
    bob.sends("PART #lounge")
    alice.sends("MODE #lounge +if #tea")
    assert [line.split()[1] for line in bob.asks("JOIN #tea")] == ["470", "473"]
    chat.check()


def test_to_forward_one_must_be_an_operator_there_too(chat, alice):
    chat.irc("bob", join="#lounge")
    assert alice.asks("MODE #tea +f #lounge") == [
        f"{S} 482 alice #lounge :You're not channel operator"
    ]


# -- speaking ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modes", "why"), [("+m", "+m"), ("+b bob", "+b"), ("+b m:bob", "+b"), ("+M", "+M")]
)
def test_a_mode_silences_and_voice_lifts_it(chat, alice, bob, modes, why):
    alice.sends(f"MODE #tea {modes}")
    assert bob.sees() == [alice.sees()[-1]]
    assert bob.asks("PRIVMSG #tea :hi") == [f"{S} 404 bob #tea :Cannot send to channel ({why})"]
    assert bob.asks("NOTICE #tea :hi") == []
    assert alice.sees_nothing()
    alice.sends("MODE #tea +v bob")
    chat.forget()
    bob.sends("PRIVMSG #tea :hi")
    assert alice.sees() == [f"{BOB} PRIVMSG #tea :hi"]
    chat.check()


def test_a_mute_does_not_keep_out_and_an_exception_lifts_it(chat, alice):
    alice.sends("MODE #tea +b m:*!*@*")
    bob = chat.irc("bob", join="#tea")
    assert " 404 " in bob.asks("PRIVMSG #tea :hi")[0]
    alice.sends("MODE #tea +e m:bob")
    chat.forget()
    assert bob.asks("PRIVMSG #tea :hi") == []
    assert alice.sees() == [f"{BOB} PRIVMSG #tea :hi"]


def test_outsiders_are_not_heard_unless_n_is_off(chat, alice):
    bob = chat.irc("bob")
    assert bob.asks("PRIVMSG #tea :hi") == [f"{S} 404 bob #tea :Cannot send to channel (+n)"]
    alice.sends("MODE #tea -n")
    chat.forget()
    bob.sends("PRIVMSG #tea :hi")
    assert alice.sees() == [f"{BOB} PRIVMSG #tea :hi"]


def test_outsiders_cannot_tell_a_secret_channel_from_none(chat, alice):
    bob = chat.irc("bob")
    alice.sends("MODE #tea +s")
    for command, missing in (
        ("PRIVMSG %s :hi", "403 bob %s :No such channel"),
        ("KNOCK %s", "403 bob %s :No such channel"),
        ("NAMES %s", "366 bob %s :End of /NAMES list"),
        ("WHO %s", "315 bob %s :End of WHO list"),
    ):
        for name in ("#tea", "#nowhere"):
            assert bob.asks(command % name) == [f"{S} {missing % name}"]
    assert len(bob.asks("LIST")) == 2


def test_no_ctcp_but_action_where_it_is_not_wanted(chat, alice, bob):
    alice.sends("MODE #tea +C")
    chat.forget()
    refused = f"{S} 404 bob #tea :Cannot send to channel (+C)"
    assert bob.asks("PRIVMSG #tea :\x01VERSION\x01") == [refused]
    several = chat.irc("several", join="#tea", caps="batch message-tags draft/multiline")
    alice.sees()
    lines = ("@batch=1 PRIVMSG #tea :x", "@batch=1 PRIVMSG #tea :\x01VERSION\x01")
    several.sends("BATCH +1 draft/multiline #tea", *lines, "BATCH -1")
    assert alice.sees_nothing()
    bob.sends("PRIVMSG #tea :\x01ACTION waves\x01")
    assert alice.sees() == [f"{BOB} PRIVMSG #tea :\x01ACTION waves\x01"]
    for hidden in (
        "\x01ACTIONS\x01",
        "\x01\x01",
        "\x01",
        "\x02\x01VERSION\x01",
        "x\x01VERSION\x01",
    ):
        assert bob.asks(f"PRIVMSG #tea :{hidden}") == [refused]
    alice.sends("MODE alice +T")
    assert " 531 bob alice " in bob.asks("PRIVMSG alice :\x01PING 1\x01")[0]


def test_colours_are_taken_out_where_they_are_not_wanted(chat, alice, bob):
    alice.sends("MODE #tea +c")
    chat.forget()
    bob.sends("PRIVMSG #tea :\x02bold\x02 \x0304,12red\x03 \x04ff0000hex\x0f plain")
    assert alice.sees() == [f"{BOB} PRIVMSG #tea :bold red hex plain"]


# -- who is above whom ---------------------------------------------------------------------


def test_ranks(chat, alice, bob):
    carol = chat.irc("carol", join="#tea")
    alice.sends("MODE #tea +h bob")
    chat.forget()
    # A half-operator gives voice, kicks people below and keeps the lists.
    assert bob.asks("MODE #tea +v carol") == [f"{BOB} MODE #tea +v carol"]
    assert bob.asks("MODE #tea +b mallory") == [f"{BOB} MODE #tea +b mallory!*@*"]
    assert bob.asks("TOPIC #tea :x") == [f"{BOB} TOPIC #tea :x"]
    for beyond in ("+h carol", "+o carol", "-o alice", "+m"):
        assert " 482 " in bob.asks(f"MODE #tea {beyond}")[0], beyond
    assert " 482 " in bob.asks("KICK #tea alice")[0]
    # One may give up what one holds.
    assert bob.asks("MODE #tea -h bob") == [f"{BOB} MODE #tea -h bob"]
    assert " 482 " in bob.asks("KICK #tea carol")[0]
    carol.sees()
    assert alice.asks("NAMES #tea")[0].split(":", 2)[2].split() == ["@alice", "bob", "+carol"]
    chat.check()


# -- oneself -------------------------------------------------------------------------------


def test_own_modes(chat, alice):
    assert alice.asks("MODE alice +iwB") == [":alice MODE alice +iwB"]
    assert alice.asks("MODE alice") == [f"{S} 221 alice +Biw"]
    assert alice.asks("MODE alice -i+i-B") == [":alice MODE alice -i+i-B"]
    assert alice.asks("MODE alice +w") == []
    chat.check()


def test_nobody_makes_himself_an_operator_or_hears_what_operators_hear(chat, alice):
    assert alice.asks("MODE alice +os") == []
    assert alice.asks("MODE alice") == [f"{S} 221 alice +"]


def test_who_hears_only_accounts_hears_nobody_else(chat, alice, bob):
    alice.sends("MODE alice +R")
    assert bob.asks("PRIVMSG alice :hi") == [
        f"{S} 477 bob alice :hears only people with accounts (+R): log in first"
    ]
    assert alice.asks("PRIVMSG alice :note to self") == [f"{ALICE} PRIVMSG alice :note to self"]


# -- for many listeners ----------------------------------------------------------------------


def test_in_an_auditorium_the_audience_does_not_see_itself(chat, alice):
    alice.sends("MODE #tea +u")
    bob = chat.irc("bob", join="#tea")
    chat.forget()
    carol = chat.irc("carol")
    carol.sends("JOIN #tea")
    assert carol.sees()[-2:] == [
        f"{S} 353 carol = #tea @alice",
        f"{S} 366 carol #tea :End of /NAMES list",
    ]
    assert alice.asks("NAMES #tea")[0] == f"{S} 353 alice = #tea :@alice bob carol"
    assert bob.asks("NAMES #tea")[0] == f"{S} 353 bob = #tea @alice"
    assert [line.split()[7] for line in bob.asks("WHO #tea")[:-1]] == ["alice"]
    chat.forget()
    carol.sends("PRIVMSG #tea :may I?", "NICK caroline", "PART #tea", "JOIN #tea", "QUIT :bye")
    assert [line.split()[1] for line in alice.sees()] == ["PRIVMSG", "NICK", "PART", "JOIN", "QUIT"]
    assert [line.split()[1] for line in bob.sees()] == ["PRIVMSG"]
    alice.sends("MODE #tea +v bob")
    assert bob.sees() == [f"{ALICE} MODE #tea +v bob"]
    chat.irc("dora", join="#tea")
    chat.check()


def test_where_operators_listen_first_the_others_hear_them_alone(chat, alice, bob):
    carol = chat.irc("carol", caps="echo-message", join="#tea")
    alice.sends("MODE #tea +U")
    chat.forget()
    line = ":carol!~carol@127.0.0.1 PRIVMSG #tea :a question"
    assert carol.asks("PRIVMSG #tea :a question") == [line]
    assert alice.sees() == [line]
    assert bob.sees_nothing()
    alice.sends("MODE #tea +v carol", "PRIVMSG #tea :an answer")
    assert [said.split(":", 2)[2] for said in bob.sees() if "PRIVMSG" in said] == ["an answer"]
    carol.sends("PRIVMSG #tea :thanks")
    assert bob.sees() == [":carol!~carol@127.0.0.1 PRIVMSG #tea :thanks"]
    chat.check()
