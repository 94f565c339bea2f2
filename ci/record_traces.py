#!/usr/bin/env python3
"""Records what real processes ask of malloc, and replays it on the subjects of the suite.

    ci/record_traces.py [--build DIR] [--into DIR] [--only NAME] [--small] [--no-replay]

NAME is one of: compiler (clang++ on a unit of more than 100,000 lines: the standard library, the
headers of the tools that are installed with the suite, and this tree's), compiler-gcc, compiler-c
(a file of C), python3, git (log with patches, on a repository made for it), git-repack (the same
repository; four threads), sqlite3. Of several processes the one that did most is kept. Programs
are the machine's own, so traces differ from machine to machine; what is committed in corpora/traces
was made by --small (docs/traces.md).

Output: one compressed trace for each name in DIR, and a line for each replay.
Exit status: 0, 1 when a replay found something, 2 when something could not be recorded.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUBJECTS = ["malloc", "context", "general", "pool"]
LINES_LEAST = 100_000

# All of the standard library, and what is installed for the suite.
HEADERS = ["bits/stdc++.h", "nlohmann/json.hpp", "CLI/CLI.hpp", "gtest/gtest.h", "rapidcheck.h",
           "ext/pb_ds/assoc_container.hpp", "experimental/filesystem", "benchmark/benchmark.h"]
OWN_HEADERS = ["morph/arena.h", "morph/general.h", "morph/heap.h", "morph/mem.h", "morph/pool.h"]


class Failure(Exception):
    """Something could not be recorded."""


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                      f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def system(name):
    """A program of the system itself: what comes first in PATH may be a script around it."""
    path = f"/usr/bin/{name}"
    if not os.access(path, os.X_OK):
        raise Failure(f"{path} is not there; ci/setup installs it")
    return path


def unit(folder, small):
    """A translation unit; at full size it has LINES_LEAST lines after preprocessing."""
    source = folder / "unit.cpp"
    names = ["vector", "string"] if small else HEADERS + OWN_HEADERS
    text = "".join(f"#include <{name}>\n" for name in names)
    # Work for the compiler's later stages: as many instances as a real unit has.
    count = 3 if small else 150
    for index in range(count):
        text += (f"struct Key{index} {{ std::string name; int number[{index + 1}]; }};\n"
                 f"std::vector<Key{index}> keys{index}(std::size_t n) {{\n"
                 f"    std::vector<Key{index}> all;\n"
                 f"    for (std::size_t i = 0; i < n; ++i) all.push_back({{std::string(i, 'x'), "
                 "{}});\n    return all;\n}\n")
    source.write_text(text)
    return source


def compiler(folder, small, driver):
    source = unit(folder, small)
    flags = ["-std=c++20", f"-I{ROOT}/impl/include"]
    lines = run([driver, *flags, "-E", "-P", source]).count("\n") + 1
    raw = run([driver, *flags, "-E", source]).count("\n") + 1
    print(f"    {driver}: {raw} lines preprocessed, {lines} without empty ones")
    if not small and raw < LINES_LEAST:
        raise Failure(f"only {raw} lines of {LINES_LEAST}: headers are missing")
    return [driver, *flags, "-O1", "-c", source, "-o", folder / "unit.o"]


def c_compiler(folder, small, driver):
    source = folder / "unit.c"
    text = "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
    for index in range(20 if small else 2000):
        text += (f"struct s{index} {{ int a[{index + 1}]; struct s{index} *next; }};\n"
                 f"int f{index}(struct s{index} *s, int n) {{\n    int sum = 0;\n"
                 f"    for (; s; s = s->next)\n        for (int i = 0; i < {index + 1}; ++i)\n"
                 f"            sum += s->a[i] * n + {index};\n    return sum;\n}}\n")
    source.write_text(text)
    return [driver, "-O1", "-c", source, "-o", folder / "unit.o"]


PYTHON = """
import collections, json, re
class Node:
    def __init__(self, key): self.key, self.left, self.right = key, None, None
def insert(root, key):
    node = Node(key)
    if root is None: return node
    at = root
    while True:
        side = 'left' if key < at.key else 'right'
        if getattr(at, side) is None:
            setattr(at, side, node)
            return root
        at = getattr(at, side)
root, number = None, 12345
for step in range(SCALE):
    number = (number * 1103515245 + 12345) % 2147483648
    root = insert(root, number)
words = collections.Counter()
for step in range(SCALE):
    words['w' * (step % 97) + str(step % 1009)] += 1
text = json.dumps({'words': words, 'list': [{'id': i, 'name': 'n%d' % i} for i in range(SCALE)]})
again = json.loads(text)
assert again['words'] == words
pieces = [text[i:i + 50 + i % 5000] for i in range(0, len(text), 3000)]
assert len(re.findall(r'[0-9]+', ' '.join(pieces))) > 0
big = {i: bytearray(i % 4096) for i in range(SCALE // 2)}
for i in range(0, SCALE // 2, 2): del big[i]
"""


def python(folder, small):
    script = folder / "work.py"
    script.write_text(PYTHON.replace("SCALE", "4000" if small else "100000"))
    # Its own allocator for small objects takes 256 KiB at a time; without it every object counts.
    return [system("python3"), "-s", script], dict(os.environ, PYTHONMALLOC="malloc",
                                                   PYTHONHASHSEED="1")


def git_repository(folder, commits):
    repository = folder / "repository"
    environment = dict(os.environ, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example.org",
                       GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example.org",
                       GIT_AUTHOR_DATE="2000-01-01T00:00:00Z", HOME=str(folder),
                       GIT_COMMITTER_DATE="2000-01-01T00:00:00Z", GIT_CONFIG_NOSYSTEM="1")
    git = [system("git"), "-C", str(repository)]
    run([system("git"), "init", "-q", str(repository)], env=environment)
    for commit in range(commits):
        for index in range(12):
            lines = [f"file {index} line {line} {(line * (commit // (1 + index) + 7)) % 9973}\n"
                     for line in range(60 + 5 * index)]
            (repository / f"file{index}.txt").write_text("".join(lines))
        run([*git, "add", "-A"], env=environment)
        run([*git, "commit", "-q", "--allow-empty", "-m", f"commit {commit}"], env=environment)
    return git, environment


SQL = """
PRAGMA cache_size = -2000;
CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, note TEXT);
CREATE INDEX person_age ON person (age);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < SCALE)
    INSERT INTO person SELECT i, 'name ' || (i * 7919 % 10007), i * 31 % 97,
        hex(zeroblob(i % 200)) FROM n;
SELECT age, count(*), max(length(note)) FROM person GROUP BY age ORDER BY 2 DESC LIMIT 5;
SELECT a.name FROM person a JOIN person b ON a.id = b.age ORDER BY a.name LIMIT 5;
UPDATE person SET note = note || name WHERE id % 3 = 0;
DELETE FROM person WHERE id % 5 = 0;
SELECT group_concat(name, ',') FROM (SELECT name FROM person ORDER BY name LIMIT 500);
VACUUM;
SELECT count(*), sum(length(note)) FROM person;
"""


def sqlite(folder, small):
    script = folder / "work.sql"
    script.write_text(SQL.replace("SCALE", "8000" if small else "1000000"))
    return [system("sqlite3"), "-batch", ":memory:", f".read {script}"]


def command_of(name, folder, small):
    """The command and its environment (None: ours)."""
    if name.startswith("git"):
        git, environment = git_repository(folder, 60 if small else 400)
        if name == "git":
            return [*git, "log", "--patch", "--stat", "-M", "--all"], environment
        return [*git, "-c", "pack.threads=4", "repack", "-a", "-d", "-f"], environment
    if name == "python3":
        return python(folder, small)
    makers = {"compiler": lambda: compiler(folder, small, "clang++-19"),
              "compiler-gcc": lambda: compiler(folder, small, "g++-12"),
              "compiler-c": lambda: c_compiler(folder, small, "gcc-12"),
              "sqlite3": lambda: sqlite(folder, small)}
    return makers[name](), None


NAMES = ["compiler", "compiler-gcc", "compiler-c", "python3", "git", "git-repack",
         "sqlite3"]


def record(name, tool, into, small):
    """The compressed trace of the process that did the most, of those that the command started."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        command, environment = command_of(name, folder, small)
        traces = folder / "traces"
        traces.mkdir()
        run([tool, "record", "-o", traces / "t", "--", *command], env=environment)
        largest = max(traces.iterdir(), key=lambda path: path.stat().st_size)
        target = into / f"{name}.zst"
        run([tool, "convert", largest, "-o", target])
    return target


def main():
    parser = argparse.ArgumentParser(description="Records traces of real processes.")
    parser.add_argument("--build", default=ROOT / "build", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path, help="default: BUILD/traces")
    parser.add_argument("--only", action="append", choices=NAMES)
    parser.add_argument("--small", action="store_true", help="less work: traces to be committed")
    parser.add_argument("--no-replay", action="store_true")
    arguments = parser.parse_args()
    tool = arguments.build / "release" / "bin" / "trace"
    into = arguments.into or arguments.build / "traces"
    if shutil.which(tool) is None:
        print(f"{tool} is not there: make build", file=sys.stderr)
        return 2
    into.mkdir(parents=True, exist_ok=True)
    status = 0
    for name in arguments.only or NAMES:
        try:
            target = record(name, tool, into, arguments.small)
        except Failure as failure:
            print(f"{name}: {failure}", file=sys.stderr)
            status = 2
            continue
        profile = run([tool, "profile", target]).splitlines()
        print(f"{target}: {target.stat().st_size} bytes\n    {profile[0]}\n    {profile[1]}")
        for subject in [] if arguments.no_replay else SUBJECTS:
            done = subprocess.run([tool, "replay", target, "--subject", subject], text=True,
                                  capture_output=True, check=False)
            print("    " + (done.stdout + done.stderr).strip().replace("\n", "\n    "))
            if done.returncode != 0:
                status = max(status, 1)
    return status


if __name__ == "__main__":
    sys.exit(main())
