"""What results.json holds, as the report reads it: cells, rows, targets, and their figures.

Identity (workload, lines, system) must be there; a figure may be missing, null or no number: then
it is None here, never 0, and the report shows a dash.
"""

import collections
import dataclasses
import json
import statistics

VERSION = 1
FINISHED = "finished"
NOT_RUN = "not run"
LEAST, MOST = 1e-15, 1e18  # of any figure: in seconds, bytes, nanoseconds, ratios


class ResultsError(Exception):
    """The file is not what compare.py writes; the text says where."""


@dataclasses.dataclass(frozen=True)
class System:
    """A memory system: the short name for plots, and what it is."""

    label: str
    about: str


SYSTEMS = {
    "v1": System("V1", "the first memory system, in COMPILER mode on its collector"),
    "v2-compiler": System("V2 compiler", "this library, COMPILER mode: arena and pools"),
    "v2-runtime": System("V2 runtime", "this library, RUNTIME mode: collected heap"),
    "reference": System("reference", "the model of the suite, written to be right, not fast"),
    "glibc": System("glibc", "malloc and free of the C library"),
    "mimalloc": System("mimalloc", "malloc and free of mimalloc"),
    "jemalloc": System("jemalloc", "malloc and free of jemalloc"),
    "pmr": System("pmr", "std::pmr::monotonic_buffer_resource: frees nothing before its end"),
    "boehm": System("Boehm", "Boehm's conservative collector"),
}
WORKLOADS = {
    "profile": "Profile",
    "fox-generated": "Fox, generated",
    "fox-real": "Fox, real sources",
}


def number(value):
    """A number that something here could have measured, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:  # NaN
        return None
    return value if value == 0 or LEAST <= abs(value) <= MOST else None


@dataclasses.dataclass
class Cell:
    """One workload at one size on one system: every sample of it."""

    workload: str
    lines: int
    system: str
    threshold: int | None
    limit: int | None
    status: str
    message: str
    samples: list
    timeline: list

    @property
    def finished(self):
        return self.status == FINISHED and bool(self.samples)

    @property
    def outcome(self):
        """The status in words; a cell whose turn never came is not one that finished."""
        return NOT_RUN if self.status == FINISHED and not self.samples else self.status

    @property
    def name(self):
        return f"{self.workload}/{self.lines}/{self.system}"

    def values(self, key):
        """The figure of every sample that has it."""
        found = [number(sample.get(key)) for sample in self.samples]
        return [value for value in found if value is not None]

    def median(self, key):
        values = self.values(key)
        return statistics.median(values) if values else None

    def quartiles(self, key):
        """First and third quartile; None for a single value."""
        values = self.values(key)
        if len(values) < 2:
            return None
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return low, high

    def per_line(self):
        """Median seconds per line of source."""
        seconds = self.median("seconds")
        return None if seconds is None else seconds / self.lines

    def allocating_share(self):
        """Median part of the time that is spent in allocation calls, 0 to 1."""
        shares = [inside / whole for sample in self.samples
                  if (inside := number(sample.get("allocating_seconds"))) is not None
                  and (whole := number(sample.get("seconds")))]
        return statistics.median(shares) if shares else None

    def over_payload(self):
        """Median bytes asked of the system beyond the payload, per object."""
        over = [(asked - payload) / objects for sample in self.samples
                if (asked := number(sample.get("peak_asked"))) is not None
                and (payload := number(sample.get("payload"))) is not None
                and (objects := number(sample.get("objects")))]
        return statistics.median(over) if over else None

    def pauses(self):
        """Pauses of all samples together, in nanoseconds, sorted."""
        return sorted(pause for sample in self.samples for value in objects_in(sample, "pauses_ns")
                      if (pause := number(value)) is not None and pause >= 0)


@dataclasses.dataclass
class Row:
    """A figure with a target: of build/bin/bench, or of the whole comparison."""

    name: str
    peer: str
    unit: str
    ours: float | None
    theirs: float | None
    value: float | None
    low: float | None
    high: float | None
    target: float | None
    met: bool | None
    message: str

    @property
    def judged(self):
        return self.met is not None


@dataclasses.dataclass
class Results:
    """The whole file."""

    date: str
    quick: bool
    commit: str
    compiler: str
    machine: dict
    seconds: float | None
    cells: list
    limits: list
    micro: list
    targets: list
    problems: list

    def workloads(self):
        """Workloads of the cells: the known ones in their order, then others by name."""
        return in_order({cell.workload for cell in self.cells}, WORKLOADS)

    def systems(self, cells=None):
        """Systems of these cells (or of all), in the order of SYSTEMS, then others by name."""
        chosen = self.cells + self.limits if cells is None else cells
        return in_order({cell.system for cell in chosen}, SYSTEMS)


def in_order(names, known):
    return [name for name in known if name in names] + sorted(names - set(known))


def label_of(system):
    return SYSTEMS[system].label if system in SYSTEMS else system


def title_of(workload):
    return WORKLOADS.get(workload, workload)


def objects_in(holder, key):
    """A list in a JSON object; [] when it is null or absent or something else."""
    value = holder.get(key)
    return value if isinstance(value, list) else []


def words(value):
    return value if isinstance(value, str) else "" if value is None else str(value)


def read_cell(raw, place):
    if not isinstance(raw, dict):
        raise ResultsError(f"{place} is no object")
    for key in ("workload", "system", "status"):
        if not isinstance(raw.get(key), str):
            raise ResultsError(f"{place}: {key} must be a string")
    lines = number(raw.get("lines"))
    if lines is None or lines < 1 or lines != int(lines):
        raise ResultsError(f"{place}: lines must be a positive integer")
    return Cell(raw["workload"], int(lines), raw["system"], number(raw.get("threshold")),
                number(raw.get("limit_bytes")), raw["status"], words(raw.get("message")),
                [sample for sample in objects_in(raw, "samples") if isinstance(sample, dict)],
                [point for point in objects_in(raw, "timeline") if isinstance(point, dict)])


def read_row(raw, place, name, value):
    """A row whose name and measured figure stand under these keys."""
    if not isinstance(raw, dict):
        raise ResultsError(f"{place} is no object")
    met = raw.get("met")
    return Row(words(raw.get(name)), words(raw.get("peer")), words(raw.get("unit")),
               number(raw.get("ours")), number(raw.get("theirs")), number(raw.get(value)),
               number(raw.get("low")), number(raw.get("high")), number(raw.get("target")),
               met if isinstance(met, bool) else None, words(raw.get("message")))


def results_from(raw):
    """Results of the parsed JSON; ResultsError when it is something else."""
    if not isinstance(raw, dict):
        raise ResultsError("the file is no JSON object")
    if raw.get("version") != VERSION:
        raise ResultsError(f"version is {raw.get('version')!r}; this report reads {VERSION}")
    groups = {}
    for name in ("cells", "limits", "micro", "targets"):
        value = raw.get(name)
        if value is not None and not isinstance(value, list):
            raise ResultsError(f"{name} is no list")
        groups[name] = value or []
    machine = raw.get("machine")
    order = collections.defaultdict(lambda: len(SYSTEMS),
                                    {name: at for at, name in enumerate(SYSTEMS)})

    def cells_of(group):
        cells = [read_cell(cell, f"{group}[{at}]") for at, cell in enumerate(groups[group])]
        return sorted(cells, key=lambda cell: (cell.lines, order[cell.system], cell.system,
                                               cell.threshold or 0, cell.limit or 0))

    return Results(
        words(raw.get("date")), raw.get("quick") is True, words(raw.get("commit")),
        words(raw.get("compiler")), machine if isinstance(machine, dict) else {},
        number(raw.get("seconds")), cells_of("cells"), cells_of("limits"),
        [read_row(row, f"micro[{at}]", "work", "ratio")
         for at, row in enumerate(groups["micro"])],
        [read_row(row, f"targets[{at}]", "text", "value")
         for at, row in enumerate(groups["targets"])],
        [words(problem) for problem in objects_in(raw, "problems")])


def load(path):
    """Results of a file; ResultsError when it cannot be read or is something else."""
    try:
        with open(path, encoding="utf-8") as file:
            raw = json.load(file)
    except OSError as error:
        raise ResultsError(f"{path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # not JSON, not UTF-8, nested without end
        raise ResultsError(f"{path} is no JSON: {error}") from error
    try:
        return results_from(raw)
    except ResultsError as error:
        raise ResultsError(f"{path}: {error}") from error
