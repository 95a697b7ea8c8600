"""Is there a screen to open a window on? Asked before Qt, which aborts the process if not.

Linux only: macOS and Windows always have one.
"""

import ctypes
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

RESULTS = "gradoscope-results"

# Options of the app that show no window, so that they need no screen.
WINDOWLESS = frozenset({"-h", "--help", "--version", "--headless", "--selftest"})

# Platforms of Qt that show a window without X11 or Wayland, when the user asks for one.
OTHER_SCREENS = frozenset({"eglfs", "linuxfb", "vkkhrdisplay", "vnc"})


def x11_answers(name: str) -> bool | None:
    """Try to open an X11 display; None if the X11 library is not there to ask with."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return None
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XOpenDisplay.argtypes = [ctypes.c_char_p]
    x11.XCloseDisplay.argtypes = [ctypes.c_void_p]
    display = x11.XOpenDisplay(name.encode())
    if not display:
        return False
    x11.XCloseDisplay(display)
    return True


def wayland_answers(name: str, environ: Mapping[str, str]) -> bool:
    """Try to connect to a Wayland compositor."""
    address = str(Path(environ.get("XDG_RUNTIME_DIR", ""), name))
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True


def find_display(
    environ: Mapping[str, str],
    x11: Callable[[str], bool | None] = x11_answers,
    wayland: Callable[[str, Mapping[str, str]], bool] = wayland_answers,
) -> str | None:
    """Name the Qt platform that can show a window: "xcb", "wayland", "native" or None.

    X11 comes first, because a Wayland desktop offers it too and Qt falls back to it.
    """
    if not sys.platform.startswith("linux"):
        return "native"
    if environ.get("QT_QPA_PLATFORM", "").split(":")[0] in OTHER_SCREENS:
        return "native"
    name = environ.get("DISPLAY")
    # If nothing is there to ask with, the check of the libraries comes next and brings it.
    if name and x11(name) is not False:
        return "xcb"
    name = environ.get("WAYLAND_DISPLAY")
    if name and wayland(name, environ):
        return "wayland"
    return None


def why_no_display(environ: Mapping[str, str]) -> str:
    """Say in one sentence why no window can open."""
    silent = [
        f"{variable}={environ[variable]}"
        for variable in ("DISPLAY", "WAYLAND_DISPLAY")
        if environ.get(variable)
    ]
    if silent:
        return f"No window can open here: nothing answers at {' or '.join(silent)}."
    return "No window can open here: neither DISPLAY nor WAYLAND_DISPLAY is set."


def needs_display(arguments: Sequence[str]) -> bool:
    """Whether the app, started with these arguments, opens a window."""
    return WINDOWLESS.isdisjoint(argument.split("=")[0] for argument in arguments)


def headless_arguments(arguments: Sequence[str]) -> list[str]:
    """Turn the arguments of a start with a window into those of a start without one."""
    given = {argument.split("=")[0] for argument in arguments}
    if "--screenshot" in given:
        return list(arguments)  # the app can draw its window unseen
    out = [] if "--out" in given else ["--out", RESULTS]
    return ["--headless", *out, *arguments]


def results_folder(arguments: Sequence[str]) -> str:
    """Where a start with these arguments leaves its results, as an absolute path."""
    folder = RESULTS
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--out":
            folder = following
        elif argument.startswith("--out="):
            folder = argument.removeprefix("--out=")
    return str(Path(folder).absolute())
