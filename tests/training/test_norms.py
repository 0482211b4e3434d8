"""Whose statistics normalise: what is replaced by what, what stays, and where a run asks for it."""

from dataclasses import replace

import pytest
import torch
from timm.layers.norm_act import BatchNormAct2d
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from training.attacks import CLAE, Stillness
from training.batch_norms import BranchedBatchNorm, export, frozen_statistics, select
from training.encoders import NarrowResNet, NarrowResNet3D
from training.methods import MoCo, SimCLR
from training.norms import normalise_by
from training.recipes import RECIPES
from training.run import Pretrain
from training.synchronised import SyncedBatchNorm


def network():
    """Norms of one, two and three dimensions whose parameters and statistics are none that they start with."""
    torch.manual_seed(0)
    module = nn.ModuleList(
        [nn.BatchNorm1d(8), nn.Sequential(nn.BatchNorm2d(24)), nn.BatchNorm3d(17, eps=0.1, momentum=None)]
    )
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.copy_(torch.rand(tensor.shape) + 1)
    return module


def run(**fields) -> Pretrain:
    first = next(iter(RECIPES.values()))
    return replace(first, network=NarrowResNet(width=4), **fields)


def kinds(module, kind):
    return [name for name, child in module.named_modules() if isinstance(child, kind)]


def test_batch_leaves_every_module_where_it_is():
    module = network()
    before = [*module.modules()]
    normalise_by(module, "batch")
    assert all(one is two for one, two in zip(module.modules(), before, strict=True))


def test_synchronised_keeps_parameters_statistics_and_knobs():
    module, old = network().eval(), network()
    parameters = [*module.parameters()]
    normalise_by(module, "synchronised")
    assert len(kinds(module, SyncedBatchNorm)) == 3 and not module[2].training
    assert all(one is two for one, two in zip(module.parameters(), parameters, strict=True))
    assert module.state_dict().keys() == old.state_dict().keys()
    assert all(torch.equal(tensor, old.state_dict()[name]) for name, tensor in module.state_dict().items())
    assert (module[2].eps, module[2].momentum, module[0].momentum) == (0.1, None, 0.1)


@pytest.mark.parametrize(
    ("channels", "groups"), [(6, 1), (16, 1), (17, 1), (24, 2), (40, 4), (256, 16), (34, 1), (26, 2)]
)
def test_groups_hold_up_to_16_channels_or_all_where_nothing_divides_them(channels, groups):
    module = nn.Sequential(nn.BatchNorm2d(channels))
    module[0].weight.data += torch.rand(channels)
    weight = module[0].weight
    normalise_by(module, "group")
    assert module[0].num_groups == groups and module[0].weight is weight
    pictures = torch.rand(3, channels, 5, 4)
    parts = pictures.view(3, groups, -1)
    normal = (parts - parts.mean(2, keepdim=True)) / (parts.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
    torch.testing.assert_close(module(pictures), normal.view_as(pictures) * weight.view(-1, 1, 1))


@pytest.mark.parametrize("norm", ["synchronised", "group"])
def test_norms_without_affine_parameters_have_none_afterwards(norm):
    module = nn.Sequential(nn.BatchNorm2d(8, affine=False))
    normalise_by(module, norm)
    assert not [*module.parameters()] and module(torch.rand(2, 8, 3, 3)).shape == (2, 8, 3, 3)


@pytest.mark.parametrize("norm", ["synchronised", "group"])
def test_the_activation_that_a_norm_of_timm_holds_stays(norm):
    module, pictures = nn.Sequential(BatchNormAct2d(8, inplace=False)), torch.randn(3, 8, 4, 4)
    expected = module(pictures)
    normalise_by(module, norm)
    found = module(pictures)
    assert not kinds(module, BatchNormAct2d) and found.min() == 0 < found.max()
    assert norm == "group" or torch.equal(found, expected)


@pytest.mark.parametrize("attack", [Stillness(), CLAE()])
@pytest.mark.parametrize("method", [SimCLR(), MoCo(queue=16)])
def test_a_run_replaces_every_norm_of_encoder_and_head_before_the_attack_copies_them(method, attack):
    counts = {}
    for norm in ("batch", "synchronised", "group"):
        module = run(norm=norm, method=method, attack=attack).build(0)
        counts[norm] = [len(kinds(module, kind)) for kind in (_BatchNorm, SyncedBatchNorm, nn.GroupNorm)]
        pairs = len(kinds(module, BranchedBatchNorm))
        assert pairs == (0 if norm == "group" or attack == Stillness() else counts[norm][0] // 2)
    norms = counts["batch"][0]
    assert counts == {"batch": [norms, 0, 0], "synchronised": [norms, norms, 0], "group": [0, 0, counts["group"][2]]}
    assert counts["group"][2] == norms // (1 if attack == Stillness() else 2)


def test_one_process_trains_the_same_by_either_batch_norm():
    embeddings = []
    for norm in ("batch", "synchronised"):
        module = run(norm=norm, attack=CLAE()).build(0)
        views = torch.rand(4, 1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        with select(module, "adversarial"), frozen_statistics(module):
            module.embed(views)
        exported = export(module, "clean")
        embeddings.append((module.embed(views), exported.eval().embed(views)))
    assert all(torch.equal(one, two) for one, two in zip(*embeddings, strict=True))


def test_clips_by_groups_do_not_depend_on_their_batch():
    encoder = NarrowResNet3D(width=4).build()
    normalise_by(encoder, "group")
    clips = torch.rand(3, 4, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(encoder(clips)[:1], encoder(clips[:1]))
