"""The one contrastive loss, free of state and of processes."""

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
) -> Float[Tensor, ""]:
    """Mean over anchors of -log of the positive's share of the exponentiated similarities.

    With all vectors of length one, τ the temperature, p the positive, I the ignored candidates, t the extra negatives:

        -log  exp(a·p/τ) / ( Σ_{c ∉ I} exp(a·c/τ) + Σ_t exp(α a·t/τ) )

    This is NT-Xent for SimCLR (the candidates hold the positive), and with α the loss of non-semantic negatives
    (Ge et al., 2021, arXiv 2110.14189, official code: α weighs the similarity inside the exponent).

    Args:
        anchors, candidates, extra: Vectors of length one; ``extra`` holds each anchor's own further negatives.
        positive: Which candidate is the anchor's positive.
        ignore: Candidates that drop out of the sum: the anchor itself, other views of it, suspected false negatives.

    Raises: ``ValueError`` if ``ignore`` names a positive.
    """
    with torch.autocast(anchors.device.type, enabled=False):  # similarities in bfloat16 have two digits
        logits = anchors @ candidates.T / temperature
        if ignore is not None:
            if ignore.gather(1, positive[:, None]).any():
                raise ValueError("the ignore mask names an anchor's positive")
            logits = logits.masked_fill(ignore, -torch.inf)
        if extra is not None:
            logits = torch.cat([logits, alpha * torch.einsum("ad,and->an", anchors, extra) / temperature], dim=1)
        return F.cross_entropy(logits, positive)
