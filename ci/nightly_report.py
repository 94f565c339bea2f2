#!/usr/bin/env python3
"""The page of a night, report.html, and the same as text, report.txt.

    ci/nightly_report.py NIGHT_FOLDER [-o FOLDER]

    verdict     what the last line says
    findings    each with its text and the command that shows it again
    steps       time, exit status, last line, log
    trends      every figure: a small plot over the nights, this one's value, the median before
    coverage    files of the library whose lines are run least
    run         commit, seed, machine

The page needs nothing else: no network, no script. It takes its look from bench/compare/report.css.
Exit status: 0, or 2 when the folder holds no results.json.
"""

import argparse
import os
import pathlib
import statistics
import sys

import nightly_results as results

COMPARE = pathlib.Path(__file__).resolve().parents[1] / "bench/compare"
sys.path.insert(0, str(COMPARE))
# pylint: disable=wrong-import-position
from svg_text import brief, coordinate, duration, element, size_of, text, whole

STYLES = (COMPARE / "report.css", pathlib.Path(__file__).with_name("nightly_report.css"))
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SIGNS = {results.GOOD: "✓", results.FAILED: "✗", results.SKIPPED: "–", results.RUNNING: "…"}
KINDS = {results.GOOD: "met", results.FAILED: "behind"}
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 180, 36, 4
WORSE_PERCENT = 20   # than the median of the nights before: marked, not judged
LEAST_COVERED = 12
UNKNOWN = "–"


def shown(value, unit):
    """A figure with its unit; what is not known is a dash."""
    if not results.is_number(value):
        return UNKNOWN
    if unit == "B":
        return size_of(value)
    number = whole(value) if abs(value) >= 1000 else brief(value)
    return f"{number}{'' if unit in ('', '%', '/s', '×') else ' '}{'' if unit == '×' else unit}" + (
        "×" if unit == "×" else "")


def verdict(summary):
    """(kind, words): good only when no step failed and nothing was found."""
    count = lambda status: sum(one.get("status") == status for one in summary["steps"])
    words = [f"{whole(count(results.GOOD))} steps good"]
    for status, what in ((results.FAILED, "failed"), (results.SKIPPED, "skipped"),
                         (results.RUNNING, "interrupted")):
        if count(status):
            words.append(f"{whole(count(status))} {what}")
    found = len(summary["findings"])
    words.append(f"{whole(found)} finding{'' if found == 1 else 's'}")
    bad = count(results.FAILED) or found or not count(results.GOOD)
    return ("behind" if bad else "met"), ", ".join(words)


def trends(summary, earlier):
    """Rows (name, values of the nights, the oldest first, None where it has none; median before;
    whether it is worse by more than WORSE_PERCENT) of every figure of this night."""
    rows = []
    for name, figure in sorted(summary["figures"].items()):
        before = [night["figures"].get(name, {}).get("value") for night in earlier]
        known = [value for value in before if results.is_number(value)]
        median = statistics.median(known) if known else None
        worse = False
        if median and figure.get("more_is_better") is not None:
            change = 100 * (figure["value"] - median) / abs(median)
            worse = (-change if figure["more_is_better"] else change) > WORSE_PERCENT
        rows.append((name, figure, [*before, figure["value"]], median, worse))
    return rows


# ------------------------------------------------------------------------------------ the page


def paragraph(words, kind=None):
    return element("p", {"class": kind}, text(words))


def section(name, title, *body):
    return element("section", {"id": name}, element("h2", {}, text(title)), *body)


def spark(name, values, told):
    """A line through the values of the nights; the last one is marked. Gaps stay gaps."""
    known = [(at, value) for at, value in enumerate(values) if results.is_number(value)]
    low, high = min(value for _, value in known), max(value for _, value in known)
    wide, tall = SPARK_WIDTH - 2 * SPARK_EDGE, SPARK_HEIGHT - 2 * SPARK_EDGE
    def place(at, value):
        x = SPARK_EDGE + (wide * at / (len(values) - 1) if len(values) > 1 else wide / 2)
        part = (value - low) / (high - low) if high > low else 0.5
        return coordinate(x), coordinate(SPARK_EDGE + tall * (1 - part))
    points = [place(*one) for one in known]
    line = element("polyline", {"class": "line k1", "stroke-width": "1.6",
                                "points": " ".join(f"{x},{y}" for x, y in points)})
    dots = [element("circle", {"class": "marker filled k1" if at == len(points) - 1 else "earlier",
                               "cx": x, "cy": y, "r": "3" if at == len(points) - 1 else "1.5",
                               "data-mark": "value"}) for at, (x, y) in enumerate(points)]
    return element("svg", {"class": "spark", "viewBox": f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
                           "width": SPARK_WIDTH, "height": SPARK_HEIGHT, "role": "img",
                           "data-plot": name, "data-points": len(points)},
                   element("title", {}, text(name)), element("desc", {}, text(told)), line, *dots)


def table(name, head, rows):
    """A table that scrolls in its box where it is wider than the page."""
    return element("div", {"class": "box", "tabindex": "0", "role": "region", "aria-label": name},
                   element("table", {}, element("thead", {}, element("tr", {}, *[
                       element("th", {"scope": "col", "class": kind}, text(title))
                       for title, kind in head])), element("tbody", {}, *rows)))


def findings_part(summary):
    if not summary["findings"]:
        return paragraph("Nothing was found.")
    return "".join(element(
        "article", {"class": "finding"},
        element("h3", {}, text(f"{finding['step']}: {finding['title']}")),
        element("p", {}, "Shows it again (seed ", text(summary["seed"]), "):"),
        element("pre", {"class": "box", "tabindex": "0"}, text(finding["reproduce"])),
        element("details", {}, element("summary", {}, "What was said"),
                element("pre", {"class": "box", "tabindex": "0"}, text(finding["text"]))))
        for finding in summary["findings"])


def step_row(record):
    status = record.get("status")
    words = record.get("last_line") or record.get("reason") or ""
    words = "; ".join([words, *record.get("notes", [])])
    ended = "stopped" if record.get("stopped") else str(record.get("exit", UNKNOWN))
    peak = record.get("peak_bytes")
    return element(
        "tr", {"data-step": record["name"]},
        element("th", {"scope": "row"}, text(record["name"])),
        element("td", {"class": KINDS.get(status, "open")},
                text(f"{SIGNS.get(status, '?')} {status}")),
        element("td", {"class": "n"}, text(duration(round(record["seconds"], 1)))),
        element("td", {"class": "n"}, text(ended)),
        element("td", {"class": "n"}, text(size_of(peak) if peak else UNKNOWN)),
        element("td", {"class": "words"}, text(words), element(
            "span", {"class": "span command"}, text(record.get("command", "")))))


def steps_part(summary):
    return table("steps", [("step", None), ("", None), ("time", "n"), ("exit", "n"),
                           ("memory", "n"), ("last line; command", None)],
                 [step_row(record) for record in summary["steps"]])


def trends_part(summary, earlier):
    rows = trends(summary, earlier)
    if not rows:
        return paragraph("No step left a figure.")
    nights = len(earlier)
    cards = []
    for name, figure, values, median, worse in rows:
        now, unit = shown(figure["value"], figure["unit"]), figure["unit"]
        before = "no night before" if median is None else f"median before: {shown(median, unit)}"
        cards.append(element(
            "div", {"class": "trend"}, element("div", {"class": "trend-name"}, text(name)),
            spark(name, values, f"{now}; {before}"),
            element("div", {}, element("b", {"class": "behind" if worse else None}, text(now)),
                    element("span", {"class": "span"}, text(before + (
                        f"; worse by more than {WORSE_PERCENT} %" if worse else ""))))))
    return paragraph(f"Over {whole(nights)} night{'' if nights == 1 else 's'} before this one. "
                     "Times depend on the machine and on what else it did.") + element(
                         "div", {"class": "trends"}, *cards)


def coverage_part(summary):
    rows = sorted(summary.get("coverage") or [], key=lambda row: row[3])[:LEAST_COVERED]
    if not rows:
        return paragraph("Not measured in this night.")
    return table("coverage", [("file", None), ("lines", "n"), ("never run", "n"), ("run", "n")], [
        element("tr", {}, element("th", {"scope": "row"}, text(name)), *[
            element("td", {"class": "n"}, text(value))
            for value in (whole(lines), whole(never), f"{percent:.2f} %")])
        for name, lines, never, percent in rows])


def facts(summary):
    machine = summary.get("machine") or {}
    memory = machine.get("memory_bytes")
    return [("night", summary["name"]), ("began", summary["started"]),
            ("ended", summary.get("finished") or "not ended"),
            ("commit", summary.get("commit")), ("seed", summary["seed"]),
            ("time", f"{duration(round(summary['seconds']))} in steps, of "
             f"{duration(round(summary['hours'] * 3600))}"),
            ("processor", machine.get("processor")), ("cores", machine.get("cores")),
            ("memory", size_of(memory) if results.is_number(memory) else None),
            ("system", machine.get("system")),
            ("load at the start", ", ".join(map(str, machine.get("load") or [])))]


def page(summary, earlier):
    """The whole page."""
    kind, words = verdict(summary)
    title = f"Morph Memory: night {summary['name']}"
    parts = [("findings", "Findings", findings_part(summary)),
             ("steps", "Steps", steps_part(summary)),
             ("trends", "Trends", trends_part(summary, earlier)),
             ("coverage", "Coverage: the least run files", coverage_part(summary))]
    head = element(
        "head", {}, '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{text(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">', element("title", {}, text(title)),
        "<style>\n" + "".join(path.read_text(encoding="utf-8") for path in STYLES) + "</style>")
    body = element(
        "body", {}, element("header", {}, element("h1", {}, text(title)), paragraph(
            f"{'✗' if kind == 'behind' else '✓'} {words}", f"verdict-line {kind}"),
            element("dl", {"class": "facts"}, *[
                element("div", {}, element("dt", {}, text(name)),
                        element("dd", {}, text(UNKNOWN if value in (None, "") else value)))
                for name, value in facts(summary)]),
            element("nav", {"aria-label": "Contents"}, *[
                element("a", {"href": f"#{name}"}, text(heading)) for name, heading, _ in parts])),
        element("main", {}, *[section(*part) for part in parts]))
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


# ------------------------------------------------------------------------------------ the text


def plain(summary, earlier):
    """report.txt."""
    lines = [f"Morph Memory: night {summary['name']}", verdict(summary)[1], ""]
    lines += [f"{name:<18} {value}" for name, value in facts(summary) if value not in (None, "")]
    lines += ["", "FINDINGS" if summary["findings"] else "Nothing was found."]
    for finding in summary["findings"]:
        lines += ["", f"{finding['step']}: {finding['title']}",
                  f"    reproduce  {finding['reproduce']}",
                  *(f"    | {line}" for line in finding["text"].splitlines())]
    lines += ["", "STEPS"]
    for record in summary["steps"]:
        words = record.get("last_line") or record.get("reason") or ""
        lines.append(f"{record['name']:<18} {record['status']:<8}{record['seconds']:9.1f} s  "
                     f"{words}".rstrip())
        lines += [f"{'':<18} {note}" for note in record.get("notes", [])]
    lines += ["", f"TRENDS, over {len(earlier)} nights before"]
    for name, figure, _, median, worse in trends(summary, earlier):
        before = f"median before {shown(median, figure['unit'])}" if median is not None else ""
        lines.append(f"{name:<60} {shown(figure['value'], figure['unit']):>14}  {before}"
                     f"{'  WORSE' if worse else ''}".rstrip())
    return "\n".join(lines) + "\n"


def write(folder, summary, earlier):
    """Both pages, each replaced whole."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in (("report.html", page(summary, earlier)),
                       ("report.txt", plain(summary, earlier))):
        following = folder / f"{name}.next"
        following.write_text(made, encoding="utf-8", errors="replace")
        os.replace(following, folder / name)


def main():
    parser = argparse.ArgumentParser(description="Writes the pages of a night again.")
    parser.add_argument("night", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, help="default: the night's folder")
    options = parser.parse_args()
    summary = results.read_results(options.night / "results.json")
    if summary is None:
        print(f"nightly_report.py: {options.night}/results.json is not there, or is none",
              file=sys.stderr)
        return 2
    night = results.Night(options.night, summary, options.night, 1)
    write(options.output or options.night, summary, night.earlier())
    return 0


if __name__ == "__main__":
    sys.exit(main())
