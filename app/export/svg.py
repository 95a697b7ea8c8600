"""What Qt writes as SVG, made so that every program draws it as it is on screen."""

from __future__ import annotations

import re
from xml.etree import ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_FAMILIES = "Inter, 'Helvetica Neue', Arial, sans-serif"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_PAIR = re.compile(rf"({_NUMBER.pattern})[ ,]+({_NUMBER.pattern})")

Matrix = tuple[float, ...]


def mended(data: bytes, size: tuple[int, int], canvas: tuple[int, int]) -> bytes:
    """Return an SVG file with its size in pixels, fallbacks for the font, and plain lines.

    Qt writes a curve in the units of its axes and asks that the pen is not scaled with them
    (``vector-effect``), which Word and LibreOffice do not know: there a line could be as thick as
    the picture. So its points are mapped here. What curves are clipped to it writes in pixels of
    their widget, while they are in those of the picture (seen in 6.10.3): that is mended, too.

    Parameters
    ----------
    data : bytes
        As ``QSvgGenerator`` wrote it.
    size : tuple of int
        Width and height of the picture.
    canvas : tuple of int
        x and y of the widget with the curves.
    """
    ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    root = ElementTree.fromstring(data)
    root.set("width", str(size[0]))
    root.set("height", str(size[1]))
    shift = (1.0, 0.0, 0.0, 1.0, *map(float, canvas))
    for clip in root.iter(f"{_SVG}clipPath"):
        for shape in clip:
            shape.attrib.pop("vector-effect", None)
            _map_points(shape, shift)
    for group in root.iter(f"{_SVG}g"):
        if "font-family" in group.attrib:
            group.set("font-family", _FAMILIES)  # whoever opens it may not have our font
        _map(group)
    _prune(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _map(group: ElementTree.Element) -> None:
    shapes = list(group)
    effects = {one.attrib.pop("vector-effect", "none") for one in shapes}
    if "non-scaling-stroke" not in effects or not group.get("transform", "").startswith("matrix"):
        return
    matrix = tuple(map(float, _NUMBER.findall(group.attrib.pop("transform"))))
    for shape in shapes:
        if shape.tag == f"{_SVG}rect":
            _map_rect(shape, matrix)
        _map_points(shape, matrix)


def _map_points(shape: ElementTree.Element, matrix: Matrix) -> None:
    for name in ("d", "points"):
        if name in shape.attrib:
            shape.set(name, _PAIR.sub(lambda pair: _mapped(pair, matrix), shape.attrib[name]))


def _mapped(pair: re.Match[str], matrix: Matrix) -> str:
    a, b, c, d, e, f = matrix
    x, y = float(pair[1]), float(pair[2])
    return f"{a * x + c * y + e:.6g},{b * x + d * y + f:.6g}"


def _map_rect(shape: ElementTree.Element, matrix: Matrix) -> None:
    """Map a rectangle; axes are never turned."""
    a, _, _, d, e, f = matrix
    x, y, width, height = (float(shape.get(k, "0")) for k in ("x", "y", "width", "height"))
    left, right = sorted((a * x + e, a * (x + width) + e))
    top, bottom = sorted((d * y + f, d * (y + height) + f))
    values = (left, top, right - left, bottom - top)
    for name, value in zip(("x", "y", "width", "height"), values, strict=True):
        shape.set(name, f"{value:.6g}")


def _prune(parent: ElementTree.Element) -> None:
    """Drop groups without anything in them."""
    for child in list(parent):
        _prune(child)
        if child.tag == f"{_SVG}g" and not len(child):
            parent.remove(child)
