"""Who decodes where nothing was said, and that everybody who asks hears the same."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from pipelines.decoders import Auto, Dali, Plain, PyAV, Turbo
from pipelines.decoders.auto import choose
from pipelines.faults import Faults
from pipelines.loader import Loader, Place
from pipelines.substitutes import Sound
from shards.read import Shards
from training.recipes import RECIPES
from training.resume import facts_of

CPU, GPU = torch.device("cpu"), torch.device("cuda", 1)


@pytest.mark.parametrize(
    ("kind", "device", "decoder"),
    [("image", CPU, Turbo()), ("frames", CPU, Turbo()), ("video", CPU, PyAV())]
    + [("image", GPU, Dali()), ("frames", GPU, Dali()), ("video", GPU, PyAV())],
)
def test_the_fastest_is_chosen_and_what_was_asked_for_stays(kind, device: torch.device, decoder):
    assert choose(Auto(), kind, device) == decoder
    assert choose(Plain(), kind, device) == Plain()


def test_every_recipe_takes_the_fastest():
    assert all(run.loader.decoder == Auto() for run in RECIPES.values())


@pytest.mark.parametrize("kind", ["image", "video"])
def test_loader_and_checkpoint_know_the_chosen_one(kind: str, image_shards: Path, video_shards: Path):
    shards = Shards(image_shards if kind == "image" else video_shards)
    explicit = Turbo() if kind == "image" else PyAV()
    run = RECIPES["simclr-synthetic"]
    facts = [
        facts_of(replace(run, loader=Loader(shards.folder, 4, 32, decoder=decoder)), shards, Place())["decoder"]
        for decoder in (Auto(), explicit, Plain())
    ]
    assert facts[0] == facts[1] == {**facts[1], "type": type(explicit).__name__, "library": explicit.library}
    assert facts[2] != facts[0]
    assert Sound(shards, Auto(), Place(), Faults())._trusted  # the making checked for it: no child is asked
