#!/usr/bin/env python3
"""What the plots are made of: scales and ticks, labels that stay apart, figures for people."""

import itertools
import math
import pathlib
import random
import re
import unittest

import svg_dots
import svg_marks
import svg_scale
import svg_text
from report_data import SYSTEMS, number

STYLE = pathlib.Path(__file__).with_name("report.css")


def luminance(colour):
    """Relative luminance of #rrggbb, 0 to 1."""
    parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
                        for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


class Scales(unittest.TestCase):
    """Ticks at 1, 2 and 5, and labels with room."""

    def test_ticks_are_one_two_and_five_of_every_decade(self):
        scale = svg_scale.LogScale.around([0.03, 40], 0, 100)
        self.assertEqual([round(tick, 9) for tick in scale.ticks()],
                         [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])
        self.assertAlmostEqual(scale.position(0.02), 0)
        self.assertAlmostEqual(scale.position(1), 50)
        self.assertAlmostEqual(scale.position(50), 100)

    def test_a_scale_holds_its_values_and_wastes_less_than_a_step_at_each_end(self):
        draw = random.Random(4)
        for _ in range(2000):
            values = [10 ** draw.uniform(-12, 15) for _ in range(draw.choice([1, 2, 9]))]
            scale = svg_scale.LogScale.around(values, 10, 210)
            for value in values:
                self.assertTrue(10 - 1e-6 <= scale.position(value) <= 210 + 1e-6, (values, scale))
            if len(scale.ticks()) > 3:
                self.assertLess(min(values) / scale.low, 2.6)
                self.assertLess(scale.high / max(values), 2.6)

    def test_a_single_value_gets_a_scale_too(self):
        for value in (1, 5e-9, 7, 10 ** 15):
            scale = svg_scale.LogScale.around([value], 0, 10)
            self.assertLess(scale.low, scale.high)
            self.assertTrue(0 <= scale.position(value) <= 10)
        self.assertEqual(svg_scale.LinearScale.from_zero(0, 0, 10).position(0), 0)

    def test_linear_ticks_begin_at_zero_and_reach_beyond_the_highest_value(self):
        for highest, step, last in ((7, 2, 8), (99, 20, 100), (100, 20, 100),
                                    (0.013, 0.005, 0.015)):
            ticks = svg_scale.LinearScale.from_zero(highest, 0, 1).ticks()
            self.assertEqual(ticks[0], 0)
            self.assertAlmostEqual(ticks[1], step)
            self.assertAlmostEqual(ticks[-1], last)

    def test_labels_of_ticks_never_meet(self):
        draw = random.Random(5)
        for _ in range(500):
            low = 10 ** draw.uniform(-9, 9)
            length = draw.uniform(20, 400)
            scale = svg_scale.LogScale.around([low, low * 10 ** draw.uniform(0, 9)], 0, length)
            for name in (svg_scale.plain, svg_text.duration):
                chosen = svg_scale.labelled(scale.ticks(), scale, name, 6, upright=False)
                self.assertTrue(chosen)
                self.assertTrue(svg_scale.fits(chosen, scale, name, 6, upright=False) or
                                len(chosen) == 1)

    def test_a_short_axis_names_powers_of_ten_first(self):
        scale = svg_scale.LogScale.around([1, 1000], 0, 120)
        self.assertEqual(svg_scale.labelled(scale.ticks(), scale, svg_scale.plain, 4, False),
                         [1, 10, 100, 1000])


class Labels(unittest.TestCase):
    """Names at the ends of lines."""

    def test_labels_that_do_not_meet_stay_where_they_are(self):
        self.assertEqual(svg_text.spread([10, 50, 30], 16, 0, 100), [10, 50, 30])

    def test_labels_that_meet_part_evenly(self):
        self.assertEqual(svg_text.spread([50, 50], 16, 0, 100), [42, 58])
        self.assertEqual(svg_text.spread([0, 0, 100, 100], 16, 0, 100), [0, 16, 84, 100])

    def test_labels_keep_order_distance_and_bounds(self):
        draw = random.Random(6)
        for _ in range(2000):
            wanted = [draw.uniform(0, 300) for _ in range(draw.randrange(0, 14))]
            placed = svg_text.spread(wanted, 16, 0, 300)
            self.assertEqual(len(placed), len(wanted))
            order = sorted(range(len(wanted)), key=lambda at: (wanted[at], at))
            for one, other in itertools.pairwise(order):
                self.assertGreaterEqual(placed[other] - placed[one], 16 - 1e-6)
            for position in placed:
                self.assertTrue(-1e-6 <= position <= 300 + 1e-6)

    def test_more_labels_than_have_room_are_laid_out_evenly(self):
        self.assertEqual(svg_text.spread([5] * 5, 16, 0, 40), [0, 10, 20, 30, 40])

    def test_a_name_without_room_is_cut_with_an_ellipsis(self):
        self.assertEqual(svg_text.shorten("Boehm", 100), "Boehm")
        short = svg_text.shorten("a system with a long name", 100)
        self.assertTrue(short.endswith("…"))
        self.assertLessEqual(svg_text.width(short), 100)


class Words(unittest.TestCase):
    """Figures for people; text for the page."""

    def test_figures_have_three_digits_and_a_unit(self):
        for value, shown in ((0, "0 s"), (1.5e-9, "1.5 ns"), (9.999e-7, "1 µs"),
                             (0.01234, "12.3 ms"), (1, "1 s"), (99.5, "99.5 s"),
                             (1043.2, "17 min 23 s"), (3600, "60 min")):
            self.assertEqual(svg_text.duration(value), shown)
        for value, shown in ((0, "0 B"), (1023, "1,020 B"), (1 << 20, "1 MiB"),
                             (24 << 30, "24 GiB")):
            self.assertEqual(svg_text.size_of(value), shown)
        for value, shown in ((0.00123456, "0.00123"), (1234567, "1,230,000"), (0.33, "0.330"),
                             (9.999, "10.0"), (-2.5, "-2.50"), (1e-300, "0.000000000000")):
            self.assertEqual(svg_text.significant(value), shown)

    def test_what_is_no_number_is_none(self):
        for value in (None, True, "7", [], {}, math.nan, math.inf, 10 ** 400, 5e-324):
            self.assertIsNone(number(value))
        self.assertEqual(number(0), 0)

    def test_text_holds_no_markup_and_nothing_forbidden(self):
        self.assertEqual(svg_text.text("<a href='x'>&\""),
                         "&lt;a href=&#x27;x&#x27;&gt;&amp;&quot;")
        self.assertEqual(svg_text.text("\x00\ud800\x9f"), "\N{REPLACEMENT CHARACTER}" * 3)

    def test_coordinates_are_short_and_have_no_negative_zero(self):
        self.assertEqual([svg_text.coordinate(value) for value in (-0.04, 1.25, 100, 3.0)],
                         ["0", "1.2", "100", "3"])


class Looks(unittest.TestCase):
    """What a reader can tell apart."""

    def test_every_system_has_a_marker_and_a_line_of_its_own(self):
        systems = [*SYSTEMS, "pmr-pool", "something", "else"]
        found = svg_marks.looks(systems)
        self.assertEqual(len({look.style for look in found.values()}), len(systems))
        self.assertEqual(len({style[:2] for style in svg_marks.LOOKS}), len(svg_marks.LOOKS))
        self.assertEqual(len({style[2:] for style in svg_marks.LOOKS}), len(svg_marks.LOOKS))
        drawn = {re.sub(r'class="[^"]*"', "", svg_marks.marker(svg_marks.Look("", style), 0, 0))
                 + str(filled) for style, (_, filled, _, _) in enumerate(svg_marks.LOOKS)}
        self.assertEqual(len(drawn), len(svg_marks.LOOKS))

    def test_a_known_system_looks_the_same_whatever_is_drawn_beside_it(self):
        self.assertEqual(svg_marks.looks(["a", "v1"])["v1"], svg_marks.looks(["v1", "z"])["v1"])

    def test_colours_stand_out_from_the_paper_by_day_by_night_and_in_print(self):
        schemes = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), re.DOTALL)
        self.assertEqual(len(schemes), 3)
        for scheme in schemes:
            colours = dict(re.findall(r"--([\w-]+): (#\w{6});", scheme))
            for name, colour in colours.items():
                least = 3 if re.fullmatch(r"k\d+", name) else 4.5 if name in (
                    "ink", "soft", "good", "bad") else 1
                self.assertGreaterEqual(contrast(colour, colours["paper"]), least, name)
            self.assertEqual(sum(name.startswith("k") for name in colours), len(svg_marks.LOOKS))
            for kind in ("good", "bad"):
                self.assertGreater(contrast(colours[kind], colours[f"{kind}-back"]), 4.5)


class Dots(unittest.TestCase):
    """Rows of ratios."""

    def test_dots_share_one_axis_that_holds_goals_and_quartiles(self):
        dots = [svg_dots.Dot("a", 0.5, 0.01, 0.6, 30, True, ""),
                svg_dots.Dot("b", 2, None, None, None, None, "")]
        scale = svg_dots.scale_of(dots)
        self.assertEqual((scale.low, scale.high), (0.01, 50))


if __name__ == "__main__":
    unittest.main()
