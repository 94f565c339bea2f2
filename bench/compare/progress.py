"""Progress of a run on standard error: what is done, what runs, how long it may take still.

On a terminal one line is redrawn; elsewhere a line is printed now and then.
"""

import sys
import time

PLAIN_INTERVAL = 10.0
REDRAW_INTERVAL = 0.1


def clock(seconds):
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Progress:
    """Counts runs of workers and micro rows, each with a weight: roughly its share of the time."""

    def __init__(self, stream=None, now=time.monotonic):
        self.stream = stream or sys.stderr
        self.now = now
        self.started = now()
        self.shown = float("-inf")
        self.total = self.done = 0
        self.weight_total = self.weight_done = 0.0
        self.terminal = self.stream.isatty()

    def plan(self, count, weight):
        self.total += count
        self.weight_total += weight

    def step(self, count, weight):
        """Done, or left out."""
        self.done += count
        self.weight_done += weight

    def left(self):
        """Seconds, from what the done part took; None while too little is done to say."""
        if self.weight_done < 0.02 * self.weight_total or self.weight_done <= 0:
            return None
        elapsed = self.now() - self.started
        return elapsed * (self.weight_total - self.weight_done) / self.weight_done

    def show(self, running, always=False):
        interval = REDRAW_INTERVAL if self.terminal else PLAIN_INTERVAL
        if not always and self.now() - self.shown < interval:
            return
        self.shown = self.now()
        left = self.left()
        remaining = f", {clock(left)} left" if left is not None else ""
        line = f"bench: {self.done}/{self.total} done{remaining}: {running}"
        if self.terminal:
            self.stream.write(f"\r{line[:110]}\x1b[K")
        else:
            self.stream.write(line + "\n")
        self.stream.flush()

    def clear(self):
        """Leaves the line empty for what is printed next."""
        if self.terminal:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
