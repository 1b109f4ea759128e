"""/api/history and /api/search return what the same user could read by IRC, and nothing else."""

import queue
import threading

import pytest
from asking_http import Person, basic, request


@pytest.fixture(scope="module")
def anna(server):
    person = Person(server, "anna", join="#tea")
    for text in ("first", "coffee :is better", "third"):
        person.sends(f"PRIVMSG #tea :{text}")
    person.sends("PING said")
    person.until(" PONG ")
    yield person
    person.close()


def texts(told) -> list[str]:
    return [message["text"] for message in told["messages"]]


def test_history(anna):
    told = anna.gets("/api/history?target=%23TEA")
    assert told["target"] == "#tea"
    assert texts(told) == ["first", "coffee :is better", "third"]
    first, second, third = told["messages"]
    assert first["nick"] == "anna"
    assert first["time"] <= second["time"] <= third["time"]
    assert texts(anna.gets("/api/history?target=%23tea&limit=1")) == ["third"]
    assert texts(anna.gets(f"/api/history?target=%23tea&before={second['id']}")) == ["first"]
    after = anna.gets(f"/api/history?target=%23tea&after={first['id']}&limit=1")
    assert texts(after) == ["coffee :is better"]
    between = f"after={first['id']}&before={third['id']}"
    assert texts(anna.gets(f"/api/history?target=%23tea&{between}")) == ["coffee :is better"]
    around = anna.gets(f"/api/history?target=%23tea&around={second['id']}&limit=3")
    assert texts(around) == ["first", "coffee :is better", "third"]
    since = anna.gets(f"/api/history?target=%23tea&after={first['time']}&limit=9")
    assert "first" not in texts(since)


def test_search(anna):
    assert texts(anna.gets("/api/search?q=coffee")) == ["coffee :is better"]
    assert texts(anna.gets("/api/search?q=in%3A%23tea%20third")) == ["third"]
    assert texts(anna.gets("/api/search?in=%23tea&from=anna&limit=2")) == [
        "third", "coffee :is better"]  # fmt: skip
    first, second = anna.gets("/api/search?in=%23tea&limit=2")["messages"]
    older = anna.gets(f"/api/search?in=%23tea&limit=2&before={second['id']}")
    assert texts(older) == ["first"]
    anna.sends(f"@+draft/react=yes;+draft/reply={first['id']} TAGMSG #tea", "PING reacted")
    anna.until(" PONG ")
    (again,) = anna.gets("/api/search?q=third")["messages"]
    assert again["reactions"] == [{"reaction": "yes", "nick": "anna"}]
    assert texts(anna.gets("/api/search?q=nowhere")) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/history", "MISSING_FIELD"),
        ("/api/history?target=%23tea&limit=x", "INVALID_PARAMS"),
        ("/api/history?target=%23tea&before=nonsense", "INVALID_PARAMS"),
        ("/api/history?target=%23tea&before=12:30", "INVALID_PARAMS"),
        ("/api/history?target=%23tea&around=1:2&before=3", "TOO_MUCH"),
        ("/api/history?target=%23tea&target=%23tea", "TWICE"),
        ("/api/history?target=%23tea&nonsense=1", "UNKNOWN_FIELD"),
        ("/api/search", "INVALID_PARAMS"),
        ("/api/search?in=%23tea&q=x&limit=0", "INVALID_PARAMS"),
        ("/api/search?q=x&after=yesterday-ish", "INVALID_PARAMS"),
    ],
)
def test_what_cannot_be_meant(anna, path, code):
    told = anna.asks("GET", path)
    assert (told.status, told.code) == (400, code)


def test_a_hidden_channel_is_like_none(server, anna):
    eve = Person(server, "eve2")
    secret = Person(server, "boss", join="#secret")
    secret.sends("MODE #secret +s", "PRIVMSG #secret :marker-93", "PING x")
    secret.until(" PONG ")
    for path in ("/api/history?target=%23{}", "/api/search?q=marker&in=%23{}",
                 "/api/invites"):  # fmt: skip
        hidden = eve.asks("GET", path.format("secret"))
        absent = eve.asks("GET", path.format("absent"))
        assert (hidden.status, hidden.body) == (absent.status, absent.body)
    body = {"channel": "#secret"}
    hidden = eve.asks("POST", "/api/invites", body)
    absent = eve.asks("POST", "/api/invites", {"channel": "#absent"})
    assert (hidden.status, hidden.body) == (absent.status, absent.body) == (404, hidden.body)
    assert b"marker-93" not in eve.asks("GET", "/api/search?q=marker").body
    eve.close()
    secret.close()


def test_access_ends_at_once(server, anna):
    guest = Person(server, "guest7", join="#tea")
    assert texts(guest.gets("/api/history?target=%23tea&limit=1")) == ["third"]
    anna.sends("KICK #tea guest7", "PING kicked")
    anna.until(" PONG ")
    told = guest.asks("GET", "/api/history?target=%23tea")
    assert (told.status, told.code) == (404, "NOT_FOUND")
    assert texts(guest.gets("/api/search?q=third")) == []
    guest.close()


def test_what_two_said_to_each_other(server, anna):
    carl = Person(server, "carl7").registers()
    anna.sends("PRIVMSG carl7 :only for you")
    carl.until("only for you")
    assert texts(carl.gets("/api/history?target=anna")) == ["only for you"]
    eve = Person(server, "eve7")
    assert texts(eve.gets("/api/history?target=carl7")) == []
    eve.close()
    # An account reads what was said to it, also by a password and from nowhere.
    carl.sends("QUIT")
    carl.to_the_end()
    headers = basic("carl7", "correct-horse")
    told = request(server, "GET", "/api/search?q=only", headers=headers)
    assert texts(told.json) == ["only for you"]
    for path in ("/api/history?target=%23tea", "/api/search?q=x&in=%23tea"):
        assert request(server, "GET", path, headers=headers).status == 404


def test_reactions_and_replies_come_along(server):
    dora = Person(server, "dora7", "CAP REQ :message-tags echo-message draft/message-redaction",
                  join="#react")  # fmt: skip
    dora.sends("PRIVMSG #react :a question")
    msgid = dora.until("a question")[-1].partition("msgid=")[2].partition(" ")[0].split(";")[0]
    dora.sends(f"@+draft/react=yes;+draft/reply={msgid} TAGMSG #react")
    dora.sends(f"@+draft/reply={msgid} PRIVMSG #react :an answer")
    dora.until("an answer")
    question, reply = dora.gets("/api/history?target=%23react")["messages"]
    assert question["reactions"] == [{"reaction": "yes", "nick": "dora7"}]
    assert reply["reply_to"] == msgid
    dora.close()


def test_two_requests_of_a_person_at_a_time(server, anna, monkeypatch):
    """A third is refused until one of them has been answered."""
    submit, held = server.hub.workers.submit, queue.Queue()
    monkeypatch.setattr(server.hub.workers, "submit", lambda *job: held.put(job))
    answers: list[int] = []
    path = "/api/history?target=%23tea"

    def asks() -> None:
        answers.append(anna.asks("GET", path).status)

    threads = [threading.Thread(target=asks) for _ in range(2)]
    for thread in threads:
        thread.start()
    jobs = [held.get(timeout=30) for _ in threads]
    refused = anna.asks("GET", path)
    assert (refused.status, refused.code) == (429, "TOO_MANY")
    monkeypatch.undo()
    for job in jobs:
        submit(*job)
    for thread in threads:
        thread.join(30)
    assert answers == [200, 200]
    assert texts(anna.gets(path)) == ["first", "coffee :is better", "third"]
