"""WeeChat in a terminal. Its output is read from its logs, which contain no escape sequences."""

from __future__ import annotations

import subprocess
from functools import partial

import pytest
from others import ACCOUNT, as_documented, enters_and_talks, fingerprint, typed
from terminals import logged, program

pytestmark = pytest.mark.needs("weechat")

SETTINGS = ";".join(
    f"/set {setting}"
    for setting in (
        "logger.file.flush_delay 0", "weechat.look.paste_max_lines -1",
        "irc.server_default.nicks zoe", "irc.server_default.username zoe",
        "irc.server_default.anti_flood_prio_high 0", "irc.server_default.anti_flood_prio_low 0",
    )
)  # fmt: skip
COMPLAINTS = ("=!=", "nknown command", "Not enough parameters", "not found")


def test_weechat_lives_a_whole_session(server, peer, tmp_path):
    home = tmp_path / "weechat"
    connect = typed("weechat", server.port, fingerprint(server.port).replace(":", ""))
    if _version() < 4:
        connect = [line.replace("-tls", "-ssl") for line in connect]
    with program(["weechat", "--dir", str(home), "--run-command", SETTINGS]) as weechat:
        weechat.until("Plugins loaded")
        for line in connect:
            weechat.types(line)
        _session(weechat, peer, home / "logs")
        assert weechat.leaves() == 0
    shown = logged(home / "logs").replace("\t", " ")
    assert not [line for line in shown.splitlines() if any(word in line for word in COMPLAINTS)]
    as_documented("weechat", shown)


def _version() -> int:
    asked = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True)
    return int(asked.stdout.partition(".")[0])


def _session(weechat, peer, logs):
    shows = partial(weechat.until, logs=logs)
    enters_and_talks(weechat, shows, peer)
    peer.sends(f"MODE #tea +o {ACCOUNT}", "TOPIC #tea :second flush", "NICK pear", "AWAY :hm")
    shows("is now known as")
    peer.sends("AWAY", "SETNAME :A pear")
    weechat.types("/mode #tea +m")
    peer.until("MODE #tea +m")
    weechat.types("/ban bad!*@*")
    peer.until("MODE #tea +b bad!*@*")
    weechat.types("/mode #tea +b")
    weechat.types("/topic third flush")
    peer.until("TOPIC #tea :third flush")
    weechat.types("/whois pear")
    weechat.types("/who #tea")
    weechat.types("/list")
    weechat.types("/whowas peer")
    weechat.types("/quote PING tea")
    weechat.types("/names #tea")
    weechat.types("/version")

    weechat.types("/away brewing")
    peer.until(" AWAY :brewing")
    weechat.types("/away")
    peer.until(f":{ACCOUNT}!~{ACCOUNT}@127.0.0.1 AWAY")
    peer.sends("PART #tea :back soon", "JOIN #tea")
    shows("back soon")
    weechat.types("/kick pear out")
    peer.until("KICK #tea pear :out")
    peer.sends("JOIN #tea")
    peer.until(" JOIN #tea")
    weechat.types("/nick zoe2")
    peer.until("NICK zoe2")
    peer.sends("QUIT :enough")
    shows("enough")
    weechat.types("/part #tea bye")
    weechat.types("/quit done")
