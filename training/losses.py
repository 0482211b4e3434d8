"""The contrastive losses: one, and a relative that also spreads; free of state, of labels and of processes."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor


def contrast(
    anchors: Float[Tensor, "a d"],
    candidates: Float[Tensor, "m d"],
    positive: Int[Tensor, " a"],
    temperature: float,
    ignore: Bool[Tensor, "a m"] | None = None,
    extra: Float[Tensor, "a n d"] | None = None,
    alpha: float = 1.0,
    attract: Bool[Tensor, "a m"] | None = None,
) -> Float[Tensor, ""]:
    """Mean over anchors of -log of the positives' shares of the exponentiated similarities.

    With all vectors of length one, τ the temperature, P the positive and the attracted candidates, I the ignored ones,
    t the extra negatives:

        -1/|P| Σ_{p ∈ P} log  exp(a·p/τ) / ( Σ_{c ∉ I} exp(a·c/τ) + Σ_t exp(α a·t/τ) )

    With one positive this is NT-Xent for SimCLR (the candidates hold the positive), and with α the loss of non-semantic
    negatives (Ge et al., 2021, arXiv 2110.14189, official code: α weighs the similarity inside the exponent). With
    candidates of the anchor's class attracted it is SupCon's, and with suspected false negatives FNC's attraction
    (Huynh et al., 2022, arXiv 2011.11765, released code); with these ignored, its elimination.

    Args:
        anchors, candidates, extra: Vectors of length one; ``extra`` holds each anchor's own further negatives.
        positive: Which candidate is the anchor's positive.
        ignore: Candidates that drop out of the sum: the anchor itself, other views of it, suspected false negatives.
        attract: Candidates that are further positives.

    Raises: ``ValueError`` if ``ignore`` names a positive; on a GPU the loss is infinite instead.
    """
    with torch.autocast(anchors.device.type, enabled=False):  # similarities in bfloat16 have two digits
        logits = _logits(anchors, candidates, positive, temperature, ignore, extra, alpha, attract)
        if attract is None:
            return F.cross_entropy(logits, positive)
        shares = F.log_softmax(logits, dim=1)[:, : len(candidates)]
        positives = attract.scatter(1, positive[:, None], True)
        return -(shares.masked_fill(~positives, 0).sum(1) / positives.sum(1)).mean()


def spread(
    anchors: Float[Tensor, "a d"],
    candidates: Float[Tensor, "m d"],
    positive: Int[Tensor, " a"],
    temperature: float,
    weight: float,
    ignore: Bool[Tensor, "a m"] | None = None,
    extra: Float[Tensor, "a n d"] | None = None,
    alpha: float = 1.0,
    attract: Bool[Tensor, "a m"] | None = None,
) -> Float[Tensor, ""]:
    """UEL's loss: ``contrast`` with m times the sum of -log(1 - share) of all negatives added to it.

    CLAE's official code (Ho & Vasconcelos, 2020, arXiv 2010.12050), after "invariant and spreading" embeddings; there
    candidates carry no gradient, here that is the caller's to say. Extra negatives and masks, which it has not, act as
    in ``contrast``: a negative is what is neither ignored nor attracted nor the positive.

    Args:
        weight: m, of the negatives' term.
    """
    with torch.autocast(anchors.device.type, enabled=False):
        logits = _logits(anchors, candidates, positive, temperature, ignore, extra, alpha, attract)
        shares = F.log_softmax(logits, dim=1)
        positives = torch.zeros_like(shares, dtype=torch.bool).scatter(1, positive[:, None], True)
        if attract is not None:
            positives[:, : len(candidates)] |= attract
        pull = shares.masked_fill(~positives, 0).sum(1) / positives.sum(1)
        # a share that rounds to 1 would cost infinitely much
        push = torch.log1p(-shares.exp().masked_fill(positives, 0).clamp(max=1 - 1e-6)).sum(1)
        return -(pull + weight * push).mean()


def _logits(
    anchors: Float[Tensor, "a d"],
    candidates: Float[Tensor, "m d"],
    positive: Int[Tensor, " a"],
    temperature: float,
    ignore: Bool[Tensor, "a m"] | None,
    extra: Float[Tensor, "a n d"] | None,
    alpha: float,
    attract: Bool[Tensor, "a m"] | None,
) -> Float[Tensor, "a _"]:
    logits = anchors @ candidates.T / temperature
    if ignore is not None:
        # a GPU would be waited for, at each step of an attack; there the loss becomes infinite
        if not logits.is_cuda and _contradict(positive, ignore, attract):
            raise ValueError("the ignore mask names an anchor's positive")
        logits = logits.masked_fill(ignore, -torch.inf)
    if extra is not None:
        logits = torch.cat([logits, alpha * torch.einsum("ad,and->an", anchors, extra) / temperature], dim=1)
    return logits


def _contradict(positive: Int[Tensor, " a"], ignore: Bool[Tensor, "a m"], attract: Bool[Tensor, "a m"] | None) -> bool:
    named = ignore.gather(1, positive[:, None]).any()
    return bool(named if attract is None else named | (ignore & attract).any())
