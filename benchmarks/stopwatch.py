"""Times commands for the runner, from a process of its own that stays small.

A child's peak memory can never read lower than that of the process which started it, so the runner, with workloads in its memory, does not
start what it measures. Reads one request a line from standard input (``argv``, ``cwd``, ``env``, ``log``, ``limit`` in seconds) and answers
each with a line (``wall`` and ``cpu`` in seconds, ``peak`` in MiB, ``exit``), all JSON. Run as ``python -I -S stopwatch.py``.
"""

import json
import os
import signal
import sys
from time import perf_counter

KIB_PER_MIB = 1024


def main() -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request = json.loads(line)
        os.chdir(request["cwd"])
        print(json.dumps(run(request["argv"], request["env"], request["log"], request["limit"])), flush=True)


def run(argv: list[str], env: dict[str, str], log: str, limit: int) -> dict[str, float]:
    """Run one command to its end, or kill it at the limit, its output going to a file; give the system's account of it."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    start = perf_counter()
    child = os.posix_spawn(argv[0], argv, env, file_actions=actions)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(limit)
    _, status, usage = os.wait4(child, 0)
    wall = perf_counter() - start
    signal.alarm(0)
    # macOS counts bytes, Linux KiB.
    peak = usage.ru_maxrss / (KIB_PER_MIB**2 if sys.platform == "darwin" else KIB_PER_MIB)
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak": peak, "exit": os.waitstatus_to_exitcode(status)}


if __name__ == "__main__":
    main()
