"""Scales and ticks of the plots.

A logarithmic scale has ticks at 1, 2 and 5 of every decade:

    |      |    |  |   |    |  |   |
    1      2    5  10  20   50 100 ...      labels: as many of them as have room
"""

import dataclasses
import math

from svg_text import FONT, width

STEPS = (1, 2, 5)


def step_value(index):
    """The index-th of ..., 0.5, 1, 2, 5, 10, ...; 1 has index 0."""
    decade, step = divmod(index, len(STEPS))
    return STEPS[step] * 10.0 ** decade


def step_below(value):
    """The index of the largest step that is not above the value."""
    index = len(STEPS) * math.floor(math.log10(value)) - 1
    while step_value(index + 1) <= value * (1 + 1e-9):
        index += 1
    return index


def step_above(value):
    """The index of the smallest step that is not below the value."""
    index = step_below(value)
    return index if step_value(index) >= value * (1 - 1e-9) else index + 1


@dataclasses.dataclass
class LogScale:
    """Maps [low, high] to [start, stop] by logarithms; both ends are steps."""

    low: float
    high: float
    start: float
    stop: float

    @classmethod
    def around(cls, values, start, stop):
        """Reaches from the step below the smallest of these positive values to the one above."""
        lowest, highest = step_below(min(values)), step_above(max(values))
        if lowest == highest:
            lowest, highest = lowest - 1, highest + 1
        return cls(step_value(lowest), step_value(highest), start, stop)

    def position(self, value):
        part = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + part * (self.stop - self.start)

    def ticks(self):
        return [step_value(index)
                for index in range(step_above(self.low), step_below(self.high) + 1)]


@dataclasses.dataclass
class LinearScale:
    """Maps [low, high] to [start, stop] in proportion."""

    low: float
    high: float
    start: float
    stop: float
    step: float

    @classmethod
    def from_zero(cls, highest, start, stop, ticks=5):
        """From 0 to the first tick that is not below the highest value; the step is 1, 2 or 5."""
        highest = max(highest, 1e-9)
        step = step_value(step_above(highest / ticks))
        return cls(0, step * math.ceil(highest / step - 1e-9), start, stop, step)

    def position(self, value):
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def ticks(self):
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * at for at in range(count + 1)]


def plain(value):
    """A tick's number: 0.05, 2, 1,000."""
    if value >= 1:
        return f"{value:,.0f}"
    return f"{value:.12f}".rstrip("0") if value else "0"


def is_power(value):
    return abs(math.log10(value) - round(math.log10(value))) < 1e-6


def labelled(ticks, scale, name, gap, upright):
    """The ticks that get a label, so that no two labels come nearer than gap.

    As many as have room: all, or on a logarithmic scale the powers of ten, every second power ...;
    on a linear one every second, every third ... At worst the first alone. upright: labels stand
    above one another (a vertical axis).
    """
    strided = [tick for tick in ticks if is_power(tick)] if isinstance(scale, LogScale) else ticks
    candidates = [ticks] + [strided[::stride] for stride in range(1, len(strided) + 1)]
    for candidate in candidates:
        if len(candidate) > 1 and fits(candidate, scale, name, gap, upright):
            return candidate
    ends = [ticks[0], ticks[-1]]
    return ends if len(ticks) > 1 and fits(ends, scale, name, gap, upright) else ticks[:1]


def fits(ticks, scale, name, gap, upright):
    """Whether the labels of neighbours stay apart."""
    for left, right in zip(ticks, ticks[1:]):
        needed = FONT if upright else (width(name(left)) + width(name(right))) / 2
        if abs(scale.position(right) - scale.position(left)) < needed + gap:
            return False
    return True
