"""`make bench`: measures every gate in one run, prints and writes the table; status 1 where one is missed."""

import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path

from tests.bench import gates


def main(wanted: list[str]) -> int:
    """Measure all gates, or those whose name holds one of the words given."""
    rows = []
    for gate in gates.measure(wanted):
        rows.append(gate)
        print(gate.row(), flush=True)
    table = {
        "schema": 1,
        "machine": {"processors": os.cpu_count(), "system": platform.release(), "python": platform.python_version()},
        "gates": [{**asdict(gate), "held": gate.held} for gate in rows],
    }
    Path("bench.json").write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n")
    missed = [gate.name for gate in rows if not gate.held]
    print(f"\n{len(rows)} figures, {len(missed)} missed; also in bench.json")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
