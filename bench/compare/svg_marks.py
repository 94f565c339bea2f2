"""How a memory system looks in every plot: a colour, a marker and a dash of its own.

The colours are classes k0, k1, ... of report.css; markers and dashes tell the systems apart where
there is no colour.
"""

import dataclasses

from report_data import SYSTEMS, label_of
from svg_text import coordinate, element, text

ARM = 4.5  # half the size of a marker


@dataclasses.dataclass(frozen=True)
class Look:
    """The style of a system."""

    label: str
    style: int

    @property
    def class_name(self):
        return f"k{self.style}"


# Shape, filled or hollow, dash, stroke width.
LOOKS = [
    ("square", True, None, 2.2),
    ("circle", True, None, 2.8),
    ("circle", False, "7 3", 2.2),
    ("plus", False, "1 3", 1.4),
    ("diamond", True, None, 1.2),
    ("up", True, "5 2", 1.4),
    ("down", True, "6 2 1 2", 1.4),
    ("cross", False, "2 2", 1.4),
    ("square", False, "10 3", 1.4),
    ("up", False, "3 3", 1.4),
    ("down", False, "8 2 2 2", 1.4),
    ("diamond", False, "4 4", 1.4),
]
SHAPES = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "diamond": ((0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)),
    "up": ((0, -1.1), (1.1, 0.85), (-1.1, 0.85)),
    "down": ((0, 1.1), (1.1, -0.85), (-1.1, -0.85)),
}


def looks(systems):
    """A look for each system: the known ones always have the same, others follow by their order."""
    known = list(SYSTEMS)
    found = {}
    for system in systems:
        strangers = sum(name not in SYSTEMS for name in found)
        style = known.index(system) if system in known else (
            len(known) + strangers) % len(LOOKS)
        found[system] = Look(label_of(system), style)
    return found


def path(points, closed=False):
    """The d attribute of a path through these points."""
    steps = " L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points)
    return f"M{steps}" + ("Z" if closed else "")


def marker(look, x, y, scale=1.0):
    """The marker of a system at a place."""
    shape, filled, _, _ = LOOKS[look.style]
    arm = ARM * scale
    kind = f"marker {'filled' if filled else 'hollow'} {look.class_name}"
    if shape == "circle":
        return element("circle", {"class": kind, "cx": coordinate(x), "cy": coordinate(y),
                                  "r": coordinate(arm)})
    if shape in ("plus", "cross"):
        corner = arm if shape == "plus" else arm * 0.85
        first, second = ((corner, 0), (0, corner)) if shape == "plus" else (
            (corner, corner), (corner, -corner))
        strokes = " ".join(path([(x - dx, y - dy), (x + dx, y + dy)]) for dx, dy in (first, second))
        return element("path", {"class": kind, "d": strokes})
    corners = [(x + dx * arm, y + dy * arm) for dx, dy in SHAPES[shape]]
    return element("path", {"class": kind, "d": path(corners, closed=True)})


def line(look, points, thin=False):
    """The line of a system through its points."""
    _, _, dash, stroke = LOOKS[look.style]
    return element("path", {"class": f"line {look.class_name}", "d": path(points),
                            "stroke-dasharray": dash,
                            "stroke-width": coordinate(1.2 if thin else stroke)})


def rule(kind, x1, y1, x2, y2):
    """A straight line of a class of the style: grid, axis, leader."""
    return element("line", {"class": kind, "x1": coordinate(x1), "y1": coordinate(y1),
                            "x2": coordinate(x2), "y2": coordinate(y2)})


def label(kind, x, y, words, anchor=None):
    """Words at a place; y is their base line."""
    return element("text", {"class": kind, "x": coordinate(x), "y": coordinate(y),
                            "text-anchor": anchor}, text(words))


def sample(look):
    """A short piece of the line with its marker, for legends. Its meaning stands beside it."""
    return element("svg", {"class": "key", "width": 38, "height": 16, "viewBox": "0 0 38 16",
                           "aria-hidden": "true"},
                   line(look, [(1, 8), (37, 8)]), marker(look, 19, 8))


def drawing(name, size, title, description, *children, points=0):
    """An SVG element with what readers of all kinds need: title, description, count of marks."""
    wide, high = size
    return element("svg", {"class": "plot", "viewBox": f"0 0 {coordinate(wide)} {coordinate(high)}",
                           "role": "img", "aria-labelledby": f"{name}-title {name}-desc",
                           "data-plot": name, "data-points": points},
                   element("title", {"id": f"{name}-title"}, text(title)),
                   element("desc", {"id": f"{name}-desc"}, text(description)), *children)


def data_mark(cell, title, *children, kind="value"):
    """One figure of the input: its shape with a tooltip. Tests count these."""
    return element("g", {"class": "mark", "data-mark": kind, "data-cell": cell},
                   element("title", {}, text(title)), *children)
