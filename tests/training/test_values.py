"""Runs to JSON and back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.decoders import Decord, Plain
from pipelines.negatives import Patches
from shards.refusal import Refusal
from training.optimizers import LARS
from training.optimizers.rates import Steps
from training.recipes import RECIPES
from training.run import Pretrain, identity, load_run, save_run
from training.values import describe, revive


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_survives_the_way_through_json(name):
    run = RECIPES[name]
    assert revive(Pretrain, json.loads(json.dumps(describe(run)))) == run


def test_members_of_a_union_without_fields_are_told_apart():
    run = next(iter(RECIPES.values()))
    for decoder in (Plain(), Decord()):
        changed = replace(run, loader=replace(run.loader, decoder=decoder, negatives=Patches(count=2)))
        assert revive(Pretrain, describe(changed)) == changed


def test_one_data_set_is_written_as_it_was_before_there_could_be_several():
    run = next(iter(RECIPES.values()))
    assert describe(run)["loader"]["shards"] == str(run.loader.shards)
    several = replace(run, loader=replace(run.loader, shards=(Path("a"), Path("b")), weights=(0.5, 2.0)))
    data = json.loads(json.dumps(describe(several)))
    assert data["loader"]["shards"] == ["a", "b"] and revive(Pretrain, data) == several
    del data["loader"]["weights"]
    assert revive(Pretrain, data).loader == replace(several.loader, weights=())


def test_a_class_that_the_annotation_does_not_name_is_refused():
    data = describe(next(iter(RECIPES.values())))
    data["network"]["type"] = "Popen"
    with pytest.raises(ValueError, match="'Popen' is none of Timm"):
        revive(Pretrain, data)


def test_a_moved_run_is_found_where_it_is(tmp_path):
    run = replace(next(iter(RECIPES.values())), out=tmp_path / "a")
    save_run(run)
    (tmp_path / "a").rename(tmp_path / "b")
    assert load_run(tmp_path / "b") == replace(run, out=tmp_path / "b")


@pytest.mark.parametrize("text", ["{", "{}", "[1]", '{"type": "Pretrain"}'])
def test_a_damaged_description_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(Refusal, match="run.json does not describe a run"):
        load_run(tmp_path)


def test_identity_holds_what_decides_the_weights_and_nothing_else():
    run = next(iter(RECIPES.values()))
    moved = replace(run, out=Path("elsewhere"), resume=True, log_every=3, loader=replace(run.loader, shards=Path("x")))
    assert identity(describe(moved)) == identity(describe(run))
    assert identity(describe(replace(run, seed=1))) != identity(describe(run))
    other = replace(run, loader=replace(run.loader, negatives=Patches()))
    assert identity(describe(other)) != identity(describe(run))


def test_optimizers_and_stairs_survive_the_way_through_json_and_count():
    run = next(iter(RECIPES.values()))
    other = replace(run, optimizer=LARS(exclude=False, fall=Steps(at=(0.5, 0.6), to=(0.1, 0.0))))
    assert revive(Pretrain, json.loads(json.dumps(describe(other)))) == other
    for part in (LARS(exclude=False), LARS(fall=Steps())):
        one, other = (replace(run, optimizer=optimizer) for optimizer in (part, LARS()))
        assert identity(describe(one)) != identity(describe(other))
