#!/usr/bin/env python3
"""Runs clang-tidy over the sources given, in parallel; a source that is clean is remembered.

    ci/clang_tidy.py --cache DIR --jobs N [--flags "..."] SOURCE...

What is remembered is a hash of all that the result depends on: the preprocessed source with its
headers, the configuration, the flags and the tool's version.
"""

import argparse
import concurrent.futures
import hashlib
import pathlib
import shlex
import subprocess
import sys

TOOL = "clang-tidy-19"
COMPILER = "clang++-19"


def fingerprint(source, flags, constant):
    """Hash of everything that decides the result; None when the source does not preprocess."""
    done = subprocess.run([COMPILER, *flags, "-E", "-C", "-P", source], capture_output=True,
                          check=False)
    if done.returncode != 0:
        return None
    return hashlib.sha256(constant + source.encode() + b"\0" + done.stdout).hexdigest()


def analyse(source, flags, constant, cache):
    """What clang-tidy says of one source; "" when it is clean."""
    key = fingerprint(source, flags, constant)
    mark = cache / key if key else None
    if mark and mark.exists():
        return ""
    done = subprocess.run([TOOL, "--quiet", "--warnings-as-errors=*", source, "--", *flags],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        if mark:
            mark.touch()
        return ""
    return done.stdout.strip() or done.stderr.strip() or f"{source}: {TOOL} failed"


def main():
    parser = argparse.ArgumentParser(description="Runs clang-tidy in parallel, with a cache.")
    parser.add_argument("--cache", required=True, type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--flags", default="")
    parser.add_argument("sources", nargs="+")
    arguments = parser.parse_args()
    arguments.cache.mkdir(parents=True, exist_ok=True)
    flags = shlex.split(arguments.flags)
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    constant = version + pathlib.Path(".clang-tidy").read_bytes() + arguments.flags.encode()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        results = pool.map(lambda source: analyse(source, flags, constant, arguments.cache),
                           arguments.sources)
        for said in results:
            if said:
                failed += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(arguments.sources)} sources, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
