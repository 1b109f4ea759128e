"""Password hashes; SCRAM against the published example and a third-party client."""

import base64
import builtins

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scramp import ScramClient

from hubbub.credentials import passwords, scram


@settings(max_examples=20)
@given(st.text(st.characters(codec="utf-8", exclude_categories="CZ"), min_size=1, max_size=40))
def test_the_right_password_fits_and_no_other(password):
    stored = passwords.hash_password(password, 1024)
    assert passwords.check(password, stored, 1024).right
    assert not passwords.check(password + "x", stored, 1024).right


def test_a_hash_says_how_it_was_made():
    stored = passwords.hash_password("secret", 1024)
    assert stored.startswith("$argon2id$v=19$m=1024,t=1,p=1$")
    assert stored != passwords.hash_password("secret", 1024)  # another salt


def test_an_older_hash_is_made_anew_when_the_password_is_right():
    stored = passwords.hash_password("secret", 1024)
    assert passwords.check("secret", stored, 1024).fresh is None
    fresh = passwords.check("secret", stored, 2048).fresh
    assert fresh.startswith("$argon2id$v=19$m=2048,")
    assert passwords.check("wrong", stored, 2048).fresh is None


@pytest.fixture
def without_argon2(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.partition(".")[0] == "argon2":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    return monkeypatch


def test_without_argon2_there_is_scrypt(without_argon2):
    stored = passwords.hash_password("secret", 1024)
    assert stored.startswith("$scrypt$ln=10,r=8,p=1$")
    assert passwords.check("secret", stored, 1024) == passwords.Checked(True)
    assert not passwords.check("wrong", stored, 1024).right
    assert not passwords.check("wrong", None, 1024).right
    without_argon2.undo()
    # Once it is installed, the next login makes it argon2id.
    assert passwords.check("secret", stored, 1024).fresh.startswith("$argon2id$")


@pytest.mark.parametrize(("memory", "log_n"), [(1024, 10), (2047, 10), (2048, 11)])
def test_scrypt_takes_no_more_than_the_memory_of_the_setting(without_argon2, memory, log_n):
    assert f"$ln={log_n}," in passwords.hash_password("secret", memory)


def test_what_argon2_made_cannot_be_checked_without_it(without_argon2):
    with pytest.raises(passwords.CannotCheck):
        passwords.check("secret", "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$aGFzaA", 1024)


@pytest.mark.parametrize(
    ("typed", "prepared"),  # RFC 4013 section 3
    [("I\u00adX", "IX"), ("user", "user"), ("USER", "USER"), ("\u00aa", "a"), ("\u2168", "IX"),
     ("with\u00a0space", "with space"), ("🐎", "🐎")],
)  # fmt: skip
def test_saslprep(typed, prepared):
    assert passwords.prepare(typed) == prepared


@pytest.mark.parametrize("typed", ["\x07", "\u0627\u0031", "a\u200e", "\ue000"])
def test_what_no_password_may_hold(typed):
    with pytest.raises(ValueError, match="password"):
        passwords.prepare(typed)


# -- SCRAM -----------------------------------------------------------------------------------


def test_the_example_of_rfc_7677():
    """Section 3, byte for byte."""
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    verifier = scram.read_verifier(scram.make_verifier("pencil", 4096, salt))
    exchange = scram.ScramExchange()
    exchange.first(b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO")
    assert exchange.name == "user"
    challenge = exchange.challenge(verifier, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
    assert challenge == (
        b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    )
    assert (
        exchange.finish(
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        )
        == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    )


def run(name, password, verifier, wrong=lambda message: message):
    client = ScramClient(["SCRAM-SHA-256"], name, password)
    exchange = scram.ScramExchange()
    exchange.first(client.get_client_first().encode())
    client.set_server_first(exchange.challenge(verifier, "nonce").decode())
    client.set_server_final(exchange.finish(wrong(client.get_client_final().encode())).decode())
    return exchange.name


@settings(max_examples=20)
@given(
    st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=20),
    st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=20),
)
def test_any_name_and_password_with_a_client_that_is_not_ours(name, password):
    verifier = scram.read_verifier(scram.make_verifier(password, 4096))
    assert run(name, password, verifier) == name


def test_no_byte_of_the_answer_may_differ():
    verifier = scram.read_verifier(scram.make_verifier("pencil", 4096))
    assert run("user", "pencil", verifier) == "user"
    for at in (0, 3, 8, 20, -3):

        def wrong(message, at=at):
            changed = bytearray(message)
            changed[at] ^= 1
            return bytes(changed)

        with pytest.raises(scram.ScramError):
            run("user", "pencil", verifier, wrong)


def test_a_decoy_fits_nothing():
    decoy = scram.decoy("secret", "nobody", 4096)
    with pytest.raises(scram.ScramError):
        run("nobody", "pencil", decoy)
    assert scram.decoy("other", "nobody", 4096).salt != decoy.salt


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_nonsense_is_refused_and_nothing_else(first, last):
    exchange = scram.ScramExchange()
    try:
        exchange.first(first)
        exchange.challenge(scram.decoy("s", exchange.name, 4096), "n")
        exchange.finish(last)
    except scram.ScramError:
        return
    raise AssertionError("nonsense was taken for a login")
