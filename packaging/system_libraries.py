"""The shared libraries that Qt expects from a Linux system, and the packages that bring them.

Qt's wheel holds Qt, but not what every desktop has anyway: OpenGL, fontconfig, D-Bus, X11. On a
server or in a container some of it is missing, and Qt then says so late, partly and in riddles.
"""

import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from console import SetupError, say, watched

# Library -> Debian packages, the first that the system knows wins: names that end in t64 came
# with Debian 13 and Ubuntu 24.04.
PACKAGES = {
    "libEGL.so.1": ("libegl1",),
    "libGL.so.1": ("libgl1",),
    "libGLX.so.0": ("libglx0",),
    "libOpenGL.so.0": ("libopengl0",),
    "libX11-xcb.so.1": ("libx11-xcb1",),
    "libX11.so.6": ("libx11-6",),
    "libXext.so.6": ("libxext6",),
    "libbrotlidec.so.1": ("libbrotli1",),
    "libdbus-1.so.3": ("libdbus-1-3",),
    "libfontconfig.so.1": ("libfontconfig1",),
    "libfreetype.so.6": ("libfreetype6",),
    "libgcc_s.so.1": ("libgcc-s1",),
    "libglib-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libgthread-2.0.so.0": ("libglib2.0-0t64", "libglib2.0-0"),
    "libstdc++.so.6": ("libstdc++6",),
    "libwayland-client.so.0": ("libwayland-client0",),
    "libwayland-cursor.so.0": ("libwayland-cursor0",),
    "libwayland-egl.so.1": ("libwayland-egl1",),
    "libxcb-cursor.so.0": ("libxcb-cursor0",),
    "libxcb-glx.so.0": ("libxcb-glx0",),
    "libxcb-icccm.so.4": ("libxcb-icccm4",),
    "libxcb-image.so.0": ("libxcb-image0",),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1",),
    "libxcb-randr.so.0": ("libxcb-randr0",),
    "libxcb-render-util.so.0": ("libxcb-render-util0",),
    "libxcb-render.so.0": ("libxcb-render0",),
    "libxcb-shape.so.0": ("libxcb-shape0",),
    "libxcb-shm.so.0": ("libxcb-shm0",),
    "libxcb-sync.so.1": ("libxcb-sync1",),
    "libxcb-util.so.1": ("libxcb-util1",),
    "libxcb-xfixes.so.0": ("libxcb-xfixes0",),
    "libxcb-xkb.so.1": ("libxcb-xkb1",),
    "libxcb.so.1": ("libxcb1",),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0",),
    "libxkbcommon.so.0": ("libxkbcommon0",),
    "libz.so.1": ("zlib1g",),
    "libzstd.so.1": ("libzstd1",),
}

# What the app and pyqtgraph import.
MODULES = ("Core", "Gui", "OpenGL", "OpenGLWidgets", "Svg", "Test", "Widgets")

# What to look for without ldd.
ALWAYS = (
    "libEGL.so.1",
    "libGL.so.1",
    "libdbus-1.so.3",
    "libfontconfig.so.1",
    "libglib-2.0.so.0",
    "libxkbcommon.so.0",
)
WITHOUT_LDD = {
    "offscreen": ALWAYS,
    "xcb": (*ALWAYS, *(n for n in PACKAGES if n.startswith(("libxcb", "libX11", "libxkbcommon-")))),
    "wayland": (*ALWAYS, *(n for n in PACKAGES if n.startswith("libwayland-"))),
}

_MISSING = re.compile(r"^\s*(\S+) => not found", re.MULTILINE)
_TOO_OLD = re.compile(r"version `(GLIBC_[\d.]+|GLIBCXX_[\d.]+)' not found")


def os_release() -> str:
    """Describe this Linux, as the system itself does; empty if it does not."""
    for file in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            return Path(file).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return ""


def system_identity() -> str:
    """A text that changes when the system below a checkout is exchanged."""
    return f"{os.uname().machine} {os_release()}"


def is_debian(release: str) -> bool:
    """Whether the system takes Debian's packages: Debian, Ubuntu, Mint and so on."""
    entries = re.findall(r'^ID(?:_LIKE)?="?([^"\n]*)', release, re.MULTILINE)
    return any(name in ("debian", "ubuntu") for entry in entries for name in entry.split())


def parse_ldd(output: str) -> list[str]:
    """List the libraries that ldd did not find.

    Raises
    ------
    SetupError
        If the system's C or C++ library is too old for Qt.
    """
    too_old = _TOO_OLD.findall(output)
    if too_old:
        raise SetupError(
            f"This Linux is too old for Qt: it lacks {', '.join(sorted(set(too_old)))}.\n"
            "Debian 12, Ubuntu 22.04 or anything as new will do.",
            code=2,
        )
    return sorted(set(_MISSING.findall(output)))


def missing_libraries(site_packages: Path, qt_platform: str) -> list[str]:
    """List the libraries that Qt would not find when it opens on the given platform."""
    pyside = site_packages / "PySide6"
    files = [pyside / f"Qt{module}.abi3.so" for module in MODULES]
    plugins = {"offscreen", qt_platform}
    files += [pyside / f"Qt/plugins/platforms/libq{plugin}.so" for plugin in sorted(plugins)]
    files = [file for file in files if file.exists()]
    if files and shutil.which("ldd"):
        environ = {**os.environ, "LC_ALL": "C"}  # its words are read below
        result = subprocess.run(
            ["ldd", *map(str, files)], capture_output=True, text=True, check=False, env=environ
        )
        if result.stdout:
            return parse_ldd(result.stdout + result.stderr)
    return [name for name in WITHOUT_LDD.get(qt_platform, ALWAYS) if not _loads(name)]


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def apt_knows(package: str) -> bool:
    """Whether the package lists of this system hold a package."""
    if shutil.which("apt-cache") is None:
        return False
    result = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", package], capture_output=True, check=False
    )
    return result.returncode == 0


def debian_packages(
    libraries: Iterable[str], known: Callable[[str], bool] = apt_knows
) -> tuple[list[str], list[str]]:
    """Map libraries to Debian packages; second, the libraries that no package is known for."""
    packages: list[str] = []
    unmapped: list[str] = []
    for library in libraries:
        candidates = PACKAGES.get(library)
        if candidates is None:
            unmapped.append(library)
            continue
        package = candidates[0]
        if len(candidates) > 1:
            package = next(filter(known, candidates), candidates[-1])
        if package not in packages:
            packages.append(package)
    return packages, unmapped


def advice(libraries: list[str], *, debian: bool, known: Callable[[str], bool] = apt_knows) -> str:
    """Say what is missing and what the user can do about it."""
    names = ", ".join(libraries)
    if debian:
        packages, unmapped = debian_packages(libraries, known)
        lines = [f"Qt needs libraries that this system does not have: {names}."]
        if packages:
            lines += ["Install them, then run the same command again:", ""]
            lines += [f"    sudo apt-get install {' '.join(packages)}"]
        if unmapped:
            lines += [
                "",
                f"For {', '.join(unmapped)} no package is known here; look for it by name.",
            ]
        return "\n".join(lines)
    return (
        f"Qt needs libraries that this system does not have: {names}.\n"
        "Install the packages that hold them, then run the same command again."
    )


def install(packages: list[str]) -> None:
    """Install Debian packages; needs root.

    Raises
    ------
    SetupError
        If the packages cannot be installed, with the last words of apt.
    """
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    say(f"Installing system packages: {' '.join(packages)}")
    # A failed update may still leave lists that are good enough, so only the install decides.
    watched(["apt-get", "update"], "updating the package lists", environ=environ)
    code, tail = watched(
        ["apt-get", "install", "-y", "--no-install-recommends", *packages],
        "installing",
        environ=environ,
    )
    if code != 0:
        raise SetupError(
            "\n".join(
                [
                    *(f"    {line}" for line in tail[-8:]),
                    "The system packages could not be installed. Once the cause is gone, run:",
                    "",
                    f"    apt-get update && apt-get install {' '.join(packages)}",
                ]
            ),
            code=2,
        )


def may_install(release: str) -> bool:
    """Whether packages can be installed without asking: Debian, and as root."""
    return is_debian(release) and hasattr(os, "geteuid") and os.geteuid() == 0


def ensure_libraries(site_packages: Path, qt_platform: str) -> None:
    """Bring what Qt needs from the system, or stop and say how to.

    Raises
    ------
    SetupError
        If something is missing and cannot be installed from here.
    """
    release = os_release()
    missing = missing_libraries(site_packages, qt_platform)
    # Twice, because what has just been installed may lack something in turn.
    for _ in range(2):
        if not missing or not may_install(release):
            break
        packages, _unmapped = debian_packages(missing)
        if not packages:
            break
        install(packages)
        missing = missing_libraries(site_packages, qt_platform)
    if missing:
        raise SetupError(advice(missing, debian=is_debian(release)), code=2)
