"""Real training commands on small data, to be started, killed and resumed by tests."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from training.checkpoints import newest_checkpoint
from training.trackers import read_metrics

ROOT = Path(__file__).parents[2]
SMALL = {
    "image": [
        "simclr-synthetic", "--loader.batch", "16", "--loader.side", "16", "--network.width", "8", "--probe.bank", "20",
    ],
    "video": [
        "simclr-moving", "--loader.batch", "8", "--loader.side", "16", "--network.width", "4", "--probe.bank", "10",
        "--loader.clip.length", "4",
    ],
}  # fmt: skip
MODULES = [
    "method:moco", "--method.queue", "40", "--method.momentum", "0.9", "loader.negatives:patches", "attack:clae",
    "false-negatives:threshold", "--false-negatives.above", "0.2", "--false-negatives.schedule.start", "0",
    "optimizer:adamw", "--optimizer.rate", "0.01", "--average", "0.9",
]  # fmt: skip
COMMON = ["--log-every", "1", "--checkpoint-every", "3", "--floor-steps", "1", "--probe.every", "4"]


def command(kind: str, shards: Path, out: Path, steps: int, *more: str, processes: int = 1) -> list[str]:
    launch = [sys.executable]
    if processes > 1:
        launch += ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    given = ["--loader.shards", str(shards / "train"), "--out", str(out), "--steps", str(steps)]
    return [*launch, str(ROOT / "training" / "pretrain.py"), *SMALL[kind], *COMMON, *given, *more]


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def finish(words: list[str]) -> subprocess.CompletedProcess:
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, env=environment())
    assert done.returncode == 0, done.stderr[-4000:]
    return done


def kill_after(words: list[str], out: Path, step: int) -> None:
    """Start a run and kill it, with all its processes, as soon as it has logged ``step``.

    A run's checkpoint comes after its log line: kill beyond the step of a checkpoint that is to be there.
    """
    run = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, env=environment()
    )
    try:
        while not any(line["step"] >= step for line in read_metrics(out)):
            assert run.poll() is None, "the run ended before it could be killed"
            time.sleep(0.005)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def weights(out: Path) -> bytes:
    """The newest checkpoint's tensors, as they lie on disk."""
    checkpoint = newest_checkpoint(out / "checkpoints")
    assert checkpoint is not None
    return (checkpoint / "tensors.safetensors").read_bytes()
