#!/usr/bin/env python3
"""What the report shows are the figures of the input: read back from plots and tables.

The figures are chosen so that they lie on ticks; then the place of a mark must be that of a label.
"""

import re
import unittest

import report
import report_samples
import svg_lines
import svg_marks
import svg_pauses
import svg_timeline
from report_data import results_from
from report_samples import MIB, cell

SYSTEM = "v2-compiler"
LOOKS = svg_marks.looks(["v1", SYSTEM, "boehm"])


def cells(*made):
    return results_from({**report_samples.empty(), "cells": list(made)}).cells


def sample(seconds, **more):
    return {"seconds": seconds, "allocating_seconds": seconds / 4, "teardown_seconds": seconds / 8,
            "peak_resident": 3 * MIB, "peak_asked": 5 * MIB, "objects": 1024, "payload": MIB,
            "collections": 2, "longest_pause_ns": 1500000, "pauses_ns": [1500000, 10000], **more}


def ticks(markup):
    """Words of the tick labels -> the place on the axis: x for those in the middle, else y."""
    found = {}
    for x, y, anchor, words in re.findall(
            r'<text class="tick" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]+)<', markup):
        found[words] = float(x) if anchor == "middle" else float(y) - 5
    return found


def path_of(markup, kind):
    """The points of the first path of a class."""
    found = re.search(rf'<path class="{kind}[^"]*" d="M([^"]+)"', markup).group(1)
    return [tuple(map(float, point.split())) for point in found.split(" L")]


class Curves(unittest.TestCase):
    """Markers and bars against lines of source."""

    def plot(self, key, *made):
        measure = next(one for one in svg_lines.MEASURES if one.key == key)
        return svg_lines.line_plot("plot", measure, "profile", cells(*made), LOOKS)

    def test_markers_stand_at_their_size_and_median_and_bars_between_the_quartiles(self):
        made = [cell("profile", lines, SYSTEM, [
            sample(factor * lines / 1e5) for factor in (0.5, 0.1, 2, 0.5, 20, 1, 2)])
                for lines in (100, 1000, 10000)]
        markup = self.plot("seconds", *made)
        tick = ticks(markup)
        found = re.findall(r'<line class="range k1" x1="([\d.]+)" y1="([\d.]+)" x2="\1" '
                           r'y2="([\d.]+)"></line><circle [^>]*cx="([\d.]+)" cy="([\d.]+)"', markup)
        self.assertEqual(len(found), 3)
        for (bar_x, high, low, x, y), (size, median) in zip(
                found, (("100", "1 ms"), ("1,000", "10 ms"), ("10,000", "100 ms"))):
            self.assertAlmostEqual(float(x), tick[size], delta=0.11)
            self.assertEqual(bar_x, x)
            self.assertAlmostEqual(float(y), tick[median], delta=0.11)
            # 0.5 and 2 lie equally far from 1 where lengths are logarithms.
            self.assertAlmostEqual(float(low) - float(y), float(y) - float(high), delta=0.21)
        decade = tick["1 ms"] - tick["10 ms"]
        bar = float(found[0][2]) - float(found[0][1])
        self.assertAlmostEqual(bar / decade, 0.602, delta=0.02)  # the logarithm of 2 / 0.5

    def test_quartiles_lie_on_the_axis(self):
        samples = [sample(seconds) for seconds in (1e-3, 1e-3, 1e-2, 10, 10)]
        markup = self.plot("seconds", cell("profile", 100, SYSTEM, samples))
        high, low = map(float, re.search(r'class="range k1" x1="[\d.]+" y1="([\d.]+)" x2="[\d.]+" '
                                         r'y2="([\d.]+)"', markup).groups())
        tick = ticks(markup)
        self.assertAlmostEqual(high, tick["10 s"], delta=0.11)
        self.assertAlmostEqual(low, tick["1 ms"], delta=0.11)

    def test_time_per_line_and_memory_have_their_own_units(self):
        made = cell("profile", 1000, SYSTEM, [sample(0.02)])
        for key, shown in (("per_line", "20 µs"), ("peak_asked", "5"), ("peak_resident", "3 MiB")):
            markup = self.plot(key, made)
            y = float(re.search(r'<circle [^>]*cy="([\d.]+)"', markup).group(1))
            if shown in ticks(markup):
                self.assertAlmostEqual(y, ticks(markup)[shown], delta=0.11)
            self.assertIn(f"1,000 lines: {shown}", markup)


class Timelines(unittest.TestCase):
    """Memory over time."""

    def test_curve_goes_in_steps_through_what_was_taken(self):
        points = [{"objects": at * 1000, "payload": at * 10 * MIB, "asked": at * 50 * MIB,
                   "resident": at * 25 * MIB} for at in range(3)]
        made = cells(cell("profile", 10000, SYSTEM, [sample(1)], timeline=points))
        for taken, marks in (("asked", ("50", "100")), ("resident", ("25", "50"))):
            markup = svg_timeline.timeline("t", "profile", 10000, made, LOOKS, taken)
            x = {words: place for words, place in ticks(markup).items() if place}
            y = ticks(markup)
            curve = path_of(markup, "line k1")
            self.assertEqual(len(curve), 5)
            left, bottom = curve[0]
            top = y[marks[1]]
            wanted = [(left, bottom), (x["1,000"], bottom), (x["1,000"], (bottom + top) / 2),
                      (x["2,000"], (bottom + top) / 2), (x["2,000"], top)]
            for got, want in zip(curve, wanted):
                self.assertAlmostEqual(got[0], want[0], delta=0.11)
                self.assertAlmostEqual(got[1], want[1], delta=0.11)
            payload = path_of(markup, "line payload")
            self.assertAlmostEqual((bottom - payload[-1][1]) / (bottom - top),
                                   0.2 if taken == "asked" else 0.4, delta=0.01)

    def test_counts_that_fall_are_not_laid_out_by_objects(self):
        points = [{"objects": count, "payload": 1, "asked": MIB, "resident": 1}
                  for count in (0, 9, 3)]
        made = cells(cell("profile", 1, SYSTEM, [sample(1)], timeline=points))
        self.assertIn("% of the run", svg_timeline.timeline("t", "profile", 1, made, LOOKS,
                                                            "asked"))


class Pauses(unittest.TestCase):
    """Histograms."""

    def test_the_largest_size_at_which_most_systems_paused_is_shown(self):
        made = cells(*[cell("profile", lines, system, [sample(1)]) for lines, system in (
            (100, "v1"), (100, "boehm"), (500, "v1"), (500, "boehm"), (900, "v1"))])
        self.assertEqual([(one.lines, one.system) for one, _ in svg_pauses.chosen(made)],
                         [(500, "v1"), (500, "boehm")])

    def test_bars_stand_where_their_pauses_are(self):
        made = cells(cell("profile", 100, "v1", [sample(1, pauses_ns=[1000, 100000, 999999])]))
        markup = svg_pauses.histogram("p", "profile", made, LOOKS)
        bars = [float(x) for x in re.findall(r'<rect class="bar k0" x="([\d.]+)"', markup)]
        self.assertEqual(len(bars), 3)
        tick = ticks(markup)
        self.assertAlmostEqual(bars[1] - 0.5, tick["100 µs"], delta=0.11)
        self.assertLess(bars[2], tick["1 ms"] if "1 ms" in tick else 360)


class Tables(unittest.TestCase):
    """Every figure of a known input."""

    def test_columns_are_the_medians_of_the_samples_in_their_units(self):
        made = {**report_samples.empty(), "cells": [
            cell("profile", 1000, "v1", [sample(0.008), sample(0.016), sample(0.024)])]}
        row = re.search(r'<tr data-row="profile/1000/v1">.*?</tr>',
                        report.page(results_from(made))).group(0)
        self.assertEqual(re.findall(r"<td[^>]*>([^<]*)</td>", row), [
            "finished", "16.00", "8.00", "24.00", "16.00", "4.00", "25.0 %", "2.00", "3.00",
            "5.00", "1.00", "1,024", "4,096.0", "2", "1.500", "3"])

    def test_matrix_has_every_run_in_its_row_and_column(self):
        runs = [(system, threshold, limit) for limit in (64, 1024)
                for system, threshold in (("v1", 8), ("v1", 64), (SYSTEM, None))]
        made = []
        for at, (system, threshold, limit) in enumerate(runs):
            done = limit == 1024
            made.append(cell("profile", 100, system, [sample(at / 1000)] if done else [],
                             "finished" if done else "time limit", "",
                             threshold=threshold and threshold * MIB, limit_bytes=limit * MIB))
        markup = report.page(results_from({**report_samples.empty(), "limits": made[::-1]}))
        table = re.search(r'<table aria-labelledby="table-limits.*?</table>', markup).group(0)
        rows = [re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", row)
                for row in re.findall(r"<tr.*?</tr>", table)]
        self.assertEqual(rows, [
            ["system", "threshold", "64 MiB", "1 GiB"], ["Profile, 100 lines"],
            ["V1", "8 MiB", "✗ time limit", "✓ 3.0 ms"],
            ["V1", "64 MiB", "✗ time limit", "✓ 4.0 ms"],
            ["V2 compiler", "–", "✗ time limit", "✓ 5.0 ms"]])

    def test_glance_marks_what_needs_less(self):
        made = [cell("profile", 10000, SYSTEM, [sample(0.02)]),
                cell("profile", 10000, "v1", [sample(0.03)]),
                cell("profile", 10000, "boehm", [sample(0.01)])]
        markup = report.page(results_from({**report_samples.empty(), "cells": made}))
        self.assertIn('<td class="n met">1.50×</td>', markup)
        self.assertIn('<td class="n behind">0.50×</td>', markup)


if __name__ == "__main__":
    unittest.main()
