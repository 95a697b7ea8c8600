"""Files that travel with Gradoscope: data, help texts, experiments, themes, icons and fonts.

Nothing here is code apart from this module. Every file that others may own has its licence
beside it.
"""

from pathlib import Path

_ROOT = Path(__file__).resolve().parent


def path(*parts: str) -> Path:
    """Return the path of a bundled file or folder.

    Parts are joined below this package, wherever it is installed: in a checkout, in
    ``site-packages`` or in a frozen bundle. The file need not exist, so that a caller can say
    in its own words what is missing.

    Parameters
    ----------
    *parts : str
        Names of folders and, last, of the file. None at all means the folder itself.

    Returns
    -------
    pathlib.Path
        An absolute path.

    Examples
    --------
    >>> path("data", "digits8x8.npz").name
    'digits8x8.npz'
    """
    return _ROOT.joinpath(*parts)
