"""What a DAG file pays for importing the operators, beside importing the vendor's SDK.

    python -m benchmarks.import_time

Each figure comes from fresh processes in which Airflow's own `airflow.sdk` is loaded already, as it is
wherever a DAG is parsed. The last lines tell whether our import asked for a heavy module at all, also
for one that Airflow had loaded before.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

RUNS = 7
HEAVY = ("httpx", "av", "fastapi", "numpy", "PIL", "uvicorn")

TIMED = """
import sys, time
from airflow.sdk import DAG, BaseOperator
start = time.perf_counter()
{statement}
print((time.perf_counter() - start) * 1000)
"""

ASKED = f"""
import builtins, sys
from airflow.sdk import DAG, BaseOperator
asked, original = set(), builtins.__import__
def watched(name, globals=None, locals=None, fromlist=(), level=0):
    who = (globals or {{}}).get("__name__") or ""
    if who.startswith("airflow_provider_wan") and name.partition(".")[0] in {HEAVY!r}:
        asked.add(name)
    return original(name, globals, locals, fromlist, level)
builtins.__import__ = watched
import airflow_provider_wan.operators
print(" ".join(sorted(asked)))
"""

STATEMENTS = {
    "airflow_provider_wan.operators": "import airflow_provider_wan.operators",
    "the vendor's SDK (dashscope)": "import dashscope",
    "httpx alone, where Airflow hasn't loaded it": "[sys.modules.pop(m) for m in list(sys.modules) "
    "if m.partition('.')[0] in ('httpx', 'httpcore')]; import httpx",
}


def run(code: str) -> str:
    """Run code in a fresh Python and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def milliseconds(statement: str) -> list[float]:
    """Time a statement in several fresh processes, after one that only warms the disk cache."""
    return [float(run(TIMED.format(statement=statement))) for _ in range(RUNS + 1)][1:]


def asked_for() -> list[str]:
    """Return the heavy modules that importing our operators asked for."""
    return run(ASKED).split()


def main() -> None:
    """Print the table."""
    print(f"{'import of':48} {'min':>8} {'median':>8} {'max':>8}   ms, {RUNS} fresh processes each")
    for label, statement in STATEMENTS.items():
        times = milliseconds(statement)
        print(f"{label:48} {min(times):8.1f} {statistics.median(times):8.1f} {max(times):8.1f}")
    print(f"heavy modules our import asked for, of {', '.join(HEAVY)}: {', '.join(asked_for()) or 'none'}")


if __name__ == "__main__":
    main()
