"""Login with tokens of another service: SASL OAUTHBEARER (RFC 7628).

The settings choose one of two ways: ask the issuer about each token (RFC 7662), or verify signed
tokens (JWT, RFC 7519) with the issuer's public keys (RFC 7517), which are fetched when a key is
unknown and from time to time, because an issuer withdraws keys. A token must be for this server
(aud), of the configured issuer (iss), and about somebody (sub), in both ways. Everything runs in a
worker thread with a time limit and a size limit on responses.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, NamedTuple

from ..config import OAuthSettings
from ..work import Work

SECONDS = 5.0
LONGEST_ANSWER = 262_144  # bytes
#: Minimum seconds between two fetches of the issuer's keys, whatever keys tokens name.
KEYS_SECONDS = 60.0
#: Fetch keys again after this many seconds; if that fails, use them until KEYS_END.
KEYS_STALE = 900.0
KEYS_END = 86_400.0
#: Maximum length of a subject (OpenID Connect Core section 2 has 255 ASCII characters).
LONGEST_SUBJECT = 255
#: Accepted JWT algorithms: public-key signatures only, neither "none" nor shared secrets.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")


class TokenRefused(Exception):
    """The token was refused. The text tells people why."""


class Identity(NamedTuple):
    """Whom a valid token is about. `subject` never changes at the issuer; `name` may."""

    issuer: str
    subject: str
    name: str


def read_message(message: bytes) -> str:
    """Extract the token from the client's message (RFC 7628 section 3.1). Raises TokenRefused."""
    try:
        parts = message.decode().split("\x01")
    except UnicodeDecodeError:
        parts = []
    for part in parts[1:]:
        key, _, value = part.partition("=")
        kind, _, token = value.partition(" ")
        if key == "auth" and kind.lower() == "bearer" and token.strip():
            return token.strip()
    raise TokenRefused("that is not an OAUTHBEARER message")


def look_at(settings: OAuthSettings, token: str) -> Work:
    """Work that returns the Identity in the token. It raises TokenRefused."""
    return Work(lambda log: _identity(settings, token), "net")


def _identity(settings: OAuthSettings, token: str) -> Identity:
    look = _claims_of_jwt if settings.jwks_url else _ask_issuer
    claims = look(settings, token)
    _must_fit(settings, claims)
    subject, name = _text(claims, "sub"), _text(claims, settings.claim)
    if len(subject) > LONGEST_SUBJECT:
        raise TokenRefused("the token does not say who you are (sub)")
    return Identity(settings.issuer, subject, name)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise TokenRefused(f"the token does not say who you are ({name})")
    return value


# -- asking the issuer ---------------------------------------------------------------------


def _ask_issuer(settings: OAuthSettings, token: str) -> dict[str, Any]:
    body = urllib.parse.urlencode({"token": token, "token_type_hint": "access_token"}).encode()
    request = urllib.request.Request(settings.introspection_url, body)
    request.add_header("Accept", "application/json")
    if settings.client_id:
        pair = ":".join(
            urllib.parse.quote(part, safe="")
            for part in (settings.client_id, settings.client_secret)
        )
        request.add_header("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")
    claims = _fetch(request)
    if claims.get("active") is not True:
        raise TokenRefused("the token is not valid any more")
    return claims


def _must_fit(settings: OAuthSettings, claims: dict[str, Any]) -> None:
    """Check iss and aud, and exp if present. RFC 7662 makes all three optional in the answer of an
    issuer, but without the first two a token for any other application would pass."""
    if not settings.issuer or claims.get("iss") != settings.issuer:
        raise TokenRefused("the token is from another issuer, or does not say from which (iss)")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if not settings.audience or settings.audience not in audiences:
        raise TokenRefused("the token is for somebody else, or does not say for whom (aud)")
    expires = claims.get("exp")
    in_time = isinstance(expires, (int, float)) and expires > time.time()
    if expires is not None and not in_time:
        raise TokenRefused("the token is not valid any more")


def _fetch(request: urllib.request.Request) -> dict[str, Any]:
    if urllib.parse.urlsplit(request.full_url).scheme not in ("http", "https"):
        raise TokenRefused("the issuer's address in the settings is not https")
    try:
        with _OPENER.open(request, timeout=SECONDS) as answer:
            data = answer.read(LONGEST_ANSWER + 1)
        found = json.loads(data) if len(data) <= LONGEST_ANSWER else None
    except (urllib.error.URLError, OSError, ValueError, RecursionError) as error:
        raise TokenRefused("the issuer could not be asked: try again later") from error
    if not isinstance(found, dict):
        raise TokenRefused("the issuer did not answer as it should")
    return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse redirects: a token is sent to the configured address and nowhere else."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


# -- signed tokens -------------------------------------------------------------------------


class IssuerKeys:
    """The issuer's public keys by id, fetched when one is missing and when they are old, with a
    limit on the rate."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str | None], Any] = {}
        self._tried: dict[str, float] = {}
        self._fetched: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, url: str, id: str | None, now: float) -> Any:
        """Raises TokenRefused."""
        with self._lock:
            age = now - self._fetched.get(url, -KEYS_END)
            if age >= KEYS_STALE or (url, id) not in self._keys:
                self._refresh(url, now, needed=age >= KEYS_END)
            key = self._keys.get((url, id))
        if key is None:
            raise TokenRefused("the token is signed with a key that the issuer does not know")
        return key

    def _refresh(self, url: str, now: float, *, needed: bool) -> None:
        """Fetch the keys, unless that was tried just now. A failure drops them if they are
        `needed` anew, else the present ones stay. Raises TokenRefused."""
        if needed:
            self._keys = {at: key for at, key in self._keys.items() if at[0] != url}
        if now - self._tried.get(url, -KEYS_SECONDS) < KEYS_SECONDS:
            return
        self._tried[url] = now
        try:
            self._fetch(url)
        except TokenRefused:
            if needed:
                raise
            return
        self._fetched[url] = now

    def _fetch(self, url: str) -> None:
        import jwt

        found = _fetch(urllib.request.Request(url, headers={"Accept": "application/json"}))
        try:
            keys = jwt.PyJWKSet.from_dict(found).keys
        except jwt.PyJWTError as error:
            raise TokenRefused("the issuer did not answer as it should") from error
        self._keys = {at: key for at, key in self._keys.items() if at[0] != url}
        self._keys |= {(url, key.key_id): key for key in keys}
        if len(keys) == 1:
            self._keys[url, None] = keys[0]  # a token may omit the key id if there is only one key


_KEYS = IssuerKeys()


def _claims_of_jwt(settings: OAuthSettings, token: str) -> dict[str, Any]:
    try:
        import jwt
    except ImportError as error:
        raise TokenRefused("this server lacks PyJWT, which tokens need") from error
    try:
        id = jwt.get_unverified_header(token).get("kid")
        key = _KEYS.get(settings.jwks_url, id, time.monotonic())
        return jwt.decode(
            token,
            key.key,
            algorithms=[name for name in ALGORITHMS if name == key.algorithm_name],
            audience=settings.audience,
            issuer=settings.issuer,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    # PyJWT parses what strangers send: deep nesting, infinite times.
    except (jwt.PyJWTError, ValueError, RecursionError, OverflowError) as error:
        raise TokenRefused("the token is not valid") from error
