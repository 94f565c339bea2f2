#!/usr/bin/env python3
"""The body of `make control-groups`: limits of real control groups, in a machine of our own.

    ci/control_group_machine.py [--build DIR] [--seconds N] [--version 1|2]...

Control groups belong to whoever runs a machine, and many machines have no memory controller to
give away. So this boots a kernel in QEMU (no accelerator, no disk, no network) whose only file
system holds busybox and the programs under test, makes a group there, and runs `pressure --limit
cgroup` in it.

    vmlinuz + initramfs: /init  bin/busybox  bin/pressure  bin/<workloads>  their shared objects

Last line `control groups: R runs, F failures`. Exit status: 0 without failures, 1 with, 2 when
QEMU, a kernel or busybox is missing (then it says how to get them).
"""

import argparse
import glob
import gzip
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PACKAGES = "qemu-system-x86 linux-image-cloud-amd64 busybox-static cpio"
MEMORY_MIB = 2048
# Small, for the machine is emulated: some seconds each. 20 to 40 MiB at their peak.
WORKLOADS = ("profile-library --lines 5000", "fox-library --generate 20000 --hash --check",
             "profile-library --mode runtime --lines 2000")
PREPARE = {
    2: """mount -t cgroup2 none /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/ours
echo +memory > /sys/fs/cgroup/ours/cgroup.subtree_control""",
    1: """mount -t tmpfs none /sys/fs/cgroup
mkdir /sys/fs/cgroup/memory
mount -t cgroup -o memory none /sys/fs/cgroup/memory
mkdir /sys/fs/cgroup/ours
mkdir /sys/fs/cgroup/memory/ours
mount --bind /sys/fs/cgroup/memory/ours /sys/fs/cgroup/ours""",
}
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
{prepare}
echo kernel $(uname -r)
{runs}
echo machine: done
poweroff -f
"""
RUN = """echo "run: {workload}"
pressure --limit cgroup --group /sys/fs/cgroup/ours --steps 4 --seconds 600 -- /bin/{workload}
echo "status $?"
"""


def missing():
    """What the machine is made of; exits with the command that installs it when it is not here."""
    kernels = sorted(glob.glob("/boot/vmlinuz-*"))
    tools = [shutil.which(name) for name in ("qemu-system-x86_64", "busybox", "cpio")]
    if not kernels or not all(tools):
        print(f"control groups: a machine needs {PACKAGES}; as root, run\n"
              f"    apt-get install -y --no-install-recommends {PACKAGES}", file=sys.stderr)
        sys.exit(2)
    cloud = [path for path in kernels if "cloud" in path]
    return (cloud or kernels)[-1], tools[1]


def fill(root, programs, busybox, version):
    """The file system: programs with what they are linked with, and what to run at the start."""
    for name in ("bin", "proc", "sys", "dev", "tmp"):
        (root / name).mkdir()
    shutil.copy(busybox, root / "bin/busybox")
    for program in programs:
        shutil.copy(program, root / "bin")
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+)", told):
            copy = root / library.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, copy)
    runs = "".join(RUN.format(workload=workload) for workload in WORKLOADS)
    (root / "init").write_text(INIT.format(prepare=PREPARE[version], runs=runs))
    (root / "init").chmod(0o755)


def boot(kernel, root, seconds):
    """What the machine printed until it switched itself off; None when it did not."""
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*")))
    packed = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], input=names.encode(),
                            cwd=root, stdout=subprocess.PIPE, check=True).stdout
    image = root.parent / "initramfs.gz"
    image.write_bytes(gzip.compress(packed, 1))
    command = ["qemu-system-x86_64", "-m", str(MEMORY_MIB), "-nographic", "-no-reboot", "-nic",
               "none", "-kernel", kernel, "-initrd", str(image), "-append",
               "console=ttyS0 quiet panic=1 cgroup_enable=memory"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        return None, (error.stdout or b"").decode(errors="replace")
    told = done.stdout.decode(errors="replace").replace("\r", "")
    return "machine: done" in told, told


def judge(told, version):
    """(runs that were good, runs that were not): each must be of this version and end well."""
    parts = re.split(r"^run: .*$", told, flags=re.MULTILINE)[1:]
    good = sum(f"morph-pressure" in part and f", v{version}\n" in part and
               re.search(r"^pressure: \d+ steps, .*, 0 failures$", part, re.MULTILINE) is not None
               and "out of memory" in part and "\nstatus 0" in part for part in parts)
    return good, len(WORKLOADS) - good


def main():
    parser = argparse.ArgumentParser(description="Limits of real control groups, in QEMU.")
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--seconds", type=float, default=900, help="for each machine")
    parser.add_argument("--version", type=int, choices=(1, 2), action="append", default=[],
                        help="of control groups (default: both)")
    options = parser.parse_args()
    kernel, busybox = missing()
    programs = [options.build / "bin" / name for name in dict.fromkeys(
        ["pressure", *(workload.split()[0] for workload in WORKLOADS)])]
    good = bad = 0
    for version in options.version or (2, 1):
        print(f"control groups v{version}: a machine boots {kernel}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder) / "root"
            root.mkdir()
            fill(root, programs, busybox, version)
            ended, told = boot(kernel, root, options.seconds)
        print(told)
        if not ended:
            print(f"the machine did not end within {options.seconds:g} s" if ended is None else
                  "the machine stopped before its last run")
        here = judge(told, version)
        good, bad = good + here[0], bad + here[1]
    print(f"control groups: {good + bad} runs, {bad} failures")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
