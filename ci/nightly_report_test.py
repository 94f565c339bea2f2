#!/usr/bin/env python3
"""The page of a night: what it says, trends over 0, 1 and 5 nights; and in headless Chromium."""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import nightly_report as report
import nightly_results as results
import nightly_samples as samples
from browser import PHONE, SCREEN, console, measure  # of bench/compare, by nightly_report's path

PROGRAM = pathlib.Path(__file__).with_name("nightly_report.py")


def page(made, count=5):
    return report.page(made, samples.before(count))


class Pages(unittest.TestCase):
    """Without a browser."""

    def test_failed_night_says_so_and_every_finding_has_its_command(self):
        made = samples.full()
        markup, words = page(made), report.plain(made, samples.before(5))
        self.assertIn("✗ 3 steps good, 2 failed, 1 skipped, 2 findings", markup)
        self.assertIn("3 steps good, 2 failed, 1 skipped, 2 findings\n", words)
        for finding in made["findings"]:
            for told in (html.unescape(markup), words):
                self.assertIn(f"{finding['step']}: {finding['title']}", told)
                self.assertIn(finding["reproduce"], told)
                self.assertIn(finding["text"].splitlines()[-1].strip(), told)
        for record in made["steps"]:
            self.assertEqual(markup.count(f'data-step="{record["name"]}"'), 1)
        self.assertIn("needs 150 s", markup)
        self.assertIn("12 of 52 programs fit into 393 s", markup)

    def test_good_night_is_good_and_an_empty_one_is_not(self):
        made = samples.night(9, steps=[samples.step("a")])
        self.assertEqual(report.verdict(made), ("met", "1 steps good, 0 findings"))
        self.assertIn("Nothing was found.", page(made))
        self.assertEqual(report.verdict(samples.empty())[0], "behind")
        self.assertIn("No step left a figure.", page(samples.empty()))

    def test_trends_have_as_many_points_as_there_are_nights_with_the_figure(self):
        for count in (0, 1, 5):
            made, before = samples.full(), samples.before(count)
            markup = report.page(made, before)
            for name in made["figures"]:
                known = 1 + sum(name in night["figures"] for night in before)
                told = re.search(rf'data-plot="{re.escape(report.text(name))}" '
                                 r'data-points="(\d+)">(.*?)</svg>', markup)
                self.assertEqual(int(told.group(1)), known, (count, name))
                self.assertEqual(told.group(2).count("data-mark"), known, (count, name))
            self.assertEqual("no night before" in markup, count == 0)

    def test_median_of_the_nights_before_decides_what_is_worse(self):
        def worse(now, *earlier, more=True):
            nights = [samples.night(1 + at, figures={"f": samples.figure(value)})
                      for at, value in enumerate(earlier)]
            made = samples.night(9, figures={"f": samples.figure(now, "", more)})
            ((_, _, values, median, found),) = report.trends(made, nights)
            self.assertEqual(len(values), len(earlier) + 1)
            return median, found
        self.assertEqual(worse(79, 100, 100, 90, 110, 100), (100, True))
        self.assertEqual(worse(81, 100, 100, 90, 110, 100), (100, False))
        self.assertEqual(worse(121, 100, more=False), (100, True))
        self.assertEqual(worse(121, 100, more=None), (100, False))
        self.assertEqual(worse(121, 100), (100, False))
        self.assertEqual(worse(5), (None, False))
        self.assertEqual(worse(5, 0, 0), (0, False))

    def test_strings_stay_text_and_the_page_refers_to_nothing(self):
        for made in (samples.full(), samples.hostile(), samples.empty()):
            markup = page(made)
            self.assertNotRegex(markup, r"(?i)<(script|img|link|iframe)|url\(|@import| on\w+=")
            self.assertNotRegex(markup, "[\x00-\x08\ud800-\udfff]")
            for target in re.findall(r'href="([^"]*)"', markup):
                self.assertIn(f'id="{target[1:]}"', markup)
            markup.encode("utf-8")
            self.assertEqual(markup, page(made), "the same input gives the same bytes")

    def test_pages_are_written_again_from_the_folder_and_lost_results_are_no_night(self):
        with tempfile.TemporaryDirectory(prefix="morph-nightly-") as name:
            nights = pathlib.Path(name)
            for made in (*samples.before(3), samples.full()):
                results.write(nights / made["name"] / "results.json", made)
            (nights / "torn").mkdir()
            for torn in ("", "{", "[1]", '{"version": 2}', '{"version": 1, "started": 5}',
                         json.dumps({**samples.full(), "figures": 3})):
                (nights / "torn/results.json").write_text(torn)
                self.assertIsNone(results.read_results(nights / "torn/results.json"))
                self.assertEqual(self.program(nights / "torn")[0], 2)
            folder = nights / samples.full()["name"]
            self.assertEqual(self.program(folder), (0, ""))
            self.assertIn("Over 3 nights before", (folder / "report.html").read_text())
            odd = {**samples.full(), "figures": {"a": {"value": "x"}, "b": {"value": True}, "c": 1,
                                                 "d": samples.figure(2)}}
            results.write(folder / "results.json", odd)
            self.assertEqual(list(results.read_results(folder / "results.json")["figures"]), ["d"])

    def program(self, folder):
        done = subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stderr if done.returncode == 0 else ""


class InBrowser(unittest.TestCase):
    """Drawn once, at the widths of a phone and of a screen."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="morph-nightly-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        planted = page(samples.empty()).replace(
            "<main>", '<main><div class="wide" style="width:900px">wide</div>').replace(
                "style-src 'unsafe-inline'", "style-src 'unsafe-inline' *")
        shown = [(f"{made.__name__}-{width}", width, page(made())) for made in
                 (samples.full, samples.hostile, samples.empty) for width in (PHONE, SCREEN)]
        cls.found, cls.log, listener = measure(folder, [*shown, ("planted", PHONE, planted)])
        cls.asked = list(listener.asked)
        listener.close()

    def test_nothing_is_wider_than_the_page_too_small_or_untold(self):
        self.assertIn("div.wide", self.found["planted"]["wide"])
        self.assertGreater(self.found["planted"]["width"], PHONE)
        for name, found in self.found.items():
            if name == "planted":
                continue
            self.assertEqual(found["wide"], [], name)
            self.assertLessEqual(found["width"], found["room"], name)
            self.assertGreaterEqual(found["smallest"]["size"], 13.99, (name, found["smallest"]))
            self.assertEqual((found["twice"], found["untold"], found["scripts"]), ([], 0, 0), name)
            for plot, counted in found["plots"].items():
                self.assertEqual(counted["told"], counted["marks"], (name, plot))

    def test_page_says_nothing_on_the_console_and_asks_the_network_for_nothing(self):
        self.assertEqual(console(self.log), [])
        self.assertEqual([words for words in self.asked if "x.invalid" in words], [])


if __name__ == "__main__":
    unittest.main()
