#!/usr/bin/env python3
"""The report in headless Chromium: nothing runs, nothing is fetched, nothing is cut off.

The pages are loaded into frames of a page of the test, at the widths of a phone and of a screen;
its script measures them, so that the report needs none. A planted page with every fault proves that
each measurement can fail.
"""

import pathlib
import re
import shutil
import tempfile
import unittest
import zlib

import report
import report_samples
from browser import PHONE, SCREEN, browse, console, frames, measure
from report_data import results_from

# Markup with one fault for each thing that is measured.
PLANTED = """<!doctype html><html lang="en"><body style="margin:0">
<div class="wide" style="width:2000px">wide</div><p style="font-size:9px">small</p>
<svg data-plot="bad" data-points="3" viewBox="0 0 100 50" width="100" height="50" role="img">
<text x="80" y="20">cut off at the right</text><text x="5" y="40">over</text>
<text x="8" y="42">lap</text><g data-mark="value"></g></svg>
<i id="twice"></i><i id="twice"></i></body></html>"""
FETCHES = """<!doctype html><img src="http://x.invalid/a.png">
<script>console.error("planted")</script>"""


def changing_rows(image):
    """For each row of a PNG, whether it holds what the pixels left of it or above do not.

    The filters of PNG leave zeros where a pixel is like its neighbour, so that pixels need not be
    restored; a row without filter is compared with its first pixel.
    """
    at, data = 8, b""
    while at < len(image):
        length, kind = int.from_bytes(image[at:at + 4], "big"), image[at + 4:at + 8]
        body = image[at + 8:at + 8 + length]
        if kind == b"IHDR":
            wide, high = (int.from_bytes(body[part:part + 4], "big") for part in (0, 4))
            pixel = {2: 3, 6: 4}[body[9]]
        data += body if kind == b"IDAT" else b""
        at += 12 + length
    rows, stride, changing = zlib.decompress(data), 1 + wide * pixel, []
    for start in range(0, stride * high, stride):
        filtered, row = rows[start], rows[start + 1:start + stride]
        changing.append(row != row[:pixel] * wide if filtered == 0 else any(row[pixel:]))
    return changing


def png(rows):
    """A picture of grey rows, without filters."""
    def chunk(kind, body):
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(
            4, "big")
    size = len(rows[0]).to_bytes(4, "big") + len(rows).to_bytes(4, "big")
    data = b"".join(b"\0" + b"".join(bytes([grey] * 3) for grey in row) for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + bytes([8, 2, 0, 0, 0])) +
            chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


class InBrowser(unittest.TestCase):
    """The pages are drawn and measured once, by one run of the browser."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="morph-report-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pages = {name: report.page(results_from(getattr(report_samples, name)()))
                     for name in ("full", "hostile", "one_system", "empty")}
        shown = [(f"{name}-{width}", width, markup) for name, markup in cls.pages.items()
                 for width in (PHONE, SCREEN)]
        cls.found, cls.log, cls.listener = measure(
            cls.folder, shown + [("planted", PHONE, PLANTED)])
        cls.addClassCleanup(cls.listener.close)

    @classmethod
    def file(cls, name, markup):
        path = cls.folder / name
        path.write_text(markup, encoding="utf-8")
        return path

    def each(self):
        """Name and measurements of every page at every width, but for the planted one."""
        return [(name, found) for name, found in self.found.items() if name != "planted"]

    def test_probe_sees_every_planted_fault(self):
        planted = self.found["planted"]
        self.assertGreater(planted["width"], PHONE)
        self.assertIn("div.wide", planted["wide"])
        self.assertIn("cut off at the right", planted["cut"])
        self.assertEqual(planted["overlapping"], ["over | lap"])
        self.assertEqual(planted["smallest"]["size"], 9)
        self.assertEqual(planted["plots"]["bad"], {"told": 3, "marks": 1})
        self.assertEqual(planted["twice"], ["twice"])
        self.assertEqual(planted["untold"], 1)

    def test_nothing_is_wider_than_the_phone_or_the_screen(self):
        for page, found in self.each():
            self.assertEqual(found["wide"], [], page)
            self.assertLessEqual(found["width"], found["room"], page)

    def test_no_label_is_cut_off_and_none_lies_on_another(self):
        for page, found in self.each():
            self.assertEqual(found["cut"], [], page)
            self.assertEqual(found["overlapping"], [], page)

    def test_text_has_fourteen_pixels_or_more(self):
        for page, found in self.each():
            self.assertGreaterEqual(found["smallest"]["size"], 13.99, (page, found["smallest"]))

    def test_every_plot_has_as_many_marks_as_the_input_has_points(self):
        sizes = sum(map(len, report_samples.LINES.values()))
        everything = sizes * len(report_samples.SYSTEMS)
        for width in (PHONE, SCREEN):
            plots = self.found[f"full-{width}"]["plots"]
            for name, counted in plots.items():
                self.assertEqual(counted["told"], counted["marks"], (width, name))
            for measure, absent in (("seconds", 0), ("per-line", 0), ("peak-asked", sizes),
                                    ("peak-resident", 1)):
                drawn = sum(counted["marks"] for name, counted in plots.items()
                            if name.startswith(measure))
                self.assertEqual(drawn, everything - absent, measure)
            ratios = sum(1 for row in report_samples.MICRO if row[2])
            self.assertEqual(plots["ratios"]["marks"], ratios)
            self.assertEqual(plots["shares"]["marks"], len(report_samples.MICRO) - ratios)
        for page, found in self.each():
            for name, counted in found["plots"].items():
                self.assertEqual(counted["told"], counted["marks"], (page, name))

    def test_ids_are_unique_and_every_drawing_is_told_in_words(self):
        for page, found in self.each():
            self.assertEqual(found["twice"], [], page)
            self.assertEqual(found["untold"], 0, page)
            self.assertEqual(found["scripts"], 0, page)

    def test_page_says_nothing_on_the_console_and_asks_the_network_for_nothing(self):
        self.assertEqual(console(self.log), [])
        self.assertEqual([words for words in self.listener.asked if "x.invalid" in words], [])
        # The listener and the log do see a page that fetches and complains.
        _, log = browse(self.folder, self.file("fetches.html", FETCHES), "--dump-dom",
                        port=self.listener.port)
        self.assertIn("planted", "\n".join(console(log)))
        self.assertIn("x.invalid", "\n".join(self.listener.asked))

    def test_pictures_at_both_widths_are_not_blank(self):
        blank = [[255] * 5] * 4
        self.assertEqual(changing_rows(png(blank)), [False] * 4)
        self.assertEqual(changing_rows(png([[255, 0, 255, 255, 255], *blank])),
                         [True] + [False] * 4)
        picture, high = self.folder / "picture.png", 2000  # of each of the two frames
        markup = frames([(str(width), width, self.pages["full"]) for width in (PHONE, SCREEN)])
        browse(self.folder, self.file("picture.html", markup.replace("900px", f"{high}px")),
               f"--screenshot={picture}", f"--window-size={SCREEN},{2 * high}")
        changing = changing_rows(picture.read_bytes())
        self.assertEqual(len(changing), 2 * high)
        for name, part in (("phone", changing[:high]), ("screen", changing[high:])):
            self.assertGreater(sum(part), high / 3, name)
            for start in range(0, high, 400):  # headings, plots: never a screenful of nothing
                self.assertTrue(any(part[start:start + 400]), (name, start))

    def test_print_gives_pages_upright_and_wide(self):
        printed = self.folder / "report.pdf"
        _, log = browse(self.folder, self.file("print.html", self.pages["full"]),
                        "--no-pdf-header-footer", f"--print-to-pdf={printed}")
        self.assertEqual(console(log), [])
        boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed.read_bytes())
        upright = sum(float(wide) < float(high) for wide, high in boxes)
        self.assertGreaterEqual(upright, 4)
        self.assertGreaterEqual(len(boxes) - upright, 3)  # the wide tables
        self.assertLess(len(boxes), 30)


if __name__ == "__main__":
    unittest.main()
