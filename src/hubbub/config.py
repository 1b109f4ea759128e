"""Settings: what they are called, what they mean, what they are when nobody says anything.

To add one, write its line: name, type, default, reason. The checks, the environment variable, the
sample file and the error messages come from that line (settings_loader.py).

A setting is looked for in four places, the first that has it wins:

1. the command line      `--threads 2`, or for any setting `--set limits.nick_length=20`
2. the environment       `HUBBUB_THREADS=2`, `HUBBUB_LIMITS__NICK_LENGTH=20`
3. a file                `--config hubbub.toml` (or `HUBBUB_CONFIG`), written in TOML
4. the default below

A name nobody knows and a value of the wrong kind are errors that carry the setting's path and the
place they came from. Settings never change once loaded; reloading makes new ones.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import settings_loader
from .addresses import parse_host
from .errors import UsageError
from .model.privileges import unknown
from .protocol.modes import GIVEN_MODES, USER_MODES
from .settings_loader import group, setting

# -- what a value may look like: None, or what is wrong with it ------------------------------------


def _host(value: str) -> str | None:
    try:
        parse_host(value)
    except UsageError as error:
        return str(error)
    return None


def _networks(values: Iterable[str]) -> str | None:
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            return f"{value!r} is neither an address nor a network such as 10.0.0.0/8"
    return None


def _origins(values: Iterable[str]) -> str | None:
    for value in values:
        if value != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]_-]+/?", value):
            return f"{value!r} is not an origin such as https://chat.example.org, nor *"
    return None


def _channel(value: str) -> str | None:
    if re.fullmatch(r"#[^\x00-\x20,:\x7f]+", value):
        return None
    return f"{value!r} is not a channel name: it begins with # and has no space, comma or colon"


def _server_name(value: str) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", value) and len(value) <= 63:
        return None
    return f"{value!r} is not a server name: letters, digits, - and at least one dot"


def _user_modes(value: str) -> str | None:
    allowed = "".join(letter for letter in USER_MODES if letter not in GIVEN_MODES | {"s"})
    return None if set(value) <= set(allowed) else f"{value!r} is not made of the letters {allowed}"


def _word(value: str) -> str | None:
    return None if re.fullmatch(r"[!-~]+", value) else f"{value!r} is not a single ASCII word"


def _address(value: str) -> str | None:
    if not value or re.fullmatch(r"https?://[!-~]{1,200}", value):
        return None
    return f"{value!r} is not the address of a page: https:// and no spaces"


def _media_types(values: Iterable[str]) -> str | None:
    for value in values:
        if not re.fullmatch(r"[a-z0-9.+-]+/(\*|[a-z0-9.+-]+)", value):
            return f"{value!r} is not a media type such as application/pdf or image/*"
    return None


# -- the settings ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChatLogSettings:
    """chat.log is rotated by size."""

    size: int = setting(10_485_760, "Length at which it is put away", unit="bytes", low=4096)
    backups: int = setting(5, "How many put away, as chat.log.1 and on, are kept", low=0, high=1000)


@dataclass(frozen=True)
class TlsSettings:
    """A client that begins with a TLS hello gets TLS, on the same port."""

    enabled: bool = setting(True, "Answer clients that speak TLS")
    cert: Path | None = setting(
        None, "Certificate chain, PEM. Empty: a self-signed one, made on first use, in data_dir"
    )
    key: Path | None = setting(None, "Private key of the certificate, PEM. Empty: it is in cert")
    sts: bool = setting(
        False,
        "Tell IRC clients to come with TLS and nothing else (IRCv3 sts). They must be able to check"
        " the certificate",
    )
    sts_seconds: int = setting(
        2_592_000, "For how long they are to remember that. 0: they are to forget it", low=0
    )
    client_certificates: bool = setting(
        True, "Ask IRC clients (not browsers) for a certificate, to sign in with (SASL EXTERNAL)"
    )


@dataclass(frozen=True)
class ProxySettings:
    """Programs that stand in front of the server."""

    trusted: tuple[str, ...] = setting(
        (),
        "Addresses or networks believed when they name the client they pass on, in a PROXY header"
        " or in X-Forwarded-For",
        check=_networks,
    )
    required: bool = setting(
        False,
        "Turn away whoever does not begin with a PROXY header, for a server that is reached"
        " through such a proxy alone",
    )


@dataclass(frozen=True)
class WebSettings:
    """Browsers: the web client, WebSocket, and pages for programs that watch the server."""

    origins: tuple[str, ...] = setting(
        (),
        "Origins of pages that may connect besides the server's own, as https://chat.example.org."
        " A server behind a reverse proxy needs its public one here",
        check=_origins,
    )
    address: str = setting(
        "",
        "Where people find this server in their browsers, https://chat.example.org: what links"
        " begin with. Empty: this machine's own address",
        check=_address,
    )
    metrics: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1"), "Addresses or networks that may read /metrics", check=_networks
    )


@dataclass(frozen=True)
class FileSettings:
    """Files that people upload and name in messages; kept in the folder files of data_dir."""

    enabled: bool = setting(True, "People may upload files")
    guests: bool = setting(True, "Also people without an account")
    access: str = setting(
        "link",
        "Who may read a file. link: who has its link, as long as the message is there; members:"
        " who is in the channel or the conversation of that message now, and says who it is",
        choices=("link", "members"),
    )
    types: tuple[str, ...] = setting(
        (), "Media types that are taken, as image/* or application/pdf. Empty: all",
        check=_media_types,
    )  # fmt: skip
    size: int = setting(26_214_400, "Largest file", unit="bytes", low=1024)
    account_quota: int = setting(
        1_073_741_824, "Room for the files of one account", unit="bytes", low=0
    )
    guest_quota: int = setting(
        104_857_600, "Room for the files of one person without account", unit="bytes", low=0
    )
    address_quota: int = setting(
        536_870_912, "Room for those of all such people of one IPv4 address or IPv6 /64",
        unit="bytes", low=0,
    )  # fmt: skip
    total: int = setting(10_737_418_240, "Room for all files", unit="bytes", low=0)
    free_space: int = setting(
        536_870_912, "What uploads leave free on the disk, for the log above all", unit="bytes",
        low=0,
    )  # fmt: skip
    at_once: int = setting(4, "Uploads of one person at the same time", low=1, high=1000)
    unposted_hours: float = setting(24, "A file that no message names goes after so long", low=0.01)
    pixels: int = setting(
        50_000_000, "Pixels of the largest picture; working on one takes up to 16 bytes for each",
        low=1_000_000,
    )  # fmt: skip


@dataclass(frozen=True)
class LimitSettings:
    """What one client may ask of the others. The comment says what happens at the limit."""

    # Sizes. What other servers chose: send queue 96 KiB (Ergo), 1 MiB (InspIRCd); receive queue
    # 16 KiB (Ergo), 4 KiB (InspIRCd).
    line_length: int = setting(
        512, "Longest line with its end, without its tags", unit="bytes", low=512, high=65536
    )
    send_queue: int = setting(
        1_048_576, "What may wait for a client; one that reads too slowly is cut off", unit="bytes",
        low=16384,
    )  # fmt: skip
    receive_queue: int = setting(
        16_384, "What a client may send without ending a line; then it is cut off", unit="bytes",
        low=9216,
    )  # fmt: skip

    # Times. Registration 60 s, ping 90 s and drop at 150 s are Ergo's.
    greeting_seconds: float = setting(
        0.3,
        "A client silent for so long is greeted as a person; where a browser is, after Enter",
        low=0.01,
        high=10,
    )
    opening_seconds: float = setting(
        10, "Time to finish a first line, a TLS handshake or a request; then it is cut off", low=0.1
    )
    registration_seconds: float = setting(60, "Time to say who one is; then it is cut off", low=0.1)
    login_seconds: float = setting(
        15, "Of that, to go on with a login (SASL) that was begun; then it is cut off", low=0.1
    )
    ping_seconds: float = setting(90, "A client silent for so long is asked for life", low=0.1)
    ping_timeout_seconds: float = setting(60, "Time to answer that; then it is cut off", low=0.1)

    # Numbers. Ergo takes 16 connections from an address; a class behind one router is more.
    connections_per_address: int = setting(
        64, "At once from one IPv4 address or IPv6 /64; more are turned away. 0: no limit", low=0
    )
    exempt: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1"),
        "Addresses or networks for which connections_per_address is no limit",
        check=_networks,
    )
    flood_burst: int = setting(
        20, "Commands a client may send at once; then it is slowed down. 0: no limit", low=0
    )
    flood_rate: float = setting(4, "Commands a second of a client slowed down", low=0.1)

    change_burst: int = setting(
        10,
        "Changes of nick, real name, AWAY and comings back to channels one person may make at once,"
        " and again each minute; more are refused. 0: no limit",
        low=0,
    )
    request_burst: int = setting(
        120, "Requests to /api/ one person may make at once, and 16 times that an address", low=1
    )
    request_rate: float = setting(240, "Requests a minute after that", low=0.1)

    # Lengths told to every client (ISUPPORT).
    nick_length: int = setting(32, "Longest nick", unit="bytes", low=9, high=128)
    ascii_nicks: bool = setting(False, "Nicks and accounts of ASCII letters alone")
    user_length: int = setting(20, "Longest user name", unit="bytes", low=9, high=64)
    realname_length: int = setting(128, "Longest real name", unit="bytes", low=16, high=300)
    channel_length: int = setting(64, "Longest channel name", unit="bytes", low=16, high=128)
    topic_length: int = setting(390, "Longest topic", unit="bytes", low=50, high=390)
    away_length: int = setting(390, "Longest away message", unit="bytes", low=50, high=390)
    reason_length: int = setting(
        390, "Longest reason of a kick, a part or a quit", unit="bytes", low=50, high=390
    )
    channels_per_client: int = setting(100, "Channels one client may be in", low=1)
    targets: int = setting(4, "Receivers one message may name", low=1, high=100)
    list_entries: int = setting(100, "Masks in each list of a channel (+b, +e, +I)", low=1)
    monitored: int = setting(100, "Nicks one client may watch with MONITOR", low=1)

    multiline_bytes: int = setting(
        16_384, "longest message of several lines", unit="bytes", low=1024, high=65536
    )
    multiline_lines: int = setting(200, "lines that one message may have", low=2, high=1000)
    invites: int = setting(20, "Invitations one person may have open", low=0)
    invite_uses: int = setting(30, "People an invitation lets in when nothing is said", low=1)
    invite_days: int = setting(7, "Days it lasts when nothing is said", low=1, high=365)
    metadata_keys: int = setting(
        20, "Keys of metadata a person or a channel may have", low=1, high=100
    )
    metadata_bytes: int = setting(300, "Longest value of metadata", unit="bytes", low=16, high=350)
    metadata_subscriptions: int = setting(
        50, "Keys of metadata a client may subscribe to", low=1, high=1000
    )
    metadata_burst: int = setting(
        60, "Changes of metadata one person may make at once, and again each minute", low=1
    )
    history_at_once: int = setting(
        1000, "messages of history that a client may ask for at once", low=20, high=10000
    )
    playback: int = setting(
        500, "Messages of each channel or person for clients that ask as they ask ZNC", low=1
    )
    history_on_join: int = setting(
        20, "Messages that a plain client sees of a channel it enters", low=0, high=1000
    )


@dataclass(frozen=True)
class RetentionSettings:
    """What is forgotten, for good: in chat.db, in the index and in later backups."""

    days: int = setting(0, "What was said longer ago is forgotten. 0: never", low=0, high=36500)
    messages: int = setting(
        0, "Of each channel and each private conversation the last so many are kept. 0: all", low=0
    )


@dataclass(frozen=True)
class AdminSettings:
    """Who runs the server, for the command ADMIN."""

    name: str = setting("", "Who runs the server")
    place: str = setting("", "Where")
    email: str = setting("", "How to reach them")


@dataclass(frozen=True)
class AccountSettings:
    """Who one is, kept in the server: names, passwords, registered channels."""

    registration: bool = setting(True, "People may make accounts themselves")
    before_connect: bool = setting(
        True, "They may do so before they are on the network (IRCv3 account-registration)"
    )
    custom_names: bool = setting(True, "An account may be called otherwise than the nick")
    required: bool = setting(False, "Only who logs in may enter")
    nick_reservation: str = setting(
        "strict",
        "Nicks that belong to an account. strict: nobody else may use them; none: anybody may",
        choices=("strict", "none"),
    )
    multiclient: bool = setting(True, "Several connections of one account may share a nick")
    always_on: str = setting(
        "opt-in",
        "People of accounts who stay when they are not connected. off: none; opt-in: those who"
        " want it; opt-out: all but those who do not",
        choices=("off", "opt-in", "opt-out"),
    )
    nicks: int = setting(5, "Nicks one account may have, besides its own name", low=0)
    channels: int = setting(20, "Channels one account may register", low=0)

    password_length: int = setting(8, "Shortest password", unit="bytes", low=1, high=64)
    # OWASP asks for at least 46 MiB at one pass.
    hash_memory: int = setting(
        65_536, "Memory that hashing one password takes; two at once at most", unit="KiB",
        low=1024, high=4_194_304,
    )  # fmt: skip
    # Whoever steals the database guesses against the weakest of what is kept of a password.
    scram_iterations: int = setting(
        600_000, "Rounds of SCRAM-SHA-256 for new passwords. 0: none is kept, no login by SCRAM",
        low=0,
    )  # fmt: skip
    login_burst: int = setting(10, "Wrong passwords at once, from an address or for a name", low=1)
    login_rate: float = setting(3, "Wrong passwords a minute after that", low=0.1)
    registration_burst: int = setting(
        64, "Accounts registered at once from an address; a class behind one router does", low=1
    )
    registration_rate: float = setting(1, "Accounts registered a minute after that", low=0.01)


@dataclass(frozen=True)
class MailSettings:
    """How the server sends the code that proves an email address."""

    required: bool = setting(False, "Who registers an account must give an address and prove it")
    host: str = setting("", "SMTP server. Empty: no mail is sent")
    port: int = setting(587, "Its port", low=1, high=65535)
    starttls: bool = setting(True, "Speak TLS with it")
    user: str = setting("", "User name to give it. Empty: none")
    password: str = setting("", "Password to give it")
    sender: str = setting("", "Address the mail comes from")


@dataclass(frozen=True)
class OAuthSettings:
    """Logging in with a token of another service (SASL OAUTHBEARER, RFC 7628).

    Either the issuer is asked about each token (introspection, RFC 7662), or tokens are JWTs and
    checked with its public keys (RFC 7519, RFC 7517).
    """

    introspection_url: str = setting("", "Where to ask about a token. Empty: nowhere")
    client_id: str = setting("", "User name for asking")
    client_secret: str = setting("", "Password for asking")
    jwks_url: str = setting("", "Where the issuer's public keys are. Empty: nowhere")
    issuer: str = setting("", "The issuer named in tokens (iss). Empty: any")
    audience: str = setting("", "Whom tokens must be meant for (aud). Empty: anybody")
    claim: str = setting("preferred_username", "What in the token is the account's name")
    register: bool = setting(False, "Make an account for who comes with a good token and has none")


@dataclass(frozen=True)
class OperatorSettings:
    """Somebody who may run the server from inside the chat."""

    password: str = setting("", "Hash of the password, as `hubbub password` prints it")
    classes: tuple[str, ...] = setting(
        ("admin",),
        "What this operator may do: helper, moderator, admin, or single privileges",
        check=unknown,
    )


@dataclass(frozen=True)
class WebIrcSettings:
    """A web gateway that says for whom it connects (the command WEBIRC)."""

    password: str = setting("", "Password the gateway gives")
    addresses: tuple[str, ...] = setting(
        (), "Addresses or networks it connects from", check=_networks
    )


@dataclass(frozen=True)
class Settings:
    """All settings of a server."""

    host: str = setting(
        "127.0.0.1",
        "Address to listen on. 127.0.0.1: this machine only; 0.0.0.0: every IPv4 network it is in;"
        " ::: IPv6 too",
        check=_host,
    )
    port: int = setting(50000, "Port to listen on. 0: any free port", low=0, high=65535)
    threads: int = setting(0, "I/O threads. 0: as many as help on this machine", low=0, high=256)
    max_clients: int = setting(10_000, "Clients at once; more are turned away", low=1)
    data_dir: Path = setting(Path("."), "Where chat.db, chat.log and the certificate are kept")
    log_level: str = setting(
        "info",
        "How much the server says of itself on stderr: debug, info, warning or error",
        choices=("debug", "info", "warning", "error"),
    )
    log_text: bool = setting(True, "Write into chat.log what people say, not only who says it")
    server_name: str = setting("hubbub.local", "The server's name on the wire", check=_server_name)
    network: str = setting("Hubbub", "The network's name, as clients show it", check=_word)
    icon: str = setting(
        "",
        "Address of an image that stands for the network, https://... Empty: none",
        check=_address,
    )
    file_host: str = setting(
        "",
        "Address of another service to which clients may upload files, https://... (ISUPPORT"
        " FILEHOST). Empty: this server takes them itself, see [files]",
        check=_address,
    )
    motd_file: Path | None = setting(None, "Text shown to everyone who enters. Empty: none")
    password: str = setting("", "Password that every client must give. Empty: none")
    default_channel: str = setting(
        "#lobby", "Channel that a plain client is in at first", check=_channel
    )
    chat_log: ChatLogSettings = group(ChatLogSettings, "chat.log, the record for people")
    tls: TlsSettings = group(TlsSettings, "Encryption, on the same port")
    proxy: ProxySettings = group(ProxySettings, "Programs that stand in front of the server")
    web: WebSettings = group(WebSettings, "Browsers, on the same port")
    files: FileSettings = group(FileSettings, "Files that people upload")
    limits: LimitSettings = group(LimitSettings, "What one client may ask of the others")
    user_modes: str = setting(
        "", "User modes that everybody begins with, such as i", check=_user_modes
    )
    push: bool = setting(
        True, "Tell people with an account of mentions and private messages by push while they are"
        " away, if their browser asks for it: a request to its maker's push service",
    )  # fmt: skip
    hide_addresses: bool = setting(
        True, "People do not see each other's addresses, but hosts made of keyed hashes"
    )
    webirc: dict[str, WebIrcSettings] = setting(
        {}, "WebSettings gateways that may speak for others, each a table [webirc.NAME]"
    )
    invite_only: str = setting(
        "auto",
        "Who may enter without an account or an invitation. on: nobody; off: everybody; auto:"
        " whoever comes from this machine or a private network",
        choices=("auto", "on", "off"),
    )
    retention: RetentionSettings = group(
        RetentionSettings, "How much history is kept. A channel may keep less (mode +H), not more"
    )
    admin: AdminSettings = group(AdminSettings, "Who runs the server")
    accounts: AccountSettings = group(AccountSettings, "Accounts, kept in the server")
    mail: MailSettings = group(MailSettings, "How the server sends mail")
    oauth: OAuthSettings = group(OAuthSettings, "Logging in with a token of another service")
    operators: dict[str, OperatorSettings] = setting(
        {}, "People who may run the server from inside the chat, each a table [operators.NAME]"
    )


# -- loading and showing them ----------------------------------------------------------------------

ENVIRONMENT_PREFIX = "HUBBUB_"
# Names with our prefix that are about how the program is started, and no settings.
NOT_SETTINGS = frozenset({"HUBBUB_CONFIG", "HUBBUB_NO_BOOTSTRAP"})


def load(
    command_line: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    file: str | Path | None = None,
) -> Settings:
    """Settings from the command line (dotted name -> text), the environment and a file.

    Raises UsageError with the path of the first setting that is unknown or wrong.
    """
    environ = environ or {}
    file = file or environ.get("HUBBUB_CONFIG")
    return settings_loader.load(
        Settings,
        command_line=command_line or {},
        environ={name: text for name, text in environ.items() if name not in NOT_SETTINGS},
        prefix=ENVIRONMENT_PREFIX,
        file=Path(file) if file else None,
    )


_SAMPLE_HEAD = """\
# Settings of Hubbub, for: hubbub serve --config hubbub.toml
#
# A line that is commented out shows the default: take the # away and change it. Every setting can
# also be given on the command line (--set limits.nick_length=20) or in the environment
# (HUBBUB_LIMITS__NICK_LENGTH=20). The command line wins over the environment, both over this file.
"""


def sample(settings: Settings | None = None) -> str:
    """The settings as a commented TOML file; loading it gives the same settings again."""
    return f"{_SAMPLE_HEAD}{settings_loader.sample(settings or Settings())}\n"
