"""Detect the protocol of a connection from its first bytes. No I/O.

The verdict depends on the bytes alone and is never changed by later bytes. So it does not depend on
packet boundaries, and it is safe to ask again after every packet. The rules:

    16 03                       TLS: a handshake record of SSL 3.0 or later
    the PROXY v2 signature      a proxy that names the client; "PROXY " (v1) as well
    GET, POST, ... and a space  HTTP; its methods are case-sensitive (RFC 9110 section 9.1)
    CAP, NICK, ... and a space  IRC, case-insensitive; @tags and a :source may come first
    anything else               plain text: a person, telnet (FF), an SSH client, noise

Only commands with which IRC clients open a connection count as IRC, because every further word
could be the first line of a person. A word alone ("nick", "Pat") is never IRC: a command is
followed by a space.
"""

import re
from enum import Enum, auto

OPENING_LIMIT = 4608
"""Bytes after which an opening without a verdict is plain text: the tags that an IRC client may
send (4094, message-tags specification) and one line (512)."""

PROXY_V2_SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

# PRI opens HTTP/2 (RFC 9113 section 3.4).
HTTP_METHODS = frozenset(b"GET HEAD POST PUT DELETE CONNECT OPTIONS TRACE PATCH PRI".split())
IRC_COMMANDS = frozenset(
    b"CAP NICK USER PASS WEBIRC AUTHENTICATE PING QUIT PROTOCTL STARTTLS".split()
)
_WITHOUT_PARAMETERS = frozenset([b"STARTTLS"])
_CASE_SENSITIVE = HTTP_METHODS | {b"PROXY"}

_IRC_PREFIX = re.compile(rb"(?:@[^ \r\n\0]* +)?(?::[^ \r\n\0]* +)?")
_UNFINISHED_IRC_PREFIX = re.compile(rb"@[^ \r\n\0]*|(?:@[^ \r\n\0]* +)?:[^ \r\n\0]*")
_LETTERS = re.compile(rb"[A-Za-z]*")


class Verdict(Enum):
    """The detected protocol of a connection."""

    TLS = auto()
    PROXY = auto()
    HTTP = auto()
    IRC = auto()
    PLAIN = auto()


def detect(opening: bytes | bytearray) -> Verdict | None:
    """Detect the protocol from the bytes read so far; None: more bytes are needed."""
    head = bytes(opening[:OPENING_LIMIT])
    verdict = _verdict(head)
    if verdict is None and len(head) == OPENING_LIMIT:
        return Verdict.PLAIN
    return verdict


def _verdict(head: bytes) -> Verdict | None:
    if head.startswith(b"\x16"):
        return _tls(head)
    if head.startswith(PROXY_V2_SIGNATURE):
        return Verdict.PROXY
    if PROXY_V2_SIGNATURE.startswith(head):
        return None
    # Skip leading empty lines, as HTTP and IRC servers do: a person may have pressed Enter.
    return _first_word(head.lstrip(b"\r\n"))


def _tls(head: bytes) -> Verdict | None:
    if len(head) == 1:
        return None
    return Verdict.TLS if head[1] == 3 else Verdict.PLAIN


def _first_word(text: bytes) -> Verdict | None:
    if not text or _UNFINISHED_IRC_PREFIX.fullmatch(text):
        return None
    prefix = _end(_IRC_PREFIX, text, 0)
    end = _end(_LETTERS, text, prefix)
    word = text[prefix:end]
    if end == len(text):
        return None if _begins_a_word(word, prefixed=prefix > 0) else Verdict.PLAIN
    return _whole_word(word, text[end : end + 1], prefixed=prefix > 0)


def _end(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _begins_a_word(letters: bytes, prefixed: bool) -> bool:
    if not prefixed and any(word.startswith(letters) for word in _CASE_SENSITIVE):
        return True
    return any(command.startswith(letters.upper()) for command in IRC_COMMANDS)


def _whole_word(word: bytes, after: bytes, prefixed: bool) -> Verdict:
    if after == b" " and not prefixed and word in HTTP_METHODS:
        return Verdict.HTTP
    if after == b" " and not prefixed and word == b"PROXY":
        return Verdict.PROXY
    command = word.upper()
    if after == b" " and command in IRC_COMMANDS:
        return Verdict.IRC
    if after in b"\r\n" and command in _WITHOUT_PARAMETERS:
        return Verdict.IRC
    return Verdict.PLAIN
