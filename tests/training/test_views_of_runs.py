"""A run's views: each kind by its word, described and revived; as many per batch as the method and the rule look at."""

from contextlib import closing
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch

from pipelines.loader import Place
from pipelines.views import AnnealedViews, MoCoViews, StrongAndWeak, WeakViews
from shards.refusal import Refusal
from shards.several import open_shards
from tools.benchmarks.contenders import Contender
from training import resume
from training.false_negatives import FNC
from training.methods import SimCLR
from training.pretrain import parse
from training.resume import check_same_run, facts_of
from training.run import Pretrain, identity
from training.values import describe, revive

WORDS = {
    "moco-views": MoCoViews(),
    "annealed-views --loader.views.epochs 20 --loader.views.every 4": AnnealedViews(epochs=20, every=4),
    "weak-views --loader.views.shift 0.25": WeakViews(0.25),
    "strong-and-weak --loader.views.weak.shift 0.25": StrongAndWeak(weak=WeakViews(0.25)),
}


@dataclass(frozen=True)
class Three(SimCLR):
    """A method that looks at three views."""

    views: ClassVar[int] = 3


@dataclass(frozen=True)
class One(SimCLR):
    """A method that looks at one."""

    views: ClassVar[int] = 1


@pytest.fixture
def run(images) -> Pretrain:
    given = ["--loader.shards", str(images / "train"), "--loader.batch", "8", "--loader.side", "16"]
    return parse(["simclr-synthetic", *given])


@pytest.mark.parametrize("words", WORDS)
def test_each_kind_has_a_word_and_is_revived_of_what_describes_it(words: str):
    run = parse(["simclr-cifar10", *f"loader.views:{words}".split()])
    assert run.loader.views == WORDS[words] and type(run.loader.views) is type(WORDS[words])
    assert revive(Pretrain, describe(run)) == run
    assert identity(describe(run))["loader"]["views"]["type"] == type(WORDS[words]).__name__


def test_who_executes_is_no_part_of_what_a_run_is(run):
    both = [replace(run, loader=replace(run.loader, views=StrongAndWeak(by=by))) for by in ("fused", "kornia")]
    assert identity(describe(both[0])) == identity(describe(both[1]))


@pytest.mark.parametrize("other", [WeakViews(), StrongAndWeak(), AnnealedViews()])
def test_a_run_does_not_go_on_with_views_of_another_kind(other, run, monkeypatch, tmp_path):
    shards = open_shards(run.loader.shards)
    changed = replace(run, loader=replace(run.loader, views=other))
    facts = [facts_of(one, shards, Place()) for one in (run, changed)]
    for then, now in (facts, facts[::-1]):
        monkeypatch.setattr(resume, "read_state", lambda _, then=then: then)
        check_same_run(tmp_path, then, allow_decoder_change=False)
        with pytest.raises(Refusal, match=r"trained with other values of .*loader\.views\.type"):
            check_same_run(tmp_path, now, allow_decoder_change=False)


@pytest.mark.parametrize("method, views", [(SimCLR(), 2), (Three(), 3), (One(), 1)])
@pytest.mark.parametrize("support", [0, 2])
def test_a_batch_holds_what_the_method_and_the_rule_look_at(method: SimCLR, views: int, support: int, run):
    run = replace(run, method=method, false_negatives=FNC(support=support))
    with closing(run.open(Place(), 2)) as batches:
        batch = next(batches)
    assert (len(batch.views), len(batch.support)) == (views, support)
    with closing(run.loader.open(Place(), run.seed, 2, views=5)) as batches:
        assert all(map(torch.equal, (*batch.views, *batch.support), next(batches).views))


def test_a_benchmarks_batch_holds_as_many(run):
    clips = torch.arange(3.0)[:, None, None, None, None, None].expand(3, 4, 1, 3, 8, 8)
    for method, views in ((One(), [0]), (SimCLR(), [0, 1]), (Three(), [0, 1, 2])):
        batch = Contender("", replace(run, method=method)).batch(clips, clips[0][:, None])
        assert [view.mean().item() for view in batch.views] == views
