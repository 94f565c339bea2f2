"""Histograms of the pauses of collected systems, on one logarithmic axis of time.

    V1: 120 pauses                       one panel per system; its highest bar fills the panel,
    median 7 ms, longest 80 ms           a tall mark stands at the longest pause
    ____________ _#####__#__|____
    V2 runtime: 300 pauses
    ...
    10 µs       1 ms       100 ms        5 bins per decade
"""

import collections
import math
import statistics

import svg_marks as marks
from report_data import title_of
from svg_scale import LogScale, labelled
from svg_text import coordinate, duration, element, shorten, text, whole

WIDTH = 366
LEFT, RIGHT, TOP, BOTTOM = 10, 354, 6, 44
PANEL, HEAD = 112, 40  # height of a panel, of the words above its bars
NAME = 170            # room for the name of a system
BINS = 5              # per decade
NANOSECOND = 1e-9


def bin_of(pause):
    """The bin of a pause in nanoseconds; what is below 1 ns counts as 1 ns."""
    return math.floor(math.log10(max(pause, 1)) * BINS + 1e-9)


def edge(index):
    """The lower end of a bin, in seconds."""
    return 10 ** (index / BINS) * NANOSECOND


def chosen(cells):
    """The largest size at which most systems have pauses, as [(cell, pauses)]; [] without any."""
    groups = collections.defaultdict(list)
    for cell in cells:
        pauses = cell.pauses()
        if pauses:
            groups[cell.lines].append((cell, pauses))
    most = max(groups, key=lambda lines: (len(groups[lines]), lines), default=None)
    return groups[most] if most else []


def histogram(name, workload, cells, looks):
    """A figure element, or nothing when no system of this workload paused."""
    systems = chosen(cells)
    if not systems:
        return ""
    title = f"Pauses, {title_of(workload)}, {whole(systems[0][0].lines)} lines"
    return element(
        "figure", {}, element("figcaption", {}, text(title), element(
            "span", {"class": "unit"}, "collections by how long the program stood still")),
        svg(name, title, systems, looks), *[element("p", {"class": "note"}, text(note))
                                            for note in notes(systems, looks)])


def notes(systems, looks):
    """Which pauses are not among those drawn."""
    found = []
    for cell, pauses in systems:
        told = sum(cell.values("collections"))
        if told > len(pauses):
            found.append(f"{looks[cell.system].label}: {whole(len(pauses))} of {whole(told)} "
                         "pauses were recorded.")
    return found


def svg(name, title, systems, looks):
    bottom = TOP + PANEL * len(systems)
    spans = [pause * NANOSECOND for _, pauses in systems for pause in (pauses[0], pauses[-1])]
    first = min(bin_of(span / NANOSECOND) for span in spans)
    last = max(bin_of(span / NANOSECOND) for span in spans) + 1
    scale = LogScale(edge(first), edge(last), LEFT, RIGHT)
    told = "; ".join(f"{looks[cell.system].label} {', '.join(summary(pauses))}"
                     for cell, pauses in systems)
    shapes, count = [], 0
    for tick, named in axis_ticks(scale):
        x = scale.position(tick)
        shapes.append(marks.rule("grid" if named else "grid faint", x, TOP, x, bottom))
        if named:
            shapes.append(marks.label("tick", x, bottom + 18, duration(tick), "middle"))
    for at, (cell, pauses) in enumerate(systems):
        bars = panel(cell, pauses, looks[cell.system], scale, TOP + PANEL * at)
        count += len(bars)
        shapes += bars
        shapes += legend(pauses, looks[cell.system], scale, TOP + PANEL * at)
    shapes.append(marks.label("tick", (LEFT + RIGHT) / 2, bottom + BOTTOM - 6, "length of a pause",
                              "middle"))
    return marks.drawing(name, (WIDTH, bottom + BOTTOM), title, f"Histograms. {told}.", *shapes,
                         points=count)


def axis_ticks(scale):
    """Pairs of tick and whether it is named; their labels stay inside the drawing."""
    ticks = scale.ticks()
    inside = [tick for tick in ticks if LEFT + 24 <= scale.position(tick) <= RIGHT - 18]
    named = labelled(inside, scale, duration, 12, upright=False) if inside else []
    return [(tick, tick in named) for tick in ticks]


def summary(pauses):
    """How many; how long."""
    return (f"{whole(len(pauses))} pause{'s' if len(pauses) > 1 else ''}",
            f"median {duration(statistics.median(pauses) * NANOSECOND)}, "
            f"longest {duration(pauses[-1] * NANOSECOND)}")


def panel(cell, pauses, look, scale, top):
    """The bars of one system. A bar that counts one pause can still be seen."""
    counts = collections.Counter(bin_of(pause) for pause in pauses)
    highest = max(counts.values())
    base = top + PANEL - 2
    room = PANEL - HEAD - 8
    bars = []
    for index in sorted(counts):
        left, right = scale.position(edge(index)), scale.position(edge(index + 1))
        high = max(2.0, room * counts[index] / highest)
        told = (f"{look.label}: {whole(counts[index])} from {duration(edge(index))} to "
                f"{duration(edge(index + 1))}")
        bars.append(marks.data_mark(cell.name, told, element("rect", {
            "class": f"bar {look.class_name}", "x": coordinate(left + 0.5),
            "y": coordinate(base - high), "width": coordinate(max(right - left - 1, 1)),
            "height": coordinate(high)}), kind="bin"))
    return bars


def legend(pauses, look, scale, top):
    """Name and summary above the bars, the base line, and the mark of the longest pause."""
    base = top + PANEL - 2
    longest = scale.position(max(pauses[-1], 1) * NANOSECOND)
    first, rest = summary(pauses)
    return [
        marks.rule("axis", LEFT, base, RIGHT, base),
        marks.rule(f"longest {look.class_name}", longest, base, longest, top + HEAD + 4),
        marks.marker(look, LEFT + 6, top + 13),
        element("text", {"class": "plate", "x": LEFT + 16, "y": top + 18}, element(
            "tspan", {"class": "strong"}, text(shorten(look.label, NAME))), text(f": {first}")),
        marks.label("plate tick", LEFT + 16, top + 35, rest),
    ]

