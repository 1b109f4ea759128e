"""The settings: their names, types, defaults, bounds and descriptions.

To add a setting, add a field: name, type, default, description. The checks, the environment
variable, the sample file and the error messages are derived from it (settings_loader.py).

A value is looked up in four places; the first place that has one wins:

1. the command line      `--threads 2`, or for any setting `--set limits.nick_length=20`
2. the environment       `HUBBUB_THREADS=2`, `HUBBUB_LIMITS__NICK_LENGTH=20`
3. a file                `--config hubbub.toml` (or `HUBBUB_CONFIG`), written in TOML
4. the default below

An unknown name and a value of the wrong type raise UsageError with the path of the setting and the
place that the value came from. Settings are immutable; a reload makes a new object.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from . import settings_loader
from .addresses import parse_host
from .errors import UsageError
from .model.privileges import unknown
from .protocol.modes import GIVEN_MODES, USER_MODES
from .settings_loader import group, setting

# -- checks of single values: each returns None, or what is wrong ----------------------------------


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


def _secure_address(value: str) -> str | None:
    """A token or a key must not cross a network in clear text."""
    parts = urlsplit(value)
    if not value or parts.scheme == "https":
        return None
    if parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"):
        return None
    return f"{value!r} is not an https:// address (http:// is for this machine only)"


def _media_types(values: Iterable[str]) -> str | None:
    for value in values:
        if not re.fullmatch(r"[a-z0-9.+-]+/(\*|[a-z0-9.+-]+)", value):
            return f"{value!r} is not a media type such as application/pdf or image/*"
    return None


# -- the settings ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChatLogSettings:
    """Rotation of chat.log, by size."""

    size: int = setting(10_485_760, "Rotate chat.log at this size", unit="bytes", low=4096)
    backups: int = setting(
        5, "Rotated files to keep: chat.log.1, chat.log.2, ...", low=0, high=1000
    )


@dataclass(frozen=True)
class TlsSettings:
    """TLS, on the same port: a client that begins with a TLS hello gets it."""

    enabled: bool = setting(True, "Accept TLS connections")
    cert: Path | None = setting(
        None,
        "Certificate chain, PEM. Empty: a self-signed one in data_dir, made at the first start",
    )
    key: Path | None = setting(
        None, "Private key of the certificate, PEM. Empty: the file in cert holds it"
    )
    sts: bool = setting(
        False,
        "Tell IRC clients to use TLS only (IRCv3 sts). The certificate must be one that they can"
        " verify",
    )
    sts_seconds: int = setting(
        2_592_000, "Seconds for which clients remember sts. 0: they forget it", low=0
    )
    client_certificates: bool = setting(
        True, "Ask IRC clients (not browsers) for a certificate to log in with (SASL EXTERNAL)"
    )


@dataclass(frozen=True)
class ProxySettings:
    """Reverse proxies and load balancers in front of the server."""

    trusted: tuple[str, ...] = setting(
        (),
        "Addresses or networks of proxies whose PROXY header or X-Forwarded-For is trusted to name"
        " the client's address",
        check=_networks,
    )
    required: bool = setting(
        False,
        "Refuse connections without a PROXY header. For a server that clients reach through such a"
        " proxy only",
    )


@dataclass(frozen=True)
class WebSettings:
    """The web client, WebSocket, and pages for monitoring programs."""

    origins: tuple[str, ...] = setting(
        (),
        "Origins besides the server's own whose pages may connect, such as https://chat.example.org."
        " Behind a reverse proxy, add the public origin",
        check=_origins,
    )
    address: str = setting(
        "",
        "Public URL of this server, such as https://chat.example.org. Links begin with it. Empty:"
        " the address of this machine",
        check=_address,
    )
    metrics: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1"), "Addresses or networks that may read /metrics", check=_networks
    )


@dataclass(frozen=True)
class FileSettings:
    """Files that people upload and link in messages. They are kept in data_dir/files."""

    enabled: bool = setting(True, "Allow uploads")
    guests: bool = setting(True, "Allow uploads by people without an account")
    access: str = setting(
        "link",
        "Who may download a file. link: anybody with its link, while its message exists; members:"
        " only authenticated members of the channel or conversation of that message",
        choices=("link", "members"),
    )
    types: tuple[str, ...] = setting(
        (), "Media types accepted, such as image/* or application/pdf. Empty: all",
        check=_media_types,
    )  # fmt: skip
    size: int = setting(26_214_400, "Maximum size of a file", unit="bytes", low=1024)
    account_quota: int = setting(
        1_073_741_824, "Disk space for the files of one account", unit="bytes", low=0
    )
    guest_quota: int = setting(
        104_857_600,
        "Disk space for the files of one person without an account",
        unit="bytes",
        low=0,
    )
    address_quota: int = setting(
        536_870_912,
        "Disk space for the files of all people without an account at one IPv4 address or IPv6 /64",
        unit="bytes", low=0,
    )  # fmt: skip
    total: int = setting(10_737_418_240, "Disk space for all files", unit="bytes", low=0)
    account_files: int = setting(10_000, "Maximum files of one account", low=0)
    guest_files: int = setting(1000, "Maximum files of one person without an account", low=0)
    address_files: int = setting(
        5000,
        "Maximum files of all people without an account at one IPv4 address or IPv6 /64",
        low=0,
    )
    total_files: int = setting(100_000, "Maximum files of all people", low=0)
    free_space: int = setting(
        536_870_912, "Disk space that uploads leave free, mainly for the log", unit="bytes",
        low=0,
    )  # fmt: skip
    at_once: int = setting(4, "Concurrent uploads of one person", low=1, high=1000)
    unposted_hours: float = setting(
        24, "Delete a file that no message links after this many hours", low=0.01
    )
    pixels: int = setting(
        50_000_000,
        "Maximum pixels of a picture. Processing takes up to 16 bytes of memory per pixel",
        low=1_000_000,
    )  # fmt: skip


@dataclass(frozen=True)
class LimitSettings:
    """Limits for each client. The description says what happens at the limit."""

    # Sizes. For comparison: send queue 96 KiB (Ergo), 1 MiB (InspIRCd); receive queue
    # 16 KiB (Ergo), 4 KiB (InspIRCd).
    line_length: int = setting(
        512,
        "Maximum length of a line, with its line ending, without its tags",
        unit="bytes",
        low=512,
        high=65536,
    )
    send_queue: int = setting(
        1_048_576,
        "Maximum output waiting for a client. A client that reads too slowly is disconnected",
        unit="bytes",
        low=16384,
    )  # fmt: skip
    receive_queue: int = setting(
        16_384, "Maximum input without a line ending. Beyond it the client is disconnected",
        unit="bytes",
        low=9216,
    )  # fmt: skip

    # Times. Registration 60 s, ping 90 s and drop at 150 s are Ergo's.
    greeting_seconds: float = setting(
        0.3,
        "Greet a client that sends nothing for this many seconds as a person with netcat. Where a"
        " browser has connected, only after Enter",
        low=0.01,
        high=10,
    )
    opening_seconds: float = setting(
        10,
        "Seconds to finish a first line, a TLS handshake or a request. Then the client is"
        " disconnected",
        low=0.1,
    )
    registration_seconds: float = setting(
        60, "Seconds to finish registration (NICK, USER). Then the client is disconnected", low=0.1
    )
    login_seconds: float = setting(
        15, "Seconds between the steps of a SASL login. Then the client is disconnected", low=0.1
    )
    ping_seconds: float = setting(
        90, "Send PING to a client that was silent for this many seconds", low=0.1
    )
    ping_timeout_seconds: float = setting(
        60, "Seconds to answer PING. Then the client is disconnected", low=0.1
    )

    # Numbers. Ergo takes 16 connections from an address; a class behind one router is more.
    connections_per_address: int = setting(
        64,
        "Maximum connections from one IPv4 address or IPv6 /64. More are refused. 0: no limit",
        low=0,
    )
    connections_per_minute: int = setting(
        600,
        "New connections from one IPv4 address or IPv6 /64 in a burst, and per minute after that."
        " More are refused. 0: no limit",
        low=0,
    )
    guest_bytes: int = setting(
        4_194_304,
        "Input of all people without an account at one IPv4 address or IPv6 /64 in a burst, and per"
        " minute after that; each command and connection counts as some bytes more. Then they are"
        " slowed down. 0: no limit",
        unit="bytes",
        low=0,
    )
    kept_back: int = setting(
        134_217_728,
        "Disk space kept for accounts and operators. With less free, changes and messages by people"
        " without an account are refused. 0: none",
        unit="bytes",
        low=0,
    )
    exempt: tuple[str, ...] = setting(
        ("127.0.0.0/8", "::1"),
        "Addresses or networks exempt from connections_per_address, connections_per_minute,"
        " and from the budgets that the people of one address share",
        check=_networks,
    )
    flood_burst: int = setting(
        20, "Commands a client may send in a burst. Then it is slowed down. 0: no limit", low=0
    )
    flood_rate: float = setting(4, "Commands per second of a client that is slowed down", low=0.1)

    change_burst: int = setting(
        10,
        "Changes of nick, real name and AWAY, and returns to channels, by one person in a burst,"
        " and per minute after that. More are refused. 0: no limit",
        low=0,
    )
    request_burst: int = setting(
        120,
        "Requests to /api/ in a burst by one person. An address may make 16 times as many",
        low=1,
    )
    request_rate: float = setting(240, "Requests per minute after the burst", low=0.1)

    # Limits announced to every client (ISUPPORT).
    nick_length: int = setting(32, "Maximum length of a nick", unit="bytes", low=9, high=128)
    ascii_nicks: bool = setting(False, "Allow only ASCII in the names of nicks and accounts")
    user_length: int = setting(20, "Maximum length of a user name", unit="bytes", low=9, high=64)
    realname_length: int = setting(
        128, "Maximum length of a real name", unit="bytes", low=16, high=300
    )
    channel_length: int = setting(
        64, "Maximum length of a channel name", unit="bytes", low=16, high=128
    )
    topic_length: int = setting(390, "Maximum length of a topic", unit="bytes", low=50, high=390)
    away_length: int = setting(
        390, "Maximum length of an away message", unit="bytes", low=50, high=390
    )
    reason_length: int = setting(
        390,
        "Maximum length of the reason of a kick, a part or a quit",
        unit="bytes",
        low=50,
        high=390,
    )
    channels_per_client: int = setting(100, "Maximum channels that one client is in", low=1)
    targets: int = setting(4, "Maximum targets of one message", low=1, high=100)
    list_entries: int = setting(100, "Maximum masks in each list of a channel (+b, +e, +I)", low=1)
    monitored: int = setting(100, "Maximum nicks on the MONITOR list of one client", low=1)

    multiline_bytes: int = setting(
        16_384, "Maximum length of a multiline message", unit="bytes", low=1024, high=65536
    )
    multiline_lines: int = setting(200, "Maximum lines of a multiline message", low=2, high=1000)
    invites: int = setting(20, "Maximum open invitations of one person", low=0)
    invite_uses: int = setting(
        30, "People that an invitation admits unless its maker says otherwise", low=1
    )
    invite_days: int = setting(
        7, "Days that an invitation lasts unless its maker says otherwise", low=1, high=365
    )
    metadata_keys: int = setting(
        20, "Maximum metadata keys of a person or a channel", low=1, high=100
    )
    metadata_bytes: int = setting(
        300, "Maximum length of a metadata value", unit="bytes", low=16, high=350
    )
    metadata_subscriptions: int = setting(
        50, "Maximum metadata keys that a client subscribes to", low=1, high=1000
    )
    metadata_burst: int = setting(
        60, "Changes of metadata by one person in a burst, and per minute after that", low=1
    )
    kept_tags: int = setting(
        60,
        "Reactions and stored tags (TAGMSG with +draft/persist) by one person in a burst, and per"
        " minute after that",
        low=1,
    )
    history_at_once: int = setting(
        1000, "Maximum messages in one CHATHISTORY request", low=20, high=10000
    )
    history_bytes: int = setting(
        131_072,
        "Maximum size of one answer to a request for history or a search. A longer one says that"
        " there is more",
        unit="bytes",
        low=4096,
    )
    history_burst: int = setting(
        2_097_152,
        "Bytes that one person may read of the history at once. After that reading is slowed down;"
        " the guests of an address together may read 8 times as much",
        unit="bytes",
        low=65536,
    )
    history_rate: int = setting(
        262_144,
        "Bytes per second that a person who is slowed down may read. 0: no limit",
        unit="bytes",
        low=0,
    )
    playback: int = setting(
        500, "Maximum messages per channel or person for clients that use ZNC playback", low=1
    )
    history_on_join: int = setting(
        20, "Messages that a plain client is shown when it joins a channel", low=0, high=1000
    )


@dataclass(frozen=True)
class RetentionSettings:
    """Which messages are deleted, for good: in chat.db, in the index and in later backups."""

    days: int = setting(0, "Delete messages older than this many days. 0: never", low=0, high=36500)
    messages: int = setting(
        0, "Messages to keep of each channel and each private conversation. 0: all", low=0
    )


@dataclass(frozen=True)
class AdminSettings:
    """Contact details of the administrator, as the command ADMIN shows them."""

    name: str = setting("", "Name of the administrator")
    place: str = setting("", "Location of the server")
    email: str = setting("", "Email address of the administrator")


@dataclass(frozen=True)
class AccountSettings:
    """Accounts stored by the server: names, passwords, registered channels."""

    registration: bool = setting(True, "Allow people to register accounts")
    before_connect: bool = setting(
        True, "Allow that before the connection is registered (IRCv3 account-registration)"
    )
    custom_names: bool = setting(True, "Allow an account name that differs from the nick")
    required: bool = setting(False, "Admit only clients that log in")
    nick_reservation: str = setting(
        "strict",
        "Nicks of an account. strict: nobody else may use them; none: anybody may",
        choices=("strict", "none"),
    )
    multiclient: bool = setting(True, "Let several connections of one account share a nick")
    always_on: str = setting(
        "opt-in",
        "Accounts whose nick stays in its channels while nobody is connected. off: none; opt-in:"
        " those who choose it; opt-out: all except those who decline it",
        choices=("off", "opt-in", "opt-out"),
    )
    nicks: int = setting(5, "Maximum nicks of one account besides its name", low=0)
    channels: int = setting(20, "Maximum channels that one account registers", low=0)

    password_length: int = setting(8, "Minimum length of a password", unit="bytes", low=1, high=64)
    # OWASP asks for at least 46 MiB at one pass.
    hash_memory: int = setting(
        65_536, "Memory to hash one password. At most two are hashed at once", unit="KiB",
        low=1024, high=4_194_304,
    )  # fmt: skip
    # A thief of the database guesses against the weakest hash stored of a password.
    scram_iterations: int = setting(
        600_000,
        "Iterations of SCRAM-SHA-256 for new passwords. 0: store no SCRAM keys, no SCRAM login",
        low=0,
    )  # fmt: skip
    login_burst: int = setting(
        10, "Wrong passwords in a burst, from one address or for one name", low=1
    )
    login_rate: float = setting(3, "Wrong passwords per minute after the burst", low=0.1)
    total: int = setting(
        100_000,
        "Maximum accounts, with the reserved names of deleted ones. More are refused",
        low=1,
    )
    registration_burst: int = setting(
        64,
        "Accounts registered in a burst from one address. Enough for a class behind one router",
        low=1,
    )
    registration_rate: float = setting(
        1, "Accounts registered per minute after the burst", low=0.01
    )


@dataclass(frozen=True)
class MailSettings:
    """SMTP, to send the codes that verify email addresses."""

    required: bool = setting(False, "Require a verified email address to register an account")
    unverified_days: int = setting(
        7, "Days after which an account whose address was never verified is deleted and its name"
        " free", low=1, high=3650,
    )  # fmt: skip
    host: str = setting("", "SMTP server. Empty: no mail is sent")
    port: int = setting(587, "Port of the SMTP server", low=1, high=65535)
    starttls: bool = setting(True, "Use STARTTLS")
    user: str = setting("", "User name for SMTP. Empty: no login")
    password: str = setting("", "Password for SMTP")
    sender: str = setting("", "Sender address (From) of the mail")


@dataclass(frozen=True)
class OAuthSettings:
    """Login with a token of another service (SASL OAUTHBEARER, RFC 7628).

    Either the issuer is asked about each token (introspection, RFC 7662), or tokens are JWTs that
    are checked with the issuer's public keys (RFC 7519, RFC 7517).
    """

    introspection_url: str = setting(
        "", "URL for token introspection (RFC 7662), https://... Empty: none", check=_secure_address
    )
    client_id: str = setting("", "Client id for introspection")
    client_secret: str = setting("", "Client secret for introspection")
    jwks_url: str = setting(
        "", "URL of the issuer's public keys (JWKS), https://... Empty: none", check=_secure_address
    )
    issuer: str = setting("", "Issuer (iss) that tokens must have. Required with a URL above")
    audience: str = setting(
        "", "Audience (aud) that tokens must have: this server's name at the issuer. Required with"
        " a URL above, so that a token for another application is of no use here",
    )  # fmt: skip
    claim: str = setting(
        "preferred_username",
        "Claim that holds the name of a new account. An account is bound to issuer and subject"
        " (sub)",
    )
    register: bool = setting(False, "Create the account at the first login with a valid token")


@dataclass(frozen=True)
class OperatorSettings:
    """A network operator: administers the server from inside the chat (OPER)."""

    password: str = setting("", "Hash of the password, as `hubbub password` prints it")
    classes: tuple[str, ...] = setting(
        ("admin",),
        "Privileges of this operator: helper, moderator, admin, or single privileges",
        check=unknown,
    )


@dataclass(frozen=True)
class WebIrcSettings:
    """A web gateway that names the client it connects for (the command WEBIRC)."""

    password: str = setting("", "Password that the gateway sends")
    addresses: tuple[str, ...] = setting(
        (), "Addresses or networks that the gateway connects from", check=_networks
    )


@dataclass(frozen=True)
class Settings:
    """All settings of a server."""

    host: str = setting(
        "127.0.0.1",
        "Address to listen on. 127.0.0.1: this machine only; 0.0.0.0: every IPv4 interface; :::"
        " IPv6 too",
        check=_host,
    )
    port: int = setting(50000, "Port to listen on. 0: any free port", low=0, high=65535)
    threads: int = setting(0, "I/O threads. 0: chosen for this machine", low=0, high=256)
    max_clients: int = setting(10_000, "Maximum clients. More are refused", low=1)
    data_dir: Path = setting(Path("."), "Directory of chat.db, chat.log, files and the certificate")
    log_level: str = setting(
        "info",
        "Level of the diagnostics on stderr: debug, info, warning or error",
        choices=("debug", "info", "warning", "error"),
    )
    log_text: bool = setting(
        True, "Write the text of messages into chat.log. false: only sender and target"
    )
    server_name: str = setting(
        "hubbub.local", "Name of the server in the protocol", check=_server_name
    )
    network: str = setting("Hubbub", "Name of the network, as clients show it", check=_word)
    icon: str = setting(
        "",
        "URL of an icon for the network, https://... Empty: none",
        check=_address,
    )
    file_host: str = setting(
        "",
        "URL of another service that clients upload files to, https://... (ISUPPORT FILEHOST)."
        " Empty: this server accepts them itself, see [files]",
        check=_address,
    )
    motd_file: Path | None = setting(None, "File with the message of the day. Empty: none")
    password: str = setting("", "Password that every client must send (PASS). Empty: none")
    default_channel: str = setting(
        "#lobby", "Channel that a plain client joins at first", check=_channel
    )
    chat_log: ChatLogSettings = group(ChatLogSettings, "chat.log, the log for people to read")
    tls: TlsSettings = group(TlsSettings, "TLS, on the same port")
    proxy: ProxySettings = group(
        ProxySettings, "Reverse proxies and load balancers in front of the server"
    )
    web: WebSettings = group(WebSettings, "Browsers, on the same port")
    files: FileSettings = group(FileSettings, "Files that people upload")
    limits: LimitSettings = group(LimitSettings, "Limits for each client")
    user_modes: str = setting(
        "", "User modes that every client begins with, such as i", check=_user_modes
    )
    push: bool = setting(
        True, "Web push: notify the subscribed browsers of people with an account of mentions and"
        " private messages while they are away, through the browser maker's push service",
    )  # fmt: skip
    hide_addresses: bool = setting(
        True, "Show hosts made of keyed hashes instead of people's IP addresses"
    )
    webirc: dict[str, WebIrcSettings] = setting(
        {}, "Web gateways that may name their clients' addresses, each a table [webirc.NAME]"
    )
    invite_only: str = setting(
        "auto",
        "Require an account or an invitation. on: of everybody; off: of nobody; auto: of everybody"
        " who does not connect from this machine or a private network",
        choices=("auto", "on", "off"),
    )
    retention: RetentionSettings = group(
        RetentionSettings, "How much history to keep. A channel may keep less (mode +H), not more"
    )
    admin: AdminSettings = group(AdminSettings, "Contact details of the administrator")
    accounts: AccountSettings = group(AccountSettings, "Accounts, stored by the server")
    mail: MailSettings = group(MailSettings, "Outgoing mail (SMTP)")
    oauth: OAuthSettings = group(OAuthSettings, "Login with a token of another service")
    operators: dict[str, OperatorSettings] = setting(
        {},
        "Network operators, who administer the server from inside the chat, each a table"
        " [operators.NAME]",
    )


# -- loading and showing them ----------------------------------------------------------------------

ENVIRONMENT_PREFIX = "HUBBUB_"
# Variables with the prefix that control how the program starts. They are not settings.
NOT_SETTINGS = frozenset({"HUBBUB_CONFIG", "HUBBUB_NO_BOOTSTRAP"})


def load(
    command_line: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    file: str | Path | None = None,
) -> Settings:
    """Load the settings from the command line (dotted name -> text), the environment and a file.

    Raises UsageError with the path of the first setting that is unknown or invalid.
    """
    environ = environ or {}
    file = file or environ.get("HUBBUB_CONFIG")
    settings = settings_loader.load(
        Settings,
        command_line=command_line or {},
        environ={name: text for name, text in environ.items() if name not in NOT_SETTINGS},
        prefix=ENVIRONMENT_PREFIX,
        file=Path(file) if file else None,
    )
    _check_oauth(settings.oauth)
    return settings


def _check_oauth(oauth: OAuthSettings) -> None:
    """Raises UsageError if tokens for other applications, or of anybody, would log people in."""
    for name in ("audience", "issuer"):
        if (oauth.jwks_url or oauth.introspection_url) and not getattr(oauth, name):
            raise UsageError(f"oauth.{name}: is missing; login with tokens needs it")


_SAMPLE_HEAD = """\
# Settings of Hubbub, for: hubbub serve --config hubbub.toml
#
# Lines that are commented out show the default: remove the # and change the value. Settings can
# also be given on the command line (--set limits.nick_length=20) or in the environment
# (HUBBUB_LIMITS__NICK_LENGTH=20). The command line overrides the environment, and both override
# this file.
"""


def sample(settings: Settings | None = None) -> str:
    """The settings as a commented TOML file; loading it gives the same settings again."""
    return f"{_SAMPLE_HEAD}{settings_loader.sample(settings or Settings())}\n"
