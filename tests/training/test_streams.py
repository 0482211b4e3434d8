"""ACL's two kinds of batch norms: who moves which, who has them, and by which a run is measured."""

from dataclasses import replace

import pytest
import torch

from tests.training.batches import batch, buffers, build
from training.attacks import CLAE, PGD
from training.batch_norms import BranchedBatchNorm, convert, export, select
from training.checkpoints import save_checkpoint
from training.encoders import NarrowResNet
from training.heads import Head
from training.methods import ACL, MoCo, RoCL, SimCLR
from training.methods.method import Adversarial
from training.recipes import DEFAULT, RECIPES
from training.run import Pretrain, save_run
from training.trained import trained, untrained

HEAD = Head(layers=3, hidden=8, out=8)
STREAMS = "ds", "a2s"


def moved(pairs, turn):
    """A module after a step of a batch in which one stream's views were replaced, or none."""
    module, given = build(ACL(pairs=pairs, head=HEAD), attack=PGD()), batch(5)
    worse = tuple(view.flip(-1) for view in given.views)[: 2 if pairs == "ds" else 1]
    given = replace(given, views=tuple(v.sqrt() for v in given.views)) if turn == "clean" else given
    module(given, Adversarial(tuple(v.sqrt() for v in worse) if turn == "adversarial" else worse))
    return {name: buffer for name, buffer in buffers(module).items() if "running" in name}


@pytest.mark.parametrize("turn", ["clean", "adversarial"])
@pytest.mark.parametrize("pairs", STREAMS)
def test_one_streams_views_move_no_statistics_of_the_other(pairs, turn):
    before, after = moved(pairs, None), moved(pairs, turn)
    assert any("encoder" in name for name in before) and any("head" in name for name in before)
    for name, buffer in before.items():
        assert torch.equal(buffer, after[name]) == (f".{turn}." not in name), name


def test_the_clean_stream_moves_its_statistics_as_simclr_does():
    knobs = ACL(head=HEAD)
    module, plain, given = build(knobs, attack=PGD()), build(SimCLR(head=HEAD)), batch(5)
    module(given, Adversarial(tuple(view.flip(-1) for view in given.views))), plain(given)
    found = export(module, "clean").state_dict()
    assert all(torch.equal(tensor, found[name]) for name, tensor in plain.state_dict().items())


def test_only_methods_with_two_streams_have_two_norms():
    for pairs, many in (("ds", 2), ("a2s", 2), ("a2a", 0)):
        module = build(ACL(pairs=pairs, head=HEAD), attack=PGD())
        places = [part for part in module.modules() if isinstance(part, BranchedBatchNorm)]
        assert bool(places) == bool(many) and all(len([*place.children()]) == many for place in places)
    assert not any(isinstance(part, BranchedBatchNorm) for part in build(RoCL(), attack=PGD()).modules())


def test_any_number_of_branches():
    norm = torch.nn.Sequential(torch.nn.BatchNorm1d(3))
    convert(norm, 0.5, ("adversarial", "labelled"))
    rows = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    for number, branch in enumerate(("adversarial", "labelled", "clean")):
        with select(norm, branch):
            norm(rows + number)
    means = {name: b for name, b in norm.named_buffers() if name.endswith("running_mean")}
    shares = {"adversarial": (0, 0.5), "labelled": (1, 0.5), "clean": (2, 0.1)}
    for branch, (number, share) in shares.items():
        torch.testing.assert_close(means[f"0.{branch}.running_mean"], share * (rows.mean(0) + number))
    assert export(norm, "labelled").state_dict()["0.running_mean"].equal(means["0.labelled.running_mean"])


MEASURED = {
    "adversarial": [ACL(head=HEAD), ACL(pairs="a2s", head=HEAD)],
    "clean": [ACL(pairs="a2a", head=HEAD), RoCL(head=HEAD), SimCLR(), MoCo()],
}


@pytest.mark.parametrize("average", [0.0, 0.8])
@pytest.mark.parametrize(("branch", "method"), [(branch, m) for branch, ms in MEASURED.items() for m in ms])
def test_evaluation_measures_the_branch_that_the_method_names(branch, method, average, tmp_path):
    assert method.measured_branch == branch
    attack = PGD() if method.attacked else CLAE()
    run = Pretrain(
        RECIPES[DEFAULT].loader, NarrowResNet(width=4, zero_init=False), method=method, attack=attack, out=tmp_path,
        average=average,
    )  # fmt: skip
    save_run(run)
    module = run.build(0)
    for number, tensor in enumerate(module.state_dict().values()):
        tensor.copy_(torch.full_like(tensor, number))
    save_checkpoint(tmp_path / "checkpoints", 2, module, run.optimizer.build(module), {})
    found, step = trained(run)
    other = "clean" if branch == "adversarial" else "adversarial"
    expected = {
        name.replace(f".{branch}", ""): t for name, t in module.measured.state_dict().items() if f".{other}" not in name
    }
    assert step == 2 and found.state_dict().keys() == expected.keys() == untrained(run).state_dict().keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.state_dict().items())
