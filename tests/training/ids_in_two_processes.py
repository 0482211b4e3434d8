"""Run by test_two_processes in two processes: writes which samples each is given, at every step of two epochs."""

import json
import sys
from pathlib import Path

from accelerate import Accelerator

from pipelines.loader import Loader
from training.processes import settle

shards, out, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
accelerator = Accelerator(cpu=True)
stream = Loader(shards, batch=8, side=16).open(settle(accelerator), seed=5)
ids = [next(stream).ids.tolist() for _ in range(steps)]
stream.close()
(out / f"{accelerator.process_index}.json").write_text(json.dumps(ids))
accelerator.wait_for_everyone()
accelerator.end_training()
