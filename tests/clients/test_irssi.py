"""irssi in a terminal. Its output is read from its logs, which contain no escape sequences."""

from __future__ import annotations

from functools import partial

import pytest
from others import ACCOUNT, as_documented, enters_and_talks, fingerprint, typed
from terminals import logged, program

pytestmark = pytest.mark.needs("irssi")

CONFIG = """
settings = {{
    "fe-common/core" = {{
        autolog = "yes"; autolog_level = "ALL"; autolog_path = "{logs}/$0.log";
    }};
    "irc/core" = {{ cmds_max_at_once = "1000"; cmd_queue_speed = "1msec"; }};
    core = {{ nick = "zoe"; user_name = "zoe"; real_name = "Zoe"; }};
}};
"""
COMPLAINTS = ("critical", "warning", "nknown command", "Not enough parameters", "Unhandled")


def test_irssi_lives_a_whole_session(server, peer, tmp_path):
    home = tmp_path / "irssi"
    logs = home / "logs"
    logs.mkdir(parents=True)
    (home / "config").write_text(CONFIG.format(logs=logs))
    connect = typed("irssi", server.port, fingerprint(server.port))
    with program(["irssi", f"--home={home}"], HOME=str(home)) as irssi:
        irssi.types(f"/window logfile {logs}/1.log")
        irssi.types("/window log on")
        for line in connect:
            irssi.types(line)
        _session(irssi, peer, logs)
        assert irssi.leaves() == 0
    shown = logged(logs)
    assert not [line for line in shown.splitlines() if any(word in line for word in COMPLAINTS)]
    as_documented("irssi", shown)


def _session(irssi, peer, logs):
    shows = partial(irssi.until, logs=logs)
    enters_and_talks(irssi, shows, peer)
    peer.sends(f"MODE #tea +o {ACCOUNT}", "TOPIC #tea :second flush", "NICK pear")
    shows("is now known as")
    irssi.types("/mode #tea +m")
    peer.until("MODE #tea +m")
    irssi.types("/ban bad!*@*")
    peer.until("MODE #tea +b bad!*@*")
    irssi.types("/ban")
    irssi.types("/topic third flush")
    peer.until("TOPIC #tea :third flush")
    irssi.types("/whois pear")
    shows("End of WHOIS")
    irssi.types("/who #tea")
    shows("End of /WHO list")
    irssi.types("/list -yes")
    shows("End of /LIST")
    irssi.types("/whowas peer")
    shows("End of WHOWAS")

    peer.sends("PART #tea :back soon", "JOIN #tea")
    shows("back soon")
    irssi.types("/kick pear out")
    peer.until("KICK #tea pear :out")
    peer.sends("JOIN #tea")
    peer.until(" JOIN #tea")
    irssi.types("/away brewing")
    peer.until(" AWAY :brewing")
    irssi.types("/away")
    peer.until(f":{ACCOUNT}!~{ACCOUNT}@127.0.0.1 AWAY")
    irssi.types("/nick zoe2")
    peer.until("NICK zoe2")
    peer.sends("QUIT :enough")
    shows("enough")
    irssi.types("/part bye")
    irssi.types("/quit done")
