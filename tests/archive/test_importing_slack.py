"""What people wrote in Slack comes in as text, also where Slack keeps it in other places."""

import json
from datetime import UTC

import pytest

from hubbub.archive.importing import slack
from hubbub.archive.importing.sources import NotReadable, Options, SourceFiles


def read(tmp_path, *messages, folder="tea", **options):
    """What is found in one day of a channel."""
    files = {
        "users.json": [{"id": "U1", "name": "ann"}, {"id": "U2", "name": "bob"}],
        "channels.json": [{"id": "C1", "name": "tea"}],
        f"{folder}/2024-01-31.json": list(messages),
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(json.dumps(content))
    chosen = Options(zone=UTC, **options)
    return list(slack.read(SourceFiles(tmp_path), chosen)), chosen


def said(ts, text="", **more):
    return {"type": "message", "user": "U1", "ts": f"{ts}.0", "text": text, **more}


@pytest.mark.parametrize(
    "elsewhere", [{"comment": {"user": "U2"}}, {"file": {"user": "U2"}}, {"user": "U2"}]
)
def test_the_author_of_a_comment_or_a_file_is_named_elsewhere(tmp_path, elsewhere):
    message = {"type": "message", "subtype": "file_comment", "ts": "1.0", "text": "good"}
    (found,), _ = read(tmp_path, message | elsewhere)
    assert (found.nick, found.text) == ("bob", "good")


def cell(text):
    return {"type": "raw_text", "text": text}


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        ([{"type": "table", "rows": [[cell("day"), cell("cups")], [cell("mon"), cell("42")]]}],
         "day | cups\nmon | 42"),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "ordered",
           "elements": [cell("one"), cell("two")]}]}], "1. one\n2. two"),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [
           cell("a "), cell("b")]}]}], "> a b"),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [
           cell("x = 1")]}]}], "```\nx = 1\n```"),
        ([{"type": "image", "alt_text": "a cat", "image_url": "https://a.example/c.png?t=x"}],
         "a cat: https://a.example/c.png"),
    ],
)  # fmt: skip
def test_blocks_become_text(tmp_path, blocks, text):
    (found,), _ = read(tmp_path, said(1, blocks=blocks))
    assert found.text == text


def test_a_table_below_the_words_of_a_person(tmp_path):
    blocks = [{"type": "rich_text", "elements": []}, {"type": "table", "rows": [[cell("42")]]}]
    (found,), _ = read(tmp_path, said(1, "numbers", blocks=blocks))
    assert found.text == "numbers\n42"


def test_answers_to_a_deleted_message_stay_a_thread(tmp_path):
    stone = said(1, "This message was deleted.", subtype="tombstone", thread_ts="1.0")
    found, _ = read(tmp_path, stone, said(2, "a", thread_ts="1.0"), said(3, "b", thread_ts="1.0"))
    assert [each.text for each in found] == ["This message was deleted.", "a", "b"]
    assert found[0].gone
    assert {each.reply_to for each in found[1:]} == {found[0].key}


def test_emoji_and_links_of_attachments(tmp_path):
    build = {"title": "build 7", "title_link": "https://a.example/7"}
    text = "done :tada: `:tada:` 10:30:45 :our-own: ~no~"
    linked = build | {"text": "see <https://b.example>"}
    (found,), _ = read(tmp_path, said(1, text, attachments=[linked]))
    assert found.text == (
        "done 🎉 `:tada:` 10:30:45 :our-own: ~~no~~\n"
        "build 7 (https://a.example/7)\nsee https://b.example"
    )


@pytest.mark.parametrize(
    ("folder", "why", "place"),
    [
        ("FC:F1:plan", "files of comments in canvases", "#canvas-plan"),
        ("board", "files of folders that no list of the export names", "#board"),
    ],
)
def test_folders_that_no_list_names_are_counted_for_what_they_are(tmp_path, folder, why, place):
    found, options = read(tmp_path, said(1, "secret"), folder=folder)
    assert (found, options.skipped) == ([], {f"{why} (--private takes them too)": 1})
    (found,), _ = read(tmp_path, said(1, "secret"), folder=folder, private=True)
    assert (found.place, found.origin.closed) == (place, True)


def test_one_bad_record_is_left_out_and_named(tmp_path):
    bad = {"type": "message", "text": "when?"}
    found, options = read(tmp_path, said(1, "one"), bad, "what?", said(2, "two"))
    assert [each.text for each in found] == ["one", "two"]
    assert [each.partition(":")[0] for each in options.damaged] == [
        "tea/2024-01-31.json, message 2", "tea/2024-01-31.json, message 3",
    ]  # fmt: skip
    with pytest.raises(NotReadable, match="message 2: there is no 'ts'"):
        read(tmp_path, said(1, "one"), bad, strict=True)
