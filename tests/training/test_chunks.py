"""Batches in chunks: the gradients of the whole batch, and batch norms that move once and by the closed form."""

import copy
from dataclasses import replace

import pytest
import torch
from timm import create_model
from torch import nn

from tests.training.batches import batch, buffers, build, unchanged
from training.attacks import CLAE
from training.average import Average
from training.batch_norms import convert, frozen_statistics, select
from training.encoders import Encoder, NarrowResNet, Timm
from training.false_negatives import Oracle
from training.heads import Head
from training.methods import BYOL, UEL, MoCo, Plain, SimCLR, SupCon, Supervised
from training.methods.follower import Follower
from training.methods.method import Contrastive
from training.modes import evaluating
from training.norms import normalise_by
from training.recipes import DEFAULT, RECIPES
from training.run import identity
from training.values import describe

SMALL = Head(hidden=8, out=8)
METHODS = (
    SimCLR(), MoCo(queue=16, symmetric=True), Plain(), UEL(), SupCon(), BYOL(head=SMALL, predictor=SMALL),
    Supervised(classes=3),
)  # fmt: skip


class TinyViT(Timm):
    """Two blocks of width 12 on 8 pixels."""

    def build(self):
        network = create_model(
            "vit_tiny_patch16_224", num_classes=0, img_size=8, patch_size=4, embed_dim=12, depth=2, num_heads=2
        )
        return Encoder(network, 12, sees_time=False)


def made(method, network, chunk):
    module = build(method, Oracle(), network=network)
    normalise_by(module, "group")
    for encoder in (part for part in module.modules() if isinstance(part, Encoder)):
        encoder.chunk = chunk
    return module


def train(module):
    """Losses, adversarial views and gradients of two steps; MoCo's queue is empty at the first."""
    found = []
    for step in range(2):
        given = batch(8, negatives=1, seed=step, ids=[*range(8 * step, 8 * step + 8)])
        adversarial = CLAE()(module, given) if isinstance(module, Contrastive) else None
        module.zero_grad()
        outcome = module(given, adversarial)
        outcome.loss.backward()
        found += [outcome.loss, *(p.grad for p in module.parameters() if p.grad is not None)]
        found += [] if adversarial is None else [adversarial.views[0]]
        module.advance(outcome, given, 1.0)
    return [tensor.detach() for tensor in found]


@pytest.mark.parametrize("network", [NarrowResNet(width=4, zero_init=False), TinyViT()], ids=["resnet", "vit"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_losses_gradients_and_attacks_are_those_of_the_whole_batch(method, network):
    whole, parts = (train(made(method, network, chunk)) for chunk in (0, 3))
    torch.testing.assert_close(parts, whole, rtol=1e-9, atol=1e-15)
    assert all(tensor.abs().sum() > 0 for tensor in whole)


class Norms(nn.Module):
    """Norms of both momenta, with dropout between them."""

    def __init__(self, share=0.0):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, momentum=0.3), nn.Tanh(), nn.Dropout(share), nn.Flatten(),
            nn.Linear(144, 5), nn.BatchNorm1d(5, momentum=None),
        )  # fmt: skip

    def forward(self, pictures):
        return self.layers(pictures)


def encoder(share=0.0, chunk=3, branched=False):
    torch.manual_seed(0)
    made = Encoder(Norms(share), 5, sees_time=False).double()
    if branched:
        convert(made, 0.01)
    made.chunk = chunk
    return made


def views(count=8, seed=0):
    return torch.rand(count, 1, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def slopes(encoder, features, given):
    return torch.autograd.grad(features.pow(3).sum(), [given, *(p for p in encoder.parameters() if p.requires_grad)])


def by_hand(encoder, given):
    """Chunks of 3, 3 and 2, each by the network as it was; and the mean of what they made of its statistics."""
    features, parts, after = [], given.split((3, 3, 2)), dict.fromkeys(buffers(encoder.network), 0.0)
    for part in parts:
        tensors = buffers(encoder.network) | dict(encoder.network.named_parameters())
        pixels = ((part - encoder.mean) / encoder.std).flatten(0, 1)
        features.append(torch.func.functional_call(encoder.network, tensors, pixels))
        after = {name: total + tensors[name] * len(part) / len(given) for name, total in after.items()}
    return torch.cat(features), after


def test_ghost_batch_norm_is_chunks_one_by_one_and_statistics_move_once_to_their_mean():
    module = encoder()
    for step in range(3):  # the mean over all steps takes another share at each
        given = views(seed=step).requires_grad_()
        torch.manual_seed(step)
        expected, after = by_hand(module, given)
        torch.manual_seed(step)
        found = module(given)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)
        torch.testing.assert_close(
            slopes(module, found, given), slopes(module, expected, given), rtol=1e-10, atol=1e-14
        )
        for name, buffer in module.network.named_buffers():
            torch.testing.assert_close(buffer.double(), after[name].double(), rtol=1e-12, atol=1e-15)
    assert module.network.layers[1].num_batches_tracked == 3


def closed_form(chunks, start, momentum):
    """Of the first norm's mean after a pass."""
    return sum((momentum * each.mean((0, 2, 3)) + (1 - momentum) * start) * len(each) for each in chunks) / 8


@pytest.mark.parametrize("with_gradient", [True, False])
def test_running_means_are_the_closed_form_with_gradient_and_without(with_gradient):
    module, given = encoder(), views()
    first = module.network.layers[0](((given - module.mean) / module.std)[:, 0]).detach()
    with torch.set_grad_enabled(with_gradient):
        features = module(given)
    if with_gradient:
        features.sum().backward()
    expected = closed_form(first.split((3, 3, 2)), torch.zeros(4, dtype=torch.float64), 0.3)
    torch.testing.assert_close(module.network.layers[1].running_mean, expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("branch", ["clean", "adversarial"])
def test_computing_again_happens_in_the_branch_and_mode_of_the_first_time_and_moves_nothing(branch):
    """Backward comes when all contexts have ended, and once more."""
    for context in (frozen_statistics, evaluating, None):
        module, given = encoder(branched=True), views().requires_grad_()
        module.network.layers[1].adversarial.weight.data.add_(1)
        whole = copy.deepcopy(module)
        whole.chunk = 0
        results, before = [], buffers(module)
        for each, groups in ((module, [given]), (whole, given.split((3, 3, 2)))):
            with select(each, branch):
                if context is None:
                    features = torch.cat([each(group) for group in groups])
                else:
                    with context(each):
                        features = torch.cat([each(group) for group in groups])
            moved = buffers(each)
            asked = [given, *each.parameters()]
            for again in (True, False):
                results.append(torch.autograd.grad(features.pow(3).sum(), asked, retain_graph=again, allow_unused=True))
            assert unchanged(each, moved)
        torch.testing.assert_close(results[:2], results[2:], rtol=1e-10, atol=1e-14)
        assert unchanged(module, before) == (context is not None)
        other = "adversarial" if branch == "clean" else "clean"
        assert all(torch.equal(now, before[name]) for name, now in buffers(module).items() if other in name)


def test_dropout_drops_the_same_when_a_chunk_is_computed_again():
    module, given = encoder(share=0.5), views().requires_grad_()
    torch.manual_seed(3)
    expected, _ = by_hand(module, given)
    torch.manual_seed(3)
    found = module(given)
    after = torch.rand(1)
    torch.testing.assert_close(slopes(module, found, given), slopes(module, expected, given), rtol=1e-10, atol=1e-14)
    torch.manual_seed(3)
    by_hand(module, given)
    assert torch.equal(after, torch.rand(1))


def test_bfloat16_is_computed_again_in_bfloat16():
    module, given = encoder().float(), views().float().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        found, (expected, _) = module(given), by_hand(module, given)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(slopes(module, found, given), slopes(module, expected, given), rtol=0, atol=0)


def test_memory_between_forward_and_backward_is_not_that_of_the_batch():
    """What autograd keeps: the network's insides of no chunk."""
    kept = []
    for chunk in (0, 3):
        module, sizes = encoder(chunk=chunk), []
        with torch.autograd.graph.saved_tensors_hooks(lambda t, s=sizes: (s.append(t.numel()), t)[1], lambda t: t):
            module(views())
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 3


def test_a_graph_made_before_a_chunked_pass_still_has_its_gradient():
    module, given = encoder(), views(3).requires_grad_()
    features = module(given)
    module(views())
    features.sum().backward()


def test_copies_keep_the_knob():
    module = encoder()
    assert Follower(module, nn.Identity()).encoder.chunk == Average(module, 0.9).encoder.chunk == 3


def test_a_run_sets_it_before_its_method_copies_the_encoder_and_is_another_run_for_it():
    run = replace(RECIPES[DEFAULT], network=NarrowResNet(width=4), method=MoCo(queue=8), chunk=5, average=0.9)
    found = run.build(0)
    assert [part.chunk for part in found.modules() if isinstance(part, Encoder)] == [5, 5, 5]
    assert identity(describe(run))["chunk"] == 5
    with pytest.raises(ValueError, match="chunk must be at least 0, got -1"):
        replace(run, chunk=-1)


@pytest.mark.parametrize("chunk", [-1, 1, 3])
def test_chunks_too_small_for_a_norm_are_refused(chunk):
    with pytest.raises(ValueError, match="chunk must be"):
        replace(RECIPES["simclr-synthetic"], chunk=chunk)
