"""This project: what is mutated, how the copy is built, and what its programs are."""

import pathlib

import fuzz_inputs
from units import Unit, gtest_units
from workshop import Project

FLAGS = "-std=c++20 -Iimpl/include -Iimpl -I. -pthread"
TARGETS = ("arena", "config", "context", "fox", "general", "heap", "heap_failures", "pool",
           "runtime", "text", "v1")
TESTS = ("unit_tests", "unit_tiny_tests", "interface_tests", "fuzz_tests")
PROGRAMS = (*(f"build/release/tests/{name}" for name in TESTS), "build/release/bin/morphcheck",
            *(f"build/release/bin/fuzz-{name}" for name in TARGETS))

# Warnings of schemata are no errors; a literal that is one no more may narrow; a constexpr function
# may ask for a mode where it runs. Tests are compiled once and run seldom: without optimising.
MAKE = ("BUILD=build", "release.flags=-O1 -g0", "release.tests.flags=-O0",
        "release.tests-tiny.flags=-O0",
        "warnings=-w -Wno-c++11-narrowing -Wno-invalid-constexpr",
        "includes=-include {header} -Iimpl/include -Iimpl -I.", "LDFLAGS={runtime}", *PROGRAMS)
PROJECT = Project(pathlib.Path("."), ("impl/",), FLAGS,
                  ("impl/", "reference/", "fuzz/", "stress/", "corpora/", "ci/rename-symbols",
                   "ci/precompiled", "Makefile"), MAKE)

# What no test of `make test` does at this length: generated programs on each build of the library.
SUBJECTS = ("arena", "pool", "general", "context", "heap", "runtime", "v1", "v1.runtime")
TINY = SUBJECTS[:6]
OPERATIONS, SWEEP_OPERATIONS = "100000", "2000"


def units(workshop):
    """Every test, the corpora by their targets, and generated programs on every subject."""
    found = [unit for name in TESTS
             for unit in gtest_units(f"build/release/tests/{name}", workshop.root)]
    morphcheck = workshop.root / "build/release/bin/morphcheck"
    for target in TARGETS:
        inputs = fuzz_inputs.prepare(target, workshop.folder.resolve(), morphcheck.resolve())
        program = f"build/release/bin/fuzz-{target}"
        found.append(Unit(program, (program, *map(str, inputs)), about=f"replay {target}"))
    for subject in (*SUBJECTS, *(f"{name}.tiny" for name in TINY)):
        program = "build/release/bin/morphcheck"
        for about, options in (("run", ("--ops", OPERATIONS)),
                               ("sweep", ("--ops", SWEEP_OPERATIONS, "--sweep"))):
            words = (program, "run", "-s", subject, "--seed", "1", *options)
            found.append(Unit(program, words, about=f"morphcheck {about} {subject}"))
    return found
