"""Password guessing: slow for attackers, without effect on the owner (S30, S31, S32, S33)."""

import threading
import time

import pytest
from people import PASSWORD, account, cheap_chat, codes, connecting, logged_in, plain
from running_server import PATIENCE

from hubbub.credentials import passwords
from hubbub.handlers.accounts.throttle import MOST_KEYS, Throttle, attempt_of
from hubbub.log.memory import MemoryLog
from hubbub.work import Busy, Work
from hubbub.workers import Workers


class Counted:
    """Counts the passwords that are really hashed."""

    def __init__(self, chat):
        self.count = 0
        self._submit = chat.hub.workers.submit
        chat.hub.workers.submit = self.submit

    def submit(self, work, done, asker):
        self.count += work.kind == "hash"
        self._submit(work, done, asker)


def guess(chat, name, password, host):
    """One guess from `host`; the last line of the answer. A connection is used until it ends."""
    client = chat.guessers.get(host)
    if client is None or client.closed:
        client = chat.guessers[host] = connecting(chat, host=host)
        chat.clients.remove(client)
    return client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(name, password)}")[1]


@pytest.fixture
def chat():
    chat = cheap_chat()
    chat.guessers = {}
    account(chat, "alice")  # from 127.0.0.1
    return chat


# -- S31 -------------------------------------------------------------------------------------


def test_s31_ten_thousand_guesses_from_one_address(chat):
    counted = Counted(chat)
    start = chat.now
    for number in range(10_000):
        guess(chat, "alice", f"guess{number}", "192.0.2.1")
        chat.now += 10
    minutes = (chat.now - start) / 60_000
    limits = chat.settings.accounts
    allowed = limits.login_burst + limits.login_rate * minutes + 1
    print(f"S31: 10,000 guesses from 1 address in {minutes:.1f} min: {counted.count} hashed")
    assert counted.count <= allowed
    assert "903" in codes(logged_in_lines(chat))


def test_s31_ten_thousand_guesses_from_a_thousand_addresses(chat):
    counted = Counted(chat)
    start = chat.now
    for number in range(10_000):
        host = (
            f"10.{number % 1000 // 250}.{number % 250}.1"
            if number % 2
            else (f"2001:db8:{number % 1000:x}::{number:x}")
        )
        guess(chat, "alice", f"guess{number}", host)
        chat.now += 10
    minutes = (chat.now - start) / 60_000
    limits = chat.settings.accounts
    print(f"S31: 10,000 guesses from 1,000 networks: {counted.count} hashed")
    assert counted.count <= limits.login_burst + limits.login_rate * minutes + 1
    assert "903" in codes(logged_in_lines(chat))


def logged_in_lines(chat):
    """The owner, from where the account was made."""
    client = connecting(chat)
    return client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")


def test_an_ipv6_network_is_one_place(chat):
    counted = Counted(chat)
    for number in range(100):
        guess(chat, f"name{number}", "x", f"2001:db8::{number:x}")
    assert counted.count == chat.settings.accounts.login_burst


def test_the_owner_at_a_new_place_is_known_there_from_then_on(chat):
    logged_in(chat, "alice", host="198.51.100.9").sends("QUIT")
    assert list(chat.network.accounts.get("alice").known) == ["127.0.0.1", "198.51.100.9"]
    for number in range(50):
        guess(chat, "alice", f"guess{number}", f"10.0.0.{number}")
    client = connecting(chat, host="198.51.100.9")
    lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice')}")
    assert "903" in codes(lines)


def test_right_passwords_cost_nothing(chat):
    """A class behind one router."""
    for number in range(40):
        account(chat, f"pupil{number}")
    for number in range(40):
        client = connecting(chat, host="192.0.2.1")
        lines = client.asks("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(f'pupil{number}')}")
        assert "903" in codes(lines)


def test_after_a_while_one_may_guess_again(chat):
    for number in range(10):
        assert "Wrong name" in guess(chat, "alice", f"x{number}", "192.0.2.1")
    assert "Too many" in guess(chat, "alice", PASSWORD, "192.0.2.1")
    chat.now += 20_000  # three a minute
    assert " 900 " in guess(chat, "alice", PASSWORD, "192.0.2.1")


def test_all_doors_share_the_allowance(chat):
    for _ in range(10):
        guess(chat, "alice", "wrong", "192.0.2.1")
    bob = chat.irc("bob", host="192.0.2.1")
    assert bob.asks(f"NS IDENTIFY alice {PASSWORD}")[-1].endswith("then try again")


def test_giving_a_login_up_counts_as_a_guess(chat):
    """Otherwise who closes the connection before the answer would guess for nothing."""
    held = []
    submit = chat.hub.workers.submit
    chat.hub.workers.submit = lambda *job: held.append(job)
    for number in range(20):
        client = connecting(chat, host="192.0.2.1")
        client.sends("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', f'x{number}')}")
        client.drops()
    chat.hub.workers.submit = submit
    assert "Too many" in guess(chat, "alice", PASSWORD, "192.0.2.1")


def test_allowances_take_bounded_memory():
    throttle = Throttle(3, 1)
    for number in range(MOST_KEYS * 3 // 2):
        throttle.spend(("address", str(number)), number)
    assert len(throttle.allowances) <= MOST_KEYS
    # The one that is used all the time is not the one that is forgotten.
    for number in range(MOST_KEYS * 3 // 2):
        throttle.spend(("address", f"x{number}"), number)
        allowed = throttle.spend(("name", "alice"), 0)
    assert not allowed


def test_full_allowances_are_forgotten():
    throttle = Throttle(3, 1)
    for minute in range(5_000):
        throttle.spend(("address", str(minute)), minute * 60_000)
    assert len(throttle.allowances) < 1_000


# -- S30, S32 --------------------------------------------------------------------------------


def test_s30_the_same_work_for_an_unknown_name_and_a_wrong_password(monkeypatch):
    """By construction: one hash with the same parameters, whatever the name."""
    calls = []
    real = passwords.hash_password

    def counting(password, memory):
        calls.append(("hash", memory))
        return real(password, memory)

    stored = real(PASSWORD, 1024)
    monkeypatch.setattr(passwords, "hash_password", counting)
    assert not passwords.check("wrong", None, 1024).right
    assert calls == [("hash", 1024)]
    assert not passwords.check("wrong", stored, 1024).right
    assert calls == [("hash", 1024)]  # here it is the check itself
    parameters = stored.split("$")[3]
    assert parameters == "m=1024,t=1,p=1"


def test_s30_measured():
    """Interleaved, now one first and now the other, in this thread's time: a busy machine
    tells nothing of it. AUC is the chance that a wrong password takes longer than an unknown name;
    0.5 tells nothing."""
    memory, stored = 4096, passwords.hash_password(PASSWORD, 4096)
    known, unknown = [], []
    both = [(known, stored), (unknown, None)]
    for _ in range(100):
        both.reverse()
        for times, hashed in both:
            start = time.thread_time_ns()
            passwords.check("wrong", hashed, memory)
            times.append(time.thread_time_ns() - start)
    pairs = [(a > b) + (a == b) / 2 for a in known for b in unknown]
    auc = sum(pairs) / len(pairs)
    print(f"S30: AUC {auc:.3f} over {len(known)} pairs")
    assert 0.3 < auc < 0.7


def test_s32_nobody_learns_which_accounts_exist(chat):
    """Wrong password and unknown name, by every door: the same bytes but for the name."""
    bob = chat.irc("bob", host="192.0.2.1")
    for line in ("NS IDENTIFY {} wrong", "VERIFY {} 12345", "NS VERIFY {} 12345"):
        known = [each.replace("alice", "NAME") for each in bob.asks(line.format("alice"))]
        unknown = [each.replace("nobody", "NAME") for each in bob.asks(line.format("nobody"))]
        assert known == unknown
    # Registering says that a name is taken; so does trying the nick. For deleted ones too.
    assert guess(chat, "alice", "x", "192.0.2.2") == guess(chat, "nobody", "x", "192.0.2.3")


# -- S33 -------------------------------------------------------------------------------------


def test_s33_two_at_once_and_a_bounded_queue():
    """500 logins at once: two are hashed at a time, few wait, the rest is told to try again."""
    workers = Workers(MemoryLog())
    gate, lock, begun = threading.Event(), threading.Lock(), threading.Semaphore(0)
    running = most = 0

    def work(log):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        begun.release()
        gate.wait(PATIENCE)
        with lock:
            running -= 1
        return True

    results = []
    done = threading.Semaphore(0)

    def finished(result):
        results.append(result)
        done.release()

    for _ in range(500):
        workers.submit(Work(work, "hash"), finished)
    refused = [result for result in results if isinstance(result, Busy)]
    assert begun.acquire(timeout=PATIENCE)
    assert begun.acquire(timeout=PATIENCE)
    gate.set()
    for _ in range(500):
        assert done.acquire(timeout=PATIENCE)
    workers.stop()
    print(f"S33: of 500 at once {500 - len(refused)} taken, {most} at a time")
    assert most == 2
    assert 466 <= len(refused) <= 468  # 32 wait, and two have been begun or will be


def test_the_owner_goes_first():
    workers = Workers(MemoryLog())
    gate = threading.Event()
    order = []
    done = threading.Semaphore(0)

    def job(name):
        def do(log):
            gate.wait(PATIENCE)
            order.append(name)

        return do

    def finished(result):
        done.release()

    for number in range(20):
        workers.submit(Work(job(f"stranger{number}"), "hash"), finished)
    workers.submit(Work(job("owner"), "hash", urgent=True), finished)
    gate.set()
    for _ in range(21):
        assert done.acquire(timeout=PATIENCE)
    workers.stop()
    assert "owner" in order[:4]


def test_who_comes_from_where_is_known():
    chat = cheap_chat()
    account(chat, "alice")
    alice = chat.network.accounts.get("alice")
    assert attempt_of(alice, "alice", "127.0.0.1").known
    assert not attempt_of(alice, "alice", "127.0.0.2").known
    assert not attempt_of(None, "nobody", "127.0.0.1").known


def test_guesses_at_the_servers_password_are_slowed_down_by_address():
    chat = cheap_chat(password="sesame", accounts__login_burst=5, accounts__login_rate=1)

    def enters(word, host):
        client = connecting(chat, host=host)
        client.sends(f"PASS {word}", f"NICK n{host[-1]}{word}", "USER u 0 * :x", "CAP END")
        return client.session.user is not None

    assert not any(enters(f"guess{number}", "192.0.2.1") for number in range(20))
    assert not enters("sesame", "192.0.2.1")  # it may be one more guess
    assert enters("sesame", "192.0.2.2")
    chat.now += 61_000
    assert enters("sesame", "192.0.2.1")


def test_guesses_at_the_key_of_a_channel_are_slowed_down_by_address():
    chat = cheap_chat(accounts__login_burst=5, accounts__login_rate=1)
    chat.irc("ann", join="#k").sends("MODE #k +k 1999")
    thief = chat.irc("thief", host="192.0.2.1")
    for number in range(20):
        assert " 475 " in thief.asks(f"JOIN #k {number}")[0]
    assert " 475 " in chat.irc("again", host="192.0.2.1").asks("JOIN #k 1999")[0]
    assert " JOIN #k" in chat.irc("bob", host="192.0.2.2").asks("JOIN #k 1999")[0]
    assert " 475 " in chat.irc("eve", host="192.0.2.3").asks("JOIN #k")[0]  # which is no guess
    chat.now += 61_000
    assert " JOIN #k" in thief.asks("JOIN #k 1999")[0]
