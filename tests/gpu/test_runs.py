"""Whole runs on a GPU: the loss falls, a resumed run ends with the same bits, an encoder is evaluated."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.decoders import Auto, Turbo
from pipelines.negatives import Patches
from pipelines.views import SimCLRViews
from pipelines.views.steps import ColorJitter, Grayscale
from training.attacks import CLAE
from training.checkpoints import newest_checkpoint
from training.evaluate import Evaluate
from training.evaluation import Protocol
from training.false_negatives import Threshold
from training.false_negatives.schedule import Schedule
from training.loop import pretrain
from training.methods import MoCo
from training.optimizers import AdamW
from training.probes.online import OnlineKNN
from training.recipes import RECIPES
from training.robustness.radii import Robustness
from training.run import Pretrain
from training.trackers import read_metrics

STEPS = 30
EASY = SimCLRViews(scale=(0.7, 1.0), jitter=ColorJitter(0.2, 0.2, 0.2, 0.05), gray=Grayscale(0.0))  # learned in seconds


def small(images: Path, out: Path) -> Pretrain:
    recipe = RECIPES["simclr-synthetic"]
    loader = replace(recipe.loader, shards=images / "train", batch=32, decoder=Turbo())
    network = replace(recipe.network, width=8)
    probe = OnlineKNN(every=STEPS // 2, bank=100)
    return replace(recipe, loader=loader, network=network, probe=probe, steps=STEPS, log_every=1,
                   checkpoint_every=STEPS // 2, out=out)  # fmt: skip


def losses(out: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(out) if "loss" in line]


@pytest.mark.parametrize("decoder", [Turbo(), Auto()], ids=["turbo", "dali"])
def test_a_run_in_bfloat16_learns(decoder, images, tmp_path):
    if isinstance(decoder, Auto):
        pytest.importorskip("nvidia.dali.backend", reason="DALI is not installed")
    run = small(images, tmp_path)
    loader = replace(run.loader, decoder=decoder, views=EASY)
    run = replace(run, loader=loader, optimizer=AdamW(rate=3e-3), steps=4 * STEPS)
    assert run.precision == "bf16" and next(pretrain(run).parameters()).is_cuda
    found = losses(tmp_path)
    print(f"loss from {sum(found[:5]) / 5:.3f} to {sum(found[-5:]) / 5:.3f};", read_metrics(tmp_path)[-2])
    assert len(found) == run.steps and sum(found[-5:]) < 0.9 * sum(found[:5])


def test_a_run_that_goes_on_from_its_middle_ends_with_the_same_bits(images, tmp_path, repeatable):
    """With all modules, in single precision, by torch's deterministic algorithms; of others nothing is said."""
    calm, cut = tmp_path / "calm", tmp_path / "cut"
    run = small(images, calm)
    rule = Threshold(above=0.2, schedule=Schedule(start=0.0, ramp=0.0))
    run = replace(run, loader=replace(run.loader, negatives=Patches()), method=MoCo(queue=96, momentum=0.9),
                  attack=CLAE(), false_negatives=rule, average=0.9, precision="no")  # fmt: skip
    pretrain(run)
    shutil.copytree(calm, cut)
    newest = newest_checkpoint(cut / "checkpoints")
    assert newest is not None
    shutil.rmtree(newest)
    pretrain(replace(run, out=cut, resume=True))
    ends = [newest_checkpoint(out / "checkpoints") for out in (calm, cut)]
    assert [end and end.name for end in ends] == [f"step-{STEPS:08d}"] * 2
    assert losses(calm) == losses(cut)
    assert len({(end / "tensors.safetensors").read_bytes() for end in ends if end}) == 1


def test_an_encoder_is_evaluated(images, tmp_path):
    pretrain(small(images, tmp_path))
    robustness = Robustness(radii=(0.5, 2.0), attack_steps=5, attacked=20)
    Evaluate((tmp_path,), protocol=Protocol(validation=20, together=8, robustness=robustness))()
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert found["step"] == STEPS and found["robustness"]["trained"]["attacked"] == 20
    assert found["geometry"]["trained"]["alignment"] > 0 and (tmp_path / "report.html").is_file()
