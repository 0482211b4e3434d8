"""What an evaluation looks at: features of both splits and of augmented views, and the linear probes on them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from shards.read import Shards
from training.chunked import Stream, in_parts
from training.material import Material
from training.probes.linear import LinearClassifier, LinearProbe
from training.probes.pixels import RawPixels, centred
from training.probes.representation import Representation
from training.probes.sheet import flattened, shown
from training.probes.split import held_out
from training.probes.task import Task
from training.sealed import fingerprint
from training.values import describe

RAW, CENTRED = "raw pixels", "raw pixels, centred"
Encoders = Mapping[str, nn.Module]
Probes = Mapping[str, tuple[LinearClassifier, float]]
"""Of each encoder the classifier, and the penalty that was chosen."""


@dataclass(frozen=True)
class Featured:
    """Encoders in evaluation mode, what they are measured on, and how many samples choose."""

    encoders: Encoders
    material: Material
    validation: int

    @property
    def held(self) -> np.ndarray:
        """Numbers of the validation samples in the training split."""
        return held_out(len(self.material.train), self.validation)[0]

    def tasks(self) -> dict[str, Task]:
        """What each probe is given, by the name of the features: raw pixels and those of every encoder."""
        train, test = self.material.train, self.material.test
        modules = {RAW: self._pixels, **self.encoders}
        known, trains = self._of(train, "features of train", modules, self.material.clips(train))
        asked, tests = self._of(test, "features of test", modules, self.material.clips(test))
        answers = {
            fact: (self.material.classes(train, fact, known), self.material.classes(test, fact, asked))
            for fact in ("label", *train.manifest.facts)
        }
        held = torch.from_numpy(np.isin(known, self.held)).to(self.material.place.device)
        counts = {fact: len(names) for fact, names in train.manifest.classes.items()}
        tasks = {name: Task(trains[name], tests[name], answers, held, counts, asked) for name in modules}
        raw = tasks[RAW]
        tasks[CENTRED] = replace(raw, train=centred(raw.train), test=centred(raw.test))
        return {name: tasks[name] for name in (RAW, CENTRED, *self.encoders)}

    def probes(self, linear: LinearProbe, tasks: Mapping[str, Task], fact: str = "label") -> Probes:
        """For each encoder its linear probe of the label or a fact, found once, by the first process."""
        found = {}
        for name, encoder in self.encoders.items():
            task, train = tasks[name].about(fact), self.material.train
            identity = {"probe": describe(linear), "validation": self.validation}
            identity |= {"encoder": fingerprint(encoder)} | self.material.identity(train)
            part = f"probe of {name}" if fact == "label" else f"{fact} probe of {name}"
            rows = self.material.chunked.once(part, identity, lambda task=task: linear(task))
            found[name] = linear.revive(rows)
        return found

    def views(self) -> dict[str, Float[Tensor, "v n d"]]:
        """Each encoder's features of two augmented views of the validation samples."""
        train, views = self.material.train, describe(self.material.loader.views)
        _, rows = self.material.chunked.rows(
            "views",
            self._identity | self.material.identity(train) | {"views": views},
            self.held,
            self.material.views(train),
            lambda _, views: {
                name: torch.stack([in_parts(encoder, view, self.material.together) for view in views], 1)
                for name, encoder in self.encoders.items()
            },
        )
        return {name: rows[name].transpose(0, 1) for name in self.encoders}

    def textures(self, tasks: Mapping[str, Task]) -> dict[str, Task]:
        """Each encoder's task, asked about the test samples' textures instead; none, unless all samples have one."""
        test = self.material.test
        if not (test.index.texture > 0).all():
            return {}
        asked, found = self._of(test, "features of textures", self.encoders, self.material.textures(test))
        answers = {
            fact: (known, self.material.classes(test, fact, asked)) for fact, (known, _) in tasks[RAW].answers.items()
        }
        return {name: replace(tasks[name], test=found[name], answers=answers, asked=asked) for name in self.encoders}

    def spread(self, count: int, asked: np.ndarray) -> tuple[np.ndarray, dict[str, Float[Tensor, "k m d"]]]:
        """Each encoder's features of ``count`` clips of test samples, evenly spaced.

        Returns: which of ``asked``, rising, are sound in all of these clips, int64 [m], and the features.
        """
        test = self.material.test
        found = [
            self._of(test, f"clip {n + 1} of {count}", self.encoders, self.material.clips(test, (n, count)))
            for n in range(count)
        ]
        sound = reduce(np.intersect1d, [asked, *(numbers for numbers, _ in found)])
        kept = [(torch.from_numpy(np.isin(numbers, sound)), rows) for numbers, rows in found]
        return sound, {name: torch.stack([rows[name][here] for here, rows in kept]) for name in self.encoders}

    def sheet(self, knobs: Representation, name: str, task: Task) -> dict[str, np.ndarray]:
        """Which rows of an encoder's test features are shown in two dimensions, and where: found once, or empty."""
        rows = shown(len(task.test), knobs.shown)
        if len(rows) < 3:
            return {}
        test = self.material.test
        identity = self._identity | self.material.identity(test) | {"knobs": describe(knobs)}

        def places() -> dict[str, Tensor]:
            return {"places": torch.from_numpy(flattened(task.test[torch.from_numpy(rows)], knobs.perplexity))}

        found = self.material.chunked.once(f"sheet of {name}", identity, places)
        return {"rows": rows, "places": found["places"].cpu().numpy()}

    def _of(self, split: Shards, part: str, modules: Encoders, stream: Stream) -> tuple[np.ndarray, dict[str, Tensor]]:
        return self.material.chunked.rows(
            part,
            self._identity | self.material.identity(split) | {"pixels": self._pixels.side},
            np.arange(len(split)),
            stream,
            lambda _, clips: {
                name: in_parts(module, clips, self.material.together) for name, module in modules.items()
            },
        )

    @property
    def _pixels(self) -> RawPixels:
        """Pooled to fit into memory with the samples of both splits."""
        loader, samples = self.material.loader, len(self.material.train) + len(self.material.test)
        return RawPixels(samples, loader.clip.length, loader.side)

    @property
    def _identity(self) -> dict:
        return {"encoders": {name: fingerprint(encoder) for name, encoder in self.encoders.items()}}
