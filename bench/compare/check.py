#!/usr/bin/env python3
"""The body of `make bench-check`: what two results.json files say has become slower or bigger.

    bench/compare/check.py [--limit PERCENT] [BEFORE.json] AFTER.json

BEFORE is bench/baseline.json when it is left out. A row is named when the change is larger than
the limit (5 percent) with 99 % confidence:

    time     of a cell of ours over that of the peers (glibc malloc, mimalloc, jemalloc, std::pmr,
             Boehm) in the same round of the same run: these are not our code, so a slower or busier
             machine slows both, and the quotient stays. Then the bootstrap of figures.py, after
             over before.
             The fastest samples have to have moved the same way.
    memory   nearly the same in every run: medians, with a tolerance (2 % asked, 5 % resident; V2
             RUNTIME, whose nursery adapts to pauses: more than 2.5 times)
    micro    a duel is a ratio within its run already. A figure in units of time is divided by how
             much slower the duels' peers were. Five times the limit: these rows differ more from
             run to run.
    status   a cell that finished before and does not now; a cell that is not there any more

Rows with fewer than three samples in a run are counted, not judged. Exit status: 0 nothing is
worse, 1 something is, 2 usage or an unreadable file.
"""

import argparse
import dataclasses
import pathlib
import sys

import comparison
import results
import units

BASELINE = pathlib.Path(__file__).resolve().parents[1] / "baseline.json"
LIMIT_PERCENT = 5.0
BUSY = 0.75   # load per core before the run, above which others were running
ORDER = ("newly failing", "missing", "slower", "bigger", "behind target now", "faster", "smaller",
         "finishes now", "met target now")
WORSE = ("newly failing", "missing", "slower", "bigger")


@dataclasses.dataclass
class Notes:
    """What is said beside the findings."""

    judged: int = 0
    few: int = 0
    lines: list = dataclasses.field(default_factory=list)


def runs(before, after, notes):
    """Says what is compared, and what makes it weaker."""
    for name, document in (("before", before), ("after", after)):
        machine = document.get("machine") or {}
        notes.lines.append(f"{name:<6} {document.get('date', 'no date')}  commit "
                           f"{document.get('commit') or 'unknown'}  {machine.get('processor')}")
        load, cores = machine.get("load") or [0], machine.get("cores") or 1
        if load[0] > BUSY * cores:
            notes.lines.append(f"       the machine was busy: load {load[0]:g} on {cores} cores; "
                               "times say little")
        for problem in document.get("problems") or []:
            notes.lines.append(f"       problem: {problem}")
    processors = {(document.get("machine") or {}).get("processor") for document in (before, after)}
    if len(processors) > 1:
        notes.lines.append("different processors: what a system gains over its peers may differ")
    if before.get("quick") != after.get("quick"):
        notes.lines.append("one of the runs is quick: only rows of both are compared")


def verdicts(before, after):
    """Targets that changed sides: said, and not judged again, for the rows are."""
    old = {row["id"]: row.get("met") for row in before["targets"]}
    for row in after["targets"]:
        change = old.get(row["id"]), row.get("met")
        if change == (True, False):
            yield comparison.Finding("behind target now", row["id"], "target", detail=said(row))
        elif change == (False, True):
            yield comparison.Finding("met target now", row["id"], "target", detail=said(row))


def said(row):
    return f"{units.number(row.get('value'))}, at most {units.number(row.get('target'))}"


def check(before, after, limit):
    """(findings in the order of their weight, notes)."""
    notes = Notes()
    runs(before, after, notes)
    quick = before.get("quick") != after.get("quick")
    found = list(comparison.statuses(before, after, quick))
    for one in (*comparison.times(before, after, limit), *comparison.memory(before, after),
                *comparison.micro(before, after, limit, quick)):
        if one.kind == "few":
            notes.few += 1
            continue
        if one.kind != "missing":
            notes.judged += 1
        if one.kind != "same":
            found.append(one)
    found += verdicts(before, after)
    return sorted(found, key=lambda one: (ORDER.index(one.kind), one.name, one.what)), notes


def show(found, notes, limit):
    for line in notes.lines:
        print(line)
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        print(f"{one.kind:<18} {one.name:<{width}}  {one.text()}")
    few = f", {notes.few} with too few samples to judge" if notes.few else ""
    worse = sum(1 for one in found if one.kind in WORSE)
    print(f"bench-check: {notes.judged} figures compared{few}, limit {limit:g} %, {worse} worse")
    return 1 if worse else 0


def percent(text):
    value = float(text)
    if not 0 < value <= 1000:
        raise ValueError
    return value


def main(words=None):
    parser = argparse.ArgumentParser(
        description="Names what became slower or bigger between two runs of make bench.",
        epilog="Exit status: 0 nothing is worse, 1 something is, 2 usage or unreadable file.")
    parser.add_argument("--limit", type=percent, default=LIMIT_PERCENT, metavar="PERCENT",
                        help="changes up to this are not named (default 5)")
    parser.add_argument("before", nargs="?", type=pathlib.Path, default=BASELINE,
                        help="default bench/baseline.json")
    parser.add_argument("after", type=pathlib.Path)
    options = parser.parse_args(words)
    if options.before == BASELINE and not BASELINE.exists():
        print("bench-check: there is no bench/baseline.json: say BEFORE=old.json", file=sys.stderr)
        return 2
    if not options.after.exists():
        print(f"bench-check: {options.after} is not there: make bench writes it", file=sys.stderr)
        return 2
    try:
        before, after = results.read(options.before), results.read(options.after)
    except results.Unreadable as error:
        print(f"bench-check: {error}", file=sys.stderr)
        return 2
    if not (before["cells"] or before["micro"]):
        print(f"bench-check: {options.before}: no rows, so nothing to compare", file=sys.stderr)
        return 2
    found, notes = check(before, after, options.limit)
    return show(found, notes, options.limit)


if __name__ == "__main__":
    sys.exit(main())
