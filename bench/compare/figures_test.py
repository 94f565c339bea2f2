#!/usr/bin/env python3
"""figures.py against numbers worked out by hand, and against noise whose truth is known."""

import random
import unittest

import figures


def cell(*samples):
    return {"samples": list(samples)}


class Quantiles(unittest.TestCase):
    def test_medians_and_quartiles_of_known_values(self):
        self.assertEqual(figures.median([3, 1, 2]), 2)
        self.assertEqual(figures.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(figures.summary([1, 2, 3, 4, 5]), (3, 2, 4))
        self.assertEqual(figures.quantile([10, 20], 0.25), 12.5)
        self.assertEqual(figures.quantile([7], 0.99), 7)

    def test_unknown_values_are_left_out_and_no_values_give_none(self):
        self.assertEqual(figures.median([None, 5, None]), 5)
        self.assertIsNone(figures.median([None]))
        self.assertIsNone(figures.median([]))

    def test_geometric_mean(self):
        self.assertAlmostEqual(figures.geometric_mean([1, 4, 16]), 4)
        self.assertIsNone(figures.geometric_mean([]))

    def test_spread_is_the_standard_deviation_where_noise_is_normal(self):
        draw = random.Random(1)
        values = [draw.gauss(100, 5) for _ in range(4000)]
        self.assertAlmostEqual(figures.spread(values), 0.05, delta=0.003)
        self.assertIsNone(figures.spread([1, 2]))
        self.assertIsNone(figures.spread([0, 0, 0]))


class Rounds(unittest.TestCase):
    def test_ratios_are_of_the_same_round(self):
        ours = cell({"round": 0, "seconds": 1}, {"round": 2, "seconds": 9})
        theirs = cell({"round": 2, "seconds": 3}, {"round": 1, "seconds": 100},
                      {"round": 0, "seconds": 2})
        self.assertEqual(figures.ratios(ours, theirs, "seconds"), [0.5, 3])

    def test_samples_of_one_round_give_their_median(self):
        ours = cell({"round": 0, "seconds": 1}, {"round": 0, "seconds": 2},
                    {"round": 0, "seconds": 90})
        self.assertEqual(figures.by_round(ours, "seconds"), {0: 2})

    def test_without_rounds_the_order_pairs_the_samples(self):
        ours, theirs = cell({"seconds": 4}, {"seconds": 9}), cell({"seconds": 2}, {"seconds": 3})
        self.assertEqual(figures.ratios(ours, theirs, "seconds"), [2, 3])

    def test_unknown_figures_and_divisors_of_zero_are_left_out(self):
        ours = cell({"seconds": None}, {"seconds": 1}, {"seconds": 1})
        theirs = cell({"seconds": 1}, {"seconds": 0}, {"seconds": 2})
        self.assertEqual(figures.ratios(ours, theirs, "seconds"), [0.5])
        self.assertEqual(figures.ratios(ours, theirs, "payload"), [])


class Change(unittest.TestCase):
    def test_is_the_quotient_of_the_medians_within_its_interval(self):
        factor, low, high = figures.change([1.0, 1.1, 0.9], [2.0, 2.2, 1.8], "row")
        self.assertAlmostEqual(factor, 2)
        self.assertTrue(1.8 / 1.1 - 1e-9 <= low <= 2 <= high <= 2.2 / 0.9 + 1e-9)

    def test_same_name_gives_the_same_interval(self):
        draw = random.Random(3)
        before, after = ([draw.gauss(1, 0.1) for _ in range(9)] for _ in range(2))
        self.assertEqual(figures.change(before, after, "a"), figures.change(before, after, "a"))

    def test_equal_samples_do_not_pretend_to_be_without_noise(self):
        _, low, high = figures.change([1.0] * 3, [1.06] * 3, "row", noise=0.05)
        self.assertLess(low, 1)
        self.assertGreater(high, 1.1)

    def test_interval_holds_the_truth_nearly_always(self):
        draw = random.Random(5)
        held = 0
        for trial in range(200):
            before = [draw.gauss(1, 0.05) for _ in range(7)]
            after = [1.3 * draw.gauss(1, 0.05) for _ in range(7)]
            _, low, high = figures.change(before, after, f"trial {trial}", noise=0.05)
            held += low <= 1.3 <= high
        self.assertGreaterEqual(held, 194)  # 99 % of 200, and three standard deviations

    def test_the_bootstrap_alone_holds_the_truth_of_many_samples(self):
        draw = random.Random(7)
        held = 0
        for trial in range(100):
            before, after = ([draw.gauss(1, 0.05) for _ in range(15)] for _ in range(2))
            _, low, high = figures.change(before, after, f"trial {trial}")
            held += low <= 1 <= high
        self.assertGreaterEqual(held, 95)

    def test_difference_of_figures_around_zero(self):
        middle, low, high = figures.difference([-0.01, 0.0, 0.01], [0.5, 0.51, 0.49], "row")
        self.assertAlmostEqual(middle, 0.5)
        self.assertTrue(0.47 <= low <= high <= 0.53)


if __name__ == "__main__":
    unittest.main()
