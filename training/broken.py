"""What a run does about broken samples: it counts them, stops if there are too many, and lists them at the end."""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from accelerate import Accelerator

from pipelines.decoders.auto import choose
from pipelines.faults import Fault, Faults
from shards.files import write_atomically
from shards.refusal import Refusal
from shards.several import DataSet
from training.run import Pretrain

FILE = "faults.jsonl"
ENOUGH = 1000  # drawn samples from which on a share means something; shorter runs are judged at their end
SHOWN = 20  # faults that are printed; the file has them all


class BrokenSamples:
    """Adds up what the processes find. All of them call its methods at the same steps."""

    def __init__(self, accelerator: Accelerator, run: Pretrain, faults: Faults, first: int):
        """``first`` is the step that the run begins at: one that resumes keeps the faults that it had found before."""
        self.accelerator, self.run, self.faults, self.first = accelerator, run, faults, first
        self.substituted, self.known = 0, 0
        self.listed = {fault.sample: fault for fault in read_faults(run.out)} if first else {}

    def announce(self, shards: DataSet) -> None:
        """Say what decodes, and whether samples are checked one by one as the run meets them."""
        if not self.accelerator.is_main_process:
            return
        chosen = choose(self.run.loader.decoder, shards.stored, self.accelerator.device)
        decoder = chosen.library
        print(f"decoder {type(chosen).__name__.lower()}: {decoder}")
        if decoder not in shards.manifest.checked:
            print(
                f"{shards.folder} was not checked by {decoder} when it was made: each sample is checked when it is "
                "first met, which slows the first epoch down; make the shards again to have that done once"
            )

    def count(self, done: int) -> dict[str, float]:
        """The metric of a log step: places that substitutes took since the last one, in all processes.

        Raises: ``Refusal``, the same one in every process, if they are more than ``run.max_broken`` of all so far.
        """
        mine = torch.tensor([self.faults.read(), len(self.faults.all())], device=self.accelerator.device)
        substituted, known = torch.as_tensor(self.accelerator.reduce(mine, reduction="sum")).tolist()
        self.substituted += substituted
        if known > self.known:
            self.known = known
            self._list()
        drawn = (done - self.first) * self.run.loader.batch
        if (drawn >= ENOUGH or done == self.run.steps) and self.substituted > self.run.max_broken * drawn:
            self.close()
            raise Refusal(
                f"{self.substituted} of {drawn} drawn samples were broken, more than --max-broken "
                f"{self.run.max_broken}; {self.run.out / FILE} says which and why: make the shards again, or allow more"
            )
        return {"substituted": float(substituted)}

    def close(self) -> None:
        """Gather what every process knows; the main process writes RUN/faults.jsonl and prints it."""
        self._list()
        if not self.listed or not self.accelerator.is_main_process:
            return
        print(f"{len(self.listed)} broken samples were met, others stood in {self.substituted} times:")
        for fault in sorted(self.listed.values(), key=lambda fault: fault.sample)[:SHOWN]:
            print(f"  {fault.shard} {fault.name}: {fault.reason}")
        print(f"{self.run.out / FILE} lists them all")

    def _list(self) -> None:
        self.listed |= {fault.sample: fault for fault in _gather(self.accelerator, self.faults.all())}
        if self.listed and self.accelerator.is_main_process:
            lines = [json.dumps(asdict(self.listed[sample]), ensure_ascii=False) for sample in sorted(self.listed)]
            write_atomically(self.run.out / FILE, "".join(line + "\n" for line in lines).encode())


def read_faults(folder: Path) -> list[Fault]:
    """The broken samples that a run has met, by number."""
    file = folder / FILE
    return [Fault(**json.loads(line)) for line in file.read_text().splitlines()] if file.is_file() else []


def _gather(accelerator: Accelerator, faults: list[Fault]) -> list[Fault]:
    """Everybody's faults, sent as text: Accelerate's own gathering of objects would unpickle them."""
    text = json.dumps([asdict(fault) for fault in faults]).encode()
    mine = torch.frombuffer(bytearray(text), dtype=torch.uint8).to(accelerator.device)[None]
    padded = accelerator.pad_across_processes(mine, dim=1)  # with zeros, which JSON has none of
    rows = torch.as_tensor(accelerator.gather(padded)).cpu().numpy()
    return [Fault(**fault) for row in rows for fault in json.loads(row.tobytes().rstrip(b"\0"))]
