"""Every lesson is whole, says only what it may, and its program fails and passes what it says."""

import json
import re

import pytest

from hubbub.teaching import lessons, progress

ALL = lessons.all_lessons()
WORDS = 60
VIEWS = {"One message", "Everybody", "Timeline", "State"}


def of(lesson, part, kind):
    return [block.text for block in lesson.parts[part] if block.kind == kind]


def test_lessons_are_numbered_from_0_and_need_only_those_before_them():
    assert [lesson.number for lesson in ALL] == list(range(len(ALL)))
    ids = [lesson.id for lesson in ALL]
    for lesson in ALL:
        assert lesson.folder.name == f"{lesson.number:02}-{lesson.id}"
        assert set(lesson.facts["needs"]) <= set(ids[: lesson.number])


@pytest.mark.parametrize("lesson", ALL, ids=lambda lesson: lesson.id)
class TestLesson:
    def test_each_part_is_short(self, lesson):
        for name in lessons.PARTS:
            texts = [block.text for block in lesson.parts[name] if block.kind == "text"]
            assert len(" ".join(texts).split()) <= WORDS, name

    def test_there_is_one_prediction_and_three_questions_with_choices(self, lesson):
        assert len(of(lesson, "Predict", "choice")) == 3
        assert len(of(lesson, "Questions", "item")) == 3
        assert len(of(lesson, "Questions", "choice")) == 9
        assert lesson.facts["predict"]["right"] in "abc"
        assert len(lesson.facts["questions"]["right"]) == 3
        assert set(lesson.facts["questions"]["right"]) <= set("abc")

    def test_there_are_hints(self, lesson):
        assert len(of(lesson, "If you are stuck", "item")) == 3

    def test_its_commands_name_the_lesson(self, lesson):
        commands = of(lesson, "Do", "command") + of(lesson, "Your turn", "command")
        assert len(commands) == 2
        for command, name in zip(commands, ("lab", "grade"), strict=True):
            assert re.search(
                rf"hubbub {name} --lesson {lesson.number} -- \S+ start.py {{port}}", command
            )

    def test_its_steps_want_what_there_is(self, lesson):
        for step in lesson.facts.get("step", {}).values():
            assert step.get("view", "State") in VIEWS
            assert step.get("lab", {}).keys() <= {
                "pieces",
                "lines",
                "hold",
                "delay",
                "slow",
                "stopped",
            }
        json.dumps(lesson.as_dict())

    def test_its_programs_are_plain_python(self, lesson):
        for name in ("start.py", "solution.py"):
            text = (lesson.folder / name).read_text("utf-8")
            assert text.startswith(f'"""Lesson {lesson.number}')
            assert len(text.splitlines()) < 130
            compile(text, name, "exec")


def test_commands_name_the_learners_own_program():
    blocks = [it for part in ALL[2].as_dict("mine/start.py")["parts"] for it in part["blocks"]]
    commands = [it["text"] for it in blocks if it["kind"] == "command"]
    assert [command.split(" -- ")[1] for command in commands] == [
        "python3 mine/start.py {port}"
    ] * 2


def test_a_part_that_is_missing_is_named(tmp_path):
    (tmp_path / "lesson.toml").write_text("number = 1\n")
    (tmp_path / "lesson.md").write_text("# Title\n\n## Goal\nx\n\n## Do\ny\n")
    with pytest.raises(ValueError, match="Do stands where Predict should be"):
        lessons.load(tmp_path)


def test_what_is_finished_is_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert progress.finished() == set()
    for lesson in ALL[:2]:
        progress.keep(lesson, len(lesson.checks))
    progress.keep(ALL[2], 1)
    assert progress.finished() == {ALL[0].id, ALL[1].id}
    assert progress.graded()[ALL[2].id] == progress.Graded(1, len(ALL[2].checks))
    for text in ("nonsense", "[]", '{"x": 1}', '{"x": ["a", 2]}'):
        progress.state_file().write_text(text)
        assert progress.finished() == set()


def test_a_learners_own_copy_is_kept(tmp_path):
    program = progress.own_copy(ALL[2], tmp_path)
    assert program.read_text() == (ALL[2].folder / "start.py").read_text()
    program.write_text("mine")
    assert progress.own_copy(ALL[2], tmp_path).read_text() == "mine"
