"""Memory over the life of one input: what a system took, and what the program holds of it.

    MiB |            ____ V1                  thick: asked of the system, or resident, in steps
        |       ____/                         thin, dashed: payload alive
        |  ____/    ....  payload
        |_/..../__________
          objects allocated
"""

import collections
import dataclasses

import svg_marks as marks
from report_data import number, title_of
from svg_scale import LinearScale, labelled, plain
from svg_text import FONT, element, shorten, significant, spread, text, whole, width

WIDTH, HEIGHT = 366, 330
TOP, BOTTOM = 12, 46
KEY = 12
NAME = 100    # room for a label
MIB = 1 << 20
ALIKE = 0.04  # payloads whose ends differ by less share one label


@dataclasses.dataclass
class Curve:
    """One line: [(x, MiB)], whose it is, and what it shows."""

    system: str
    label: str
    payload: bool
    points: list


def with_timeline(cells):
    """Cells that have one, by (workload, lines)."""
    groups = collections.defaultdict(list)
    for cell in cells:
        if any(number(point.get(key)) is not None for point in cell.timeline
               for key in ("asked", "resident")):
            groups[cell.workload, cell.lines].append(cell)
    return groups


def across(cell):
    """What lies across the plot: objects, when they only grow; else the part of the run in %."""
    counts = [number(point.get("objects")) for point in cell.timeline]
    if None not in counts and counts == sorted(counts) and counts[-1] > 0:
        return counts
    return parts_of_run(cell)


def parts_of_run(cell):
    last = max(len(cell.timeline) - 1, 1)
    return [100 * at / last for at in range(len(cell.timeline))]


def timeline(name, workload, lines, cells, looks, taken):
    """A figure element for these cells of one workload and size; taken: "asked" or "resident"."""
    title = f"Memory {taken}, {title_of(workload)}, {whole(lines)} lines"
    by_objects = all(across(cell) == [point.get("objects") for point in cell.timeline]
                     for cell in cells)
    curves = []
    for cell in cells:
        xs = across(cell) if by_objects else parts_of_run(cell)
        for key in (taken, "payload"):
            points = [(x, value / MIB) for x, point in zip(xs, cell.timeline)
                      if (value := number(point.get(key))) is not None and value >= 0]
            if points:
                label = looks[cell.system].label + (" payload" if key == "payload" else "")
                curves.append(Curve(cell.system, label, key == "payload", points))
    if all(curve.payload for curve in curves):
        return ""
    return element(
        "figure", {}, element("figcaption", {}, text(title), element(
            "span", {"class": "unit"}, f"MiB; with markers: {taken}, dotted: payload alive")),
        svg(name, title, curves, "objects allocated" if by_objects else "% of the run", looks))


def svg(name, title, curves, across_title, looks):
    named = end_labels(curves)
    highest = max(value for curve in curves for _, value in curve.points)
    y = LinearScale.from_zero(highest, HEIGHT - BOTTOM, TOP)
    left = max(width(tick_name(tick)) for tick in y.ticks()) + 8
    right = WIDTH - KEY - min(NAME, max(width(words) for _, words in named)) - 2
    x = LinearScale.from_zero(max(x for curve in curves for x, _ in curve.points), left, right, 4)
    x.high = max(at for curve in curves for at, _ in curve.points) or 1
    shapes = grid(x, y, left, right, across_title)
    for curve in curves:
        shapes.append(drawn(curve, x, y, looks[curve.system]))
    shapes += plates(named, x, y, right, looks)
    peaks = "; ".join(f"{curve.label} at most "
                      f"{significant(max(value for _, value in curve.points))} MiB"
                      for curve in curves)
    return marks.drawing(name, (WIDTH, HEIGHT), title, f"Memory in MiB: {peaks}.", *shapes,
                         points=sum(len(curve.points) for curve in curves))


def tick_name(value):
    return plain(value) if value >= 1 or value == 0 else f"{value:.6f}".rstrip("0")


def grid(x, y, left, right, across_title):
    shapes = []
    for tick in y.ticks():
        at = y.position(tick)
        shapes.append(marks.rule("grid", left, at, right, at))
        shapes.append(marks.label("tick", left - 6, at + 5, tick_name(tick), "end"))
    ticks = [x.step * at for at in range(int(x.high / x.step + 1e-9) + 1)]
    for tick in labelled(ticks, x, whole, 12, upright=False):
        at = x.position(tick)
        shapes.append(marks.rule("grid", at, TOP, at, HEIGHT - BOTTOM))
        shapes.append(marks.label("tick", at, HEIGHT - BOTTOM + 18, whole(tick), "middle"))
    shapes.append(marks.rule("axis", left, HEIGHT - BOTTOM, right, HEIGHT - BOTTOM))
    shapes.append(marks.label("tick", (left + right) / 2, HEIGHT - 6, across_title, "middle"))
    return shapes


def drawn(curve, x, y, look):
    """The curve, with a few markers along it where it shows what was taken."""
    places = [(x.position(at), y.position(value)) for at, value in curve.points]
    if curve.payload:
        body = element("path", {"class": f"line payload {look.class_name}", "d": marks.path(places),
                                "stroke-dasharray": "2 3", "stroke-width": "1.6"})
        markers = []
    else:
        steps = [places[0]]
        for place in places[1:]:
            steps += [(place[0], steps[-1][1]), place]
        body = marks.line(look, steps)
        stride = max(len(places) // 5, 1)
        markers = [marks.marker(look, *place, 0.8) for place in places[stride // 2::stride]]
    peak = significant(max(value for _, value in curve.points))
    told = f"{curve.label}: at most {peak} MiB"
    return element("g", {"class": "mark", "data-mark": "curve", "data-cell": curve.system,
                         "data-count": len(curve.points)},
                   element("title", {}, text(told)), body, *markers)


def end_labels(curves):
    """Pairs of curve and words: every thick one, and the payloads, once if they end alike."""
    named = [(curve, curve.label) for curve in curves if not curve.payload]
    payloads = [curve for curve in curves if curve.payload]
    ends = [curve.points[-1][1] for curve in payloads]
    if ends and max(ends) - min(ends) <= ALIKE * max(max(ends), 1e-9):
        return named + [(payloads[0], "payload")]
    return named + [(curve, curve.label) for curve in payloads]


def plates(named, x, y, right, looks):
    """The names at the right, moved apart, tied to the ends of their curves."""
    ends = [(x.position(curve.points[-1][0]), y.position(curve.points[-1][1]))
            for curve, _ in named]
    heights = spread([at for _, at in ends], FONT + 2, TOP, HEIGHT - BOTTOM)
    shapes = []
    for (curve, words), (end, at), height in zip(named, ends, heights):
        start = [(end + 2, at)] if end + 2 < right else []
        shapes.append(element("path", {
            "class": f"leader {looks[curve.system].class_name}",
            "d": marks.path(start + [(right + 1, at), (right + KEY - 3, height)])}))
        shapes.append(marks.label("name", right + KEY, height + 5, shorten(words, NAME)))
    return shapes
