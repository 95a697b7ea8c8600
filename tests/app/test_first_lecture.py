"""What somebody meets who opens the laboratory for the first time, in front of a class."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from app.datasets import DownloadDialog
from app.form.names import number_text as field_text
from app.shell.presenter import HINT
from app.shell.transport import epochs_of
from core.data.present import missing, to_download
from core.experiment import Experiment, differences, with_settings
from core.experiment.diff import summarize
from core.record.source import State
from core.trainer import _in_words

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", "raise\\(\\)", "grabbing the keyboard")

SPEC = Experiment.parse(
    {
        "data": {"kind": "moons", "samples": 100},
        "network": {"layers": [{"units": 6, "activation": "tanh", "repeat": 2}]},
        "training": {"batch_size": 10, "epochs": 500, "device": "cpu"},
    }
)
LABORATORY = SPEC


@pytest.fixture
def no_data(monkeypatch, tmp_path):
    """Let nothing be downloaded yet."""
    monkeypatch.setenv("GRADOSCOPE_DATA", str(tmp_path))
    return tmp_path


def make_steps(laboratory, qtbot, count=5):
    session = laboratory.session
    laboratory.window.show_views()
    session.step(count)
    qtbot.waitUntil(lambda: session.source.steps == count, timeout=30_000)
    qtbot.waitUntil(lambda: session.source.status.state is State.PAUSED, timeout=30_000)


def finish(laboratory, qtbot):
    session = laboratory.session
    laboratory.window.show_views()
    session.edit(with_settings(session.experiment, ["training.epochs=1"]), "epochs")
    session.run()
    qtbot.waitUntil(lambda: session.source.status.state is State.FINISHED, timeout=30_000)
    qtbot.waitUntil(lambda: not session.running, timeout=30_000)


# Data that are not there -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("assignments", "lacks", "kind"),
    [
        (["data.kind=moons"], False, ""),
        (["data.kind=digits"], False, ""),
        (["data.kind=fashion_mnist"], False, ""),
        (["data.kind=mnist"], True, "mnist"),
        (["data.kind=cifar10"], True, "cifar10"),
        (["data.kind=cifar10", "data.folder=/nowhere"], True, ""),
        (["data.kind=csv", "data.path=/nowhere/a.csv"], True, ""),
        (["data.kind=csv"], True, ""),
    ],
)
def test_it_is_known_which_data_lack_files(no_data, assignments, lacks, kind):
    data = with_settings(SPEC, assignments).data
    assert (missing(data) is not None) == lacks
    assert to_download(data) == kind


def test_files_under_any_of_their_names_are_there(no_data):
    folder = no_data / "mnist"
    folder.mkdir()
    data = with_settings(SPEC, ["data.kind=mnist"]).data
    (folder / "train-images.idx3-ubyte").write_bytes(b"x")
    assert to_download(data) == "mnist"
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(b"x")
    assert missing(data) is None


def test_the_card_offers_a_download_in_place_of_a_restart_that_fails(laboratory, qtbot, no_data):
    make_steps(laboratory, qtbot)
    banner = laboratory.panel.banner
    session = laboratory.session
    session.edit(with_settings(SPEC, ["data.kind=cifar10"]), "data")
    assert banner.isVisible()
    assert banner.why_not.text() == "CIFAR-10 has to be downloaded first."
    assert banner.download_button.isVisible()
    assert not banner.button.isVisible()
    with qtbot.waitSignal(banner.download_requested) as wanted:
        banner.download_button.click()
    assert wanted.args == ["cifar10"]
    laboratory.window.findChild(DownloadDialog).reject()
    folder = no_data / "cifar10"
    folder.mkdir()
    (folder / "cifar-10-binary.tar.gz").write_bytes(b"x")
    session.experiment_changed.emit()  # as at the end of a download
    assert banner.button.isVisible()
    assert banner.button.isEnabled()
    assert not banner.why_not.isVisible()


def test_a_file_that_is_not_there_holds_the_restart_up_too(laboratory, qtbot):
    make_steps(laboratory, qtbot)
    laboratory.session.edit(
        with_settings(SPEC, ["data.kind=csv", "data.path=/nowhere/a.csv"]), "data"
    )
    banner = laboratory.panel.banner
    assert "There is no file" in banner.why_not.accessibleName()
    assert not banner.button.isEnabled()
    assert not banner.download_button.isVisible()


@pytest.mark.parametrize("way", ["reset", "restart"])
def test_a_run_is_not_thrown_away_for_data_that_are_not_there(laboratory, qtbot, no_data, way):
    make_steps(laboratory, qtbot)
    session, window = laboratory.session, laboratory.window
    first = session.source
    session.edit(with_settings(SPEC, ["data.kind=cifar10"]), "data")
    if way == "reset":
        window.actions_by_key["reset"].trigger()
    else:
        laboratory.panel.restart_requested.emit()
    qtbot.wait(300)
    assert session.source is first
    assert session.source.steps == 5
    assert "CIFAR-10 has to be downloaded first." in window.banner.text.text()
    assert window.banner.buttons[0].text() == "Download …"
    session.undo_stack.undo()
    assert not window.banner.isVisible()
    window.actions_by_key["reset"].trigger()
    qtbot.waitUntil(lambda: session.source is not first, timeout=30_000)


def test_a_run_that_could_not_be_built_leaves_the_one_before_within_reach(
    laboratory, qtbot, tmp_path
):
    make_steps(laboratory, qtbot)
    session, window = laboratory.session, laboratory.window
    first = session.source
    broken = tmp_path / "broken.csv"
    broken.write_text("a,b\nx\n1,2,3\n")
    session.edit(with_settings(SPEC, ["data.kind=csv", f"data.path={broken}"]), "data")
    laboratory.panel.restart_requested.emit()
    qtbot.waitUntil(lambda: session.source.status.state is State.FAILED, timeout=30_000)
    buttons = {one.text(): one for one in window.banner.buttons if one.isVisible()}
    buttons["Show the run before"].click()
    assert session.source is first
    assert session.record is first
    qtbot.wait(200)
    assert session.source is first  # the clock does not take it away again
    assert laboratory.views[0].source is first
    session.select_step(2)
    assert session.at == 2
    session.undo_stack.undo()
    session.run()
    qtbot.waitUntil(
        lambda: session.source is not first and session.source.steps > 3, timeout=30_000
    )


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "assignments", "text"),
    [
        (
            ["data={kind='fashion_mnist', standardize=false, scale='minus_one_one'}"],
            ["data={kind='cifar10', standardize=false, scale='minus_one_one'}"],
            "data Fashion-MNIST → CIFAR-10",
        ),
        (
            ["data={kind='fashion_mnist', scale='minus_one_one'}"],
            ["data={kind='mnist'}"],
            "data Fashion-MNIST scale to [−1, 1] → MNIST",
        ),
        ([], ["data.scale=minus_one_one"], "scale none → to [−1, 1]"),
        ([], ["training.optimizer.lr=1e9"], "rate 0.01 → 1e9"),
    ],
)
def test_what_waits_is_told_in_the_words_of_the_screen(start, assignments, text):
    before = with_settings(SPEC, ["training.optimizer={kind='sgd', lr=0.01}", *start])
    after = with_settings(before, assignments)
    assert summarize(differences(before, after)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1e9, "1e9"), (2.5e7, "2.5e7"), (3e6, "3e6"), (100000.0, "100000"), (-1e9, "-1e9")],
)
def test_a_large_number_reads_the_same_in_a_field_and_in_an_event(value, text):
    assert field_text(value) == text
    if value > 0:
        tail = summarize(
            differences(SPEC, with_settings(SPEC, [f"training.optimizer.lr={value!r}"]))
        )
        assert tail.endswith(f"→ {text}")


@pytest.mark.parametrize(
    ("loss", "words"),
    [(float("nan"), "NaN"), (float("inf"), "+∞"), (float("-inf"), "−∞"), (0.5, "0.5")],
)
def test_what_a_loss_became_is_written_as_in_the_pictures(loss, words):
    assert _in_words(loss) == words


# Command palette --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        *((word, "Present") for word in ("presenter", "presente", "Presenter mode", "projector")),
        *((word, "Present") for word in ("full screen", "fullscreen", "full", "beamer")),
        *(
            (word, "Export: ")
            for word in ("png", "svg", "pdf", "csv", "export", "save picture", "screenshot", "PNG")
        ),
        ("export run", "Export run …"),
        ("save", "Save"),
        ("light", "Light theme"),
        ("theme", "Light or dark"),
        ("undo", "Undo"),
        ("restart", "Reset"),
        ("pause", "Run"),
        ("python", "Export as PyTorch …"),
        ("compare", "Compare with this run"),
        ("help", "Keyboard shortcuts"),
        ("open", "Open …"),
    ],
)
def test_the_first_hit_is_what_people_mean(laboratory, qtbot, typed, found):
    make_steps(laboratory, qtbot)
    laboratory.window.set_theme("dark")
    session = laboratory.session
    session.edit(with_settings(session.experiment, ["seed=7"]), "seed")  # something to undo
    palette = laboratory.palette
    palette.open()
    palette.search.setText(typed)
    assert palette.current.text.startswith(found)
    palette.close()


def test_dark_is_found_from_light_and_the_theme_from_both(laboratory):
    laboratory.window.set_theme("light")
    laboratory.palette.open()
    laboratory.palette.search.setText("dark")
    assert laboratory.palette.current.text == "Dark theme"
    laboratory.palette.close()
    laboratory.window.set_theme("dark")


def test_every_view_in_sight_can_be_exported_the_one_with_the_keys_first(laboratory, qtbot):
    make_steps(laboratory, qtbot)
    window, palette = laboratory.window, laboratory.palette
    window.raise_view("profile")
    qtbot.waitUntil(lambda: not window.grid.docks["profile"].view.visibleRegion().isEmpty())
    palette.open()
    palette.search.setText("png")
    listed = [entry.text for entry in palette.listed if entry.text.startswith("Export: ")]
    profile = window.grid.docks["profile"].view
    assert listed[0] == f"Export: {profile.title} …"
    seen = [view for view in laboratory.views if not view.visibleRegion().isEmpty()]
    assert len(listed) == len(seen) > 3
    palette.run_current()
    qtbot.waitUntil(lambda: laboratory.view_export.dialog is not None, timeout=5_000)
    assert laboratory.view_export.dialog.shot.key == "profile"
    laboratory.view_export.dialog.reject()


# In front of an audience ------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_name_and_number_of_every_page_are_shown(laboratory, qtbot, width):
    make_steps(laboratory, qtbot)
    window = laboratory.window
    window.presenter.enter()
    window.resize(width, 800)
    text = window.transport.page_text
    for number in range(1, len(window.presenter._pages) + 1):
        qtbot.wait(1)
        assert text.isVisible()
        assert text.text().endswith(f"{number} / {len(window.presenter._pages)}")
        assert text.width() >= text.minimumSizeHint().width()
        window.presenter.show_next()
    window.presenter.leave()


def test_entering_tells_once_how_to_turn_pages_and_moves_nothing(laboratory, qtbot):
    window = laboratory.window
    window.presenter.enter()
    assert window.toast.isVisible()
    assert all(words in window.toast.text.text() for words in HINT)
    assert "PgDn" in window.toast.text.text()
    before = window.stack.geometry()
    window.presenter.show_next()
    assert not window.toast.isVisible()
    assert window.stack.geometry() == before
    window.presenter.leave()
    assert not window.toast.isVisible()


def test_the_sheet_grows_with_the_print(laboratory, qtbot):
    from app.shell.key_caps import KeyCaps

    sheet = laboratory.shortcuts
    sheet.toggle()
    before = max(cap.sizeHint().height() for cap in sheet.findChildren(KeyCaps))
    sheet.close()
    laboratory.window.presenter.enter()
    sheet.toggle()
    qtbot.wait(10)
    after = max(cap.sizeHint().height() for cap in sheet.findChildren(KeyCaps))
    assert after >= round(1.5 * before)
    room = sheet.screen().availableGeometry().size()
    assert sheet.width() <= room.width()
    assert sheet.height() <= room.height()
    sheet.close()
    laboratory.window.presenter.leave()


# Notes ------------------------------------------------------------------------------------------


def test_a_note_goes_with_the_next_click_or_workspace(laboratory, qtbot):
    window, toast = laboratory.window, laboratory.window.toast
    window.show_views()
    window.actions_by_key["workspace_compare"].trigger()
    assert "Nothing to compare" in toast.text.text()
    assert toast.isVisible()
    qtbot.mouseClick(toast.text, Qt.MouseButton.LeftButton)  # people copy from it
    assert toast.isVisible()
    qtbot.mouseClick(window.transport, Qt.MouseButton.LeftButton)
    assert not toast.isVisible()
    window.actions_by_key["workspace_compare"].trigger()
    assert toast.isVisible()
    window.actions_by_key["workspace_overview"].trigger()
    assert not toast.isVisible()
    assert toast._timer.interval() == 6000
    laboratory.notify("warn", "Only the first rows were copied.")
    qtbot.mouseClick(window.transport, Qt.MouseButton.LeftButton)
    assert toast.isVisible()
    toast.dismiss()


def test_pinning_a_run_tells_what_to_do_next(laboratory, qtbot):
    make_steps(laboratory, qtbot)
    laboratory.timeline.refresh()
    laboratory.timeline.pin.click()
    text = laboratory.window.toast.text.text()
    assert f"Pinned run {laboratory.session.source.run_id[-4:]}." in text
    assert "Now change something and press Reset." in text
    laboratory.timeline.pin.click()
    assert not laboratory.window.toast.isVisible()


# A run that has ended ---------------------------------------------------------------------------


def test_a_change_after_the_end_says_how_it_takes_effect(laboratory, qtbot):
    finish(laboratory, qtbot)
    session, banner = laboratory.session, laboratory.window.banner
    assert not banner.isVisible()
    session.edit(with_settings(session.experiment, ["name=Another"]), "name")
    assert not banner.isVisible()
    session.edit(with_settings(session.experiment, ["seed=9"]), "seed")  # waits for a restart
    assert not banner.isVisible()
    session.edit(with_settings(session.experiment, ["network.layers.*.activation=relu"]), "ReLU")
    assert banner.isVisible()
    assert "Press Run to train on with the new settings." in banner.text.text()
    steps = session.source.steps
    laboratory.window.banner.buttons[0].click()
    qtbot.waitUntil(lambda: session.source.steps > steps, timeout=30_000)
    qtbot.waitUntil(lambda: not banner.isVisible(), timeout=30_000)


def test_drawing_weights_after_the_end_says_so_too(laboratory, qtbot):
    finish(laboratory, qtbot)
    laboratory.panel.reinit_requested.emit((1,))
    assert laboratory.window.banner.isVisible()


def test_a_change_during_the_run_needs_no_banner(laboratory, qtbot):
    make_steps(laboratory, qtbot)
    session = laboratory.session
    session.edit(with_settings(session.experiment, ["training.optimizer.lr=0.5"]), "rate")
    assert not laboratory.window.banner.isVisible()


def test_the_epoch_says_of_how_many(laboratory, qtbot):
    make_steps(laboratory, qtbot)
    transport, session = laboratory.window.transport, laboratory.session
    laboratory.window.resize(1440, 800)
    qtbot.waitUntil(lambda: transport.epochs_text.text() == "of 500", timeout=5_000)
    assert transport.epochs_text.isVisible()
    assert "500" in transport._values["epoch"].toolTip()
    laboratory.window.resize(1280, 800)
    qtbot.wait(10)
    assert transport._values["epoch"].isVisible()
    finish(laboratory, qtbot)
    assert epochs_of(session.source) == 1
    session.run()
    qtbot.waitUntil(lambda: epochs_of(session.source) == 2, timeout=30_000)


def test_a_limit_of_steps_leaves_the_epochs_out(laboratory, qtbot):
    session = laboratory.session
    session.edit(with_settings(session.experiment, ["training.steps=7"]), "steps")
    make_steps(laboratory, qtbot)
    assert epochs_of(session.source) == 0
