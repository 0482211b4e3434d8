"""Run by gather_in_two_processes: the synchronised norm of two processes against torch's on both parts together."""

import copy

import torch
import torch.distributed as dist
from torch import Tensor, nn

from training.batch_norms import frozen_statistics
from training.synchronised import SyncedBatchNorm

SHAPES = (4,), (4, 3), (4, 3, 5), (4, 2, 3, 5)
ROWS = 2, 5  # of rank 0 and 1
TORCHS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}


def whole(shape: tuple[int, ...], level: float = 0.5) -> Tensor:
    return level + torch.randn(sum(ROWS), *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def mine(everybody: Tensor) -> Tensor:
    return everybody.split(ROWS)[dist.get_rank()]


def slopes_of(norm: nn.Module, features: Tensor, aim: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Output, and what a loss of all outputs asks of the features and of the norm's own parameters."""
    features = features.clone().requires_grad_()
    output = norm(features)
    (output - aim).pow(3).sum().backward()
    assert features.grad is not None
    return output.detach(), features.grad, [p.grad for p in norm.parameters() if p.grad is not None]


def check_steps(shape: tuple[int, ...], **knobs) -> None:
    """Three steps and a frozen one: outputs, gradients and running statistics of the whole batch."""
    torchs = TORCHS[len(shape) + 1](4, **knobs).double()
    with torch.no_grad():
        for number, parameter in enumerate(torchs.parameters()):
            parameter.copy_(torch.arange(4.0) / 2 + number)
    synced = SyncedBatchNorm(4, **knobs).double()
    synced.load_state_dict(torchs.state_dict())
    for step in range(4):
        features, aim = whole(shape) * (1 + step), whole(shape).flip(0)
        torchs.zero_grad()
        synced.zero_grad()
        if step == 3:
            with frozen_statistics(torchs), frozen_statistics(synced):
                expected, found = slopes_of(torchs, features, aim), slopes_of(synced, mine(features), mine(aim))
        else:
            expected, found = slopes_of(torchs, features, aim), slopes_of(synced, mine(features), mine(aim))
        for slope in found[2]:
            dist.all_reduce(slope)
        torch.testing.assert_close(found, (mine(expected[0]), mine(expected[1]), expected[2]), rtol=1e-10, atol=1e-11)
        torch.testing.assert_close(synced.state_dict(), torchs.state_dict(), rtol=1e-12, atol=1e-12)


def check_precision() -> None:
    """Large means do not swallow the variance, and bfloat16's statistics are single precision's."""
    for features, level in ((torch.float32, 3000.0), (torch.bfloat16, 0.5)):
        everybody = whole((4, 3, 5), level).to(features)
        torchs, synced = nn.BatchNorm2d(4).double(), SyncedBatchNorm(4)
        expected = torchs(everybody.double())
        with torch.autocast("cpu", torch.bfloat16, enabled=features == torch.bfloat16):
            found = synced(mine(everybody))
        assert found.dtype == features and synced.running_var.dtype == torch.float32
        torch.testing.assert_close(synced.running_var, torchs.running_var.float(), rtol=1e-5, atol=0)
        torch.testing.assert_close(synced.running_mean, torchs.running_mean.float(), rtol=1e-5, atol=0)
        torch.testing.assert_close(found.double(), mine(expected), rtol=8e-3, atol=2e-3)


def check_traffic() -> None:
    """One collective call forward, one back; none in evaluation mode, where processes may see unequal numbers."""
    calls, real = [], {name: getattr(dist, name) for name in ("all_gather", "all_reduce")}
    for name, call in real.items():
        setattr(dist, name, lambda *given, name=name, call=call: (calls.append(name), call(*given)))
    norm = SyncedBatchNorm(4)
    norm(mine(whole((4,)).float()).requires_grad_()).pow(2).sum().backward()
    assert calls == ["all_gather", "all_reduce"], calls
    norm.eval()(mine(whole((4,)).float()).requires_grad_()).sum().backward()
    twin = copy.deepcopy(norm).eval()
    if dist.get_rank() == 0:
        twin(whole((4,)).float())
    assert len(calls) == 2, calls
    for name, call in real.items():
        setattr(dist, name, call)


def check_all() -> None:
    for shape in SHAPES:
        check_steps(shape)
    for knobs in ({"affine": False}, {"momentum": None}, {"momentum": 0.3, "eps": 0.1}, {"track_running_stats": False}):
        check_steps((4, 3), **knobs)
    check_precision()
    check_traffic()
