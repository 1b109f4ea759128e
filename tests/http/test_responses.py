"""A refusal, as HTTP tells it."""

import json
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

import hubbub
from hubbub.handlers.refusals import Refused
from hubbub.http.responses import GONE, STATUS, http_refusal, refusal
from hubbub.protocol.numerics import ERR_CHANOPRIVSNEEDED, ERR_INPUTTOOLONG, ERR_NOSUCHCHANNEL

REQUEST = make_mocked_request("GET", "/api/me")
SOURCE = Path(hubbub.__file__).parent


def test_the_code_says_which_status():
    told = refusal(REQUEST, Refused("NO_PERMISSIONS", "That is for those who run this server"))
    error = {"code": "NO_PERMISSIONS", "text": "That is for those who run this server"}
    assert (told.status, json.loads(told.text)) == (403, {"error": error})
    assert http_refusal(REQUEST, Refused("INVALID_PARAMS", "The limit is a number")).status == 400


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [(ERR_CHANOPRIVSNEEDED, 403, "IRC_482"), (ERR_INPUTTOOLONG, 400, "IRC_417")],
)
def test_what_irc_has_a_numeric_for(kind, status, code):
    told = http_refusal(REQUEST, Refused.numeric(kind, "#tea"))
    assert (told.status, told.code, told.text) == (status, code, kind.text)


@pytest.mark.parametrize(
    "refused",
    [Refused.numeric(ERR_NOSUCHCHANNEL, "#tea"), Refused("INVALID_TARGET", "You are not in it")],
)
def test_not_there_and_not_for_you_are_the_same_words(refused):
    assert http_refusal(REQUEST, refused) == (404, "NOT_FOUND", GONE, {})


def test_when_to_try_again_and_how_to_say_who_asks():
    told = http_refusal(REQUEST, Refused("TOO_MANY", "Wait a little", retry_after=60))
    assert (told.status, told.headers) == (429, {"Retry-After": "60"})
    told = http_refusal(REQUEST, Refused("UNKNOWN_ASKER", "You are logged out"))
    assert (told.status, list(told.headers)) == (401, ["WWW-Authenticate"])


def test_every_code_of_the_table_is_one_that_is_used():
    files = [file for file in SOURCE.rglob("*.py") if file.name != "responses.py"]
    source = "".join(file.read_text("utf-8") for file in files)
    assert [code for code in STATUS if f'"{code}"' not in source] == []
