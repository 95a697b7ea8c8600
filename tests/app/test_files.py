"""Experiment files: nothing is lost without being asked for, and nothing is asked twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.session import Session
from app.settings import MOST_RECENT, Settings
from app.shell.actions import make_actions
from app.shell.file_menu import FileMenu
from app.shell.files import MOST_BYTES, ExperimentFiles
from app.shell.question import Question
from core.experiment import Experiment, read_experiment, with_settings, write_experiment

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

SPEC = Experiment.parse({"name": "Zwei Monde / 2", "data": {"kind": "moons"}})


class Desk:
    """A window with a session, its files, and what they told."""

    def __init__(self) -> None:
        self.window = QWidget()
        self.session = Session(SPEC, self.window)
        self.settings = Settings()
        self.files = ExperimentFiles(self.session, self.settings, self.window)
        self.told: list[tuple[str, str, str]] = []
        self.files.noticed.connect(lambda *words: self.told.append(words))
        self.done: list[str] = []

    def edit(self, *assignments: str) -> None:
        self.session.edit(with_settings(self.session.experiment, list(assignments)), "an edit")

    def questions(self) -> list[Question]:
        return [one for one in self.window.findChildren(Question) if one.isVisible()]

    def answer(self, key: str) -> None:
        (question,) = self.questions()
        question.choose(key)
        assert self.questions() == []

    def pick(self, file: Path | None) -> QFileDialog:
        """Answer the file dialog; None: cancel it."""
        dialogs = [one for one in self.window.findChildren(QFileDialog) if one.isVisible()]
        (dialog,) = dialogs
        if file is None:
            dialog.reject()
        else:
            dialog.selectFile(str(file))
            dialog.done(QFileDialog.DialogCode.Accepted)
        return dialog

    def leave(self) -> None:
        self.files.leave(lambda: self.done.append("left"))


@pytest.fixture
def desk(qtbot) -> Iterator[Desk]:
    one = Desk()
    qtbot.addWidget(one.window)
    one.window.show()
    yield one
    one.session.shutdown()
    one.session.join()


@pytest.fixture
def saved(desk: Desk, tmp_path: Path) -> Path:
    """Return the file that the desk's experiment was opened from."""
    file = tmp_path / "own.toml"
    write_experiment(SPEC, file)
    desk.files.open(file)
    return file


def test_the_first_save_asks_for_a_file_and_the_next_one_does_not(desk, tmp_path):
    desk.edit("seed=7")
    desk.files.save()
    dialog = desk.pick(tmp_path / "mine.toml")
    assert dialog.defaultSuffix() == "toml"
    assert read_experiment(tmp_path / "mine.toml").seed == 7
    assert not desk.files.is_modified
    desk.edit("seed=8")
    assert desk.files.is_modified
    desk.files.save()
    assert not desk.files.is_asking
    assert read_experiment(tmp_path / "mine.toml").seed == 8


def test_the_name_that_is_offered_is_a_file_name(desk):
    desk.files.save_as()
    (name,) = [Path(one).name for one in desk.window.findChildren(QFileDialog)[0].selectedFiles()]
    assert name == "zwei-monde-2.toml"
    desk.pick(None)
    assert not desk.files.is_asking


def test_nothing_is_asked_where_nothing_was_changed(desk, saved):
    desk.leave()
    desk.edit("seed=7")
    desk.session.undo_stack.undo()
    desk.leave()
    assert desk.done == ["left", "left"]


def test_undone_beyond_what_was_saved_is_a_change(desk, saved):
    desk.edit("seed=7")
    desk.files.save()
    desk.session.undo_stack.undo()
    assert desk.files.is_modified
    desk.session.undo_stack.redo()
    assert not desk.files.is_modified


def test_unsaved_changes_are_asked_for_once(desk, saved):
    desk.edit("seed=7")
    desk.leave()
    desk.leave()
    desk.files.save()
    assert len(desk.questions()) == 1
    assert "Zwei Monde" in desk.questions()[0].text()
    desk.answer("cancel")
    assert (desk.done, desk.session.experiment.seed) == ([], 7)
    desk.leave()
    desk.answer("discard")
    assert desk.done == ["left"]
    assert read_experiment(saved).seed == 0


def test_saving_first_goes_on_only_once_it_is_saved(desk, tmp_path):
    desk.edit("seed=7")
    desk.leave()
    desk.answer("save")
    desk.pick(None)
    assert desk.done == []
    desk.leave()
    desk.answer("save")
    desk.pick(tmp_path / "no" / "such" / "folder.toml")
    assert desk.done == []
    assert desk.told[-1][0] == "bad"
    assert "folder.toml was not saved" in desk.told[-1][1]
    assert desk.files.is_modified
    desk.leave()
    desk.answer("save")
    desk.pick(tmp_path / "there.toml")
    assert desk.done == ["left"]
    assert read_experiment(tmp_path / "there.toml").seed == 7


def test_another_program_s_changes_are_not_overwritten_unasked(desk, saved, tmp_path):
    desk.edit("seed=7")
    write_experiment(with_settings(SPEC, ["seed=99"]), saved)
    desk.files.save()
    assert "own.toml" in desk.questions()[0].text()
    desk.answer("cancel")
    assert read_experiment(saved).seed == 99
    assert desk.files.is_modified
    desk.files.save()
    desk.answer("other")
    desk.pick(tmp_path / "other.toml")
    assert (read_experiment(saved).seed, read_experiment(tmp_path / "other.toml").seed) == (99, 7)
    assert desk.files.path == tmp_path / "other.toml"


def test_overwriting_is_possible_and_ends_the_matter(desk, saved):
    desk.edit("seed=7")
    write_experiment(with_settings(SPEC, ["seed=99"]), saved)
    desk.files.save()
    desk.answer("overwrite")
    desk.edit("seed=8")
    desk.files.save()
    assert not desk.files.is_asking
    assert read_experiment(saved).seed == 8


def test_a_file_that_was_only_touched_or_deleted_is_simply_written(desk, saved):
    desk.edit("seed=7")
    os.utime(saved, (1, 1))
    desk.files.save()
    assert read_experiment(saved).seed == 7
    saved.unlink()
    desk.edit("seed=8")
    desk.files.save()
    assert read_experiment(saved).seed == 8
    assert not desk.files.is_asking


def test_opening_asks_only_once_the_file_is_right(desk, saved, tmp_path):
    desk.edit("seed=7")
    bad, good = tmp_path / "bad.toml", tmp_path / "good.toml"
    bad.write_text("sed = 1", encoding="utf-8")
    write_experiment(with_settings(SPEC, ["seed=5"]), good)
    desk.files.open(bad)
    assert not desk.files.is_asking
    assert "Did you mean seed?" in desk.told[-1][2]
    assert desk.session.experiment.seed == 7
    desk.files.open(good)
    assert desk.session.experiment.seed == 7
    desk.answer("discard")
    assert desk.session.experiment.seed == 5
    assert desk.files.path == good
    assert not desk.files.is_modified


def test_a_ready_experiment_asks_too_and_has_no_file(desk, saved):
    desk.edit("seed=7")
    desk.files.open_ready(SPEC)
    desk.answer("cancel")
    assert desk.session.experiment.seed == 7
    desk.files.open_ready(SPEC)
    desk.answer("discard")
    assert desk.session.experiment == SPEC
    assert desk.files.path is None


def test_escape_is_cancel(qtbot, desk, saved):
    desk.edit("seed=7")
    desk.leave()
    desk.questions()[0].reject()
    assert desk.questions() == []
    assert desk.done == []
    assert not desk.files.is_asking


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"[[[", b"x" * (MOST_BYTES + 1)])
def test_what_is_no_experiment_is_refused_in_words(desk, tmp_path, content):
    file = tmp_path / "no.toml"
    file.write_bytes(content)
    desk.files.open(file)
    ((level, message, why),) = desk.told
    assert (level, message) == ("bad", "no.toml was not opened.")
    assert "no.toml" in why
    assert desk.session.experiment == SPEC


def test_dropped_files(desk, saved, tmp_path):
    picture = tmp_path / "cat.png"
    desk.files.open_dropped([picture])
    assert "cat.png is neither an experiment nor data" in desk.told[-1][1]
    for name in ("table.CSV", "arrays.npz", "train-images-idx3-ubyte", "labels.gz"):
        found = []
        desk.files.data_dropped.connect(found.append)
        desk.files.open_dropped([tmp_path / name])
        desk.files.data_dropped.disconnect(found.append)
        assert found == [tmp_path / name]
    desk.files.open_dropped([saved, picture])
    assert "2 files" in desk.told[-1][1]
    other = tmp_path / "OTHER.TOML"
    write_experiment(with_settings(SPEC, ["seed=5"]), other)
    desk.files.open_dropped([other])
    assert desk.session.experiment.seed == 5


def test_recent_files_are_remembered_the_latest_first(desk, tmp_path):
    for number in range(MOST_RECENT + 2):
        file = tmp_path / f"{number}.toml"
        write_experiment(SPEC, file)
        desk.files.open(file)
    desk.files.open(tmp_path / "5.toml")
    names = [Path(one).name for one in desk.settings.recent]
    assert names[:2] == ["5.toml", "11.toml"]
    assert len(names) == len(set(names)) == MOST_RECENT


def test_a_recent_file_that_is_gone_is_taken_off_the_list(desk, saved, tmp_path):
    assert desk.settings.recent == [str(saved)]
    saved.unlink()
    desk.files.open(saved)
    assert desk.settings.recent == []
    assert desk.told[-1][0] == "warn"
    assert "own.toml any more" in desk.told[-1][1]
    desk.files.open(tmp_path / "never.toml")
    assert desk.told[-1][0] == "bad"


def test_the_menu_lists_recent_files_and_hands_one_over(qtbot, tmp_path):
    owner, settings = QObject(), Settings()
    menu = FileMenu(make_actions(owner), settings)
    qtbot.addWidget(menu)
    menu.fill()
    assert not menu.recent.isEnabled()
    settings.remember(tmp_path / "a & b.toml")
    settings.remember(tmp_path / "second.toml")
    menu.fill()
    actions = menu.recent.actions()
    assert [action.text().split("   ")[0] for action in actions] == ["second.toml", "a && b.toml"]
    with qtbot.waitSignal(menu.recent_chosen) as chosen:
        actions[1].trigger()
    assert chosen.args == [tmp_path / "a & b.toml"]
