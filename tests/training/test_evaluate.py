"""What cannot be evaluated is refused in a sentence that says what to type."""

import json
import shutil
from dataclasses import replace

import pytest
from accelerate import Accelerator

from pipelines.decoders import Auto, Plain, Turbo
from pipelines.loader import Loader, Place
from shards.manifest import FILE_NAME
from shards.read import Shards
from shards.refusal import Refusal
from training.chunked import Chunked
from training.evaluate import Evaluate
from training.material import Material
from training.recipes import DEFAULT, RECIPES
from training.run import load_run, save_run
from training.splits import facts_of_splits, splits_of


@pytest.fixture
def run(images, tmp_path):
    """The folder of a run that has not trained yet."""
    recipe = RECIPES[DEFAULT]
    save_run(replace(recipe, out=tmp_path / "run", loader=replace(recipe.loader, shards=images / "train")))
    return tmp_path / "run"


def test_splits_are_found_beside_each_other(run, images):
    train, test = splits_of(load_run(run))
    assert (train.folder, test.folder) == (images / "train", images / "test")


def test_class_names_are_told_apart(images, tmp_path):
    shutil.copytree(images / "train", tmp_path / "train")
    file = tmp_path / "train" / FILE_NAME
    own = Shards(images / "train").manifest.classes
    renamed = file.read_text().replace(f'"{own["label"][0]}"', '"another"')
    file.write_text(renamed)
    one, other = (Shards(folder / "train") for folder in (images, tmp_path))
    one, other = (facts_of_splits(split, split)["classes"] for split in (one, other))
    assert one.keys() == other.keys() == own.keys() and one["label"] != other["label"]


def test_val_serves_where_there_is_no_test(run, images, tmp_path):
    shutil.copytree(images / "train", tmp_path / "data" / "train")
    with pytest.raises(Refusal, match=f"{tmp_path / 'data'} holds no test split beside train; name one: --test DIR"):
        Evaluate((run,), train=tmp_path / "data" / "train")()
    shutil.copytree(images / "test", tmp_path / "data" / "val")
    assert splits_of(load_run(run), tmp_path / "data" / "train")[1].folder.name == "val"


def test_splits_that_do_not_belong_together_are_refused(run, images, videos):
    with pytest.raises(Refusal, match="the same samples; name another split: --test DIR"):
        Evaluate((run,), test=images / "train")()
    with pytest.raises(Refusal, match="other classes; make both splits by one make_shards.py"):
        Evaluate((run,), test=videos / "test")()


def test_a_run_without_checkpoint_is_refused(run):
    with pytest.raises(Refusal, match="no intact checkpoint; train first"):
        Evaluate((run,))()


def test_another_split_clip_side_or_decoder_is_another_identity(images, tmp_path):
    def identity(split="train", **knobs):
        shards = Shards(images / split)
        loader = Loader(images / "train", **{"side": 16} | knobs)
        return json.dumps(
            Material(loader, shards, shards, Chunked(tmp_path, Accelerator(cpu=True), Place())).identity(shards),
            sort_keys=True,
        )

    assert identity() == identity(batch=7) == identity(decoder=Turbo()) == identity(decoder=Auto())
    assert len({identity(), identity("test"), identity(side=17), identity(decoder=Plain())}) == 4
