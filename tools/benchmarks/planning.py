"""How much memory it takes to plan millions of samples, measured in a process of its own."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """
import sys, time
from pathlib import Path
from shards.plan import Plan
from shards.sources.table import Table

start = time.time()
source = Table(Path(sys.argv[1]))
plan = Plan(source, source.splits()["train"])
shards, _ = plan.shards, (plan.fingerprint, plan.items(0))
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
peak = int(status["VmHWM"].split()[0])  # of this program alone, where getrusage counts what started it too
print(f"{len(plan.listing.items)} samples in {shards} shards: peak {peak / 1024:.0f} MiB, {time.time() - start:.0f} s")
"""


@dataclass(frozen=True)
class Planning:
    """List a made-up table of samples and cut it into shards: the peak memory of the whole process, and seconds."""

    samples: int = 10_000_000
    """Rows of the table, each a path of 18 bytes and one of 1000 classes."""

    def __call__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "table.csv")
            with file.open("w") as table:
                table.write("path,label\n")
                table.writelines(f"c{i % 1000:04d}/{i:08d}.jpg,c{i % 1000:04d}\n" for i in range(self.samples))
            subprocess.run([sys.executable, "-c", PROGRAM, file], check=True)
