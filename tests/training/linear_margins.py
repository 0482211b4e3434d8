"""A linear classifier of ten classes on clips far from black and white, whose robustness is known in closed form."""

import torch

SHAPE = (2, 3, 5, 5)  # t c h w


def ten_classes(count=100, seed=0):
    """Clips in 0.3 … 0.7, their classes (some of them wrong), a classifier and its weights.

    Each class reads its own tenth of the pixels, so that all are equally far apart: the class with the second largest
    logit is the nearest, and logits are so large that every attack goes there. A clip is broken by a change of at most
    r if, for some class k, its logit's lead over k is below r ‖w_y - w_k‖₁ (L∞) or r ‖w_y - w_k‖₂ (L2), as long as r
    is at most 0.3.
    """
    draw = torch.Generator().manual_seed(seed)
    clips = 0.3 + 0.4 * torch.rand(count, *SHAPE, generator=draw)
    signs = torch.randint(0, 2, (10, clips[0].numel()), generator=draw) * 2.0 - 1
    weight = 1e3 * signs * torch.eye(10).repeat_interleave(clips[0].numel() // 10, 1)
    linear = torch.nn.Linear(clips[0].numel(), 10)
    linear.weight.data, linear.bias.data = weight, -(weight @ clips.flatten(1).mean(0))
    classifier = torch.nn.Sequential(torch.nn.Flatten(), linear).eval()
    with torch.no_grad():
        labels = classifier(clips).argmax(1)
    labels[:10] = (labels[:10] + 1) % 10
    return clips, labels, classifier, weight


def distances(clips, labels, classifier, weight, norm):
    """How far the nearest clip of another class is, in double precision; below 0 where the answer is wrong."""
    with torch.no_grad():
        logits = classifier(clips).double()
    lead = logits.gather(1, labels[:, None]) - logits
    apart = (weight[labels][:, None] - weight[None]).double().norm(p=1 if norm == "linf" else 2, dim=2)
    others = torch.nn.functional.one_hot(labels, 10) == 0
    return (lead / apart).where(others, torch.inf).amin(1)
