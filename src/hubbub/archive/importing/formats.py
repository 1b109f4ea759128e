"""The import formats, and how to detect them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from . import discord, hubbub_export, irc_logs, mattermost, slack
from .sources import ImportedMessage, NotReadable, Options, SourceFiles, decoded, reading

Read = Callable[[SourceFiles, Options], Iterator[ImportedMessage]]

FORMATS: dict[str, Read] = {
    "irssi": partial(irc_logs.read, "irssi", irc_logs.irssi),
    "weechat": partial(irc_logs.read, "weechat", irc_logs.weechat),
    "znc": partial(irc_logs.read, "znc", irc_logs.znc),
    "slack": slack.read,
    "discord": discord.read,
    "mattermost": mattermost.read,
    "hubbub": hubbub_export.read,
}


_FITS: dict[str, Callable[[SourceFiles], bool]] = {
    "hubbub": hubbub_export.fits,
    "slack": slack.fits,
    "discord": discord.fits,
    "mattermost": mattermost.fits,
}


def found_in(files: SourceFiles, format: str, options: Options) -> Iterator[ImportedMessage]:
    """Read files of this format. Raises NotReadable for any damage."""
    with reading(str(files.path)):
        yield from FORMATS[format](files, options)


def format_of(files: SourceFiles, wanted: str | None = None) -> str:
    """Detect the format of the files, which must be `wanted` if given. Raises NotReadable."""
    if wanted is not None:
        if wanted in _FITS and not _FITS[wanted](files):
            raise NotReadable(f"{files.path} is no export of {wanted.capitalize()}")
        return wanted
    for name, fits in _FITS.items():
        if fits(files):
            return name
    for name in files.names[:50]:
        kind = irc_logs.kind_of(decoded(files.head(name)))
        if kind is not None:
            return kind
    raise NotReadable(
        f"{files.path}: neither a log of irssi, WeeChat or ZNC nor an export of Hubbub, Slack,"
        " Discord (DiscordChatExporter, JSON) or Mattermost; --format says which it is"
    )
