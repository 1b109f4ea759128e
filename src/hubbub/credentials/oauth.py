"""Login with tokens of another service: SASL OAUTHBEARER (RFC 7628).

The settings choose one of two ways: ask the issuer about each token (RFC 7662), or verify signed
tokens (JWT, RFC 7519) with the issuer's public keys (RFC 7517), which are fetched when a key is
unknown. Everything runs in a worker thread with a time limit and a size limit on responses.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ..config import OAuthSettings
from ..work import Work

SECONDS = 5.0
LONGEST_ANSWER = 262_144  # bytes
#: Minimum seconds between two fetches of the issuer's keys, whatever keys tokens name.
KEYS_SECONDS = 60.0
#: Accepted JWT algorithms: public-key signatures only, neither "none" nor shared secrets.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")


class TokenRefused(Exception):
    """The token was refused. The text tells people why."""


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
    """Work that returns the account name of the token. It raises TokenRefused."""
    return Work(lambda log: _name(settings, token), "net")


def _name(settings: OAuthSettings, token: str) -> str:
    look = _claims_of_jwt if settings.jwks_url else _ask_issuer
    claims = look(settings, token)
    name = claims.get(settings.claim)
    if not isinstance(name, str) or not name:
        raise TokenRefused(f"the token does not say who you are ({settings.claim})")
    return name


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
    _must_fit(settings, claims)
    return claims


def _must_fit(settings: OAuthSettings, claims: dict[str, Any]) -> None:
    """Check the claims. iss, aud and exp are optional (RFC 7662), but must be right if present."""
    if settings.issuer and claims.get("iss", settings.issuer) != settings.issuer:
        raise TokenRefused("the token is from another issuer")
    audience = claims.get("aud", settings.audience)
    if settings.audience and settings.audience not in (
        audience if isinstance(audience, list) else [audience]
    ):
        raise TokenRefused("the token is for somebody else")
    expires = claims.get("exp")
    if isinstance(expires, (int, float)) and expires < time.time():
        raise TokenRefused("the token is not valid any more")


def _fetch(request: urllib.request.Request) -> dict[str, Any]:
    if urllib.parse.urlsplit(request.full_url).scheme not in ("http", "https"):
        raise TokenRefused("the issuer's address in the settings is not http or https")
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


class _Keys:
    """The issuer's public keys by id, fetched when one is missing, with a limit on the rate."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str | None], Any] = {}
        self._fetched: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, url: str, id: str | None) -> Any:
        with self._lock:
            if (url, id) not in self._keys:
                self._fetch(url)
            key = self._keys.get((url, id))
        if key is None:
            raise TokenRefused("the token is signed with a key that the issuer does not know")
        return key

    def _fetch(self, url: str) -> None:
        import jwt

        if time.monotonic() - self._fetched.get(url, -KEYS_SECONDS) < KEYS_SECONDS:
            return
        self._fetched[url] = time.monotonic()
        found = _fetch(urllib.request.Request(url, headers={"Accept": "application/json"}))
        try:
            keys = jwt.PyJWKSet.from_dict(found).keys
        except jwt.PyJWTError as error:
            raise TokenRefused("the issuer did not answer as it should") from error
        self._keys = {at: key for at, key in self._keys.items() if at[0] != url}
        self._keys |= {(url, key.key_id): key for key in keys}
        if len(keys) == 1:
            self._keys[url, None] = keys[0]  # a token may omit the key id if there is only one key


_KEYS = _Keys()


def _claims_of_jwt(settings: OAuthSettings, token: str) -> dict[str, Any]:
    try:
        import jwt
    except ImportError as error:
        raise TokenRefused("this server lacks PyJWT, which tokens need") from error
    try:
        id = jwt.get_unverified_header(token).get("kid")
        key = _KEYS.get(settings.jwks_url, id)
        return jwt.decode(
            token,
            key.key,
            algorithms=[name for name in ALGORITHMS if name == key.algorithm_name],
            audience=settings.audience or None,
            issuer=settings.issuer or None,
            options={"require": ["exp"], "verify_aud": bool(settings.audience)},
        )
    except jwt.PyJWTError as error:
        raise TokenRefused("the token is not valid") from error
