"""What is measured sample by sample is measured in chunks of 256, each of which is a file as soon as it is done.

A chunk holds the samples at 256 places of a list, and is computed by whoever comes to it from these samples alone. So
processes share the chunks through the run's folder, an interrupted evaluation goes on, one process finds exactly what
two find, and two evaluations of a run at the same time at worst measure the same twice. Files lie in
RUN/evaluation/PART-HASH/, where HASH is that of everything on which the numbers depend, the code of this checkout among
it. Each is complete or absent, and is measured again if its checksum does not hold. They may be deleted whenever no
evaluation runs.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor
from tqdm import tqdm

from pipelines.loader import Place
from shards.files import write_atomically
from shards.refusal import Refusal
from training.processes import all_cores
from training.provenance import code_fingerprint, made_by, versions
from training.sealed import read_sealed, save_sealed

CHUNK = 256
CHUNKS = "evaluation"  # the folder in a run's folder
Rows = dict[str, Tensor]
"""Tensors [m, …], a row for each sample."""
Stream = Callable[[np.ndarray], Iterator[tuple[np.ndarray, Any]]]
"""From sample numbers to parts of 256 of them: those that are sound, int64 [m], and their clips."""
Measure = Callable[[np.ndarray, Any], Rows]
"""From the numbers of a chunk's sound samples, int64 [m], and their clips to its rows."""
NUMBERS = "samples"


@dataclass(frozen=True)
class Chunked:
    """A run's folder of chunks, and the processes that fill it."""

    folder: Path
    accelerator: Accelerator
    place: Place
    made: dict[str, dict] = field(default_factory=dict)
    """By part: its folder, and who made what lies there, when and by which command."""

    def rows(
        self,
        part: str,
        identity: Mapping[str, Any],
        samples: np.ndarray,
        stream: Stream,
        measure: Measure,
    ) -> tuple[np.ndarray, Rows]:
        """``measure`` of all sound ones of ``samples``, int64 [n], on every process.

        Args:
            identity: JSON values on which the rows depend, beside the samples and the code.
            stream: Opened with those samples that nobody has measured yet and that are this process's to measure.
            measure: It sees each chunk alone.

        Returns: the numbers of the sound samples, in the order of ``samples``, and their rows.
        Raises: ``Refusal``, on every process, if no sample is sound.
        """
        folder = self._folder(part, {**identity, "order": _hash(samples.tobytes())})
        chunks = [samples[start : start + CHUNK] for start in range(0, len(samples), CHUNK)]
        files = [folder / f"{number:06}.safetensors" for number in range(len(chunks))]
        ours = range(self.place.rank, len(chunks), self.place.world)
        before = {n: rows for n in ours if (rows := _before(files[n])) is not None}
        mine = [n for n in ours if n not in before]
        owner = {sample: number for number in mine for sample in chunks[number].tolist()}
        todo, empty = sum(len(chunks[n]) for n in mine), set(mine)
        found = stream(np.concatenate([chunks[n] for n in mine])) if mine else iter(())
        with tqdm(total=todo, desc=part, unit="sample", dynamic_ncols=True, disable=self.place.rank > 0) as bar:
            for present, clips in found:
                number = owner[int(present[0])]
                save_sealed(files[number], {NUMBERS: torch.from_numpy(present), **measure(present, clips)})
                empty.remove(number)
                bar.update(len(chunks[number]))
        for number in empty:  # no sample of these is sound
            save_sealed(files[number], {NUMBERS: torch.empty(0, dtype=torch.int64)})
        self.accelerator.wait_for_everyone()
        return self._joined(part, [before.get(n) or _kept(file) for n, file in enumerate(files)], len(samples))

    def once(self, part: str, identity: Mapping[str, Any], compute: Callable[[], Rows]) -> Rows:
        """What the first process computes, with all cores, while the others wait: tensors of any shape."""
        file = self._folder(part, identity) / "all.safetensors"
        if self.place.rank == 0 and _before(file) is None:
            with all_cores():
                save_sealed(file, compute())
        self.accelerator.wait_for_everyone()
        return {name: values.to(self.place.device) for name, values in _kept(file).items()}

    def _joined(self, part: str, chunks: list[Rows], asked: int) -> tuple[np.ndarray, Rows]:
        """All chunks of a part end to end."""
        found = [rows for rows in chunks if len(rows[NUMBERS])]
        if not found:
            raise Refusal(f"{part}: none of {asked} samples can be decoded; make the shards again")
        rows = {name: torch.cat([chunk[name] for chunk in found]) for name in found[0]}
        numbers = rows.pop(NUMBERS).numpy()
        if len(numbers) < asked and self.place.rank == 0:
            print(f"{part}: {asked - len(numbers)} of {asked} samples cannot be decoded and are left out")
        return numbers, {name: values.to(self.place.device) for name, values in rows.items()}

    def _folder(self, part: str, identity: Mapping[str, Any]) -> Path:
        """Where a part's files lie, with what they depend on and who began them beside them."""
        said = {"part": part, "identity": dict(identity), "code": code_fingerprint()}
        said |= {"versions": versions(), "device": self.place.device.type}
        folder = self.folder / f"{part.replace(' ', '-')}-{_hash(json.dumps(said, sort_keys=True).encode())[:12]}"
        file = folder / "identity.json"
        if self.place.rank == 0 and not file.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            write_atomically(file, json.dumps({**said, "made": made_by()}, indent=1).encode())
        self.accelerator.wait_for_everyone()
        if not file.is_file():
            raise Refusal(
                f"{part}: process {self.place.rank} is to measure something else than process 0, or does not see its "
                f"files in {self.folder}; start again when no training writes checkpoints, on storage that all share"
            )
        self.made[part] = {"folder": folder.name, **json.loads(file.read_text())["made"]}
        return folder


def in_parts(compute: Callable[[Tensor], Tensor], clips: Tensor, together: int) -> Tensor:
    """``compute`` of so many clips at a time, end to end: fewer need less memory."""
    return torch.cat([compute(part) for part in clips.split(together)])


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _before(file: Path) -> Rows | None:
    """What has been measured before, if it is as it was written."""
    rows = read_sealed(file)
    if rows is None and file.is_file():
        print(f"{file} is damaged and is measured again", flush=True)
    return rows


def _kept(file: Path) -> Rows:
    rows = read_sealed(file)
    if rows is None:
        raise Refusal(f"{file} was written and cannot be read; look at the disk, then type the same command again")
    return rows
