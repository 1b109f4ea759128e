"""The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677): login without sending the password.

The server stores a verifier. A thief of it can guess passwords at the cost of `iterations` hashes
each, hence the high default of 600,000, although RFC 7677 requires 4,096 only.

    client   n,,n=alice,r=<nonce>
    server   r=<nonce><more nonce>,s=<salt>,i=<iterations>
    client   c=biws,r=<both>,p=<proof>
    server   v=<signature>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from typing import NamedTuple

from .passwords import prepare


class ScramError(Exception):
    """The client's message is invalid at this point, or its proof is wrong."""


class Verifier(NamedTuple):
    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes


def make_verifier(password: str, iterations: int, salt: bytes | None = None) -> str:
    """Derive the verifier to store. Slow. Raises ValueError for an invalid password."""
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", prepare(password).encode(), salt, iterations)
    stored_key = hashlib.sha256(_hmac(salted, b"Client Key")).digest()
    keys = f"{_b64(stored_key)}:{_b64(_hmac(salted, b'Server Key'))}"
    return f"SCRAM-SHA-256${iterations}:{_b64(salt)}${keys}"


def read_verifier(text: str) -> Verifier:
    """Parse a stored verifier; the inverse of `make_verifier`."""
    _, parameters, keys = text.split("$")
    iterations, _, salt = parameters.partition(":")
    stored_key, _, server_key = keys.partition(":")
    return Verifier(int(iterations), _unb64(salt), _unb64(stored_key), _unb64(server_key))


def decoy(secret: str, name: str, iterations: int) -> Verifier:
    """A verifier that no password matches, constant per name, so that the salt does not reveal
    which names exist."""
    key = _hmac(secret.encode(), b"scram " + name.encode())
    return Verifier(iterations, key[:16], hashlib.sha256(key).digest(), key)


class ScramExchange:
    """One login: `first`, then `challenge`, then `finish`. Messages are passed whole."""

    def __init__(self) -> None:
        self.name = ""
        self.authorize = ""  # the identity requested, if not `name`
        self._header = ""
        self._client_first = ""
        self._server_first = ""
        self._client_nonce = ""
        self._verifier: Verifier

    def first(self, message: bytes) -> None:
        """Parse the client's first message and set `name`. Raises ScramError."""
        text = _text(message)
        flag, _, rest = text.partition(",")
        authorize, _, bare = rest.partition(",")
        # "y": the client supports channel binding, but saw no -PLUS mechanism here, which is right.
        if flag not in ("n", "y") or not (authorize == "" or authorize.startswith("a=")):
            raise ScramError("no channel binding here")
        parts = bare.split(",")
        if len(parts) < 2 or parts[0][:2] != "n=" or parts[1][:2] != "r=" or not parts[1][2:]:
            raise ScramError("not a first message")
        self.name, self.authorize = _name(parts[0][2:]), _name(authorize[2:])
        self._client_nonce = parts[1][2:]
        self._header, self._client_first = f"{flag},{authorize},", bare

    def challenge(self, verifier: Verifier, nonce: str) -> bytes:
        """The server's first message. `nonce` must be new and unpredictable."""
        self._verifier = verifier
        self._server_first = (
            f"r={self._client_nonce}{nonce},s={_b64(verifier.salt)},i={verifier.iterations}"
        )
        return self._server_first.encode()

    def finish(self, message: bytes) -> bytes:
        """Verify the client's proof; return the server's last message. Raises ScramError."""
        text = _text(message)
        without_proof, comma, proof = text.rpartition(",p=")
        nonce = self._server_first.partition(",")[0]
        wanted = f"c={_b64(self._header.encode())},{nonce}"
        if not comma or without_proof != wanted:
            raise ScramError("not the answer to the challenge")
        said = f"{self._client_first},{self._server_first},{without_proof}".encode()
        signature = _hmac(self._verifier.stored_key, said)
        try:
            client_key = _xor(_unb64(proof), signature)
        except ValueError as error:
            raise ScramError("the proof is not a proof") from error
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self._verifier.stored_key):
            raise ScramError("the proof is wrong")
        return b"v=" + base64.b64encode(_hmac(self._verifier.server_key, said))


def _text(message: bytes) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise ScramError("not UTF-8") from error


def _name(escaped: str) -> str:
    """Unescape a name (RFC 5802 section 5.1): =2C is a comma, =3D an equals sign, others
    invalid."""
    if "=" in escaped.replace("=2C", "").replace("=3D", ""):
        raise ScramError("a name with a stray =")
    return escaped.replace("=2C", ",").replace("=3D", "=")


def _hmac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
