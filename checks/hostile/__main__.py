"""The worker of `checks/fuzz.py`: a line "KIND SEED NUMBER" in, a line of JSON with the verdict out.

python -m checks.hostile FOLDER
"""

from __future__ import annotations

import json
import re
import resource
import sys
from pathlib import Path

from checks.hostile.cases import SUFFIXES, good_files, make_case
from checks.hostile.readers import try_case

# Of memory, above what the process has before its first case.
BYTES, CHART_BYTES = 500 * 2**20, 200 * 2**20


def _memory(what: str) -> int:
    """Bytes of this process: "VmSize", its address space, or "VmHWM", the most that was resident."""
    found = re.search(rf"{what}:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def main(folder: Path) -> None:
    """Try the cases that standard input names, one a line, each in a file of `folder`."""
    answers = sys.stdout
    warm = folder / "warm.mid"
    warm.write_bytes(good_files("midi")[0])
    try_case("midi", warm)  # imports and tables are not the hostile file's cost
    # Address space is never given back and is more than memory: twice as much is far beyond the limit.
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + 2 * BYTES,) * 2)
    for line in sys.stdin:
        kind, seed, count = line.split()
        case = make_case(kind, int(seed), int(count))
        path = folder / f"case{SUFFIXES[kind]}"
        path.write_bytes(case.data)
        _forget_peak()
        before = _memory("VmHWM")
        verdict = try_case(kind, path)
        grown = _memory("VmHWM") - before
        most = CHART_BYTES if kind == "chart" else BYTES
        if grown > most and not verdict.fault:
            verdict = verdict._replace(fault=f"{grown:,} bytes of memory, at most {most:,}")
        print(json.dumps({"name": case.name, "grown": grown, **verdict._asdict()}), file=answers, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
