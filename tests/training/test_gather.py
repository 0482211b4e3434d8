"""Two real processes compute the loss and the gradient of one."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).with_name("gather_in_two_processes.py")


def test_two_processes_have_the_gradient_of_one():
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(SCRIPT)]
    done = subprocess.run(launch, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("same gradient") == 2
