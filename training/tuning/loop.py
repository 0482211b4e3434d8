"""Fine-tuning, start to end: a pure function of the encoder, the shards, the knobs and the seed, but for the device."""

import math
from contextlib import closing
from dataclasses import replace

import torch
from torch import Tensor
from tqdm import tqdm

from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from pipelines.negatives import NoNegatives
from shards.read import Shards
from shards.refusal import Refusal
from training.batch_norms import Branch
from training.encoders import Encoder
from training.tuning.classifier import Classifier
from training.tuning.tuning import Tuning

SAY = 10  # steps between two looks at the loss, for each of which a GPU has to be waited for


def tune(
    tuning: Tuning, encoder: Encoder, branch: Branch, loader: Loader, train: Shards, seed: int, place: Place
) -> tuple[Classifier, float]:
    """Train a classifier, in single precision; nothing is chosen: it is that of the last step.

    Args:
        encoder: With all its batch norms. It becomes a part of the classifier.
        branch: By which of them it is measured.
        loader: Says how samples are decoded; views and batch are those of ``tuning``.

    Returns: the classifier in evaluation mode, and the mean loss of the last epoch.

    Raises: ``Refusal`` if there are no labels, or if the loss is no longer a number.
    """
    if train.classes is None:
        raise Refusal(f"{train.folder} holds one class, and fine-tuning learns classes; name other shards: --train DIR")
    torch.manual_seed(seed)  # dropout, stochastic depth
    classifier = tuning.begin(encoder, branch, len(train.manifest.classes["label"])).to(place.device)
    steps, optimizer, faults = tuning.steps(len(train)), tuning.build(classifier), Faults()
    source = replace(
        loader, shards=train.folder, weights=(), batch=tuning.batch, views=tuning.views, negatives=NoNegatives()
    )
    losses: list[Tensor] = []
    with (
        closing(source.open(place, seed, faults=faults, views=1)) as batches,
        tqdm(total=steps, desc=type(tuning).__name__, unit="step", dynamic_ncols=True) as bar,
    ):
        for step, batch in zip(range(steps), batches, strict=False):
            for group in optimizer.param_groups:
                group["lr"] = tuning.rate_at(step, steps)
            assert batch.labels is not None, "shards of one class are refused"
            loss = tuning.loss(classifier, batch, batch.labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            bar.update()
            if (step + 1) % SAY == 0 or step + 1 == steps:
                bar.set_postfix(loss=f"{_mean(losses[-SAY:], step):.3f}")
    if broken := faults.all():
        print(f"{train.folder}: {len(broken)} samples cannot be decoded; others stood in for them")
    return tuning.end(classifier).eval(), _mean(losses[-max(len(train) // tuning.batch, 1) :], steps - 1)


def _mean(losses: list[Tensor], step: int) -> float:
    mean = float(torch.stack(losses).mean())
    if not math.isfinite(mean):
        raise Refusal(f"the loss is {mean} at step {step + 1}; lower --tuning.rate")
    return mean
