"""Frame negatives: the view's own frames, whole, but not what happened in them."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from pipelines.draws import Draws
from pipelines.negatives import Frames
from shards.refusal import Refusal


def slow(views: Tensor, draws: Draws, frames: Frames) -> Tensor:
    """Frame after frame; orders are drawn again until something is elsewhere."""
    clips, length = views.numpy(), views.shape[1]
    negatives = np.empty((len(clips), frames.count, *clips.shape[1:]), np.float32)
    chosen = draws.uniform("frozen frame", frames.count)
    for b in range(len(clips)):
        for n in range(frames.count):
            turn, order = 0, list(range(length))
            while order == sorted(order):
                keys = draws.uniform(f"frame order {turn}", frames.count * length)[b].reshape(-1, length)[n]
                turn, order = turn + 1, sorted(range(length), key=keys.__getitem__)
            for t in range(length):
                negatives[b, n, t] = clips[b, order[t] if frames.kind == "permuted" else int(chosen[b, n] * length)]
    return torch.from_numpy(negatives)


def numbered(samples: int, length: int) -> Tensor:
    """Every pixel holds its own frame's number and its sample's."""
    return (
        (torch.arange(samples)[:, None] * 100 + torch.arange(length))
        .float()[..., None, None, None]
        .expand(-1, -1, 3, 2, 2)
    )


@pytest.mark.parametrize("frames", [Frames(), Frames(count=3), Frames("frozen"), Frames("frozen", 4)])
@pytest.mark.parametrize("length", [2, 3, 8])
def test_negatives_are_those_of_a_loop_over_frames(frames: Frames, length: int, drawn: Callable[..., Draws]):
    views = torch.rand(6, length, 3, 8, 8)
    negatives = frames(views, drawn(6))
    assert negatives.shape == (6, frames.count, length, 3, 8, 8) and negatives.is_contiguous()
    assert torch.equal(negatives, slow(views, drawn(6), frames))
    elsewhere = frames(views.to("meta"), drawn(6))
    assert elsewhere.device.type == "meta" and elsewhere.shape == negatives.shape


@pytest.mark.parametrize("length", [2, 3, 4, 16])
def test_permuted_clips_hold_each_frame_once_and_never_in_order(length: int, drawn: Callable[..., Draws]):
    views = numbered(200, length)
    order = Frames(count=2)(views, drawn(200))[..., 0, 0, 0]
    assert torch.equal(order.sort(-1).values, views[:, None, :, 0, 0, 0].expand(-1, 2, -1))
    assert (order.diff(dim=-1) < 0).any(-1).all()  # somewhere an earlier frame follows


def test_frozen_clips_show_one_frame_and_each_is_as_likely(drawn: Callable[..., Draws]):
    shown = (
        Frames("frozen", 2)(numbered(1000, 4), drawn(1000))[..., 0, 0, 0] - 100 * torch.arange(1000.0)[:, None, None]
    )
    assert torch.equal(shown, shown[..., :1].expand_as(shown))
    counts = np.bincount(shown[..., 0].flatten().int().numpy(), minlength=4)
    assert len(counts) == 4 and abs(counts - 500).max() < 5 * 500**0.5


@pytest.mark.parametrize("kind", ["permuted", "frozen"])
def test_a_sample_alone_gets_what_it_gets_among_others(kind: str, drawn: Callable[..., Draws]):
    views = torch.rand(1, 8, 3, 4, 4).expand(9, -1, -1, -1, -1)
    together = Frames(kind, 2)(views, drawn(9))
    assert torch.equal(Frames(kind, 2)(views[:1], drawn(1, first=5))[0], together[5])
    for other in (drawn(9, seed=1), drawn(9, epoch=1)):
        assert not torch.equal(Frames(kind, 2)(views, other), together)


def test_a_clip_of_one_frame_is_refused_with_the_remedy(drawn: Callable[..., Draws]):
    with pytest.raises(Refusal, match="at least 2 frames, these have 1; .*clip.length 2.*negatives:patches"):
        Frames()(torch.rand(4, 1, 3, 8, 8), drawn(4))


def test_no_negatives_of_this_kind_are_refused():
    with pytest.raises(ValueError, match="got 0"):
        Frames(count=0)
