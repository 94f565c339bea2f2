#!/usr/bin/env python3
"""plan.py: what is planned; progress.py: how far it is said to be."""

import re
import unittest
from unittest import mock

import plan as plans
import progress


class Plans(unittest.TestCase):
    def test_no_cell_is_planned_twice(self):
        for plan in (plans.full(), plans.quick()):
            names = [cell.id for group in plan.groups for cell in group.cells]
            names += [cell.id for cell in plan.limits]
            self.assertEqual(len(names), len(set(names)))

    def test_every_target_can_be_judged_in_a_full_and_in_a_quick_run(self):
        for plan in (plans.full(), plans.quick()):
            names = {cell.id for group in plan.groups for cell in group.cells}
            for workload, lines in (("profile", 1000), ("profile", 10000), ("profile", 50000),
                                    ("fox-generated", 1000), ("fox-generated", 10000),
                                    ("fox-generated", 100000), ("fox-real", 10000)):
                for system in plans.COMPARED:
                    self.assertIn(f"{workload}/{lines}/{system}", names)
            self.assertIn("profile/50000/v2-compiler/limit-256M",
                          {cell.id for cell in plan.limits})

    def test_the_full_plan_has_every_size_on_every_system(self):
        names = {cell.id for group in plans.full().groups for cell in group.cells}
        sizes = {"profile": (100, 500, 1000, 5000, 10000, 50000),
                 "fox-generated": (1000, 10000, 20000, 50000, 100000),
                 "fox-real": (10000, 50000, 100000)}
        for workload, lines in sizes.items():
            for count in lines:
                for system in plans.SYSTEMS:
                    self.assertIn(f"{workload}/{count}/{system}", names)
        self.assertEqual(len(plans.full().limits), 4 * 5 * 5)

    def test_growth_is_measured_in_turn_and_the_small_input_more_often(self):
        for plan in (plans.full(), plans.quick()):
            group = [group for group in plan.groups if group.name.startswith("fox-generated, 100,")]
            found = {cell.id: cell.repeat for cell in group[0].cells}
            self.assertEqual(found["fox-generated/100000/v2-compiler"], 1)
            self.assertEqual(found["fox-generated/1000/v2-compiler"], 5)

    def test_a_pattern_leaves_the_cells_that_match(self):
        plan = plans.chosen(plans.full(), re.compile("^profile/1000/v"))
        self.assertEqual([[cell.id for cell in group.cells] for group in plan.groups],
                         [["profile/1000/v1", "profile/1000/v2-compiler",
                           "profile/1000/v2-runtime"]])
        self.assertEqual(len(plan.limits), 25)
        self.assertEqual(plan.timelines, ())


class Shown(unittest.TestCase):
    def test_progress_says_done_of_total_and_the_time_left(self):
        written, clock = [], [0.0]
        stream = mock.Mock(isatty=lambda: False, write=written.append, flush=lambda: None)
        shown = progress.Progress(stream, lambda: clock[0])
        shown.plan(10, 100.0)
        shown.show("first")
        shown.step(1, 25.0)
        clock[0] = 30.0
        shown.show("second")
        shown.show("at once: not shown")
        self.assertEqual(written, ["bench: 0/10 done: first\n",
                                   "bench: 1/10 done, 1 min 30 s left: second\n"])


if __name__ == "__main__":
    unittest.main()
