"""Batch norms: passes that leave no trace, and two branches that share nothing but their place."""

import pytest
import torch
from torch import nn

from training.batch_norms import BranchedBatchNorm, convert, export, frozen_statistics, select
from training.encoders import NarrowResNet3D, Timm, Video


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 3), nn.BatchNorm1d(3))


def state(module):
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def test_frozen_output_is_that_of_training_and_no_buffer_moves():
    module, pictures = network(), torch.rand(5, 3, 6, 6)
    before = state(module)
    with frozen_statistics(module):
        frozen = module(pictures)
    assert same(state(module), before)
    assert torch.equal(module(pictures), frozen)
    assert not torch.equal(module[1].running_mean, before["1.running_mean"])  # and afterwards they move again


def test_norms_in_evaluation_mode_keep_using_their_statistics():
    norm = nn.BatchNorm1d(2).eval()
    with frozen_statistics(norm):
        assert torch.allclose(norm(torch.full((3, 2), 5.0)), torch.full((3, 2), 5.0), atol=1e-4)


def test_each_branch_moves_only_itself_and_by_its_own_momentum():
    plain, branched, pictures = network(), network(), torch.rand(5, 3, 6, 6)
    convert(branched, momentum=0.01)
    clean = branched(pictures)
    assert torch.equal(clean, plain(pictures))
    with select(branched, "adversarial"):
        assert torch.equal(branched(pictures), clean)  # at first both branches are the same
    started, moved = network()[1].running_mean, branched[1]
    assert torch.equal(moved.clean.running_mean, plain[1].running_mean)
    whole = (moved.clean.running_mean - started) / 0.1
    assert torch.allclose(moved.adversarial.running_mean, started + 0.01 * whole, atol=1e-7)


def test_selection_ends_with_its_context_even_after_an_error():
    module = network()
    convert(module, 0.01)
    with pytest.raises(RuntimeError), select(module, "adversarial"):
        assert module[1].chosen == module[4].chosen == "adversarial"
        raise RuntimeError
    assert module[1].chosen == module[4].chosen == "clean"


def test_one_branch_is_exported_as_if_there_had_never_been_another():
    module, pictures = network(), torch.rand(5, 3, 6, 6)
    convert(module, 0.01)
    with select(module, "adversarial"):
        for _ in range(3):
            module(pictures)
    expected = {name.replace("adversarial.", ""): t for name, t in state(module).items() if "clean" not in name}
    exported = export(module, "adversarial")
    assert same(state(exported), expected) and not any(isinstance(m, BranchedBatchNorm) for m in exported.modules())
    assert state(exported).keys() == state(network()).keys()


@pytest.mark.parametrize("recipe", [Timm(), Video(), NarrowResNet3D(width=4)])
def test_no_norm_of_an_encoder_is_left_out(recipe):
    encoder = recipe.build()
    norms = sum(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in encoder.modules())
    convert(encoder, 0.01)
    assert norms and sum(isinstance(m, BranchedBatchNorm) for m in encoder.modules()) == norms
