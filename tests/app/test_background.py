"""Work beside the window: the newest question is answered, in the window's thread."""

import threading

import pytest
from PySide6.QtCore import QObject

from app.form.background import Background


@pytest.fixture
def asked(qapp):
    parent = QObject()
    one, answers = Background("test", parent), []
    one.answered.connect(
        lambda what, answer: answers.append((what, answer, threading.current_thread()))
    )
    yield one, answers
    parent.deleteLater()


def test_an_answer_comes_with_its_question_into_the_thread_of_the_window(qtbot, asked):
    background, answers = asked
    background.ask("where", threading.current_thread)
    assert background.is_busy
    assert background.asked == "where"
    qtbot.waitUntil(lambda: bool(answers), timeout=5_000)
    what, answer, thread = answers[0]
    assert what == "where"
    assert answer.result() is not thread is threading.main_thread()
    assert not background.is_busy
    assert background.asked is None


def test_only_the_newest_question_is_answered(qtbot, asked):
    background, answers = asked
    gate = threading.Event()
    background.ask("old", gate.wait)
    background.ask("new", lambda: 2)
    qtbot.waitUntil(lambda: bool(answers), timeout=5_000)
    gate.set()
    qtbot.wait(100)
    assert [(what, answer.result()) for what, answer, _ in answers] == [("new", 2)]


def test_what_is_forgotten_is_not_answered(qtbot, asked):
    background, answers = asked
    background.ask("it", lambda: 1)
    background.forget()
    assert not background.is_busy
    qtbot.wait(100)
    assert answers == []


def test_an_error_is_the_answer(qtbot, asked):
    background, answers = asked
    background.ask("it", lambda: 1 // 0)
    qtbot.waitUntil(lambda: bool(answers), timeout=5_000)
    with pytest.raises(ZeroDivisionError):
        answers[0][1].result()
