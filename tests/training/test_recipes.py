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
import tyro
from accelerate import Accelerator

from pipelines.loader import Place
from shards.refusal import Refusal
from tests.training.published_values import VALUES
from tools.make_shards import make
from training.checkpoints import save_checkpoint
from training.encoders import NarrowResNet, NarrowResNet3D
from training.pretrain import parse
from training.recipes import DEFAULT, RECIPES
from training.recipes.published import PUBLISHED
from training.run import Pretrain, save_run
from training.step import begin

FOLDER = Path(__file__).parents[2] / "training" / "recipes"


def matches(name: str, patterns: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns.split())


@pytest.mark.parametrize(("names", "field", "value"), [row[:3] for row in VALUES])
def test_recipes_have_the_values_of_their_sources(names, field, value):
    meant = [name for name in PUBLISHED if matches(name, names)]
    assert len(meant) >= len(names.split())
    assert {name: attrgetter(field)(RECIPES[name]) for name in meant} == {name: pytest.approx(value) for name in meant}


def test_every_published_recipe_stands_in_the_table():
    fields = {name: {field for names, field, *_ in VALUES if matches(name, names)} for name in PUBLISHED}
    needed = {"network.name", "loader.batch", "loader.side", "optimizer.rate", "optimizer.weight_decay", "steps"}
    assert {name: needed - found for name, found in fields.items() if needed - found} == {}


def taught(folder: Path) -> Path:
    """A run as if it were finished, for those that learn from one."""
    run = replace(RECIPES[DEFAULT], network=NarrowResNet(width=4), out=folder)
    save_run(run)
    method = run.build(0)
    save_checkpoint(folder / "checkpoints", 1, method, run.optimizer.build(method), {})
    return folder


def small(run: Pretrain, shards: Path) -> Pretrain:
    """The run on few and small samples, with a small network and queue; all else is the recipe's."""
    clip = replace(run.loader.clip, length=min(run.loader.clip.length, 4))
    network = NarrowResNet(width=4) if clip.length == 1 else NarrowResNet3D(width=4)
    method = replace(run.method, queue=32) if hasattr(run.method, "queue") else run.method
    method = replace(method, clusters=(2, 3)) if hasattr(method, "clusters") else method
    method = replace(method, teacher=taught(shards.parent / "teacher")) if hasattr(method, "teacher") else method
    loader = replace(run.loader, shards=shards / "train", batch=8, side=16, clip=clip)
    return replace(run, loader=loader, network=network, method=method, precision="no", steps=2)


def test_a_factor_of_the_loss_may_stand_in_rate_and_decay_instead():
    """The fork's loss is 0.5 / 0.07 times ours, at a rate of 0.25 and a decay of 1e-4."""
    ours = RECIPES["susceptibility-simclr-cifar10"].optimizer
    fork, ends = replace(ours, rate=0.25, weight_decay=1e-4), []
    for optimizer, factor in ((ours, 1.0), (fork, 0.5 / 0.07)):
        layer = torch.nn.Linear(3, 2, dtype=torch.float64)
        torch.nn.init.constant_(layer.weight, 0.3)
        torch.nn.init.constant_(layer.bias, 0.2)
        step = optimizer.build(layer)
        for _ in range(5):
            step.zero_grad()
            (factor * layer(torch.ones(1, 3, dtype=torch.float64)).pow(4).sum()).backward()
            step.step()
        ends.append(torch.cat([layer.weight.flatten(), layer.bias]).detach())
    assert torch.allclose(*ends, rtol=1e-12, atol=0) and not torch.allclose(ends[0][:1], ends[0].new_tensor([0.3]))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_takes_two_steps(name, images, videos, textured):
    recipe = RECIPES[name]
    plain = videos if recipe.loader.clip.length > 1 else images
    run = small(recipe, textured("image") if recipe.loader.negatives.of_textures else plain)
    method, _, take_step = begin(run, Accelerator(cpu=True), 50)
    begun = [p.detach().clone() for p in method.encoder.parameters()]
    with closing(run.open(Place())) as batches:
        for step in range(2):
            outcome = take_step(next(batches), step)
            assert outcome.loss.isfinite()
    learned = [torch.equal(p, before) for p, before in zip(method.encoder.parameters(), begun, strict=True)]
    assert not all(learned)


def comment(name: str) -> list[str]:
    """The lines above a recipe; lines that go on, further to the right, are joined."""
    key = re.compile(rf'((?: {{4}}# ?.*\n)+) {{4}}"{name}": ')
    found = next(match[1] for file in FOLDER.rglob("*.py") if (match := key.search(file.read_text())))
    return [line.removeprefix("    # ") for line in re.sub(r" ?\\?\n    # {3,}", " ", found).splitlines()]


def commands(name: str) -> list[list[str]]:
    """The words behind ``pretrain.py`` in the comment above a recipe; "…" stands for the first command."""
    full = [line.split("training/pretrain.py")[1] for line in comment(name) if "training/pretrain.py" in line]
    more = [f"{name} {line.removeprefix('… ')}" for line in comment(name) if line.startswith("… ")]
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
def test_the_shards_of_a_recipe_are_made_by_the_command_above_it(name, tmp_path):
    """Its words are understood, its data are not here."""
    made = [line.split("make_shards.py")[1] for line in comment(name) if "make_shards.py" in line and "$DATA" in line]
    for line in made:
        words = shlex.split(line.replace("$DATA", str(tmp_path / "absent")))
        with pytest.raises(Refusal, match="absent"):
            tyro.cli(make, args=words, config=(tyro.conf.CascadeSubcommandArgs,))
    assert made or any(line.startswith("Shards as for") or "make_shards.py" in line for line in comment(name))


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_lies_where_it_is_called(name):
    assert RECIPES[name].out == Path("runs") / name
