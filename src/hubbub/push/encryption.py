"""Encrypt messages for a browser (RFC 8291), and identify the server to push services (VAPID, RFC
8292). Needs the package cryptography, which is imported only here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import struct
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_RECORD = 4096  # bytes; RFC 8291 section 4: everything in one record
#: Lifetime of a VAPID token in seconds; RFC 8292 allows a day.
_GOOD_SECONDS = 12 * 3600


class BadKey(Exception):
    """The browser's key is invalid."""


def encoded(data: bytes) -> str:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Decode base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# -- RFC 8291 --------------------------------------------------------------------------------------


def encrypt(
    text: bytes,
    p256dh: str,
    auth: str,
    *,
    salt: bytes = b"",
    own: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Encrypt `text` for the browser with these keys, as the body of a request with
    Content-Encoding aes128gcm. `salt` and `own` (a private key) are random, except in tests. Raises
    BadKey."""
    try:
        point, secret = decoded(p256dh), decoded(auth)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    except (ValueError, InvalidKey) as error:
        raise BadKey(str(error)) from None
    salt = salt or os.urandom(16)
    own = own or ec.generate_private_key(_CURVE)
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared: bytes = own.exchange(ec.ECDH(), theirs)
    material = _derived(shared, secret, b"WebPush: info\0" + point + public, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\0", 12)
    sealed = AESGCM(key).encrypt(nonce, text + b"\x02", None)  # 2: the last record
    return salt + struct.pack("!IB", _RECORD, len(public)) + public + sealed


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)


# -- RFC 8292 --------------------------------------------------------------------------------------


class Vapid:
    """The server's identity for push services: a key derived from its secret, so it is constant and
    stored nowhere else."""

    def __init__(self, secret: str, contact: str) -> None:
        """`contact`: a mailto: or https: address that a push service may write to."""
        seed = hmac.digest(secret.encode(), b"hubbub push key", hashlib.sha512)
        self._key = ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, _CURVE)
        self._contact = contact
        public = self._key.public_key()
        self.public = encoded(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def authorization(self, endpoint: str, now: float) -> str:
        """The Authorization header for a request to `endpoint`. `now` is in seconds since 1970."""
        place = urlsplit(endpoint)
        claims = {
            "aud": f"{place.scheme}://{place.netloc}",
            "exp": int(now) + _GOOD_SECONDS,
            "sub": self._contact,
        }
        parts = [json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "ES256"}, claims)]
        signed = ".".join(map(encoded, parts))
        signature = self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(signature)
        word = f"{signed}.{encoded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
        return f"vapid t={word}, k={self.public}"
