"""results.json: the document that a run leaves, and how it is read back.

    version     1
    date, quick, commit, machine, compiler, seconds
    cells       a row for each workload, number of lines and memory system, with every sample
    limits      the same, for runs under RLIMIT_AS
    micro       the rows of build/bin/bench
    targets     what this run says about each goal
    problems    what broke: wrong results, missing programs; empty when all is well

Bytes and nanoseconds are integers, seconds are numbers; what is not known is null, never 0.
"""

import datetime
import json
import os
import pathlib
import platform
import subprocess

VERSION = 1
FINISHED = "finished"
OUT_OF_MEMORY = "out of memory"
TIME_LIMIT = "time limit"
FAILED = "failed"
STATUSES = (FINISHED, OUT_OF_MEMORY, TIME_LIMIT, FAILED)
PARTS = ("cells", "limits", "micro", "targets")


class Unreadable(Exception):
    """A file is not a results.json; the text says why."""


def empty_cell(cell):
    """The row of a planned cell that has not run yet. Its status is that of its last run."""
    return {"id": cell.id, "workload": cell.workload, "lines": cell.lines, "system": cell.system,
            "threshold": cell.threshold, "limit_bytes": cell.limit_bytes, "status": FINISHED,
            "message": "", "samples": []}


def document(quick, compiler):
    return {"version": VERSION, "date": now(), "quick": quick, "commit": commit(),
            "machine": machine(), "compiler": compiler or None, "seconds": 0.0,
            "cells": [], "limits": [], "micro": [], "targets": [], "problems": []}


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def first_line(command):
    """What a command says first, or None."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    return lines[0].strip() if done.returncode == 0 and lines else None


def commit():
    """The commit that is measured, with -dirty when the tree differs from it."""
    return first_line(["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude", "*"])


def machine():
    return {"processor": processor(), "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "load": [round(load, 2) for load in os.getloadavg()]}


def processor():
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def write(document_, path):
    """Replaces the file whole: whoever reads it meanwhile finds the last state or this one."""
    following = path.with_name(path.name + ".next")
    following.write_text(json.dumps(document_, indent=1, allow_nan=False) + "\n")
    os.replace(following, path)


def not_json(constant):
    raise ValueError(f"{constant} is not JSON")


def parse(text):
    """JSON without what is none: NaN and Infinity."""
    return json.loads(text, parse_constant=not_json)


def read(path):
    """A document that was checked as far as programs rely on it; Unreadable otherwise."""
    try:
        text = pathlib.Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    try:
        found = parse(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: not JSON, or not whole: {error}") from error
    if not isinstance(found, dict) or "version" not in found or "cells" not in found:
        raise Unreadable(f"{path}: not a results.json of make bench")
    if found["version"] != VERSION:
        raise Unreadable(f"{path}: version {found['version']!r}, this reads {VERSION}")
    for part in PARTS:
        rows = found.setdefault(part, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Unreadable(f"{path}: '{part}' is not a list of rows")
    for row in found["cells"] + found["limits"]:
        check_cell(path, row)
    for row in found["micro"]:
        check_micro(path, row)
    for row in found["targets"]:
        if not isinstance(row.get("id"), str):
            raise Unreadable(f"{path}: a target without id")
    return found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def check_cell(path, row):
    name = row.get("id")
    if not isinstance(name, str) or row.get("status") not in STATUSES:
        raise Unreadable(f"{path}: a cell without id or with an unknown status: {name!r}")
    if not isinstance(row.get("workload"), str) or not isinstance(row.get("system"), str) \
            or not isinstance(row.get("lines"), int):
        raise Unreadable(f"{path}: {name}: workload, lines or system is missing")
    samples = row.get("samples")
    if not isinstance(samples, list) or not all(isinstance(one, dict) for one in samples):
        raise Unreadable(f"{path}: {name}: no list of samples")
    for sample in samples:
        for field, value in sample.items():
            if field not in ("pauses_ns", "checksum") and value is not None \
                    and not is_number(value):
                raise Unreadable(f"{path}: {name}: {field} is not a number: {value!r}")


def check_micro(path, row):
    if not isinstance(row, dict) or not isinstance(row.get("work"), str) \
            or not isinstance(row.get("samples", []), list):
        raise Unreadable(f"{path}: a micro row without name or samples")
    figures = [row.get(field) for field in ("ours", "theirs", "ratio", "low", "high", "target")]
    if not all(value is None or is_number(value) for value in figures + row.get("samples", [])):
        raise Unreadable(f"{path}: {row['work']}: a figure is not a number")


def cells_by_id(document_, part="cells"):
    return {row["id"]: row for row in document_[part]}
