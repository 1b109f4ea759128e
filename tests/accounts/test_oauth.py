"""SASL OAUTHBEARER (RFC 7628) with an issuer on loopback, by introspection and by signature."""

import base64
import http.server
import itertools
import json
import threading
import time
import urllib.parse

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from people import account, cheap_chat, codes, connecting, encoded, restart
from test_registering import said

from hubbub.credentials import oauth
from hubbub.events.kinds import AccountDeleted, AccountRegistered, IdentityBound
from hubbub.handlers.accounts import proof

#: What a token for the tests' server says.
CLAIMS = {"preferred_username": "alice", "sub": "42", "iss": "me", "aud": "chat"}


_NUMBERS = itertools.count(1)


class Issuer(http.server.ThreadingHTTPServer):
    """Knows the token "good"; signs others."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), IssuerHandler)
        # Keys are remembered by their URL, and another issuer may get the port.
        self.url = f"http://127.0.0.1:{self.server_port}/{next(_NUMBERS)}"
        self.asked = []
        self.claims = {"active": True, **CLAIMS}
        self.answer = None  # in place of JSON
        self.key = ec.generate_private_key(ec.SECP256R1())

    def token(self, key=None, **claims):
        claims = CLAIMS | {"exp": time.time() + 3600} | claims
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, "ES256", headers={"kid": "one"})

    def keys(self):
        public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "one", "alg": "ES256", "use": "sig"}]}


class IssuerHandler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = dict(urllib.parse.parse_qsl(body))
        self.server.asked.append((form, self.headers.get("Authorization")))
        known = self.server.claims if form["token"] == "good" else {"active": False}
        self._answer(self.server.answer or json.dumps(known).encode())

    def do_GET(self):
        self.server.asked.append((self.path, None))
        self._answer(self.server.answer or json.dumps(self.server.keys()).encode())

    def _answer(self, data):
        if data == b"redirect":
            self.send_response(302)
            self.send_header("Location", f"{self.server.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def issuer():
    with Issuer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asking(issuer, **settings):
    """A chat whose server asks the issuer about tokens."""
    return trusting(oauth__introspection_url=f"{issuer.url}/introspect", **settings)


def signed(issuer, **settings):
    """A chat whose server trusts what the issuer signs."""
    return trusting(oauth__jwks_url=f"{issuer.url}/keys", **settings)


def trusting(bound="42", **settings):
    """A chat with the account alice, bound to a subject of the issuer if one is given."""
    chat = cheap_chat(**({"oauth__issuer": "me", "oauth__audience": "chat"} | settings))
    account(chat, "alice")
    if bound:
        with chat.hub.lock:
            chat.hub.recorder.record_all_locked([IdentityBound("alice", "me", bound)])
        chat.settle()
    return chat


def log_in(chat, token):
    client = connecting(chat)
    text = encoded(f"n,,\x01host=chat\x01auth=Bearer {token}\x01\x01")
    client.sends("AUTHENTICATE OAUTHBEARER")
    pieces = [text[at : at + 400] for at in range(0, len(text), 400)]
    pieces += ["+"] * (len(pieces[-1]) == 400)
    lines = client.asks(*(f"AUTHENTICATE {piece}" for piece in pieces))
    if codes(lines) == ["AUTHENTICATE"]:  # the error, which the client answers
        lines = client.asks(f"AUTHENTICATE {encoded(chr(1))}")
    return lines


def test_a_token_the_issuer_knows(issuer):
    chat = asking(issuer, oauth__client_id="hubbub")
    assert "OAUTHBEARER" in "".join(connecting(chat).asks("CAP LS 302"))
    assert codes(log_in(chat, "good")) == ["900", "903"]
    form, authorization = issuer.asked[-1]
    assert form["token"] == "good"
    assert authorization.startswith("Basic ")
    chat.check()


@pytest.mark.parametrize(
    "wrong",
    [
        {"active": False}, {"active": None}, {"preferred_username": None},
        {"preferred_username": ["alice"]}, {"exp": 1}, {"exp": "9999999999"}, {"exp": float("nan")},
        {"iss": "another"}, {"iss": None}, {"aud": ["another"]}, {"aud": None}, {"aud": []},
        {"sub": None}, {"sub": ""}, {"sub": 42}, {"sub": "x" * 256},
    ],
)  # fmt: skip
def test_what_the_issuer_says_counts(issuer, wrong):
    chat = asking(issuer)
    assert codes(log_in(chat, "good")) == ["900", "903"]
    issuer.claims |= wrong
    assert codes(log_in(chat, "good")) == ["904"]


def test_without_an_audience_or_an_issuer_no_token_is_good(issuer):
    for name in ("audience", "issuer"):
        chat = asking(issuer, **{f"oauth__{name}": ""})
        assert codes(log_in(chat, "good")) == ["904"]


def test_the_owner_is_proved_by_a_recent_token(issuer):
    """Of an account without a password; neither for long, nor for the token of a device."""
    chat = asking(issuer, bound="", oauth__register=True)
    issuer.claims |= {"sub": "7", "preferred_username": "bob"}
    client = connecting(chat)
    text = encoded("n,,\x01host=chat\x01auth=Bearer good\x01\x01")
    client.sends("NICK bobby", "USER b 0 * :b", "CAP LS 302", "AUTHENTICATE OAUTHBEARER")
    client.sends(f"AUTHENTICATE {text}", "CAP END")
    assert said(client.asks("NS GROUP")) == ["bobby belongs to your account now"]
    chat.now += proof.RECENT_MS + 1
    assert said(client.asks("NS UNGROUP bobby")) == ["Log in to your account again first"]
    client.sends("AUTHENTICATE OAUTHBEARER", f"AUTHENTICATE {text}")
    assert "REAUTHENTICATE" in client.asks("TOKEN GENERATE HUBBUB/DEVICE")[0]
    client.sends("AUTHENTICATE OAUTHBEARER", f"AUTHENTICATE {text}")
    assert said(client.asks("NS UNGROUP bobby")) == ["bobby no longer belongs to your account"]
    chat.check()


# -- whose account it is ---------------------------------------------------------------------


def test_a_name_gives_nobody_an_account_that_exists(issuer):
    chat = asking(issuer, bound="", oauth__register=True)
    assert "the account alice is not bound to that token" in log_in(chat, "good")[-1]
    chat = asking(issuer, bound="41", oauth__register=True)
    assert "is not bound" in log_in(chat, "good")[-1]
    chat.check()


def test_the_account_stays_when_the_name_at_the_issuer_changes(issuer):
    chat = asking(issuer)
    issuer.claims["preferred_username"] = "alice-married"
    assert " alice " in log_in(chat, "good")[0]
    assert chat.network.accounts.get("alice-married") is None


def test_an_account_without_another_way_in_is_bound_by_its_first_token(issuer):
    chat = cheap_chat(
        oauth__introspection_url=f"{issuer.url}/introspect",
        oauth__issuer="me",
        oauth__audience="chat",
    )
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([AccountRegistered("alice", None)])
    assert codes(log_in(chat, "good")) == ["900", "903"]
    issuer.claims["sub"] = "43"
    assert codes(log_in(chat, "good")) == ["904"]
    assert restart(chat).network.accounts.with_identity("me", "42").name == "alice"
    chat.check()


def test_a_deleted_account_is_bound_to_nobody(issuer):
    chat = asking(issuer)
    with chat.hub.lock:
        chat.hub.recorder.record_all_locked([AccountDeleted("alice", "bob", True)])
    assert codes(log_in(chat, "good")) == ["904"]
    account(chat, "alice")
    assert codes(log_in(chat, "good")) == ["904"]
    chat.check()


# -- what the issuer says --------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", b"[]", b"null", b"{" * 300_000, b"[" * 200_000, b"redirect"]
)
def test_an_issuer_that_does_not_answer_as_it_should(issuer, answer):
    chat = asking(issuer)
    issuer.answer = answer or b" "
    assert codes(log_in(chat, "good")) == ["904"]
    assert not any("elsewhere" in str(asked) for asked in issuer.asked)


def test_an_issuer_that_is_not_there(issuer):
    chat = cheap_chat(oauth__introspection_url="http://127.0.0.1:9/")
    assert codes(log_in(chat, "good")) == ["904"]
    chat = cheap_chat(oauth__introspection_url="file:///etc/passwd")
    assert codes(log_in(chat, "good")) == ["904"]


def test_a_token_of_somebody_without_an_account(issuer):
    chat = asking(issuer)
    issuer.claims |= {"preferred_username": "zoe", "sub": "43"}
    assert "there is no account zoe" in log_in(chat, "good")[-1]


def test_or_one_is_made(issuer):
    chat = asking(issuer, oauth__register=True)
    issuer.claims |= {"preferred_username": "zoe", "sub": "43"}
    assert codes(log_in(chat, "good")) == ["900", "903"]
    made = chat.network.accounts.get("zoe")
    assert (made.password, made.scram, made.identities) == (None, None, {"me": "43"})
    chat.check()


def test_a_signed_token(issuer):
    chat = signed(issuer)
    assert codes(log_in(chat, issuer.token())) == ["900", "903"]
    assert codes(log_in(chat, issuer.token(padding="x" * 900))) == ["900", "903"]
    assert len(issuer.asked) == 1  # the keys were fetched once


def test_what_is_not_signed_by_the_issuer(issuer):
    chat = signed(issuer)
    stranger = ec.generate_private_key(ec.SECP256R1())
    claims = CLAIMS | {"exp": time.time() + 3600}
    public = issuer.keys()["keys"][0]
    for token in (
        issuer.token(key=stranger),
        issuer.token(exp=time.time() - 60),
        issuer.token(exp=None),
        issuer.token(preferred_username=None),
        jwt.encode(claims, None, "none"),
        # The public key taken for a shared secret (CVE-2016-10555 and its kin).
        jwt.encode(claims, json.dumps(public) * 2, "HS256", headers={"kid": "one"}),
        jwt.encode(claims, issuer.key, "ES256", headers={"kid": "another"}),
        issuer.token()[:-4] + "AAAA",
        "not a token",
        "a.b.c",
        "",
    ):
        assert codes(log_in(chat, token)) == ["904"], token


def test_keys_are_not_fetched_for_every_stranger(issuer):
    chat = signed(issuer)
    for number in range(8):
        claims = CLAIMS | {"exp": time.time() + 3600}
        log_in(chat, jwt.encode(claims, issuer.key, "ES256", headers={"kid": str(number)}))
    assert len(issuer.asked) == 1


def test_the_issuer_and_the_audience_of_a_signed_token(issuer):
    chat = signed(issuer)
    assert codes(log_in(chat, issuer.token(aud=["else", "chat"]))) == ["900", "903"]
    for wrong in ({"iss": None}, {"aud": None}, {"iss": "you"}, {"aud": "else"}, {"sub": None}):
        assert codes(log_in(chat, issuer.token(**wrong))) == ["904"]


def test_what_strangers_nest_is_refused_like_anything_else(issuer):
    chat = signed(issuer)

    def part(text):
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    nested = '{"alg":"ES256","kid":"one","x":' + "[" * 2000 + "]" * 2000 + "}"
    head = issuer.token().partition(".")[0]
    endless = part('{"exp":1e999}')
    for token in (f"{part(nested)}.e30.AA", f"{head}.{endless}.AA"):
        assert codes(log_in(chat, token)) == ["904"]


def test_keys_are_fetched_again_from_time_to_time(issuer):
    keys, url = oauth.IssuerKeys(), f"{issuer.url}/keys"
    keys.get(url, "one", 1000.0)
    keys.get(url, "one", 1000.0 + oauth.KEYS_STALE - 1)
    assert len(issuer.asked) == 1
    keys.get(url, "one", 1000.0 + oauth.KEYS_STALE)
    assert len(issuer.asked) == 2


def test_a_key_that_the_issuer_withdrew_ends(issuer):
    keys, url = oauth.IssuerKeys(), f"{issuer.url}/keys"
    keys.get(url, "one", 0.0)
    other = issuer.keys()["keys"][0] | {"kid": "two"}
    issuer.answer = json.dumps({"keys": [other, other | {"kid": "three"}]}).encode()
    with pytest.raises(oauth.TokenRefused):
        keys.get(url, "one", oauth.KEYS_STALE)


def test_keys_last_a_day_while_the_issuer_does_not_answer(issuer):
    keys, url = oauth.IssuerKeys(), f"{issuer.url}/keys"
    keys.get(url, "one", 0.0)
    issuer.answer = b"nonsense"
    assert keys.get(url, "one", oauth.KEYS_STALE) is keys.get(url, "one", oauth.KEYS_END - 1)
    with pytest.raises(oauth.TokenRefused):
        keys.get(url, "one", oauth.KEYS_END)


@pytest.mark.parametrize("message", ["", "n,,", "n,,\x01auth=Basic x\x01\x01", "\xff", "good"])
def test_what_is_no_message(issuer, message):
    client = connecting(asking(issuer))
    client.sends("AUTHENTICATE OAUTHBEARER")
    lines = client.asks(f"AUTHENTICATE {encoded(message) or '+'}")
    assert codes(lines) == ["AUTHENTICATE"]
    assert codes(client.asks(f"AUTHENTICATE {encoded(chr(1))}")) == ["904"]
