"""Attacks on credentials: timing, enumeration, guessable and outdated secrets."""

from __future__ import annotations

import ast
import base64
import re
import time
from pathlib import Path

from hubbub.work import random_token

from .findings import Finding, attack, tested
from .logins import PASSWORD, account, log_in
from .privacy import auc
from .target import UNLIMITED, Client, Target, plain, target

SOURCE = Path(__file__).resolve().parents[2] / "src" / "hubbub"
#: Hashing as cheap as the settings allow: what is not hashing shows all the more.
CHEAP = {"accounts__hash_memory": "1024", "accounts__scram_iterations": "4096"}
MANY = CHEAP | {"accounts__login_burst": "1000000"}


@attack(
    "S30",
    "2,000 logins to a name that does not exist, and 2,000 with a wrong password, in random order,"
    " with the cheapest hash that the settings allow (4 MiB)",
    "AUC of the times 0.45 to 0.55; equal bytes",
)
async def timing(full: bool) -> Finding:
    found = Finding()
    count = 2000 if full else 150
    async with target(settings=UNLIMITED | MANY | {"accounts__hash_memory": "4096"}) as server:
        await account(server, "exists")
        times: dict[str, list[float]] = {"exists": [], "nobodys": []}
        told: dict[str, set[str]] = {"exists": set(), "nobodys": set()}
        for number in range(count):
            for name in ("exists", "nobodys") if number % 2 else ("nobodys", "exists"):
                client = await server.connect(b"AUTHENTICATE PLAIN\r\n")
                await client.until("AUTHENTICATE +")
                begun = time.perf_counter()
                client.sends(f"AUTHENTICATE {plain(name, f'wrong{number}')}")
                answer = await client.until(" 904 ")
                times[name].append(time.perf_counter() - begun)
                told[name].add(answer[-1])
                client.abort()
        value = auc(times["exists"], times["nobodys"])
        found.says(f"AUC {value:.3f} over 2 x {count:,}")
        noise = 0 if full else 0.1
        if not 0.45 - noise <= value <= 0.55 + noise:
            found.slow.append(f"AUC {value:.3f}")
        found.holds(f"equal bytes, not {told}", told["exists"] == told["nobodys"])
    return found


#: How one may ask whether there is an account. Registering its name says so, as names are unique;
#: so do taking it as a nick, and giving it rights in a channel of one's own.
ASKED = (
    "AUTHENTICATE PLAIN\r\nAUTHENTICATE {plain}", "NS IDENTIFY {name} wrong", "VERIFY {name} 123",
    "NS VERIFY {name} 123", "WHOIS {name}", "WHOWAS {name}", "MONITOR + {name}", "NS INFO {name}",
    "NS GHOST {name} wrong", "NS RECOVER {name} wrong", "NS RELEASE {name} wrong",
    "NS DROP {name} wrong", "NS RESETPASS {name}", "NS SENDPASS {name}", "NS ERASE {name}",
    "USERHOST {name}", "ISON {name}", "WHO {name}", "PRIVMSG {name} :x", "INVITE {name} #x",
    "METADATA {name} LIST", "CHATHISTORY LATEST {name} * 9", "CS ACCESS #x ADD {name} +v",
    "CS TRANSFER #x {name}", "NS LIST {name}", "NS CERT LIST {name}", "NS SESSIONS {name}",
    "ACCEPT {name}", "SAJOIN {name} #x", "UBAN INFO {name}", "KILL {name} :x", "OPER {name} wrong",
    "NS EXPORT {name}", "NS SUSPEND {name}",
)  # fmt: skip

#: 2026-11-22 21:14:05: a second may go by between two questions.
TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@attack(
    "S32",
    f"{len(ASKED)} commands about an account whose owner is away and about a name that nobody has,"
    " and a login by HTTP",
    "the same answers but for the name and the time",
)
async def enumeration(full: bool) -> Finding:
    found = Finding()
    async with target(settings=UNLIMITED | MANY) as server:
        await account(server, "existsx")
        stranger = await server.irc("stranger", "#x", "sasl draft/chathistory draft/metadata-2")
        # Who has just left is in WHOWAS, as RFC 2812 has it; not whose account it is.
        gone = await server.irc("nobodys", "#x")
        gone.sends("QUIT")
        await gone.ended()
        await stranger.asks()
        differing = []
        for line in ASKED:
            answers = []
            for name in ("existsx", "nobodys"):
                typed = line.format(name=name, plain=plain(name, "wrong"))
                lines = await stranger.asks(*typed.split("\r\n"))
                answers.append([TIMES.sub("TIME", each).replace(name, "NAME") for each in lines])
            if answers[0] != answers[1]:
                differing.append(f"{line}: {answers[0]} / {answers[1]}")
        pages = [await me(server, basic(name, "wrong")) for name in ("existsx", "nobodys")]
        if pages[0] != pages[1]:
            differing.append(f"HTTP: {pages}")
        found.at_most(f"{len(ASKED) + 1} ways to ask: differing answers", len(differing), 0)
        for each in differing:
            found.holds(each, False)
    return found


async def me(server: Target, authorization: str) -> str:
    """The answer of HTTP to this credential, without the date."""
    client = await server.connect(
        f"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n"
        f"Authorization: {authorization}\r\n\r\n".encode()
    )
    lines = (await client.to_the_end()).decode().split("\r\n")
    client.close()
    return "\n".join(line for line in lines if not line.startswith(("Date:", "Retry-After:")))


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


tested(
    "S34",
    "an account that is good, absent, unverified, suspended or deleted, at every door (PASS, PLAIN,"
    " EXTERNAL, SCRAM, OAUTHBEARER, REGISTER, VERIFY, NickServ ...), before and after registration,"
    " with a server's password, where accounts are required",
    "every cell as it should be",
    "tests/accounts/test_doors.py",
)
tested(
    "S38",
    "marked passwords by every way to give one, then the database, its WAL, chat.log and what is"
    " printed are searched, at log level debug",
    "0 found",
    "tests/accounts/test_secrets.py::test_s38_marked_passwords_are_nowhere",
)
tested(
    "S62",
    "somebody at an open connection, or with the old password, after the owner sets a new one:"
    " other connections, certificates, push; at a connection left open every command of NickServ"
    " and ChanServ that gives something of the account away, without the password",
    "every connection but the owner's ends; nothing changes without the password or a recent login",
    "tests/accounts/test_new_password.py",
    "tests/accounts/test_proof.py",
)
tested(
    "S63",
    "OAuth tokens for another application, of another issuer, without aud, iss or sub, nested, for"
    " ever; a name at the issuer that is somebody's account here; keys by http, withdrawn keys",
    "no login; the account stays its owner's; the server does not start without an audience",
    "tests/accounts/test_oauth.py",
    "tests/test_config.py::test_login_with_tokens_needs_an_audience_and_an_issuer",
    "tests/test_config.py::test_keys_and_tokens_travel_by_https",
)
tested(
    "S64",
    "an always-on account logs in under twenty nicks, also in the logs of older versions",
    "one user; what is sent to its nicks reaches it; switched off, it leaves at once",
    "tests/accounts/test_sessions.py",
)
tested(
    "S69",
    "a browser's token: to change the password, drop the account, add a certificate; after"
    " sign-out, a new password and DEVICES DEL; asked for at an open connection, or twice; the"
    " devices of others, by /api/devices",
    "refused each time, open connections of the device end; the log has hashes only",
    "tests/accounts/test_devices.py",
    "tests/api/test_devices_http.py",
)
tested(
    "S57",
    "every order of an administrator, by somebody who may not give it and by nobody; the account of"
    " an administrator, by operators who may do less (new password, suspend, delete), by NickServ"
    " too",
    "all refused, nothing in the audit log",
    "tests/api/test_admin_http.py::test_nobody_else_may",
    "tests/handlers/test_admin_orders.py::test_nobody_gets_an_account_that_may_do_more",
    "tests/handlers/test_admin_orders.py::test_nor_by_nickserv",
    "tests/handlers/test_admin_orders.py::test_nor_are_administrators_removed_by_those_who_may_less",
    "tests/handlers/test_admin_orders.py::test_nor_by_an_order",
    "tests/handlers/test_admin_orders.py::test_an_order_needs_its_privilege",
)


@attack(
    "S36",
    "1,000,000 tokens drawn; every call that draws a secret, and every import of `random`, looked"
    " up in the source",
    "0 repeats; >= 128 bits, from `secrets`; no `random` but for the client's waiting times, and in"
    " tools for learners that repeat what they did",
)
async def predictable(full: bool) -> Finding:
    found = Finding()
    count = 1_000_000 if full else 50_000
    draw = random_token().do
    drawn = {draw(None) for _ in range(count)}  # type: ignore[arg-type]
    found.at_most(f"{count:,} tokens: repeats", count - len(drawn), 0)
    calls, weak, careless = 0, [], []
    for path in SOURCE.rglob("*.py"):
        name = str(path.relative_to(SOURCE))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom) and imports(node, "random"):
                careless.append(name)
            drawing = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if drawing in ("secrets.token_urlsafe", "secrets.token_hex", "secrets.token_bytes"):
                calls += 1
                size = ast.literal_eval(node.args[0])  # type: ignore[attr-defined]
                if size < 16:
                    weak.append(f"{name}:{node.lineno}")
    careless = [name for name in careless if not name.startswith("teaching/")]
    found.says(f"{calls} calls, `random` in {len(careless)} file")
    found.holds(f"no `random`: {careless}", set(careless) <= {"client/connection.py"})
    # The log's name makes its ids differ from those of another log, the client's run its labels.
    unguarded = [each for each in weak if not each.startswith(("log/migrations", "client/"))]
    found.at_most("secrets of less than 128 bits", len(unguarded), 0)
    found.holds(f"none: {unguarded}", not unguarded)
    return found


def imports(node: ast.Import | ast.ImportFrom, module: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == module and not node.level
    return any(each.name == module for each in node.names)


@attack(
    "S37",
    "after a new password, a logout, a removed certificate, a deleted account and a restart, each"
    " old password and token is shown again, by each way",
    "0 taken, <= 2 s after",
)
async def replay(full: bool) -> Finding:
    found = Finding()
    new = f"{PASSWORD}-new"
    async with target(settings=UNLIMITED | MANY) as server:
        await account(server, "owner")
        owner = await server.irc("owner", login=PASSWORD)
        tokens = [await token(owner)]
        good = await me(server, f"Bearer {tokens[0]}")
        found.holds(f"a new token is taken: {good[:100]}", " 200 " in good)
        await owner.asks(f"NS PASSWD {PASSWORD} {new}")
        begun = time.monotonic()
        taken = await old_secrets(server, PASSWORD, tokens)
        found.holds("the new password is taken", await shows(server, new) == "in")
        tokens.append(await token(owner))
        await owner.asks("NS LOGOUT")
        taken += await old_secrets(server, PASSWORD, tokens)
        found.within("shown within", (time.monotonic() - begun) / 2, 2, " s each time")
        again = await server.irc("owner", login=new)
        tokens.append(await token(again))
        confirm = await again.asks(f"NS DROP {new}")
        code = next((word for line in confirm for word in line.split() if len(word) > 5), "")
        again.sends("QUIT")
        await again.ended()
        taken += await old_secrets(server, PASSWORD, tokens)
        found.at_most(f"{3 * (3 + len(tokens))} tries: taken", len(taken), 0)
        found.holds(f"none: {taken} {code[:0]}", not taken)
    return found


async def token(client: Client) -> str:
    lines = await client.asks("TOKEN GENERATE HUBBUB/API")
    return next(line.rpartition(" ")[2].lstrip(":") for line in lines if " GENERATE " in line)


async def shows(server: Target, password: str) -> str:
    client = await server.connect(b"CAP REQ sasl\r\n")
    answer = await log_in(client, "owner", password)
    client.close()
    return answer


async def old_secrets(server: Target, password: str, tokens: list[str]) -> list[str]:
    """Which of them still open something."""
    taken = []
    if await shows(server, password) == "in":
        taken.append("SASL")
    guest = await server.irc("guest")
    if any(" 900 " in line for line in await guest.asks(f"NS IDENTIFY owner {password}")):
        taken.append("NickServ")
    guest.sends("QUIT")
    await guest.ended()
    if " 200 " in await me(server, basic("owner", password)):
        taken.append("HTTP")
    for each in tokens:
        if " 200 " in await me(server, f"Bearer {each}"):
            taken.append("token")
    return taken
