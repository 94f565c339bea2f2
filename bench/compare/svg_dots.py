"""Dot plot: one row per figure, all on one logarithmic axis of ratios.

    arena, allocate / glibc    |   --o--        | |         0.07  (goal 0.2)   met
    pool, free / mimalloc      |         |   --o|-          0.83  (goal 0.6)   behind
                              0.05      0.5     1
      o median   -- from the first quartile to the third   | the goal   a heavier line at 1: equal

Words are HTML beside each row's small drawing, so that they wrap on a phone.
"""

import dataclasses

import svg_marks as marks
from svg_scale import LogScale, labelled, plain
from svg_text import brief, coordinate, element, text

WIDTH, HEIGHT = 342, 26
LEFT, RIGHT = 10, 332
VERDICTS = {True: ("met", "✓ met"), False: ("behind", "✗ behind"), None: ("open", "no goal")}


@dataclasses.dataclass(frozen=True)
class Dot:
    """A row: a ratio, its quartiles, its goal, all above 0 or None."""

    words: str
    value: float
    low: float | None
    high: float | None
    goal: float | None
    met: bool | None
    shown: str


def positive(value):
    return value if value is not None and value > 0 else None


def scale_of(dots):
    values = [value for dot in dots for value in (dot.value, dot.low, dot.high, dot.goal)
              if positive(value)]
    return LogScale.around(values + [1], LEFT, RIGHT)


def dot_plot(name, title, dots):
    """A list of rows with an axis above and below; every row's drawing stands by itself."""
    scale = scale_of(dots)
    axis = element("div", {"class": "dot axis-row", "aria-hidden": "true"},
                   element("div", {"class": "words"}), axis_drawing(scale),
                   element("div", {"class": "verdict"}))
    rows = [element(
        "div", {"class": "dot", "role": "listitem"},
        element("div", {"class": "words"}, text(dot.words)),
        row_drawing(f"{name}-{at}", dot, scale), verdict(dot)) for at, dot in enumerate(dots)]
    return element("div", {"class": "dots", "data-plot": name, "data-points": len(dots),
                           "role": "list", "aria-label": title}, axis, *rows, axis)


def verdict(dot):
    kind, words = VERDICTS[dot.met]
    return element("div", {"class": f"verdict {kind}"}, element("b", {}, text(dot.shown)), " ",
                   element("span", {}, text(words)))


def axis_drawing(scale):
    ticks = scale.ticks()
    named = labelled(ticks, scale, plain, 10, upright=False)
    inside = [tick for tick in named if LEFT <= scale.position(tick) <= RIGHT]
    shapes = []
    for tick in inside:
        x = scale.position(tick)
        anchor = "start" if x < LEFT + 12 else "end" if x > RIGHT - 12 else "middle"
        shift = -8 if anchor == "start" else 8 if anchor == "end" else 0
        shapes.append(marks.label("tick", x + shift, 16, plain(tick), anchor))
        shapes.append(marks.rule("grid", x, 20, x, HEIGHT))
    return element("svg", {"class": "track", "viewBox": f"0 0 {WIDTH} {HEIGHT}"}, *shapes)


def row_drawing(name, dot, scale):
    middle = HEIGHT / 2
    ticks = scale.ticks()
    named = labelled(ticks, scale, plain, 10, upright=False)
    shapes = [marks.rule("grid" if tick in named else "grid faint", scale.position(tick), 0,
                         scale.position(tick), HEIGHT) for tick in ticks]
    shapes.append(marks.rule("equal", scale.position(1), 0, scale.position(1), HEIGHT))
    kind = VERDICTS[dot.met][0]
    if positive(dot.goal):
        x = scale.position(dot.goal)
        shapes.append(element("path", {"class": "goal", "d": marks.path(
            [(x - 4, 1), (x + 4, 1), (x, 7)], closed=True) + " " + marks.path(
                [(x, 7), (x, HEIGHT - 1)])}))
    x = scale.position(dot.value)
    bar = ""
    if positive(dot.low) and positive(dot.high):
        bar = marks.rule(f"quartiles {kind}", scale.position(dot.low), middle,
                         scale.position(dot.high), middle)
    point = element("circle", {"class": f"point {kind}", "cx": coordinate(x),
                               "cy": coordinate(middle), "r": 5})
    told = f"{dot.words}: {dot.shown}"
    range_told = ""
    if dot.low is not None and dot.high is not None:
        range_told = f"; middle half {brief(dot.low)} to {brief(dot.high)}"
    goal_told = f"; goal {brief(dot.goal)}" if dot.goal is not None else ""
    return element(
        "svg", {"class": "track", "viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img",
                "aria-labelledby": f"{name}-title {name}-desc"},
        element("title", {"id": f"{name}-title"}, text(told)),
        element("desc", {"id": f"{name}-desc"}, text(f"{told}{range_told}{goal_told}.")), *shapes,
        marks.data_mark(dot.words, told + range_told + goal_told, bar, point, kind="ratio"))
