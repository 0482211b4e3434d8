"""The averaged copy: the closed form, what it leaves alone, checkpoints, and who measures it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.training.batches import batch
from tests.training.real_runs import command, finish
from training.attacks import CLAE
from training.average import Average
from training.batch_norms import BranchedBatchNorm
from training.checkpoints import load_checkpoint, newest_checkpoint, save_checkpoint
from training.encoders import NarrowResNet, Video
from training.methods import MoCo
from training.pretrain import parse
from training.recipes import DEFAULT, RECIPES
from training.run import Pretrain, save_run
from training.trained import trained

STAY = 0.8
RUN = replace(
    RECIPES[DEFAULT], network=NarrowResNet(width=4, zero_init=False), method=MoCo(queue=8), attack=CLAE(), average=STAY
)


def started(run: Pretrain = RUN):
    method = run.build(0).double()
    return method, run.optimizer.build(method)


def train(method, optimizer, steps):
    """Returns: the encoder's tensors after each step."""
    seen = []
    for step in steps:
        given = batch(4, seed=step)
        outcome = method(given)
        outcome.loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        method.advance(outcome, given, 1.0)
        method.follow()
        seen.append({name: tensor.clone() for name, tensor in method.encoder.state_dict().items()})
    return seen


def test_three_steps_are_the_closed_form_for_weights_and_statistics_and_integers_are_taken_over():
    method, optimizer = started()
    first = {name: tensor.clone() for name, tensor in method.encoder.state_dict().items()}
    one, two, three = train(method, optimizer, range(3))
    found = method.measured.state_dict()
    assert found.keys() == three.keys()
    for name, tensor in found.items():
        if tensor.is_floating_point():
            early = STAY**3 * first[name] + STAY**2 * (1 - STAY) * one[name]
            torch.testing.assert_close(tensor, early + STAY * (1 - STAY) * two[name] + (1 - STAY) * three[name])
        else:
            assert torch.equal(tensor, three[name])
    counts = [tensor for name, tensor in found.items() if name.endswith("clean.num_batches_tracked")]
    assert counts and all(count == 3 for count in counts)
    assert any(not torch.equal(found[name], three[name]) for name in found if name.endswith("running_mean"))


def test_tables_of_indices_stay_as_they_are():
    encoder = Video("swin3d_t").build()
    tables = [buffer.clone() for buffer in encoder.buffers() if buffer.dtype == torch.long]
    copied = Average(encoder, 0.9)  # of which 0.9 i + 0.1 i is often just below i
    copied.follow(encoder)
    found = [buffer for buffer in copied.encoder.buffers() if buffer.dtype == torch.long]
    assert tables and all(torch.equal(a, b) for a, b in zip(found, tables, strict=True))


def test_a_copy_changes_nothing_of_what_is_trained():
    (with_copy, optimizer), (without, plain) = started(), started(replace(RUN, average=0.0))
    assert with_copy.measured is not with_copy.encoder and without.measured is without.encoder
    seen, expected = train(with_copy, optimizer, range(2)), train(without, plain, range(2))
    assert all(torch.equal(tensor, expected[1][name]) for name, tensor in seen[1].items())
    assert not any(p.requires_grad or p.grad is not None for p in with_copy.measured.parameters())
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    assert not held & {id(p) for p in with_copy.measured.parameters()}


def test_a_run_that_resumes_has_the_same_copy(tmp_path):
    (whole, optimizer), (half, half_optimizer), (rest, rest_optimizer) = started(), started(), started()
    train(whole, optimizer, range(4))
    train(half, half_optimizer, range(2))
    load_checkpoint(save_checkpoint(tmp_path, 2, half, half_optimizer, {}), rest, rest_optimizer)
    train(rest, rest_optimizer, range(2, 4))
    expected = whole.state_dict()
    assert any(name.startswith("average.") for name in expected)
    assert all(torch.equal(tensor, expected[name]) for name, tensor in rest.state_dict().items())


def test_checkpoints_of_runs_without_a_copy_are_what_they_were(tmp_path):
    run = replace(RUN, average=0.0)
    method, optimizer = started(run)
    assert not [name for name in method.state_dict() if name.startswith("average")]
    assert load_checkpoint(save_checkpoint(tmp_path, 1, method, optimizer, {}), started(run)[0]) == 1


def test_evaluation_measures_the_copy_with_clean_batch_norms(tmp_path):
    run = replace(RUN, out=tmp_path)
    save_run(run)
    method, optimizer = started(run)
    train(method, optimizer, range(2))
    save_checkpoint(tmp_path / "checkpoints", 2, method.float(), optimizer, {})
    found, step = trained(run)
    expected = {
        name.replace(".clean", ""): t for name, t in method.measured.state_dict().items() if "advers" not in name
    }
    assert step == 2 and not any(isinstance(part, BranchedBatchNorm) for part in found.modules())
    assert found.state_dict().keys() == expected.keys()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in found.state_dict().items())
    assert not torch.equal(next(found.parameters()), next(method.encoder.parameters()))


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_makes_no_sense_is_refused(share):
    with pytest.raises(ValueError, match="average is the share that stays"):
        replace(RUN, average=share)


@pytest.mark.long
def test_the_loop_moves_the_copy_and_probes_it(images, tmp_path):
    out = tmp_path / "run"
    words = command("image", images, out, 3, "--average", "0.9", "--probe.every", "3")[2:]
    finish([sys.executable, str(Path(__file__).parent / "witnessed_run.py"), str(tmp_path / "seen"), *words])
    before, after = (load_file(tmp_path / f"seen-{number}") for number in range(2))
    run = parse(words)
    first, last = run.build(0), run.build(0)
    load_checkpoint(newest_checkpoint(out / "checkpoints"), last)
    for seen, method in ((before, first), (after, last)):
        assert all(torch.equal(tensor, seen[name]) for name, tensor in method.measured.state_dict().items())
    ways = zip(first.encoder.parameters(), last.measured.parameters(), last.encoder.parameters(), strict=True)
    assert all(0 < (kept - start).norm() < (end - start).norm() for start, kept, end in ways)
