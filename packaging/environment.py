"""The virtual environment of a checkout: made, filled, checked and, if broken, made anew.

A stamp inside it says from what it was filled. As long as that has not changed, a start does
nothing but read the stamp and start the environment's Python once, to see that it does.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import system_libraries
from console import SetupError, say, watched

FORMAT = 1  # raise it when this module fills an environment differently: all are then refilled

# What pip says -> what it means. The first that fits is told.
REASONS = (
    ("No space left on device", "The disk is full: a set-up needs about 2 GB."),
    ("Permission denied", "Some file may not be written: check who owns the project folder."),
    ("NewConnectionError", "The packages could not be reached: check the network, then try again."),
    ("Temporary failure in name res", "There seems to be no network: check it, then try again."),
    ("ReadTimeoutError", "The network is too slow or was cut off: try again."),
    ("CERTIFICATE_VERIFY_FAILED", "The connection is not trusted: check proxy and certificates."),
    (
        "require a different python",
        "Not every package fits this Python yet: use one that is a little older.",
    ),
    (
        "No matching distribution found",
        "A package is not offered for this Python and system, or could not be reached: "
        "check the network, and that Python is a 64-bit one that is not brand-new.",
    ),
    ("ResolutionImpossible", "pyproject.toml and packaging/constraints.txt contradict each other."),
)


UNPACKING = (
    "Installing collected packages:"  # pip's words; only then does it begin to change things
)


class InstallError(SetupError):
    """Packages could not be installed; `unpacked` says whether some may be there in part."""

    def __init__(self, message: str, *, unpacked: bool) -> None:
        super().__init__(message)
        self.unpacked = unpacked


class Tools:
    """What touches the world outside: starting Python, making an environment, pip."""

    def python_version(self, python: Path) -> str | None:
        """Start a Python and let it say its version; None if it does not start."""
        program = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            result = subprocess.run(
                [str(python), "-I", "-S", "-c", program],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return result.stdout.strip() if result.returncode == 0 else None

    def make(self, folder: Path) -> None:
        """Make an empty virtual environment, with pip."""
        if find_spec("venv") is None or find_spec("ensurepip") is None:
            bring_venv()
        say("Making a virtual environment in .venv ...")
        # The Python below, should this one belong to the environment that is being made anew.
        base = getattr(sys, "_base_executable", None) or sys.executable
        code, tail = watched([base, "-m", "venv", str(folder)], "making .venv")
        if code != 0:
            raise SetupError(failure("The virtual environment could not be made.", tail))

    def install(self, python: Path, root: Path, extras: Sequence[str]) -> None:
        """Fill an environment with the pinned packages and, in place, with the project.

        Raises
        ------
        InstallError
            If pip fails.
        """
        pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        pip += ["-c", str(root / "packaging" / "constraints.txt")]
        target = "." + (f"[{','.join(extras)}]" if extras else "")
        say("Installing the packages; the first time this takes a minute or more ...")
        # Built with the pinned setuptools that is installed anyway, not with a second, newer one.
        for command in (
            [*pip, "setuptools"],
            [*pip, "--no-build-isolation", "-e", target],
        ):
            code, tail = watched(command, "installing", show=pip_line, folder=root)
            if code != 0:
                reason = next(
                    (text for sign, text in REASONS if any(sign in line for line in tail)),
                    "The packages could not be installed: pip's last lines, above, say why.",
                )
                unpacked = any(line.startswith(UNPACKING) for line in tail)
                raise InstallError(failure(reason, tail), unpacked=unpacked)


def failure(sentence: str, tail: Sequence[str]) -> str:
    """Put a sub-process's last lines above the sentence that explains them."""
    return "\n".join([*(f"    {line}" for line in tail[-12:]), sentence])


def pip_line(line: str) -> str | None:
    """Pick and shorten the lines of pip that show how far it is."""
    line = line.strip()
    if line.startswith("Downloading "):
        return line
    if line.startswith(UNPACKING):
        return f"unpacking {line.count(',') + 1} packages"
    return None


def bring_venv() -> None:
    """Bring the parts of Python that Debian keeps in a package of their own.

    Raises
    ------
    SetupError
        If that needs somebody else.
    """
    package = f"python3.{sys.version_info.minor}-venv"
    if system_libraries.may_install(system_libraries.os_release()):
        system_libraries.install([package])
        return
    if system_libraries.is_debian(system_libraries.os_release()):
        raise SetupError(
            "Python's venv module is missing. Install it, then run the same command again:\n\n"
            f"    sudo apt-get install {package}",
            code=2,
        )
    raise SetupError(
        f"{sys.executable} lacks the modules venv and ensurepip. Install your system's package "
        "for them, then run the same command again.",
        code=2,
    )


class Environment:
    """The virtual environment of the checkout at `root`."""

    def __init__(self, root: Path, tools: Tools | None = None) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.tools = tools or Tools()
        self._stamp_file = self.folder / "gradoscope-stamp.json"

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.script("python")

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        if os.name == "nt":
            return self.folder / "Lib" / "site-packages"
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def script(self, name: str) -> Path:
        """Name one of its commands."""
        if os.name == "nt":
            return self.folder / "Scripts" / f"{name}.exe"
        return self.folder / "bin" / name

    # -- is it up to date? --------------------------------------------------------------------

    def inputs(self) -> dict[str, Any]:
        """All that its content depends on."""
        return {
            "format": FORMAT,
            "constraints": _digest(self.root / "packaging" / "constraints.txt"),
            "pyproject": _digest(self.root / "pyproject.toml"),
            "python": f"{sys.version_info.major}.{sys.version_info.minor}",
            "root": str(self.root),
        }

    def is_ready(self, extras: Iterable[str]) -> bool:
        """Whether nothing need be done."""
        stamp = self._read_stamp()
        return (
            stamp.get("state") == "ready"
            and stamp.get("inputs") == self.inputs()
            and set(extras) <= set(stamp.get("extras", ()))
            and self._python_works()
        )

    def _python_works(self) -> bool:
        return self.tools.python_version(self.python) == self.inputs()["python"]

    # -- make it so ---------------------------------------------------------------------------

    def prepare(self, extras: Iterable[str] = ()) -> bool:
        """Make and fill the environment where needed; return whether anything was done.

        Raises
        ------
        SetupError
            If it cannot be made or filled. A working environment is left as it was, as far as
            that can be known.
        """
        if self.is_ready(extras):
            return False
        with _only_one(self.root / ".venv.lock"):
            if self.is_ready(extras):  # another set-up has just finished
                return True
            started = time.monotonic()
            self._fill(extras)
            say(f"Packages are in place, after {time.monotonic() - started:.0f} s.")
        return True

    def _fill(self, extras: Iterable[str]) -> None:
        before = self._read_stamp()
        reason = self._reason_to_rebuild(before)
        if reason:
            say(f"Removing .venv: {reason}.")
            self._remove()
            before = {}
        adopted = self.python.exists() and not before  # made by hand
        if not self.python.exists():
            self.folder.mkdir(exist_ok=True)
            self._write_stamp({"state": "making"})
            self.tools.make(self.folder)
        wanted = sorted({*extras, *before.get("extras", ())})
        # A set-up that is cut off leaves this behind, and the next one starts from nothing: pip
        # takes a package that is there in part for a whole one.
        self._write_stamp({"state": "installing"})
        try:
            self.tools.install(self.python, self.root, wanted)
        except InstallError as error:
            # pip fetches everything before it changes anything: if it failed by then, without a
            # network for instance, what worked before still does.
            if before.get("state") == "ready" and not error.unpacked:
                self._write_stamp(before)
            elif adopted and not error.unpacked:
                self._stamp_file.unlink()
            raise
        self._write_stamp({"state": "ready", "inputs": self.inputs(), "extras": wanted})

    def _reason_to_rebuild(self, stamp: dict[str, Any]) -> str | None:
        if not self.folder.exists() and not self.folder.is_symlink():
            return None
        if stamp and stamp.get("state") != "ready":
            return "the last set-up was interrupted"
        if not self._python_works():
            return "its Python does not start, or is another version than this one"
        if stamp and stamp["inputs"].get("root") != str(self.root):
            return "the project folder was moved or copied"
        return None

    def _remove(self) -> None:
        if self.folder.is_symlink() or self.folder.is_file():
            self.folder.unlink()
            return
        # Renamed first, which happens at once or not at all: half an environment must not be
        # mistaken for a whole one.
        old = self.root / ".venv.old"
        try:
            if old.exists():
                shutil.rmtree(old)
            self.folder.rename(old)
            shutil.rmtree(old)
        except OSError as error:
            raise SetupError(
                f".venv could not be removed ({error}).\n"
                "Close all programs that use it, delete it by hand, and run the same command again."
            ) from error

    # -- libraries of the system ----------------------------------------------------------------

    def ensure_libraries(self, qt_platform: str) -> bool:
        """Check, once for each Qt platform, that the system has what Qt needs.

        Returns whether anything had to be looked at.
        """
        if not sys.platform.startswith("linux"):
            return False
        stamp = self._read_stamp()
        system = hashlib.sha256(system_libraries.system_identity().encode()).hexdigest()
        checked = stamp.get("libraries", {})
        if checked.get(qt_platform) == system:
            return False
        system_libraries.ensure_libraries(self.site_packages, qt_platform)
        checked[qt_platform] = system
        self._write_stamp({**stamp, "libraries": checked})
        return True

    # -- stamp ------------------------------------------------------------------------------------

    def _read_stamp(self) -> dict[str, Any]:
        try:
            text = self._stamp_file.read_text(encoding="utf-8")
        except OSError:
            return {}
        try:
            stamp = json.loads(text)
        except ValueError:
            return {"state": "unreadable"}
        complete = isinstance(stamp, dict) and isinstance(stamp.get("inputs", {}), dict)
        return stamp if complete else {"state": "unreadable"}

    def _write_stamp(self, stamp: dict[str, Any]) -> None:
        # By way of a second file: a stamp is there whole or not at all.
        draft = self._stamp_file.with_suffix(".new")
        draft.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        draft.replace(self._stamp_file)


def _digest(file: Path) -> str:
    try:
        # Line ends differ between checkouts on Windows and elsewhere, the content does not.
        return hashlib.sha256(file.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    except FileNotFoundError:
        raise SetupError(f"{file} is missing: the checkout is not complete.") from None


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """Let one set-up of a checkout run at a time; a second waits for the first."""
    with file.open("a+b") as lock:
        if not _lock(lock, wait=False):
            say("Another set-up of this checkout is running; waiting for it ...")
            _lock(lock, wait=True)
        yield  # closing the file, or the end of the process, gives the lock back


if os.name == "nt":
    import msvcrt

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # pyright: ignore[reportAttributeAccessIssue]
            except OSError:
                if not wait:
                    return False
                time.sleep(0.5)
            else:
                return True

else:
    import fcntl

    def _lock(file: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
