"""The synchronised norm, in one process; tests/training/synced_in_two_processes.py has the rest."""

import pytest
import torch
import torch.distributed as dist
from torch import nn

from training.batch_norms import frozen_statistics
from training.synchronised import SyncedBatchNorm, _Normalise, statistics

PAIRS = [
    (nn.BatchNorm1d, (5, 4)),
    (nn.BatchNorm1d, (5, 4, 3)),
    (nn.BatchNorm2d, (5, 4, 3, 2)),
    (nn.BatchNorm3d, (5, 4, 2, 3, 2)),
]


@pytest.fixture
def group():
    """A process group of this process alone."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def by_all(features, weight, bias):
    """What several processes compute, whether or not there are several."""
    return _Normalise.apply(features, weight, bias, *statistics(features.detach()), 1e-5)


@pytest.mark.parametrize("knobs", [{}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}], ids=str)
@pytest.mark.parametrize(("torchs", "shape"), PAIRS)
def test_alone_it_is_torchs_bit_for_bit(torchs, shape, knobs, group):
    norms = torchs(4, **knobs), SyncedBatchNorm(4, **knobs)
    norms[1].load_state_dict(norms[0].state_dict())
    for step in range(4):
        features = torch.randn(shape, generator=torch.Generator().manual_seed(step)) + step
        given = [features.clone().requires_grad_() for _ in norms]
        if step == 2:
            with frozen_statistics(norms[0]), frozen_statistics(norms[1]):
                outputs = [norm(each) for norm, each in zip(norms, given, strict=True)]
        else:
            outputs = [norm.train(step < 3)(each) for norm, each in zip(norms, given, strict=True)]
        for output in outputs:
            output.pow(3).sum().backward()
        assert torch.equal(*outputs) and torch.equal(given[0].grad, given[1].grad)
        assert all(torch.equal(one, norms[1].state_dict()[name]) for name, one in norms[0].state_dict().items())


@pytest.mark.parametrize("shape", [shape for _, shape in PAIRS])
@pytest.mark.parametrize("affine", [True, False])
def test_its_gradients_are_those_of_finite_differences(shape, affine, group):
    draw = torch.Generator().manual_seed(0)
    features = torch.randn(shape, dtype=torch.float64, generator=draw).requires_grad_()
    weight, bias = (torch.rand(4, dtype=torch.float64, generator=draw).requires_grad_() for _ in range(2))
    if affine:
        assert torch.autograd.gradcheck(by_all, (features, weight, bias))
    else:
        assert torch.autograd.gradcheck(lambda given: by_all(given, None, None), (features,))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_memory_stays_as_it_lies(layout, group):
    features = torch.rand(5, 4, 3, 2).to(memory_format=layout).requires_grad_()
    output = by_all(features, torch.ones(4), torch.zeros(4))
    output.sum().backward()
    assert output.is_contiguous(memory_format=layout) and features.grad.is_contiguous(memory_format=layout)


def test_a_second_derivative_is_an_error_and_not_a_wrong_number(group):
    features = torch.rand(5, 4, dtype=torch.float64).requires_grad_()
    (slope,) = torch.autograd.grad(by_all(features, None, None).pow(3).sum(), features, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def test_vectors_without_channels_are_an_error():
    with pytest.raises(ValueError, match=r"batch norm takes b c …, got 1 dimension"):
        SyncedBatchNorm(4)._check_input_dim(torch.rand(4))
