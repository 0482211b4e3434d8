"""Batch norm by the global batch: N processes normalise as one does, on CPUs too, which torch's own version refuses."""

import torch
import torch.distributed as dist
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.modules.batchnorm import _BatchNorm

from training.gather import gather, world


class SyncedBatchNorm(_BatchNorm):
    """Batch norm of ``b c …``, any number of dimensions, over the rows of all processes.

    Alone, and in evaluation mode, it is torch's batch norm. In training mode all processes must come by here equally
    often, each with at least one row.
    """

    def forward(self, input: Float[Tensor, "b c *rest"]) -> Float[Tensor, "b c *rest"]:
        if not self.training or world() == 1:
            return super().forward(input)
        self._check_input_dim(input)
        mean, variance, count = statistics(input.detach())
        if self.track_running_stats:
            self._move(mean, variance * count / (count - 1))
        return _Normalise.apply(input, self.weight, self.bias, mean, variance, count, self.eps)

    @torch.no_grad()
    def _move(self, mean: Tensor, variance: Tensor) -> None:
        batches, means, variances = self.num_batches_tracked, self.running_mean, self.running_var
        assert batches is not None and means is not None and variances is not None, "they are there where tracked"
        batches.add_(1)
        share = 1 / float(batches) if self.momentum is None else self.momentum
        means.lerp_(mean, share)
        variances.lerp_(variance, share)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.ndim < 2:
            raise ValueError(f"batch norm takes b c …, got {input.ndim} dimension(s)")


def statistics(
    features: Float[Tensor, "b c *rest"],
) -> tuple[Float[Tensor, " c"], Float[Tensor, " c"], Float[Tensor, ""]]:
    """Mean and biased variance of each channel over the rows of all processes, and of how many values; no gradient.

    At least in single precision. Processes may have different numbers of rows.
    """
    over, along = _dims(features)
    features = features.to(torch.promote_types(features.dtype, torch.float32))
    mean = features.mean(over)
    squares = (features - mean.view(along)).square_().sum(over)  # torch.var_mean is ten times slower on a CPU
    count = mean.new_full((1,), features.numel() / len(mean))
    everybody = gather(torch.cat([count, mean, squares])[None])
    counts, means, squares = everybody.split([1, len(mean), len(mean)], dim=1)
    total = counts.sum()
    mean = (counts * means).sum(0) / total
    # deviations from each process's mean, and of these means: sums of raw squares would cancel where means are large
    return mean, (squares + counts * (means - mean).square()).sum(0) / total, total


class _Normalise(torch.autograd.Function):
    """Batch norm by statistics that depend on the features of all processes."""

    @staticmethod
    def forward(ctx, features: Tensor, weight: Tensor | None, bias: Tensor | None, mean, variance, count, eps: float):
        ctx.save_for_backward(features, weight, mean, (variance + eps).rsqrt(), count)
        return F.batch_norm(features, mean, variance, weight, bias, eps=eps)

    @staticmethod
    @once_differentiable
    def backward(ctx, *slopes: Tensor):  # pyright: ignore[reportIncompatibleMethodOverride]
        features, weight, mean, scale, count = ctx.saved_tensors
        over, along = _dims(features)
        slope = slopes[0].to(mean.dtype)
        normal = (features - mean.view(along)).mul_(scale.view(along))
        to_bias, to_weight = slope.sum(over), (slope * normal).sum(over)
        # my features move everybody's statistics: add up all processes' slopes, as training/gather.py does. Those of
        # weight and bias are mine alone; DDP adds them up.
        everybody = torch.cat([to_bias, to_weight])
        dist.all_reduce(everybody)
        shift, stretch = (everybody / count).view(2, *along)
        if weight is not None:
            scale = scale * weight
        to_features = (slope - shift - normal.mul_(stretch)).mul_(scale.view(along)).to(features.dtype)
        affine = (None, None) if weight is None else (to_weight, to_bias if ctx.needs_input_grad[2] else None)
        return to_features, *affine, None, None, None, None


def _dims(features: Tensor) -> tuple[list[int], list[int]]:
    """The dimensions that batch norm averages over, and the shape of one number per channel beside them."""
    return [0, *range(2, features.ndim)], [1, -1, *[1] * (features.ndim - 2)]
