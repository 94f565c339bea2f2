"""What a night leaves, and how it is read back.

    NIGHTLY_DIR/2026-11-21-0123456789ab/      a night: day it began, commit
        plan.json                             seed, hours, environment; written once
        steps/STEP.json                       what is known of a step: replaced whole, never torn
        logs/STEP.log                         its output, of all attempts
        state/STEP/                           what a step keeps for going on (journals)
        bench.json                            results.json of make bench
        results.json                          all of the above; what later nights compare with
        report.html, report.txt

A step's record is written when it begins, every few seconds while it runs (its time so far), and
when it ends, each time to a file beside that then takes its place. A record that cannot be read (a
disk that lost it) is as none: that step runs again, the others are kept.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import re

VERSION = 1
RUNNING, GOOD, FAILED, SKIPPED, PARTIAL = "running", "good", "failed", "skipped", "partial"
DONE = (GOOD, FAILED, SKIPPED, PARTIAL)
GO_ON_SECONDS = 24 * 3600  # an older unfinished night is left alone
FINDING_LINES = 40
LAST_LINES = 25
LOG_BYTES = 32 << 20       # of a log, from its end, that is looked at
EARLIER_NIGHTS = 60
REPRODUCE = re.compile(r"^\s*(?:reproduce|again|show(?:n| it)? again)[: ]+(\S.*)$", re.MULTILINE)
CUT_SHORT = re.compile(r"^(\d+ (?:of \d+ )?\w+ (?:did not end within|fit into) .*)$", re.MULTILINE)
# Lines that begin something else than the finding before them.
NEXT_PART = re.compile(r"^(?:\[[ \d.]+s\]|(?:\w+: )?\d+ \w+, |finding in |FAILED )")


def write(path, document):
    """Replaces a file whole: after a crash there is the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    following = path.with_name(path.name + ".next")
    with open(following, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(following, path)


def read(path):
    """The object in a JSON file; None when there is none that can be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def told_time(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def time_of(text):
    """The moment that told_time() wrote; None when it is no such text."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=datetime.timezone.utc)
    except (TypeError, ValueError):
        return None


@dataclasses.dataclass
class Night:
    """A night's folder. build, jobs: as this call has them; the rest is the plan's."""

    folder: pathlib.Path
    plan: dict
    build: pathlib.Path
    jobs: int

    @property
    def seed(self):
        return self.plan["seed"]

    def record(self, name):
        """What is known of a step; an empty record when nothing is."""
        found = read(self.folder / "steps" / f"{name}.json") or {}
        well = found.get("name") == name and found.get("status") in (RUNNING, *DONE)
        spent = found.get("seconds")
        return found if well and isinstance(spent, (int, float)) else {}

    def keep(self, record):
        write(self.folder / "steps" / f"{record['name']}.json", record)

    def log(self, name):
        return self.folder / "logs" / f"{name}.log"

    def state(self, name):
        return self.folder / "state" / name

    def earlier(self):
        """results.json of nights before this one, the oldest first."""
        began = self.plan["started"]
        found = [results for path in self.folder.parent.glob("*/results.json")
                 if path.parent != self.folder and (results := read_results(path))
                 and results["started"] < began]
        return sorted(found, key=lambda results: results["started"])[-EARLIER_NIGHTS:]

    def earlier_file(self, name):
        """A file of the last night before this one that has it; None when none has."""
        for results in reversed(self.earlier()):
            path = self.folder.parent / results["name"] / name
            if path.is_file():
                return path
        return None


def read_results(path):
    """A night's results.json, as far as it can be used; None when it cannot."""
    found = read(path)
    if not found or found.get("version") != VERSION or time_of(found.get("started")) is None:
        return None
    figures = found.get("figures")
    if not isinstance(figures, dict):
        return None
    found["figures"] = {name: figure for name, figure in figures.items()
                        if isinstance(figure, dict) and is_number(figure.get("value"))}
    found["name"] = path.parent.name
    return found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and (
        abs(value) < 1e300)


def open_night(nights, commit, fresh, now=None):
    """(folder, plan or None): the night to go on with, or a folder for a new one.

    An unfinished night of this commit goes on when it began less than a day ago, whatever the date
    is by now; a finished one is opened again on its own day only, to be shown.
    """
    now = now or utc_now()
    today = f"{now:%Y-%m-%d}-{commit}"
    candidates = []
    for path in nights.glob(f"*-{commit}*/plan.json"):
        plan = read(path)
        began = time_of(plan.get("started")) if plan else None
        if (began is None or plan.get("commit") != commit or plan.get("version") != VERSION or
                not isinstance(plan.get("seed"), int) or not is_number(plan.get("hours"))):
            continue
        unfinished = not plan.get("finished") and (now - began).total_seconds() < GO_ON_SECONDS
        if unfinished or path.parent.name.startswith(today):
            candidates.append((plan["started"], path.parent.name, path.parent, plan))
    if candidates and not fresh:
        return max(candidates, key=lambda one: one[:2])[2:]
    name, number = today, 1
    while (nights / name).exists():
        number += 1
        name = f"{today}-{number}"
    return nights / name, None


def text_of(path):
    """A log, from its last LOG_BYTES on."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def last_line(text):
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def findings_in(text, step, command):
    """Findings that the output of a step tells of: title, text, command that shows it again."""
    title, found, lines = re.compile(step.finding), [], text.splitlines()
    for at, line in enumerate(lines):
        match = title.match(line)
        if not match:
            continue
        block = [line]
        for following in lines[at + 1:at + FINDING_LINES]:
            if title.match(following) or NEXT_PART.match(following):
                break
            block.append(following)
        told = "\n".join(block).rstrip()
        again = REPRODUCE.search(told)
        found.append({"step": step.name, "title": match.group(1).strip(), "text": told,
                      "reproduce": again.group(1) if again else command})
    unique = {(finding["title"], finding["reproduce"]): finding for finding in found}
    return list(unique.values())


def notes_in(text):
    """What a step says about work that it left out."""
    return sorted(set(CUT_SHORT.findall(text)))


def figures_in(text, step, seconds):
    """{name: value and unit} of the figures of a step, as far as its output has them."""
    found = {}
    for figure in step.figures:
        matches = re.findall(figure.pattern, text, re.MULTILINE)
        if not matches:
            continue
        value = float(matches[-1].replace(",", ""))
        if figure.per_second:
            value = value / seconds if seconds > 0 else 0.0
        found[f"{step.name}: {figure.name}"] = {
            "value": value, "unit": figure.unit, "more_is_better": figure.more_is_better}
    return found


def bench_figures(path):
    """The goals of the comparison, as figures; none when the file is not there."""
    document = read(path) or {}
    rows = document.get("targets")
    return {f"bench: {row['text']}": {"value": float(row["value"]), "unit": "×",
                                      "more_is_better": False}
            for row in (rows if isinstance(rows, list) else [])
            if isinstance(row, dict) and isinstance(row.get("text"), str)
            and is_number(row.get("value"))}


def coverage_lines(text):
    """(file, lines, never run, percent) of each file in the output of make coverage."""
    return [(name, int(lines), int(never), float(percent)) for name, lines, never, percent in
            re.findall(r"^(\S+) +(\d+) lines, +(\d+) never run, +([\d.]+)%,", text, re.MULTILINE)]


def summary(night, steps):
    """results.json: the plan, every step's record, all findings and figures."""
    records = [record for step in steps if (record := night.record(step.name))]
    figures, found = {}, []
    for record in records:
        figures.update(record.get("figures") or {})
        found += record.get("findings") or []
        if is_number(record.get("peak_bytes")) and record["peak_bytes"]:
            figures[f"{record['name']}: peak memory"] = {
                "value": record["peak_bytes"], "unit": "B", "more_is_better": False}
    covered = coverage_lines(text_of(night.log("coverage")))
    return {**night.plan, "version": VERSION, "name": night.folder.name, "steps": records,
            "figures": figures, "findings": found, "coverage": covered,
            "seconds": sum(record["seconds"] for record in records if record["name"] != "build")}
