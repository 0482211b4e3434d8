"""Who executes the augmentation decides pixels: a run goes on with the same executor, older ones with Kornia."""

from dataclasses import replace

import pytest

from pipelines.loader import Place
from shards.refusal import Refusal
from shards.several import open_shards
from training import resume
from training.pretrain import parse
from training.resume import check_same_run, facts_of
from training.values import describe, revive


@pytest.fixture
def run(images):
    return parse(["simclr-synthetic", "--loader.shards", str(images / "train"), "--loader.batch", "16"])


def by(run, executor: str):
    return replace(run, loader=replace(run.loader, views=replace(run.loader.views, by=executor)))


@pytest.fixture
def resumed(monkeypatch, tmp_path):
    """Tries to go on as a run from a checkpoint that holds these facts."""

    def try_it(then: dict, now, allow: bool = False):
        monkeypatch.setattr(resume, "read_state", lambda _: then)
        check_same_run(tmp_path / "step-3", facts(now), allow)

    return try_it


def facts(run) -> dict:
    return facts_of(run, open_shards(run.loader.shards), Place())


def older(run) -> dict:
    """What a checkpoint said before there was a choice."""
    return {name: value for name, value in facts(run).items() if name not in ("augmented by", "numba")}


def test_a_run_goes_on_with_the_same_executor_however_it_was_named(run, resumed):
    resumed(facts(run), run)
    resumed(facts(run), by(run, "fused"))  # which is what auto takes here
    for then, now in ((run, by(run, "kornia")), (by(run, "kornia"), run)):
        with pytest.raises(Refusal, match="1/255 at most; add --loader.views.by (fused|kornia), or --allow-decoder"):
            resumed(facts(then), now)
        resumed(facts(then), now, allow=True)


def test_a_run_of_before_goes_on_with_kornia(run, resumed, capsys):
    with pytest.raises(Refusal, match="step-3 was augmented by kornia, this run is by fused.*--loader.views.by kornia"):
        resumed(older(run), run)
    resumed(older(run), parse_as_told(run))
    assert not capsys.readouterr().err  # what older checkpoints do not know has not changed


def parse_as_told(run):
    """The same command with the words that the refusal names."""
    words = ["--loader.shards", str(run.loader.shards), "--loader.batch", "16", "--loader.views.by", "kornia"]
    return parse(["simclr-synthetic", *words])


def test_a_run_described_before_is_read(run):
    written = describe(run)
    del written["loader"]["views"]["by"]
    assert revive(type(run), written) == run


def test_a_run_begun_before_there_was_a_knob_goes_on_with_its_default(run, resumed, capsys):
    then = facts(run)
    del then["run"]["chunk"], then["run"]["method"]["temperature"], then["run"]["loader"]["clip"]
    resumed(then, run)
    assert not capsys.readouterr().err
    with pytest.raises(Refusal, match="with other values of chunk; "):
        resumed(then, replace(run, chunk=8))
    with pytest.raises(Refusal, match="with other values of attack.radius, attack.type, "):
        resumed({**then, "run": then["run"] | {"attack": {"type": "Lost", "radius": 1}}}, run)
