"""Run by test_broken in two processes: each writes the ids that it is given, and the features that both end up with."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from pipelines.loader import Loader
from shards.read import Shards
from training.probes.features import extract
from training.processes import settle

folder, out = Path(sys.argv[1]), Path(sys.argv[2])
accelerator = Accelerator(cpu=True)
place = settle(accelerator)
loader = Loader(folder, batch=8, side=16)
stream = loader.open(place, seed=5)
ids = [next(stream).ids.tolist() for _ in range(8)]
stream.close()
shards = Shards(folder)
flat = torch.nn.Flatten()
table = {}
for name, asked in json.loads(sys.argv[3]).items():
    (features,), samples = extract([flat], loader, shards, np.array(asked), place, accelerator)
    table[name] = [samples.tolist(), features.mean(1).tolist()]
(out / f"{accelerator.process_index}.json").write_text(json.dumps({"ids": ids, "features": table}))
accelerator.wait_for_everyone()
accelerator.end_training()
