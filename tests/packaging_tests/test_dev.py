"""What a user of ``packaging/dev.py`` sees: versions, set-ups, missing libraries, no display."""

import shutil
import sys
from pathlib import Path

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
sys.path.insert(0, str(PACKAGING))  # dev.py is a program, not a package: its siblings import so

import bootstrap  # noqa: E402
import console  # noqa: E402
import dev  # noqa: E402
import display  # noqa: E402
import environment  # noqa: E402
import system_libraries  # noqa: E402

BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n'
FEDORA = 'NAME="Fedora Linux"\nID=fedora\n'

LDD = """\
/p/PySide6/QtGui.abi3.so:
\tlinux-vdso.so.1 (0x00007ffd0a9f2000)
\tlibEGL.so.1 => not found
\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x00007f0000000000)
\tlibglib-2.0.so.0 => not found
/p/PySide6/QtWidgets.abi3.so:
\tlibEGL.so.1 => not found
\tlibfancy.so.9 => not found
"""


class FakeTools(environment.Tools):
    """Stands for venv and pip: notes what is asked, and leaves the files they would leave."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.error: BaseException | None = None
        self.starts = True

    def python_version(self, python: Path) -> str | None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return version if self.starts and python.exists() else None

    def make(self, folder: Path) -> None:
        self.done.append("make")
        self.starts = True
        python = environment.Environment(folder.parent).python
        python.parent.mkdir(parents=True)
        python.touch()

    def install(self, python: Path, root: Path, extras: object) -> None:
        assert python.exists()
        self.done.append(f"install {extras}")
        if self.error is not None:
            raise self.error


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    root = tmp_path / "checkout"
    (root / "packaging").mkdir(parents=True)
    (root / "packaging" / "constraints.txt").write_text("torch==1\n", encoding="utf-8")
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return root


@pytest.fixture
def tools() -> FakeTools:
    return FakeTools()


def prepare(root: Path, tools: FakeTools, *extras: str) -> list[str]:
    """Run one set-up, as a process of its own would, and tell what it did."""
    tools.done.clear()
    environment.Environment(root, tools).prepare(extras)
    return list(tools.done)


# -- Python's version -----------------------------------------------------------------------------


def test_an_old_python_is_told_which_one_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["setup"], version=(3, 8, 10)) == 2
    message = capsys.readouterr().err
    assert message.startswith("Python 3.11 or newer is needed, this is 3.8: ")
    assert message.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="names of programs differ")
def test_an_old_python_names_a_newer_one_that_is_installed(tmp_path: Path) -> None:
    for name in ("python3.9", "python3.12"):
        program = tmp_path / name
        program.touch()
        program.chmod(0o755)
    assert "python3.12 packaging/dev.py" in dev.refusal((3, 9, 2), ["/nowhere", str(tmp_path)])
    assert dev.refusal((3, 11, 0), []) is None


def test_the_check_of_the_version_can_be_read_by_an_old_python() -> None:
    source = (PACKAGING / "dev.py").read_text(encoding="utf-8")
    # The oldest grammar that Python can still be asked for; it knows neither f-strings' later
    # forms, nor match, nor the walrus.
    import ast

    tree = ast.parse(source, feature_version=(3, 4))
    modern = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr)
    assert not [node for node in ast.walk(tree) if isinstance(node, modern)]
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.returns]
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert [name.name for node in imports for name in node.names] == ["os", "sys"]


# -- commands -------------------------------------------------------------------------------------


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main([]) == 2
    assert "usage: python3 packaging/dev.py" in capsys.readouterr().out
    assert bootstrap.main(["--help"]) == 0
    assert "run [app arguments]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "meant"), [("stup", "setup"), ("tests", "test"), ("start", None), ("rnu", "run")]
)
def test_a_mistyped_command_is_guessed(
    typed: str, meant: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main([typed]) == 2
    message = capsys.readouterr().err
    assert f'There is no command "{typed}"' in message
    if meant:
        assert f'did you mean "{meant}"?' in message


def test_the_summary_names_what_failed() -> None:
    text = bootstrap.summary([("ruff check", 0, 0.2), ("tests", 1, 12.0)])
    assert "FAILED (1)" in text
    assert text.endswith("Failed: tests.")
    assert bootstrap.summary([("tests", 0, 1.0)]).endswith("All checks passed.")


# -- the virtual environment ----------------------------------------------------------------------


def test_a_second_set_up_does_nothing(checkout: Path, tools: FakeTools) -> None:
    assert prepare(checkout, tools) == ["make", "install []"]
    assert prepare(checkout, tools) == []


@pytest.mark.parametrize("file", ["packaging/constraints.txt", "pyproject.toml"])
def test_changed_requirements_are_installed_into_the_same_environment(
    checkout: Path, tools: FakeTools, file: str
) -> None:
    prepare(checkout, tools)
    with (checkout / file).open("a", encoding="utf-8") as text:
        text.write("# changed\n")
    assert prepare(checkout, tools) == ["install []"]
    assert prepare(checkout, tools) == []


def test_line_ends_are_not_a_change(checkout: Path, tools: FakeTools) -> None:
    prepare(checkout, tools)
    (checkout / "pyproject.toml").write_bytes(b"[project]\r\n")
    assert prepare(checkout, tools) == []


def test_tests_add_to_the_environment_and_the_app_keeps_what_they_added(
    checkout: Path, tools: FakeTools
) -> None:
    prepare(checkout, tools)
    assert prepare(checkout, tools, "test") == ["install ['test']"]
    assert prepare(checkout, tools) == []
    (checkout / "pyproject.toml").write_text("[project]\nnew = 1\n", encoding="utf-8")
    assert prepare(checkout, tools) == ["install ['test']"]


def test_an_interrupted_set_up_is_made_anew(checkout: Path, tools: FakeTools) -> None:
    tools.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        prepare(checkout, tools)
    tools.error = None
    assert prepare(checkout, tools) == ["make", "install []"]
    assert prepare(checkout, tools) == []


def test_a_failed_set_up_is_tried_again(checkout: Path, tools: FakeTools) -> None:
    tools.error = environment.InstallError("no network", unpacked=False)
    with pytest.raises(console.SetupError):
        prepare(checkout, tools)
    tools.error = None
    assert prepare(checkout, tools)[-1] == "install []"
    assert prepare(checkout, tools) == []


@pytest.mark.parametrize(("unpacked", "then"), [(False, []), (True, ["make", "install []"])])
def test_a_failed_addition_spares_what_worked_unless_it_was_touched(
    checkout: Path, tools: FakeTools, unpacked: bool, then: list[str]
) -> None:
    prepare(checkout, tools)
    tools.error = environment.InstallError("failed", unpacked=unpacked)
    with pytest.raises(console.SetupError):
        prepare(checkout, tools, "test")
    tools.error = None
    assert prepare(checkout, tools) == then


def test_an_environment_whose_python_does_not_start_is_made_anew(
    checkout: Path, tools: FakeTools
) -> None:
    prepare(checkout, tools)
    tools.starts = False
    assert prepare(checkout, tools) == ["make", "install []"]
    environment.Environment(checkout).python.unlink()
    assert prepare(checkout, tools) == ["make", "install []"]


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Path, tools: FakeTools) -> None:
    prepare(checkout, tools)
    moved = checkout.with_name("elsewhere")
    shutil.move(checkout, moved)
    assert prepare(moved, tools) == ["make", "install []"]


def test_an_environment_made_by_hand_is_used_not_deleted(checkout: Path, tools: FakeTools) -> None:
    tools.make(checkout / ".venv")
    own = checkout / ".venv" / "own-file"
    own.touch()
    assert prepare(checkout, tools) == ["install []"]
    assert own.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"state": "ready", "inputs": 3}'])
def test_a_damaged_stamp_is_not_trusted(checkout: Path, tools: FakeTools, content: str) -> None:
    prepare(checkout, tools)
    next((checkout / ".venv").glob("*stamp*")).write_text(content, encoding="utf-8")
    assert prepare(checkout, tools) == ["make", "install []"]


def test_a_failure_of_pip_ends_in_one_plain_sentence(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["Collecting torch", "ERROR: [Errno 28] No space left on device"]
    monkeypatch.setattr(environment, "watched", lambda *_a, **_k: (1, lines))
    with pytest.raises(environment.InstallError) as caught:
        environment.Tools().install(Path("python"), checkout, [])
    *tail, sentence = str(caught.value).splitlines()
    assert [line.strip() for line in tail] == lines
    assert sentence == "The disk is full: a set-up needs about 2 GB."
    assert not caught.value.unpacked


def test_a_silent_command_gives_signs_of_life(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "HEARTBEAT", 0.0)
    program = "print('first'); print('last'); raise SystemExit(3)"
    code, tail = console.watched(
        [sys.executable, "-c", program], "working", show=lambda line: line.upper()
    )
    assert (code, tail) == (3, ["first", "last"])
    assert "FIRST" in capsys.readouterr().out
    assert console.watched(["/nowhere/no-such-program"], "working")[0] == 127


# -- libraries of the system ----------------------------------------------------------------------


def test_missing_libraries_are_read_from_ldd() -> None:
    assert system_libraries.parse_ldd(LDD) == ["libEGL.so.1", "libfancy.so.9", "libglib-2.0.so.0"]
    assert system_libraries.parse_ldd("\tlibc.so.6 => /lib/libc.so.6 (0x1)\n") == []


def test_a_system_that_is_too_old_is_told_so() -> None:
    line = "/p/Qt6Core.so: /lib/libc.so.6: version `GLIBC_2.34' not found (required by Qt)\n"
    with pytest.raises(console.SetupError, match=r"too old for Qt: it lacks GLIBC_2\.34"):
        system_libraries.parse_ldd(line)


@pytest.mark.parametrize(
    ("known", "glib"),
    [({"libglib2.0-0"}, "libglib2.0-0"), ({"libglib2.0-0t64"}, "libglib2.0-0t64")],
)
def test_debian_gets_the_exact_line_to_type(known: set[str], glib: str) -> None:
    missing = ["libEGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0"]
    text = system_libraries.advice(missing, debian=True, known=known.__contains__)
    assert text.splitlines()[-1].strip() == f"sudo apt-get install libegl1 {glib}"


def test_an_unknown_library_is_named() -> None:
    text = system_libraries.advice(system_libraries.parse_ldd(LDD), debian=True, known=bool)
    assert "For libfancy.so.9 no package is known" in text
    assert "sudo apt-get install libegl1 libglib2.0-0t64" in text


def test_other_systems_get_the_names_of_the_libraries() -> None:
    text = system_libraries.advice(["libEGL.so.1"], debian=False)
    assert "libEGL.so.1" in text
    assert "apt" not in text


@pytest.mark.parametrize(
    ("release", "expected"), [(BOOKWORM, True), (UBUNTU, True), (FEDORA, False), ("", False)]
)
def test_debian_and_its_relatives_are_recognised(release: str, expected: bool) -> None:
    assert system_libraries.is_debian(release) is expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks libraries")
def test_a_user_without_rights_is_stopped_with_the_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(system_libraries, "missing_libraries", lambda *_a: ["libEGL.so.1"])
    monkeypatch.setattr(system_libraries, "os_release", lambda: BOOKWORM)
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 1000)
    with pytest.raises(console.SetupError, match="sudo apt-get install libegl1") as caught:
        system_libraries.ensure_libraries(tmp_path, "offscreen")
    assert caught.value.code == 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks libraries")
def test_root_on_debian_gets_the_packages_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing, commands = ["libEGL.so.1"], []

    def apt(command: list[str], *_rest: object, **_options: object) -> tuple[int, list[str]]:
        commands.append(" ".join(command))
        if "install" in command:
            missing.clear()
        return 0, []

    monkeypatch.setattr(system_libraries, "missing_libraries", lambda *_a: list(missing))
    monkeypatch.setattr(system_libraries, "os_release", lambda: BOOKWORM)
    monkeypatch.setattr(system_libraries.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_libraries, "watched", apt)
    system_libraries.ensure_libraries(tmp_path, "offscreen")
    assert commands == [
        "apt-get update",
        "apt-get install -y --no-install-recommends libegl1",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux lacks libraries")
def test_libraries_are_looked_for_once_for_each_platform(
    checkout: Path, tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        system_libraries, "ensure_libraries", lambda _site, platform: asked.append(platform)
    )
    prepare(checkout, tools)
    for platform in ("offscreen", "offscreen", "xcb", "xcb", "offscreen"):
        environment.Environment(checkout, tools).ensure_libraries(platform)
    assert asked == ["offscreen", "xcb"]
    monkeypatch.setattr(system_libraries, "os_release", lambda: "another system")
    environment.Environment(checkout, tools).ensure_libraries("xcb")
    assert asked[-1] == "xcb"
    assert len(asked) == 3


# -- display --------------------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a display")
@pytest.mark.parametrize(
    ("environ", "x11", "wayland", "expected"),
    [
        ({}, True, True, None),
        ({"DISPLAY": ""}, True, True, None),
        ({"DISPLAY": ":0"}, True, False, "xcb"),
        ({"DISPLAY": ":0"}, False, False, None),
        ({"DISPLAY": ":0"}, None, False, "xcb"),  # nothing to ask with: comes with the libraries
        ({"WAYLAND_DISPLAY": "wayland-0"}, False, True, "wayland"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, False, False, None),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, False, True, "wayland"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, True, True, "xcb"),
        ({"QT_QPA_PLATFORM": "vnc:size=800x600"}, False, False, "native"),
        ({"QT_QPA_PLATFORM": "offscreen"}, False, False, None),
    ],
)
def test_a_display_counts_only_if_it_answers(
    environ: dict[str, str], x11: bool | None, wayland: bool, expected: str | None
) -> None:
    found = display.find_display(environ, x11=lambda _n: x11, wayland=lambda _n, _e: wayland)
    assert found == expected


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a display")
def test_displays_that_do_not_exist_do_not_answer(tmp_path: Path) -> None:
    assert not display.x11_answers("no-such-host.invalid:4242")
    assert not display.wayland_answers("wayland-42", {"XDG_RUNTIME_DIR": str(tmp_path)})


def test_the_reason_is_one_sentence_that_repeats_what_was_set() -> None:
    assert "neither DISPLAY nor WAYLAND_DISPLAY is set" in display.why_no_display({})
    assert "nothing answers at DISPLAY=:7" in display.why_no_display({"DISPLAY": ":7"})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ([], ["--headless", "--out", "gradoscope-results"]),
        (
            ["--experiment", "twenty", "--steps", "50"],
            [
                *("--headless", "--out", "gradoscope-results"),
                *("--experiment", "twenty", "--steps", "50"),
            ],
        ),
        (["--out", "mine"], ["--headless", "--out", "mine"]),
        (["--out=mine"], ["--headless", "--out=mine"]),
    ],
)
def test_without_a_display_the_app_is_started_headless(
    typed: list[str], expected: list[str]
) -> None:
    assert display.headless_arguments(typed) == expected
    folder = Path(display.results_folder(expected))
    assert folder.is_absolute()
    assert folder.name in expected[-1] or folder.name in expected


def test_options_that_show_no_window_need_no_display() -> None:
    assert display.needs_display([])
    assert display.needs_display(["--experiment", "twenty"])
    for option in ("--help", "--version", "--headless", "--selftest"):
        assert not display.needs_display([option])


def test_a_screenshot_shows_the_real_window_if_there_is_a_display() -> None:
    assert display.needs_display(["--screenshot=a.png"])
    assert display.headless_arguments(["--screenshot=a.png"]) == ["--screenshot=a.png"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is a display")
def test_run_without_a_display_says_so_and_starts_headless(
    checkout: Path,
    tools: FakeTools,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    started: list[tuple[list[str], str | None]] = []

    def become(command: list[str], environ: dict[str, str]) -> int:
        started.append((command, environ.get("QT_QPA_PLATFORM")))
        return 0

    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(bootstrap, "become", become)
    monkeypatch.setattr(
        bootstrap, "Environment", lambda _root: environment.Environment(checkout, tools)
    )
    monkeypatch.setattr(system_libraries, "ensure_libraries", lambda *_a: None)
    assert bootstrap.main(["run", "--steps", "5"]) == 0
    (command, platform), *_others = started
    assert command[command.index("-m") + 1 :] == [
        *("app", "--headless", "--out", "gradoscope-results", "--steps", "5")
    ]
    assert platform == "offscreen"
    said = capsys.readouterr().out
    assert "No window can open here" in said
    assert str(Path("gradoscope-results").absolute()) in said
