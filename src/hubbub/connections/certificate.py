"""The server's certificate: the operator's files, or a self-signed one made on first use.

The self-signed certificate is stored in the data directory as one file (key and certificate,
readable by its owner only), so its fingerprint stays the same and people can pin it. Making it
needs the package cryptography; without that and without the operator's files, TLS is off.

Loading never delays the start of the server: CertificateProvider does it in a thread of its own.
"""

import contextlib
import datetime
import hashlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..addresses import ip_of

SELF_SIGNED_FILE = "chat.pem"
SELF_SIGNED_DAYS = 3650


class CertificateError(Exception):
    """No certificate is available. The text is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A loaded certificate: the TLS context, and the fingerprint that people compare.

    `asking` is the context of tls_openssl.py, which requests client certificates, or None.
    """

    context: ssl.SSLContext
    fingerprint: str
    """SHA-256 of the certificate, lower-case hexadecimal."""
    path: Path
    asking: Any = None

    @property
    def readable_fingerprint(self) -> str:
        """The fingerprint in the form that browsers and IRC clients show: AB:CD:..."""
        pairs = (self.fingerprint[i : i + 2] for i in range(0, len(self.fingerprint), 2))
        return ":".join(pairs).upper()


def load_certificate(
    certificate: Path, key: Path | None = None, *, ask: bool = False
) -> Certificate:
    """Load PEM files: the certificate chain, and the key, which may be in the same file.

    `ask`: also prepare to request client certificates, where pyOpenSSL is installed. Raises
    CertificateError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # An empty password keeps OpenSSL from prompting for one on the terminal.
        context.load_cert_chain(certificate, key, password=_no_password)
        fingerprint = _fingerprint(certificate)
    except (OSError, ValueError) as error:
        raise CertificateError(_why_not(certificate, key, error)) from None
    asking = _asking_context(certificate, key) if ask else None
    return Certificate(context, fingerprint, certificate, asking)


def _asking_context(certificate: Path, key: Path | None) -> Any:
    try:
        from .tls_openssl import asking_context
    except ImportError:
        return None
    return asking_context(certificate, key)


def _no_password() -> str:
    raise ValueError("the key is encrypted; TLS needs one without a passphrase")


def _fingerprint(path: Path) -> str:
    text = path.read_text("ascii", "replace")
    start = text.index("-----BEGIN CERTIFICATE-----")
    end_mark = "-----END CERTIFICATE-----"
    end = text.index(end_mark, start) + len(end_mark)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[start:end])).hexdigest()


def _why_not(certificate: Path, key: Path | None, error: Exception) -> str:
    files = str(certificate) if key is None else f"{certificate} and {key}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "not PEM").lower().replace("_", " ")
    elif isinstance(error, OSError):
        reason = error.strerror or str(error)
    else:
        reason = str(error)
    return f"cannot use the certificate in {files}: {reason}"


def self_signed_certificate(
    directory: Path, names: Iterable[str] = (), *, ask: bool = False
) -> Certificate:
    """Load the self-signed certificate of this data directory; make it if there is none.

    `names` are host names and addresses to include besides those of this machine; `ask` as in
    load_certificate. Raises CertificateError.
    """
    path = directory / SELF_SIGNED_FILE
    if not path.exists():
        _keep(path, _make_self_signed([*_own_names(), *names]))
    return load_certificate(path, ask=ask)


def _own_names() -> list[str]:
    return ["localhost", "127.0.0.1", "::1", socket.gethostname()]


def _make_self_signed(names: Iterable[str]) -> bytes:
    """Make a new key and its self-signed certificate, in PEM."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError:
        raise CertificateError(
            "TLS is off: making a certificate takes the Python package cryptography"
            " (python3 -m pip install cryptography); or set tls.cert to one of yours"
        ) from None
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hubbub")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))  # clocks differ
        .not_valid_after(now + datetime.timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.IPAddress(address) if (address := ip_of(host)) else x509.DNSName(host)
                    for host in dict.fromkeys(names)
                    if host.isascii()
                ]
            ),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _keep(path: Path, content: bytes) -> None:
    """Write the file completely or not at all. If another process was first, its file is kept."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        except OSError:  # the file system has no hard links
            os.replace(draft, path)
    except OSError as error:
        raise CertificateError(f"TLS is off: cannot write {path}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


class CertificateProvider:
    """Provides the certificate to new connections. Thread-safe.

    `make` loads it, which may be slow, or raises CertificateError. It runs in a thread of its own,
    at the first request for the certificate and at every reload.
    """

    def __init__(self, make: Callable[[], Certificate]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._certificate: Future[Certificate] | None = None

    def certificate(self) -> Future[Certificate]:
        """A future of the certificate. Its exception, if any, is a CertificateError."""
        with self._lock:
            if self._certificate is None:
                self._certificate = self._start()
            return self._certificate

    def reload(self) -> Future[Certificate]:
        """Load again. New connections get the new certificate; on failure the old one stays in
        use."""
        return self._start()

    def _start(self) -> Future[Certificate]:
        future: Future[Certificate] = Future()
        # Not a daemon thread: an interpreter that exits while a thread is in a C extension aborts.
        threading.Thread(target=self._run, args=(future,), name="certificate").start()
        return future

    def _run(self, future: Future[Certificate]) -> None:
        try:
            certificate = self._make()
        except Exception as error:
            future.set_exception(error)
            return
        with self._lock:
            self._certificate = future
        future.set_result(certificate)
