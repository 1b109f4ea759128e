"""SASL OAUTHBEARER (RFC 7628) with an issuer on loopback, by introspection and by signature."""

import http.server
import json
import threading
import time
import urllib.parse

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from people import account, cheap_chat, codes, connecting, encoded

from hubbub.credentials import oauth


class Issuer(http.server.ThreadingHTTPServer):
    """Knows the token "good"; signs others."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), IssuerHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked = []
        self.claims = {"active": True, "preferred_username": "alice"}
        self.answer = None  # in place of JSON
        self.key = ec.generate_private_key(ec.SECP256R1())

    def token(self, key=None, **claims):
        claims = {"preferred_username": "alice", "exp": time.time() + 3600} | claims
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
def issuer(monkeypatch):
    monkeypatch.setattr(oauth, "_KEYS", oauth._Keys())
    with Issuer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def asking(issuer, **settings):
    """A chat whose server asks the issuer about tokens."""
    chat = cheap_chat(oauth__introspection_url=f"{issuer.url}/introspect", **settings)
    account(chat, "alice")
    return chat


def signed(issuer, **settings):
    """A chat whose server trusts what the issuer signs."""
    chat = cheap_chat(oauth__jwks_url=f"{issuer.url}/keys", **settings)
    account(chat, "alice")
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
    "claims",
    [
        {"active": False, "preferred_username": "alice"},
        {"preferred_username": "alice"},
        {"active": True},
        {"active": True, "preferred_username": ["alice"]},
        {"active": True, "preferred_username": "alice", "exp": 1},
        {"active": True, "preferred_username": "alice", "iss": "another"},
        {"active": True, "preferred_username": "alice", "aud": ["another"]},
    ],
)
def test_what_the_issuer_says_counts(issuer, claims):
    chat = asking(issuer, oauth__issuer="me", oauth__audience="chat")
    chat.hub.context.use(chat.settings)
    issuer.claims = claims
    if claims.get("iss") or claims.get("aud"):
        import dataclasses

        own = dataclasses.replace(chat.settings.oauth, issuer="me", audience="chat")
        chat.hub.context.use(dataclasses.replace(chat.settings, oauth=own))
    assert codes(log_in(chat, "good")) == ["904"]


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
    chat = cheap_chat(oauth__introspection_url=f"{issuer.url}/introspect")
    assert "there is no account alice" in log_in(chat, "good")[-1]


def test_or_one_is_made(issuer):
    import dataclasses

    chat = cheap_chat(oauth__introspection_url=f"{issuer.url}/introspect")
    own = dataclasses.replace(chat.settings.oauth, register=True)
    chat.hub.context.use(dataclasses.replace(chat.settings, oauth=own))
    assert codes(log_in(chat, "good")) == ["900", "903"]
    made = chat.network.accounts.get("alice")
    assert (made.password, made.scram) == (None, None)
    chat.check()


def test_a_signed_token(issuer):
    chat = signed(issuer)
    assert codes(log_in(chat, issuer.token())) == ["900", "903"]
    assert codes(log_in(chat, issuer.token(padding="x" * 900))) == ["900", "903"]
    assert len(issuer.asked) == 1  # the keys were fetched once


def test_what_is_not_signed_by_the_issuer(issuer):
    chat = signed(issuer)
    stranger = ec.generate_private_key(ec.SECP256R1())
    claims = {"preferred_username": "alice", "exp": time.time() + 3600}
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
        claims = {"preferred_username": "alice", "exp": time.time() + 3600}
        log_in(chat, jwt.encode(claims, issuer.key, "ES256", headers={"kid": str(number)}))
    assert len(issuer.asked) == 1


def test_the_issuer_and_the_audience_of_a_signed_token(issuer):
    import dataclasses

    chat = signed(issuer)
    own = dataclasses.replace(chat.settings.oauth, issuer="me", audience="chat")
    chat.hub.context.use(dataclasses.replace(chat.settings, oauth=own))
    assert codes(log_in(chat, issuer.token(iss="me", aud="chat"))) == ["900", "903"]
    for claims in ({}, {"iss": "me"}, {"aud": "chat"}, {"iss": "you", "aud": "chat"}):
        assert codes(log_in(chat, issuer.token(**claims))) == ["904"]


@pytest.mark.parametrize("message", ["", "n,,", "n,,\x01auth=Basic x\x01\x01", "\xff", "good"])
def test_what_is_no_message(issuer, message):
    client = connecting(asking(issuer))
    client.sends("AUTHENTICATE OAUTHBEARER")
    lines = client.asks(f"AUTHENTICATE {encoded(message) or '+'}")
    assert codes(lines) == ["AUTHENTICATE"]
    assert codes(client.asks(f"AUTHENTICATE {encoded(chr(1))}")) == ["904"]
