"""TLS with the package pyOpenSSL, for clients that are asked for a certificate.

IRC client certificates are mostly self-signed: the client proves that it holds the key, and the
fingerprint identifies it (SASL EXTERNAL). The standard library accepts only certificates signed by
a known authority, so this needs pyOpenSSL.
"""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from .tls import READ_BYTES, TlsError


def asking_context(certificate: Path, key: Path | None) -> SSL.Context:
    """A context that requests a client certificate and accepts any, or none."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_options(SSL.OP_NO_RENEGOTIATION)
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)
    context.use_certificate_chain_file(str(certificate))
    context.use_privatekey_file(str(key or certificate))
    context.set_verify(SSL.VERIFY_PEER, _take_any)
    context.set_session_id(b"hubbub")  # without it a client that resumes is refused
    return context


def _take_any(connection: Any, certificate: Any, error: int, depth: int, ok: int) -> bool:
    """Accept any issuer. TLS itself checks that the client holds the key."""
    return True


class OpenSslEngine:
    """A TlsEngine (tls.py). `like` is the ssl context to report as sslcontext to asyncio's
    users."""

    def __init__(self, context: SSL.Context, like: ssl.SSLContext) -> None:
        self._like = like
        self._connection = SSL.Connection(context, None)
        self._connection.set_accept_state()

    def feed(self, data: bytes) -> None:
        self._connection.bio_write(data)

    def take(self) -> bytes:
        parts = []
        # PyOpenSSL's way to say that more input is needed.
        with contextlib.suppress(SSL.WantReadError):
            while True:
                parts.append(self._connection.bio_read(READ_BYTES))
        return b"".join(parts)

    def handshake(self) -> bool:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise TlsError(_reason(error)) from None
        return True

    def read(self) -> bytes | None:
        try:
            return self._connection.recv(READ_BYTES)
        except SSL.WantReadError:
            return None
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as error:
            raise TlsError(_reason(error)) from None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        try:
            self._connection.sendall(data)
        except SSL.Error as error:
            raise TlsError(_reason(error)) from None

    def shutdown(self) -> None:
        with contextlib.suppress(SSL.Error):
            self._connection.shutdown()

    def client_certificate(self) -> bytes | None:
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        return certificate.public_bytes(Encoding.DER) if certificate else None

    def extra_info(self, name: str) -> Any:
        if name == "sslcontext":
            return self._like
        if name == "cipher":
            connection = self._connection
            return (
                connection.get_cipher_name(),
                connection.get_cipher_version(),
                connection.get_cipher_bits(),
            )
        return None


def _reason(error: SSL.Error) -> str:
    """OpenSSL's reason for the first error."""
    with contextlib.suppress(IndexError, TypeError):
        return str(error.args[0][0][2]) or "broken record"
    return "broken record"
