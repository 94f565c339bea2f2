#!/usr/bin/env python3
"""The workflows of .github/workflows: readable, bounded, calling nothing but targets of the
Makefile, pinned actions, and the packages that bring ci/setup to work."""

import pathlib
import re
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ACTIONS = {"actions/checkout", "actions/cache/restore", "actions/cache/save",
           "actions/upload-artifact"}
BEFORE_MAKE = ("apt-get update && apt-get install -y --no-install-recommends ca-certificates git "
               "make", 'git config --global --add safe.directory "$GITHUB_WORKSPACE"')
PUBLIC = set(re.findall(r'@echo "make (\w[\w-]*)', (ROOT / "Makefile").read_text())) | {"coverage"}


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is written twice; `on` stays a word."""


def mapping(loader, node):
    pairs = [(loader.construct_object(key), loader.construct_object(value, deep=True))
             for key, value in node.value]
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key twice among {keys}")
    return dict(pairs)


StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
StrictLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def problems(text, targets, variables):
    """What is wrong with a workflow; empty when nothing is."""
    try:
        document = yaml.load(text, StrictLoader)
    except (yaml.YAMLError, ValueError) as error:
        return [f"not readable: {error}"]
    found = []
    if set(document) - {"name", "on", "permissions", "concurrency", "jobs"} or not {
            "name", "on", "permissions", "jobs"} <= set(document):
        return [f"keys {sorted(map(str, document))}"]
    if document["permissions"] != {"contents": "read"}:
        found.append("may do more than read")
    for job in document["jobs"].values():
        if job.get("container") != "debian:12" or not 0 < int(job.get("timeout-minutes", 0)) <= 360:
            found.append("not on Debian 12, or without a limit of time")
        for step in job["steps"]:
            if ("uses" in step) == ("run" in step):
                found.append(f"{step} neither runs nor uses")
            elif "uses" in step:
                name, _, version = step["uses"].partition("@")
                if name not in ACTIONS or not re.fullmatch(r"v\d+", version):
                    found.append(f"action {step['uses']}")
            elif step["run"] not in BEFORE_MAKE:
                found += make_problems(step["run"], targets, variables)
    return found


def make_problems(command, targets, variables):
    """A command is `make TARGET VARIABLE=value...`, of targets and variables that there are."""
    command = re.sub(r"\$\{\{.*?\}\}", "1", command)
    match = re.fullmatch(r"make ([\w-]+)((?: \w+=[\w./-]+)*)", command)
    if not match:
        return [f"{command!r} is no call of make"]
    found = [] if match.group(1) in targets else [f"no target {match.group(1)}"]
    return found + [f"no variable {name}" for name in re.findall(r"(\w+)=", match.group(2))
                    if name not in variables]


class Workflows(unittest.TestCase):
    """Those of the tree, and planted faults."""

    @classmethod
    def setUpClass(cls):
        makefile = (ROOT / "Makefile").read_text()
        cls.targets = {name for names in re.findall(r"^([\w -]+):(?!=)", makefile, re.MULTILINE)
                       for name in names.split()} & PUBLIC
        cls.variables = set(re.findall(r"\$\((?:if \$\()?([A-Z_]+)\b", makefile))

    def test_gate_and_nightly_are_as_they_should_be(self):
        self.assertEqual([path.name for path in WORKFLOWS], ["gate.yml", "nightly.yml"])
        for path in WORKFLOWS:
            found = problems(path.read_text(), self.targets, self.variables)
            self.assertEqual(found, [], path.name)

    def test_gate_runs_every_check_on_pull_requests_and_nightly_by_the_clock(self):
        gate, nightly = (yaml.load(path.read_text(), StrictLoader) for path in WORKFLOWS)
        self.assertIn("pull_request", gate["on"])
        self.assertEqual(set(nightly["on"]), {"schedule", "workflow_dispatch"})
        self.assertRegex(nightly["on"]["schedule"][0]["cron"], r"^(\d+|\*)( (\d+|\*)){4}$")
        runs = lambda one: [step.get("run", "") for job in one["jobs"].values()
                            for step in job["steps"]]
        for target in ("make test", "make fuzz", "make stress"):
            self.assertTrue([run for run in runs(gate) if run.startswith(target)], target)
        self.assertTrue([run for run in runs(nightly)
                         if re.match(r"make nightly .*NIGHTLY_DIR=nights", run)])

    def test_planted_faults_are_seen(self):
        good = WORKFLOWS[0].read_text()
        for old, new in (("run: make test", "run: make tests"),
                         ("run: make test", "run: ci/test.py"),
                         ("FUZZ_SECONDS", "FUZ_SECONDS"), ("checkout@v4", "checkout@main"),
                         ("actions/checkout", "other/checkout"),
                         ("contents: read", "contents: write"),
                         ("container: debian:12", "container: debian:latest"),
                         ("timeout-minutes: 120", "timeout-minutes: 0"),
                         ("name: gate", "name: gate\nname: gate"), ("jobs:", "jobs: ["),
                         ("run: make test", "run: make test && true")):
            self.assertIn(old, good)
            self.assertNotEqual(problems(good.replace(old, new, 1), self.targets, self.variables),
                                [], (old, new))


if __name__ == "__main__":
    unittest.main()
