"""Plots of a figure against lines of source, both axes logarithmic, one line per system.

    did not finish   x      x          one marker per cell that has no figure because it failed
             1 s |      .   /--- label
                 |   .  / ----- label  markers at the medians, bars between the quartiles
          100 ms |_________________
                 100   1,000  10,000
"""

import dataclasses

import svg_marks as marks
from report_data import NOT_RUN, label_of, title_of
from svg_scale import LogScale, labelled, plain
from svg_text import FONT, brief, duration, element, shorten, spread, text, whole, width

WIDTH, HEIGHT = 366, 340
TOP, BOTTOM = 12, 46
KEY = 22        # from the end of the axis to the words of a label: leader and marker
LABEL_GAP = FONT + 2
NAME = 100      # room for the name of a system
STACK = 14      # height of one marker of those that did not finish
MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Measure:
    """A figure of a cell: how it is read, shown on the axis, and told."""

    key: str
    title: str
    axis: str
    unit: float
    tick: object
    told: object

    def median(self, cell):
        return cell.per_line() if self.key == "per_line" else cell.median(self.key)

    def quartiles(self, cell):
        """In the unit of the axis; None when there is no range that a logarithm can show."""
        per_line = self.key == "per_line"
        found = cell.quartiles("seconds" if per_line else self.key)
        if found is None or found[0] <= 0:
            return None
        return [edge / (cell.lines if per_line else 1) / self.unit for edge in found]


def mebibytes(value):
    return f"{brief(value)} MiB"


MEASURES = [
    Measure("seconds", "Time", "whole life: create, work, free all", 1, duration, duration),
    Measure("per_line", "Time per line", "time / lines of source", 1, duration, duration),
    Measure("peak_asked", "Memory asked", "MiB asked of the system at the peak", MIB, plain,
            mebibytes),
    Measure("peak_resident", "Memory resident", "MiB, growth of the resident peak", MIB, plain,
            mebibytes),
]


@dataclasses.dataclass
class Frame:
    """The area of the plot and its scales."""

    left: float
    right: float
    top: float
    bottom: float
    x: LogScale
    y: LogScale


def line_plot(name, measure, workload, cells, looks):
    """A figure element: the plot of one measure of one workload, and what it leaves out."""
    title = f"{measure.title}, {title_of(workload)}"
    drawn = {}
    for cell in cells:
        value = measure.median(cell) if cell.finished else None
        if value is not None and value > 0:
            drawn.setdefault(cell.system, []).append((cell, value / measure.unit))
    failed = [cell for cell in cells if not cell.finished and cell.outcome != NOT_RUN]
    points = sum(len(series) for series in drawn.values())
    notes = left_out(measure, cells)
    if not points:
        body = element("p", {"class": "empty"}, text(f"No figures of {title_of(workload)}."))
    else:
        body = svg(name, measure, title, drawn, failed, looks)
    return element("figure", {}, element(
        "figcaption", {}, text(title), element("span", {"class": "unit"}, text(measure.axis))),
        body, *[element("p", {"class": "note"}, text(note)) for note in notes])


def left_out(measure, cells):
    """Sentences on the cells that the plot cannot show as points."""
    notes, failed, missing, zero = [], {}, {}, {}
    for cell in cells:
        if not cell.finished:
            failed.setdefault((label_of(cell.system), cell.outcome), []).append(cell.lines)
        elif (value := measure.median(cell)) is None:
            missing.setdefault(label_of(cell.system), []).append(cell.lines)
        elif value <= 0:
            zero.setdefault(label_of(cell.system), []).append(cell.lines)
    for (system, status), lines in failed.items():
        notes.append(f"{system} at {sizes(lines)} lines: {status}.")
    for what, group in (("not measured", missing), ("0, not on a logarithmic scale", zero)):
        for system, lines in group.items():
            everywhere = len(lines) == sum(label_of(cell.system) == system for cell in cells)
            where = "any size" if everywhere and len(lines) > 1 else f"{sizes(lines)} lines"
            notes.append(f"{system} at {where}: {what}.")
    return notes


def sizes(lines):
    return ", ".join(whole(count) for count in sorted(set(lines)))


def svg(name, measure, title, drawn, failed, looks):
    """The drawing: grid and axes, lines, marks, labels at the ends."""
    frame = layout(measure, drawn, failed, looks)
    points = sum(len(series) for series in drawn.values())
    ends = "; ".join(f"{looks[system].label} {measure.told(series[-1][1])} at "
                     f"{whole(series[-1][0].lines)} lines" for system, series in drawn.items())
    return marks.drawing(
        name, (WIDTH, HEIGHT), title,
        f"Logarithmic plot against lines of source. At the largest size of each system: {ends}.",
        *grid(frame, measure), *curves(frame, drawn, looks), *failures(frame, failed, looks),
        *points_of(frame, measure, drawn, looks), *labels(frame, drawn, looks),
        points=points + len(failed))


def layout(measure, drawn, failed, looks):
    """Margins as wide as their labels need."""
    stacks = [cell.lines for cell in failed]
    strip = STACK * max((stacks.count(lines) for lines in stacks), default=0)
    top, bottom = TOP + (strip + 4 if strip else 0), HEIGHT - BOTTOM
    values = [value for series in drawn.values() for _, value in series]
    values += [edge for series in drawn.values() for cell, _ in series
               for edge in measure.quartiles(cell) or ()]
    lines = [cell.lines for series in drawn.values() for cell, _ in series] + stacks
    y = LogScale.around(values, bottom, top)
    left = max(width(measure.tick(tick)) for tick in y.ticks()) + 8
    right = WIDTH - KEY - min(NAME, max(width(looks[system].label) for system in drawn)) - 2
    x = LogScale.around(lines, left + 8, right - 8)
    x.low, x.high = min(lines), max(lines)
    if x.low == x.high:
        x.low, x.high = x.low / 2, x.high * 2
    return Frame(left, right, top, bottom, x, y)


def grid(frame, measure):
    """Light lines at every 1, 2, 5; labels where they have room."""
    drawn = []
    named = labelled(frame.y.ticks(), frame.y, measure.tick, 4, upright=True)
    for tick in frame.y.ticks():
        y = frame.y.position(tick)
        drawn.append(marks.rule("grid" if tick in named else "grid faint", frame.left, y,
                                frame.right, y))
        if tick in named:
            drawn.append(marks.label("tick", frame.left - 6, y + 5, measure.tick(tick), "end"))
    ticks = frame.x.ticks()
    named = labelled(ticks, frame.x, whole, 10, upright=False) if ticks else []
    for tick in ticks:
        x = frame.x.position(tick)
        drawn.append(marks.rule("grid" if tick in named else "grid faint", x, frame.top, x,
                                frame.bottom))
        if tick in named:
            drawn.append(marks.label("tick", x, frame.bottom + 18, whole(tick), "middle"))
    drawn.append(marks.rule("axis", frame.left, frame.bottom, frame.right, frame.bottom))
    drawn.append(marks.label("tick", (frame.left + frame.right) / 2, HEIGHT - 6, "lines of source",
                             "middle"))
    return drawn


def place(frame, cell, value):
    return frame.x.position(cell.lines), frame.y.position(value)


def curves(frame, drawn, looks):
    return [marks.line(looks[system], [place(frame, cell, value) for cell, value in series])
            for system, series in drawn.items() if len(series) > 1]


def points_of(frame, measure, drawn, looks):
    """A marker at each median, a bar from the first to the third quartile."""
    found = []
    for system, series in drawn.items():
        look = looks[system]
        for cell, value in series:
            x, y = place(frame, cell, value)
            told = f"{look.label}, {whole(cell.lines)} lines: {measure.told(value)}"
            bar, quartiles = "", measure.quartiles(cell)
            if quartiles:
                told += (f" (median of {len(cell.samples)}, middle half "
                         f"{measure.told(quartiles[0])} to {measure.told(quartiles[1])})")
                low, high = (frame.y.position(edge) for edge in quartiles)
                bar = marks.rule(f"range {look.class_name}", x, high, x, low)
            found.append(marks.data_mark(cell.name, told, bar, marks.marker(look, x, y)))
    return found


def failures(frame, failed, looks):
    """Above the plot, at their size: the systems that did not finish, struck through."""
    stacked, found = {}, []
    for cell in failed:
        level = stacked[cell.lines] = stacked.get(cell.lines, 0) + 1
        x, y = frame.x.position(cell.lines), frame.top - 2 - (level - 0.5) * STACK
        told = f"{looks[cell.system].label}, {whole(cell.lines)} lines: {cell.outcome}"
        if cell.message:
            told += f" ({cell.message})"
        found.append(marks.data_mark(
            cell.name, told, marks.marker(looks[cell.system], x, y),
            marks.rule("strike", x - 9, y + 5, x + 9, y - 5), kind="failed"))
    if failed:
        words = "did not finish"
        if min(frame.x.position(cell.lines) for cell in failed) > frame.left + width(words) + 16:
            found.append(marks.label("tick", frame.left + 4, frame.top - 5, words))
        found.append(marks.rule("axis dashed", frame.left, frame.top, frame.right, frame.top))
    return found


def labels(frame, drawn, looks):
    """The names of the systems beside the ends of their lines, moved apart, tied by leaders."""
    systems = list(drawn)
    ends = [place(frame, *drawn[system][-1]) for system in systems]
    heights = spread([y for _, y in ends], LABEL_GAP, TOP, frame.bottom)
    found = []
    for system, (x, y), height in zip(systems, ends, heights):
        look = looks[system]
        elbow = [(frame.right + 1, y), (frame.right + KEY - 12, height)]
        start = [(x + 6, y)] if x + 6 < frame.right else []
        found.append(element("path", {"class": f"leader {look.class_name}",
                                      "d": marks.path(start + elbow)}))
        found.append(marks.marker(look, frame.right + KEY - 8, height, 0.8))
        found.append(marks.label("name", frame.right + KEY, height + 5,
                                 shorten(look.label, NAME)))
    return found
