"""What each part adds to a step: nobody is left out, everybody gets what it looks at, ratios are taken within turns."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.negatives import Negatives
from tools.benchmarks.contenders import Contender, contenders, members
from tools.benchmarks.costs import costs, table
from tools.benchmarks.losses import Loss
from tools.benchmarks.methods import compare_all
from training.encoders import Encoder, NarrowResNet, NarrowResNet3D
from training.false_negatives import FalseNegatives, Threshold
from training.methods import Method
from training.processes import open_accelerator
from training.run import Pretrain
from training.step import begin

RUN = Pretrain(Loader(Path("none"), batch=24, side=8), network=NarrowResNet(width=4, zero_init=False))
CLIPS = torch.rand(3, 24, 1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
BY_NAME = {contender.name: contender for contender in contenders(RUN)}
AT_ONCE = [  # rules that find something in the first batch, with nothing to remember
    name
    for name, contender in BY_NAME.items()
    if "false-negatives" in name and contender.run.false_negatives.memory(24, 128) is None
]


def outcome(contender: Contender):
    begun = begin(contender.run, open_accelerator("no", [], ""), 24)
    return begun.take_step(contender.batch(CLIPS, CLIPS[0][:, None].flip(-1)), contender.run.steps)


def test_every_method_rule_and_kind_of_negatives_has_a_row(tmp_path, capsys):
    loader = Loader(Path("none"), batch=4, side=8, clip=Clip(2))
    compare_all(1, tmp_path / "all.json", {"clips": Pretrain(loader, NarrowResNet3D(width=2))}, embeddings=8)
    found, text = json.loads((tmp_path / "all.json").read_text()), capsys.readouterr().out
    rules = {f"simclr false-negatives:{word}" for word in members(FalseNegatives) if word != "keep-all"}
    rows = {row["name"] for row in found["clips"]["steps"]}
    assert {name.split()[0] for name in rows} >= {*members(Method)} - {"deacl"}  # which needs a finished run
    assert rows >= rules | {f"acl --method.pairs {pairs} attack:pgd" for pairs in ("a2s", "a2a")} | {
        "moco attack:clae",
        "byol loader.negatives:patches",
    }
    assert {*found["clips"]["milliseconds of making negatives"]} == {*members(Negatives)} - {"none"}
    assert all(f"\n{name} " in text for name in rows)
    assert [row for row in found["clips"]["steps"] if "failure" in row or row["milliseconds"] <= 0] == []
    with_pairs = {word for word, kind in members(Method).items() if kind.negatives and not kind.attacked}
    assert {row["name"] for row in found["losses"]["rows"]} == with_pairs | rules


def test_ratios_are_taken_within_turns():
    """The machine grows slower by half from turn to turn, for all alike: the ratios stay."""
    seconds = {"simclr": 1.0, "moco": 2.0, "moco loader.negatives:patches": 3.5, "plain": 1.0}
    some = [BY_NAME[name] for name in seconds]
    turn = iter(1.5 ** (number // 8) for number in range(32))  # a round is of one, two, three and two steps
    rows = {row["name"]: row for row in costs(some, {n: lambda s=s: s * next(turn) for n, s in seconds.items()}, 4)}
    row = rows["moco loader.negatives:patches"]
    assert row["each of rival"] == [1.75] * 4 and row["each of simclr"] == [3.5] * 4 and row["rival"] == "moco"
    assert rows["simclr"]["each of simclr"] == [1.0] * 4
    text = table("", [*rows.values(), {"name": "x", "failure": "no y"}])
    assert "1.75 (1.75 to 1.75) of moco; at most 1.6: MISSED" in text and "did not run: no y" in text


@pytest.mark.parametrize("name", AT_ONCE)
def test_rules_are_at_work(name):
    assert 0 < outcome(BY_NAME[name]).counts["removed"] < 24 * 23


@pytest.mark.parametrize(
    ("name", "views"),  # forward and back at each step of the attack, forward alone, and in training
    [
        ("rocl", 7 * 1 + 1 / 3 + 3), ("acl", 5 * 2 + 4), ("acl --method.pairs a2s", 5 * 1 + 1 / 3 + 2),
        ("acl --method.pairs a2a", 5 * 2 + 2), ("dynacl", 5 * 2 + 2 / 3 + 2), ("advcl", 5 * 2 + 3 / 3 + 5),
    ],
)  # fmt: skip
def test_methods_made_of_an_attack_cost_their_passes_and_a_tenth_more(name, views):
    contender = BY_NAME[f"{name} attack:pgd"]
    assert contender.most == pytest.approx(views / 2 * 1.1, abs=0.005) and contender.rival == "simclr"
    module, counted = contender.run.build(24), [0.0]

    def count(_, __, features):
        counted[0] += len(features) / 24 if features.requires_grad else len(features) / 24 / 3

    for part in module.modules():
        if isinstance(part, Encoder):  # the slow copy's too
            part.register_forward_hook(count)
    given = contender.batch(CLIPS, CLIPS[0][:, None])
    module(given, contender.run.attack(module, given))
    assert counted[0] == pytest.approx(views)


def test_norms_of_an_attack_that_is_not_made_change_no_loss():
    unmet = BY_NAME["simclr, norms for an attack, none made"]
    assert any("adversarial" in name for name in unmet.run.build(24).state_dict())
    assert outcome(unmet).loss.equal(outcome(BY_NAME["simclr"]).loss)


@dataclass(frozen=True)
class Looking(Threshold):
    """A rule with two views of its own."""

    @property
    def support_views(self) -> int:
        return 2


def test_batches_hold_what_is_looked_at():
    negatives = CLIPS[0][:, None]
    batches = {name: contender.batch(CLIPS, negatives) for name, contender in BY_NAME.items()}
    assert {name for name, batch in batches.items() if batch.negatives.shape[1]} == {
        name for name in BY_NAME if "patches" in name
    }
    looking = Contender("looking", replace(RUN, false_negatives=Looking()))
    assert len(looking.batch(CLIPS, negatives).support) == 2
    assert replace(looking, support=False).batch(CLIPS, negatives).support == ()


@pytest.mark.parametrize("name", [name for name, contender in BY_NAME.items() if contender.changes_pairs])
def test_no_loss_holds_an_embedding_for_each_pair(name):
    """Among N, 2N or, with MoCo's queue, 17N candidates; d is 128."""
    loss = Loss(BY_NAME[name])
    candidates = 24 if name == "plain" else 48
    assert 4 * 24 * candidates <= loss.peak() < 4 * 48 * 48 * 128 / 2
