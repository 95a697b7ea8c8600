"""Sets up, opens and tests Gradoscope from a checkout: ``python3 packaging/dev.py --help``.

This file holds no more than the check of Python's version. It is written so that even Python 2.7
can read it, for only then can it say that it is too old; all else is in ``bootstrap.py``.
"""

import os
import sys

OLDEST = (3, 11)
NEWEST_LOOKED_FOR = 14


def newer_python(folders):
    """Name a Python on the search path that is new enough, or None."""
    for minor in range(NEWEST_LOOKED_FOR, OLDEST[1] - 1, -1):
        name = "python3.%d" % minor
        for folder in folders:
            if os.access(os.path.join(folder, name), os.X_OK):
                return name
    return None


def refusal(version, folders):
    """Say why this Python cannot be used, or return None if it can."""
    if tuple(version[:2]) >= OLDEST:
        return None
    newer = newer_python(folders)
    if newer:
        advice = "run it with the one that is installed: %s packaging/dev.py" % newer
    else:
        advice = "install a newer one from your system's packages or from https://www.python.org"
    return "Python %d.%d or newer is needed, this is %d.%d: %s" % (OLDEST + version[:2] + (advice,))


def main(arguments, version=None):
    """Check Python, then hand over."""
    version = tuple(version or sys.version_info)
    message = refusal(version, os.environ.get("PATH", "").split(os.pathsep))
    if message:
        sys.stderr.write(message + "\n")
        return 2
    import bootstrap

    return bootstrap.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
