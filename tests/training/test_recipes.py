"""Recipes: what their sources say, that each of them trains, and that the commands above them are theirs."""

import re
import shlex
from contextlib import closing
from dataclasses import replace
from fnmatch import fnmatch
from operator import attrgetter
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from pipelines.loader import Place
from tests.training.published_values import VALUES
from training.encoders import NarrowResNet, NarrowResNet3D
from training.loop import _stepper
from training.pretrain import parse
from training.recipes import DEFAULT, RECIPES
from training.recipes.published import PUBLISHED
from training.run import Pretrain

FOLDER = Path(__file__).parents[2] / "training" / "recipes"


@pytest.mark.parametrize(("names", "field", "value"), [row[:3] for row in VALUES])
def test_recipes_have_the_values_of_their_sources(names, field, value):
    meant = [name for name in PUBLISHED if fnmatch(name, names)]
    assert meant
    assert {name: attrgetter(field)(RECIPES[name]) for name in meant} == {name: pytest.approx(value) for name in meant}


def test_every_published_recipe_stands_in_the_table():
    fields = {name: {field for names, field, *_ in VALUES if fnmatch(name, names)} for name in PUBLISHED}
    needed = {"network.name", "loader.batch", "loader.side", "optimizer.rate", "optimizer.weight_decay", "steps"}
    assert {name: needed - found for name, found in fields.items() if needed - found} == {}


def small(run: Pretrain, shards: Path) -> Pretrain:
    """The run on few and small samples, with a small network and queue; all else is the recipe's."""
    clip = replace(run.loader.clip, length=min(run.loader.clip.length, 4))
    network = NarrowResNet(width=4) if clip.length == 1 else NarrowResNet3D(width=4)
    method = replace(run.method, queue=32) if hasattr(run.method, "queue") else run.method
    loader = replace(run.loader, shards=shards / "train", batch=8, side=16, clip=clip)
    return replace(run, loader=loader, network=network, method=method, precision="no", steps=2)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_takes_two_steps(name, images, videos, textured):
    recipe = RECIPES[name]
    plain = videos if recipe.loader.clip.length > 1 else images
    run = small(recipe, textured("image") if recipe.loader.negatives.of_textures else plain)
    accelerator, method = Accelerator(cpu=True), run.build(16)
    wrapped, optimizer = accelerator.prepare(method, run.optimizer.build(method))
    take_step = _stepper(run, accelerator, method, wrapped, optimizer)
    begun = [p.detach().clone() for p in method.encoder.parameters()]
    with closing(run.loader.open(Place(), run.seed)) as batches:
        for step in range(2):
            outcome = take_step(next(batches), step)
            assert outcome.loss.isfinite()
    learned = [torch.equal(p, before) for p, before in zip(method.encoder.parameters(), begun, strict=True)]
    assert not all(learned)


def commands(name: str) -> list[list[str]]:
    """The words behind ``pretrain.py`` of the commands in the comment above a recipe; "…" repeats the first's name."""
    key = re.compile(rf'((?: {{4}}# ?.*\n)+) {{4}}"{name}": ')
    comment = next(found[1] for file in FOLDER.rglob("*.py") if (found := key.search(file.read_text())))
    lines = [line.removeprefix("    #").removeprefix(" ") for line in re.sub(r"\\?\n    # {3,}", " ", comment).splitlines()]
    full = [line.split("training/pretrain.py")[1] for line in lines if "training/pretrain.py" in line]
    more = [f"{name} {line.removeprefix('… ')}" for line in lines if line.startswith("… ")]
    return [shlex.split(line) for line in full + more]


@pytest.mark.parametrize("name", RECIPES)
def test_the_comment_above_a_recipe_is_its_command(name):
    first, *more = commands(name)
    assert first[:1] == ([] if name == DEFAULT else [name])
    shards = parse(first).loader.shards
    assert parse(first) == replace(RECIPES[name], loader=replace(RECIPES[name].loader, shards=shards))
    for words in more:  # each says something else, and can be said
        assert parse(words) != RECIPES[name] and words[0] == name


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_lies_where_it_is_called(name):
    assert RECIPES[name].out == Path("runs") / name
