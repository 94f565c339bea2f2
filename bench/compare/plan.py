"""What a run of bench/compare measures: groups of cells, full and quick.

    cell     one workload, one number of lines, one memory system: a row of the table
    group    cells that are measured in turn, round after round, so that their ratios are within
             the run: whatever the machine does meanwhile, it does to all of them

A cell of a group may have a workload of another size than the rest (a companion): growth from
1,000 to 100,000 lines is a ratio as well, and must not be one between two times of day.
"""

import dataclasses

SYSTEMS = ("v1", "v2-compiler", "v2-runtime", "reference", "glibc", "mimalloc", "jemalloc", "pmr",
           "boehm")
OURS = ("v1", "v2-compiler", "v2-runtime", "reference")
PEERS = tuple(system for system in SYSTEMS if system not in OURS)
# What targets compare: these are measured in every round, however long they take.
COMPARED = ("v1", "v2-compiler", "glibc")

MIB = 1 << 20
THRESHOLDS = (8 * MIB, 16 * MIB, 32 * MIB, 64 * MIB)
LIMITS = (64 * MIB, 128 * MIB, 256 * MIB, 512 * MIB, 1024 * MIB)


@dataclasses.dataclass(frozen=True)
class Cell:
    """A row of the table, before it is measured."""

    workload: str
    lines: int
    system: str
    threshold: int | None = None    # bytes: V1 collects above
    limit_bytes: int | None = None  # RLIMIT_AS
    allocating: bool = True         # measure the share spent allocating, too
    repeat: int = 1                 # samples per round

    @property
    def id(self):
        parts = [self.workload, str(self.lines), self.system]
        if self.threshold:
            parts.append(f"threshold-{self.threshold // MIB}M")
        if self.limit_bytes:
            parts.append(f"limit-{self.limit_bytes // MIB}M")
        return "/".join(parts)


@dataclasses.dataclass(frozen=True)
class Group:
    """Cells that are measured in turn."""

    name: str
    cells: tuple[Cell, ...]
    rounds: int
    rounds_min: int  # of these, however late it is
    weight: float    # share of the time


@dataclasses.dataclass(frozen=True)
class Plan:
    """A whole run. Times are in seconds."""

    groups: tuple[Group, ...]
    limits: tuple[Cell, ...]
    timelines: tuple[Cell, ...]
    micro_arguments: tuple[str, ...]
    cells_seconds: float       # for all groups: after that, rounds above the minimum are left out
    cell_seconds: float        # for one run of one worker
    micro_seconds: float       # for all rows: whoever takes longer hangs
    micro_row_seconds: float   # what a row takes as a rule


def usual_seconds(cell):
    """What a round of a cell takes, roughly: for the time left alone."""
    profile = cell.workload == "profile"
    lives = 3 if cell.allocating and profile else 1
    slow = 8 if cell.system in ("reference", "v1") else 1
    return cell.repeat * lives * (0.01 + slow * (5e-6 if profile else 1e-6) * cell.lines)


def rounds_for(workload, lines):
    """Small inputs are over sooner and noisier; a front end's 10,000 lines take milliseconds."""
    if workload != "profile" and lines <= 10000:
        return 25
    return 15 if lines <= 1000 else 11 if lines <= 10000 else 7


def group(workload, lines, rounds, rounds_min, systems=SYSTEMS, companions=(), allocating=True):
    cells = tuple(Cell(workload, lines, system, allocating=allocating) for system in systems)
    return Group(f"{workload}, {lines:,} lines", cells + tuple(companions), rounds, rounds_min,
                 weight=lines ** 0.5)


def growth(rounds, rounds_min, systems, allocating=True):
    """Fox at 100,000 lines, in turn with 1,000 lines: the smaller one five times a round."""
    small = tuple(Cell("fox-generated", 1000, system, allocating=False, repeat=5)
                  for system in systems)
    return group("fox-generated", 100000, rounds, rounds_min, systems, small, allocating)


def limited(lines, thresholds, limits):
    cells = []
    for count in lines:
        for limit in limits:
            cells += [Cell("profile", count, "v1", threshold, limit, allocating=False)
                      for threshold in thresholds]
            cells.append(Cell("profile", count, "v2-compiler", None, limit, allocating=False))
    return tuple(cells)


def timelines(lines):
    return tuple(Cell("profile", lines, system, allocating=False)
                 for system in ("v1", "v2-compiler", "v2-runtime"))


def full():
    groups = [group("profile", lines, rounds_for("profile", lines), 5)
              for lines in (100, 500, 1000, 5000, 10000, 50000)]
    groups += [group("fox-generated", lines, rounds_for("fox-generated", lines), 5)
               for lines in (10000, 20000, 50000)]
    groups.append(growth(rounds_for("fox-generated", 100000), 5, SYSTEMS))
    groups += [group("fox-real", lines, rounds_for("fox-real", lines), 5)
               for lines in (10000, 50000, 100000)]
    return Plan(tuple(groups), limited((1000, 5000, 10000, 50000), THRESHOLDS, LIMITS),
                timelines(10000), (), cells_seconds=600, cell_seconds=60, micro_seconds=900,
                micro_row_seconds=4.0)


def quick():
    """Every group and every target in less than two minutes: fewer sizes, rounds and rows."""
    compared = ("v1", "v2-compiler", "v2-runtime", "glibc")
    groups = [group("profile", 100, 5, 3), group("profile", 1000, 5, 3),
              group("profile", 10000, 3, 3), group("profile", 50000, 2, 2, compared),
              group("fox-generated", 10000, 9, 3), growth(3, 2, compared, allocating=False),
              group("fox-real", 10000, 9, 3, allocating=False)]
    # The classics once more with default settings, and rows that no target judges, are left out.
    arguments = ("--quick", "--benchmark_filter=-default settings|tight|shuffled|64 MB live")
    return Plan(tuple(groups),
                limited((10000, 50000), (8 * MIB, 64 * MIB), (64 * MIB, 256 * MIB, 1024 * MIB)),
                timelines(10000), arguments, cells_seconds=40, cell_seconds=20, micro_seconds=300,
                micro_row_seconds=0.6)


def chosen(plan, pattern):
    """The part of a plan whose cells' ids match. A cell that others are compared with has to match
    as well, or there is no ratio."""
    groups = []
    for one in plan.groups:
        cells = tuple(cell for cell in one.cells if pattern.search(cell.id))
        if cells:
            groups.append(dataclasses.replace(one, cells=cells))
    return dataclasses.replace(
        plan, groups=tuple(groups),
        limits=tuple(cell for cell in plan.limits if pattern.search(cell.id)),
        timelines=tuple(cell for cell in plan.timelines if pattern.search(cell.id)))
