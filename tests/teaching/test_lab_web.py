"""The lab's page is for the person who started the lab."""

import http.client
import json
from contextlib import closing, contextmanager

import pytest

from hubbub.teaching.lab.trace import Trace
from hubbub.teaching.lab.web import MOST_BODY, MOST_STREAMS, LabPage


@contextmanager
def page(act=lambda asked: None):
    served = LabPage(Trace(), {"live": True}, "secret-word", act)
    served.start()
    try:
        yield served
    finally:
        served.stop()


def ask(served, method="GET", path="/secret-word/", body=None, **headers):
    with closing(http.client.HTTPConnection("127.0.0.1", served.server_address[1])) as http_:
        http_.request(method, path, body, headers)
        answer = http_.getresponse()
        return answer.status, answer.read().decode()


def test_the_page_is_there_with_its_files():
    with page() as served:
        assert ask(served)[0] == 200
        for path in ("glass.css", "js/glass/main.js", "js/dom.js"):
            assert ask(served, path=f"/secret-word/{path}")[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/js/dom.js", "/secret-wor/", "/secret-word/../web.py", "/secret-word/nothing"]
)
def test_nothing_else_is_there(path):
    with page() as served:
        assert ask(served, path=path)[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},  # DNS rebinding: a name of theirs leads here
        {"Host": "evil.example:80"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_get_nothing(headers):
    with page() as served:
        for path in ("/secret-word/", "/secret-word/facts", "/secret-word/events"):
            assert ask(served, path=path, **headers)[0] == 404


def test_a_request_is_carried_out_and_an_error_is_a_sentence():
    asked = []

    def act(request):
        asked.append(request)
        if request.get("do") == "wrong":
            raise ValueError("the lab cannot do that")

    with page(act) as served:
        json_ = {"Content-Type": "application/json"}
        path = "/secret-word/do"
        assert ask(served, "POST", path, '{"do": "pause"}', **json_) == (200, "{}")
        assert ask(served, "POST", path, '{"do": "wrong"}', **json_) == (
            400,
            "the lab cannot do that\n",
        )
        assert ask(served, "POST", path, "nonsense", **json_)[0] == 400
        assert ask(served, "POST", path, "x" * (MOST_BODY + 1), **json_)[0] == 400
        # A form of another site needs no leave for its kinds of content, and reaches nothing.
        assert (
            ask(served, "POST", path, '{"do": "pause"}', **{"Content-Type": "text/plain"})[0] == 404
        )
    assert asked == [{"do": "pause"}, {"do": "wrong"}]


def test_a_stream_goes_on_where_it_ended():
    with page() as served:
        for name in ("alice", "bob", "carol"):
            served.trace.add("opened", who=name)
        with closing(http.client.HTTPConnection("127.0.0.1", served.server_address[1])) as http_:
            http_.request("GET", "/secret-word/events", headers={"Last-Event-ID": "1"})
            answer = http_.getresponse()
            assert answer.getheader("Content-Type") == "text/event-stream"
            lines = [answer.readline() for _ in range(4)]
            assert lines[0] == b"id: 2\n"
            assert json.loads(lines[1].removeprefix(b"data: "))["who"] == "bob"
            assert lines[3] == b"id: 3\n"


def test_the_number_of_streams_has_a_bound():
    with page() as served:
        for _ in range(MOST_STREAMS):
            assert served.streams.acquire(blocking=False)
        assert ask(served, path="/secret-word/events")[0] == 503
