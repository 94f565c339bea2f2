#!/usr/bin/env python3
"""The body of `make peers`: correct subjects run OPERATIONS operations each, and nothing is found.

    ci/peers.py [--build DIR] [--operations N] [--seconds S] [--seed K] [--jobs J] [--only REGEX]

               share, in short programs: `morphcheck run`    the rest, in long lives: `endure`
    subject  |--------------------------------------------|-------------------------------------|
             | piece 0 | piece 1 | piece 2 | piece 3      | piece 0 | piece 1 | ...             |
               consecutive seeds; all checkers after        one seed each; cheap checks after each
               nearly each operation                        operation, all of them each season

Whatever is found here is a false alarm of the suite, or a bug of a peer. A share is what the slower
of the two can do, see the table below. Pieces that are whole
are kept in BUILD/peers, with what their numbers depend on: a run that was stopped goes on. With
--seconds each kind is one piece, which gets its part of the time; those that are cut count what
they did.

Last line `peers: P subjects, O operations, F findings`. Exit status: 0 when nothing was found.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import sys
import time

import children

# Part of the operations that short programs do, fastest subject first. A tenth where such programs
# cost a few microseconds an operation; collected heaps, which are compared as a whole graph after
# each collection, do less: an operation of a program costs 30 to 100 times one of a life there.
SHARES = {
    "pmr.pool": 0.1, "pmr.monotonic": 0.1, "malloc": 0.1, "jemalloc": 0.1, "mimalloc": 0.04,
    "reference.pool": 0.1, "reference.arena": 0.1, "reference.general": 0.05,
    "reference.context": 0.05, "boehm": 0.04, "v1.runtime": 0.02, "v1": 0.04,
    "reference.heap": 0.004, "reference.runtime": 0.004,
}
PIECES = 4            # of each kind, so that a run which is stopped loses little
SEEDS_APART = 10**7   # between pieces: more than the programs of one
PIECE_SECONDS = 7200  # none that is well takes so long
COUNT = re.compile(r"^(?:\S+: \d+ programs, (\d+) operations|endure: \S+: seed \d+, (\d+) )", re.M)


@dataclasses.dataclass(frozen=True)
class Piece:
    """A part of the work of one subject."""

    subject: str
    command: str  # of morphcheck: run or endure
    number: int
    operations: int

    @property
    def name(self):
        return f"{self.subject}-{self.command}-{self.number}"

    def words(self, program, seed, seconds):
        first = seed + self.number * SEEDS_APART
        words = [program, self.command, "--subject", self.subject, "--seed", first, "--ops",
                 self.operations]
        return (*words, "--seconds", f"{seconds:.1f}") if seconds else tuple(words)


@dataclasses.dataclass
class Done:
    """What a piece did."""

    operations: int
    finding: str   # what was said; "": nothing was found
    seconds: float
    whole: bool    # it was not cut short


def plan(operations, only, pieces_of_a_kind=PIECES):
    """The pieces of all subjects, in the order in which they begin."""
    pieces = []
    for subject, share in SHARES.items():
        if not re.search(only, subject):
            continue
        programs = max(1, round(operations * share))
        for command, count in (("endure", operations - programs), ("run", programs)):
            parts = [count // pieces_of_a_kind + (number < count % pieces_of_a_kind)
                     for number in range(pieces_of_a_kind)]
            pieces += [Piece(subject, command, number, part)
                       for number, part in enumerate(parts) if part]
    return pieces


def finding_in(status, output):
    """The finding as it was said, or how the process ended; "" when all is well."""
    if status == 0:
        return ""
    found = re.search(r"^finding: .*(?:\n.*)*", output, re.M)
    return found.group(0) if found else f"exit status {status}\n{output[-2000:]}"


class Run:
    """Pieces, those that were kept, and what comes of them."""

    def __init__(self, options):
        self.options = options
        self.program = options.build / "bin/morphcheck"
        self.folder = options.build / "peers"
        self.pieces = plan(options.operations, options.only, 1 if options.seconds else PIECES)
        self.deadline = time.monotonic() + options.seconds if options.seconds else None
        self.key = [hashlib.sha256(self.program.read_bytes()).hexdigest(), options.seed]
        self.done = self.kept()
        self.left = len([piece for piece in self.pieces if piece.name not in self.done])
        self.running = set()

    def kept(self):
        """Whole pieces of an earlier run of the same program with the same seed and number."""
        try:
            state = json.loads((self.folder / "state.json").read_text())
            if state["key"] != self.key:
                return {}
            sizes = {piece.name: piece.operations for piece in self.pieces}
            return {name: Done(**done) for name, (size, done) in state["pieces"].items()
                    if sizes.get(name) == size}
        except (OSError, ValueError, KeyError, TypeError):
            return {}  # none, or torn: everything is run

    def keep(self):
        sizes = {piece.name: piece.operations for piece in self.pieces}
        state = {"key": self.key, "pieces": {
            name: (sizes[name], dataclasses.asdict(done)) for name, done in self.done.items()
            if done.whole and not done.finding}}
        fresh = self.folder / "state.new"
        fresh.write_text(json.dumps(state))
        os.replace(fresh, self.folder / "state.json")

    def log(self, piece):
        return self.folder / "logs" / f"{piece.name}.txt"

    def start(self, piece):
        if piece.name in self.done:
            return None
        seconds = 0
        if self.deadline:
            # What is left, for all that are still to begin: at the end a piece may get little.
            rounds = -(-self.left // self.options.jobs)
            seconds = max(0.1, (self.deadline - time.monotonic()) / rounds)
        self.left -= 1
        log = self.log(piece)
        log.unlink(missing_ok=True)
        words = piece.words(self.program, self.options.seed, seconds)
        return children.Command(words, seconds + PIECE_SECONDS, log)

    def note(self, piece, ended):
        if ended is None:
            return
        output = self.log(piece).read_text(errors="replace")
        counts = COUNT.findall(output)
        operations = int(max(counts[-1])) if counts else 0
        finding = finding_in(ended.status, output)
        self.done[piece.name] = Done(operations, finding, ended.seconds,
                                     operations >= piece.operations)
        self.keep()

    def say(self, subject):
        """A line of a subject whose pieces have all ended."""
        pieces = [piece for piece in self.pieces if piece.subject == subject]
        done = {piece: self.done[piece.name] for piece in pieces}
        each = {command: sum(one.operations for piece, one in done.items()
                             if piece.command == command) for command in ("run", "endure")}
        seconds = sum(one.seconds for one in done.values())
        findings = [one.finding for one in done.values() if one.finding]
        print(f"{subject:<18} {sum(each.values()):>11} operations: {each['run']:>9} in programs, "
              f"{each['endure']:>9} in lives, {len(findings)} findings {seconds:8.1f} s",
              flush=True)
        for finding in findings:
            print("    " + finding.rstrip().replace("\n", "\n    "), flush=True)

    def go(self):
        """Runs what is to run; prints; the exit status."""
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        if self.done:
            print(f"going on: {len(self.done)} of {len(self.pieces)} pieces are there", flush=True)
        waiting = {}
        for piece in self.pieces:
            waiting[piece.subject] = waiting.get(piece.subject, 0) + 1
        for piece, ended in children.run_all(self.pieces, self.options.jobs, self.start):
            self.note(piece, ended)
            waiting[piece.subject] -= 1
            if waiting[piece.subject] == 0:
                self.say(piece.subject)
        operations = sum(done.operations for done in self.done.values())
        findings = sum(bool(done.finding) for done in self.done.values())
        print(f"peers: {len(waiting)} subjects, {operations} operations, {findings} findings")
        return 1 if findings or not operations else 0


def main():
    parser = argparse.ArgumentParser(description="Correct subjects, at length: no false alarm.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--operations", type=int, default=10**8, help="of each subject")
    parser.add_argument("--seconds", type=float, default=0, help="in all; 0: as long as it takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="subjects whose name matches")
    options = parser.parse_args()
    if options.operations < 1 or options.seconds < 0 or options.seed < 0 or options.jobs < 1:
        parser.error("--operations and --jobs are at least 1, --seconds and --seed at least 0")
    if not (options.build / "bin/morphcheck").is_file():
        parser.error(f"{options.build}/bin/morphcheck is not there: make build")
    if not plan(1, options.only):
        parser.error(f"no subject matches {options.only!r}")
    children.exit_on_signals()
    try:
        return Run(options).go()
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
