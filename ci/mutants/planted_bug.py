"""What a planted bug is (planted.py, planted_heap.py, planted_v1.py have the lists).

id        names the mutant: room, then what is wrong
path      file of impl/ that it changes: the one place where `old` stands becomes `new`
checkers  of which any one must find it: ids of fuzz/runner.h, "crash" (also: a check of the library
          trapped), or "unit" for what the language of operations does not reach
subjects  tried in this order until one shows the bug
sweep     whether it takes refused requests for memory
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    id: str
    path: str
    old: str
    new: str
    checkers: str
    subjects: str
    sweep: bool = False
