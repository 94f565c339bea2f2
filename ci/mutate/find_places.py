#!/usr/bin/python3
"""Lists the places of C++ sources that can be mutated, as clang parses them.

    ci/mutate/find_places.py [--flags "..."] [--jobs N] --output FILE FOLDER-OR-FILE...

Runs under the system's python3, for which Debian's package python3-clang-19 is made. Each source is
parsed as one unit; a header is read in the first unit that includes it. What a place needs is
checked in the text as well (an operator stands between its operands, a condition in parentheses):
what comes out of a macro's body has no such text and is no place.

Not places, because a schema cannot stand there: declarations and default arguments, constants
(constexpr, static, enumerators), array bounds, template arguments, case labels, static_assert,
sizeof. And, by choice, the conditions of MORPH_CHECK: on correct code an assertion that is weaker
or gone changes nothing. Files of tests are left out.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from walk import Walk  # pylint: disable=wrong-import-position

HEADERS = (".h", ".hpp")
TEST_FILE = re.compile(r"_test\.cpp$|_for_tests\.h$|/(?:testing|test_pool)\.h$")


def in_pool(path):
    return not TEST_FILE.search(path)


def sources_in(names):
    for name in names:
        path = pathlib.Path(name)
        found = sorted([*path.rglob("*.cpp"), *path.rglob("*.hpp")]) if path.is_dir() else [path]
        yield from (str(one) for one in found if in_pool(str(one)))


def parse(task):
    """Places of one source and of the headers that it includes, as JSON; and clang's complaints."""
    source, names, flags = task
    import clang.cindex as clang  # pylint: disable=import-outside-toplevel
    unit = clang.Index.create().parse(source, flags)
    errors = [str(one) for one in unit.diagnostics if one.severity >= clang.Diagnostic.Error]
    if errors:
        return [], errors
    roots = tuple(name if name.endswith(HEADERS + (".cpp",)) else name.rstrip("/") + "/"
                  for name in names)
    walk = Walk(lambda path: path.startswith(roots) and in_pool(path))
    walk.unit(unit.cursor)
    return [place.to_json() for place in walk.places.values() if place.alternatives], []


def main():
    parser = argparse.ArgumentParser(description="Lists places that can be mutated.")
    parser.add_argument("--flags", default="", help="of the compiler")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="+", metavar="FOLDER-OR-FILE")
    options = parser.parse_args()
    try:
        import clang.cindex  # pylint: disable=import-outside-toplevel,unused-import
    except ImportError:
        print("find_places: python3-clang-19 is missing; ci/setup installs it", file=sys.stderr)
        return 2
    resources = subprocess.run(["clang++-19", "-print-resource-dir"], capture_output=True,
                               text=True, check=True).stdout.strip()
    flags = ["-xc++", *options.flags.split(), "-resource-dir", resources]
    tasks = [(source, options.names, flags) for source in sources_in(options.names)]
    places, failed = {}, []
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for found, errors in pool.map(parse, tasks, chunksize=4):
            failed += errors
            for place in found:
                places.setdefault((place["path"], place["start"], place["end"]), place)
    if failed:
        print("find_places: clang cannot parse\n" + "\n".join(failed), file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps([places[key] for key in sorted(places)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
