#!/usr/bin/env python3
"""The body of `make mutate`: small changes at random places of impl/, and which the suite sees.

    ci/mutate/mutate.py [--build DIR] [--jobs N] [--count N] [--seed N] [--only REGEX]
                        [--seconds N] [--at-least PERCENT] [--fresh]

Places come from clang's own parse (find_places.py). All mutations are built at once, in a copy of
the tree under build/mutate, and switched on one by one (mutation.h). A survey says which tests
reach which mutation and whether its value differs there; then each runs against those tests, the
quickest first, until one fails (judge.py). The exit status is 0 also with survivors; with
--at-least it is 1 when the share killed is lower, 2 when there is nothing to judge.

A run that was stopped goes on where it was when it is started again with the same seed, count and
sources. Results: build/mutate/results.json, report.txt, report.html. Last line: `mutate: ...`.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import children  # pylint: disable=wrong-import-position
import report  # pylint: disable=wrong-import-position
from judge import Verdict, judge  # pylint: disable=wrong-import-position
from place import Alternative, Mutation, Place, freeze  # pylint: disable=wrong-import-position
from units import Survey, unit_from_json  # pylint: disable=wrong-import-position
from workshop import Broken, OutOfTime, Workshop, select  # pylint: disable=wrong-import-position


class Journal:
    """A file of one JSON object a line; its first line says for which run it holds."""

    def __init__(self, path, head, fresh):
        self.path, self.entries = path, []
        lines = path.read_text().splitlines() if path.is_file() and not fresh else []
        whole = [line for line in lines if line.endswith("}")]  # the last one may be torn
        if whole and json.loads(whole[0]) == head:
            self.entries = [json.loads(line) for line in whole[1:]]
            path.write_text("\n".join(whole) + "\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(head) + "\n")

    def add(self, kind, value):
        self.entries.append({kind: value})
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps({kind: value}) + "\n")

    def all(self, kind):
        return [entry[kind] for entry in self.entries if kind in entry]


def mutation_to_json(mutation):
    return {"number": mutation.number, "place": mutation.place.to_json(),
            "alternative": dataclasses.asdict(mutation.alternative)}


def mutation_from_json(fields):
    told = fields["alternative"]
    return Mutation(fields["number"], Place.from_json(fields["place"]),
                    Alternative(told["form"], told["about"], freeze(told["arguments"])))


class Run:
    """One run of the engine on a project. units(workshop) lists what can kill."""

    def __init__(self, project, units, options, say):
        self.options, self.say, self.units_of = options, say, units
        self.folder = options.build / "mutate"
        self.workshop = Workshop(project, self.folder, options.jobs)
        head = {"seed": options.seed, "count": options.count, "only": options.only,
                "sources": self.workshop.digest()}
        self.journal = Journal(self.folder / "journal", head, options.fresh)
        self.deadline = time.monotonic() + options.seconds if options.seconds else None

    def built(self):
        """The mutations in the copy, which is built; and those that do not compile."""
        if not self.journal.all("built"):
            places = self.workshop.places()
            self.say(f"{len(places)} places in {len({place.path for place in places})} files")
            candidates = select(places, self.options.seed, self.options.only)
            self.workshop.fill()
            chosen, refused = self.workshop.build(candidates, self.options.count, self.say,
                                                   self.deadline)
            self.journal.add("built", [mutation_to_json(one) for one in chosen])
            self.journal.add("refused", [one.title for one in refused])
        return [mutation_from_json(fields) for fields in self.journal.all("built")[-1]], \
            self.journal.all("refused")[-1]

    def surveyed(self):
        """All units with what they reach; None when the time is up before."""
        known = [unit_from_json(fields) for fields in self.journal.all("unit")]
        if self.journal.all("surveyed"):
            return known
        survey = Survey(self.workshop.root, self.folder / "survey", self.options.jobs, self.say,
                        known, lambda unit: self.journal.add("unit", dataclasses.asdict(unit)))
        units = survey.run(self.units_of(self.workshop), self.deadline)
        if units is not None:
            self.journal.add("surveyed", [unit.name for unit in survey.left_out])
        return units

    def judged(self, mutations, units):
        """Verdicts, those of the journal and new ones."""
        verdicts = [Verdict(**fields) for fields in self.journal.all("verdict")]
        known = {verdict.number for verdict in verdicts}
        by_number = {mutation.number: mutation for mutation in mutations}
        waiting = [mutation for mutation in mutations if mutation.number not in known]
        if known:
            self.say(f"goes on: {len(known)} of {len(mutations)} are known")
        for verdict in judge(waiting, units, self.workshop.root, self.folder / "trials",
                             self.options.jobs, self.deadline):
            self.journal.add("verdict", dataclasses.asdict(verdict))
            verdicts.append(verdict)
            by = f"  by {verdict.by} ({verdict.how})" if verdict.by else ""
            self.say(f"{len(verdicts)}/{len(mutations)} {verdict.kind:<9} "
                     f"{by_number[verdict.number].title}{by} {verdict.seconds:.1f} s")
        return verdicts

    def run(self):
        """The exit status."""
        options = self.options
        self.say(f"seed {options.seed}, {options.count} places")
        try:
            mutations, refused = self.built()
        except OutOfTime as error:
            self.say(f"{error}; start it again to go on")
            return 0 if options.at_least is None else 2
        units = self.surveyed()
        verdicts = [] if units is None else self.judged(mutations, units)
        counts = report.Counts.of(verdicts, len(mutations), len(refused))
        left_out = (self.journal.all("surveyed") or [[]])[-1]
        header = [f"seed {options.seed}, {options.count} places"
                  + (f", files that match {options.only}" if options.only else ""),
                  f"{len(units or [])} units of the suite"
                  + (f"; left out, since they fail unmutated: {', '.join(left_out)}"
                     if left_out else "")]
        if options.seconds and counts.judged < counts.places:
            header.append(f"{counts.places - counts.judged} did not run within "
                          f"{options.seconds:g} s; start it again to go on")
        found = report.entries(mutations, verdicts, self.workshop.text)
        final = report.write(self.folder, found, counts, header, refused)
        for entry in found:
            if entry["kind"] in ("survived", "unreached"):
                print(f"{entry['kind']:<9} {entry['path']}:{entry['line']} {entry['function']}: "
                      f"{entry['about']}")
        status, problem = 0, ""
        if options.at_least is not None and not counts.judged:
            status, problem = 2, "nothing was judged, so nothing is known"
        elif options.at_least is not None and counts.share < options.at_least:
            status, problem = 1, (f"{counts.share:.1f} % are killed, at least "
                                  f"{options.at_least:g} % should be")
        for line in [*header[1:], f"to read: {self.folder / 'report.html'}",
                     *([f"FAILED {problem}"] if problem else []), final]:
            print(line)
        return status


def parse_arguments(arguments=None):
    parser = argparse.ArgumentParser(
        description="Changes impl/ at random places and tells which changes the suite sees.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--count", type=int, default=200, help="places (default 200)")
    parser.add_argument("--seed", type=int, default=int(datetime.date.today().strftime("%Y%m%d")),
                        help="chooses them (default: the date)")
    parser.add_argument("--only", help="files whose path matches this regular expression")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long (0: no limit)")
    parser.add_argument("--at-least", type=float, metavar="PERCENT",
                        help="exit with 1 when a smaller share is killed")
    parser.add_argument("--fresh", action="store_true", help="do not go on with a stopped run")
    options = parser.parse_args(arguments)
    if options.jobs < 1 or not 0 < options.count < 10000 or options.seconds < 0:
        parser.error("needs at least one job, 1 to 9999 places, and no negative time")
    return options


def main():
    from suite import PROJECT, units  # pylint: disable=import-outside-toplevel
    options = parse_arguments()
    children.exit_on_signals()
    started = time.monotonic()

    def say(text):
        print(f"[{time.monotonic() - started:7.1f}s] {text}", flush=True)

    try:
        return Run(PROJECT, units, options, say).run()
    except Broken as error:
        print(f"mutate: {error}")
        return 2


if __name__ == "__main__":
    sys.exit(main())
