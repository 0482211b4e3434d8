"""RoCL, ACL and their attacks a second time, from the formulas in words, to hold the product's against.

Numpy in float64 with a loop per anchor and candidate, and slopes by hand: torch is not asked. A network enters as two
functions, `embed` (pixels to rows) and `pull` (slopes of rows to slopes of pixels). Sections are those of the notes:
CLAE (adversarial contrast) and SUS (susceptibility).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Embed = Callable[[np.ndarray], np.ndarray]
Pull = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _marked(mask: Any, i: int, j: int) -> bool:
    """Whether mask [N, N] over samples is given and true at (i, j)."""
    return mask is not None and bool(mask[i][j])


def nt_xent_many(
    views: Sequence[Any],
    tau: float,
    removed: Any = None,
    attracted: Any = None,
    own: Any = None,
    alpha: float = 1.0,
    columns: bool = True,
) -> tuple[float, np.ndarray]:
    """CLAE §4.1 NTXent over V views [N, d]: the loss and its slope in the raw views [V, N, d].

    1/VN times the sum over ordered pairs of views of one sample of -log softmax over the VN - 1 others. SUS §6: masks
    [N, N] of samples reach every block of views, and a sample's own views stay. With attraction an anchor's V - 1
    pairs become V - 1 times the mean over all that attract it. `columns` false: the second factor of each similarity
    is constant. Own negatives [N, M, d] are further candidates whose logits count alpha times.
    """
    raw = np.concatenate([np.asarray(view, dtype=np.float64) for view in views])
    count, n = len(views), len(views[0])
    z = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    slope, loss = np.zeros_like(z), 0.0
    for a in range(len(z)):
        i = a % n
        logits, pulled = {}, []
        for b in range(len(z)):
            same = b % n == i
            if b == a:
                continue
            if same or not _marked(removed, i, b % n):
                logits[b] = float(z[a] @ z[b]) / tau
            if same or _marked(attracted, i, b % n):
                pulled.append(b)
        for m, negative in enumerate([] if own is None else np.asarray(own[i], dtype=np.float64)):
            logits[-1 - m] = alpha * float(z[a] @ negative) / math.sqrt(float(negative @ negative)) / tau
        top = max(logits.values())
        total = sum(math.exp(logit - top) for logit in logits.values())
        for b, logit in logits.items():
            share = math.exp(logit - top) / total
            wanted = 1.0 / len(pulled) if b in pulled else 0.0
            loss -= (count - 1) * wanted * (logit - top - math.log(total)) / len(z)
            turn = (count - 1) * (share - wanted) / tau / len(z)
            if b < 0:
                negative = np.asarray(own[i], dtype=np.float64)[-1 - b]
                slope[a] += turn * alpha * negative / math.sqrt(float(negative @ negative))
                continue
            slope[a] += turn * z[b]
            if columns:
                slope[b] += turn * z[a]
    along = (slope * z).sum(axis=1, keepdims=True)
    slope = (slope - along * z) / np.linalg.norm(raw, axis=1, keepdims=True)
    return loss, slope.reshape(count, n, -1)


def rocl(
    first: Any,
    second: Any,
    attacked: Any,
    tau: float,
    weight: float = 1 / 256,
    removed: Any = None,
    attracted: Any = None,
    own: Any = None,
    alpha: float = 1.0,
) -> tuple[float, np.ndarray]:
    """CLAE §4.1: NTXent_3(t, t', adv) + 1/lambda NTXent(adv, t'), columns constant; slopes [3, N, d] in that order."""
    loss, slope = nt_xent_many((first, second, attacked), tau, removed, attracted, own, alpha, columns=False)
    more, extra = nt_xent_many((attacked, second), tau, removed, attracted, columns=False)
    slope[2] += weight * extra[0]
    slope[1] += weight * extra[1]
    return loss + weight * more, slope


def acl(
    streams: Sequence[Sequence[Any]],
    tau: float,
    removed: Any = None,
    attracted: Any = None,
    own: Any = None,
    alpha: float = 1.0,
) -> tuple[float, list[np.ndarray]]:
    """CLAE §4.2: the mean of NTXent over streams of two views: clean and attacked ones make the dual stream's two.

    Own negatives are the first stream's. Returns: loss and slopes [2, N, d] of each stream.
    """
    found = [
        nt_xent_many(pair, tau, removed, attracted, None if number else own, alpha)
        for number, pair in enumerate(streams)
    ]
    return sum(loss for loss, _ in found) / len(found), [slope / len(found) for _, slope in found]


def signs_within(now: np.ndarray, slope: np.ndarray, origin: np.ndarray, radius: float, step: float) -> np.ndarray:
    """CLAE §4.1: one step uphill by the slope's sign, back to the cube around origin and to 0…1, pixel by pixel."""
    new = np.empty_like(now)
    for at in np.ndindex(now.shape):
        moved = now[at] + step * ((slope[at] > 0) * 1.0 - (slope[at] < 0) * 1.0)
        moved = min(max(moved, origin[at] - radius), origin[at] + radius)
        new[at] = min(max(moved, 0.0), 1.0)
    return new


def lengths_within(now: np.ndarray, slope: np.ndarray, origin: np.ndarray, radius: float, step: float) -> np.ndarray:
    """The same for balls: a step of that length along each sample's slope, shortened to the radius, then to 0…1."""
    new = np.empty_like(now)
    for i in range(len(now)):
        steepness = math.sqrt(float((slope[i] ** 2).sum()))
        away = now[i] - origin[i] + (step * slope[i] / steepness if steepness > 0 else 0.0)
        length = math.sqrt(float((away**2).sum()))
        new[i] = np.minimum(np.maximum(origin[i] + (away * (radius / length) if length > radius else away), 0), 1)
    return new


def climb(
    origins: Sequence[np.ndarray],
    noises: Sequence[np.ndarray],
    uphill: Callable[[list[np.ndarray]], Sequence[np.ndarray]],
    radius: float,
    step: float,
    steps: int,
    within: Callable[..., np.ndarray] = signs_within,
) -> list[list[np.ndarray]]:
    """CLAE §4.1, §4.2: start at clamp(x + noise), then `steps` steps of all views at once; every stage, start first."""
    stages = [[np.clip(x + noise, 0, 1) for x, noise in zip(origins, noises, strict=True)]]
    for _ in range(steps):
        slopes = uphill(stages[-1])
        triples = zip(stages[-1], slopes, origins, strict=True)
        stages.append([within(now, slope, origin, radius, step) for now, slope, origin in triples])
    return stages


def rocl_uphill(second: np.ndarray, embed: Embed, pull: Pull, tau: float, **masks: Any) -> Callable[..., list]:
    """CLAE §4.1: the slope of NTXent(adv, t') in the attacked pixels; as a column the attacked view has none."""
    anchor = embed(second)

    def uphill(now: list[np.ndarray]) -> list[np.ndarray]:
        slope = nt_xent_many((embed(now[0]), anchor), tau, columns=False, **masks)[1]
        return [pull(now[0], slope[0])]

    return uphill


def to_standard_uphill(clean: np.ndarray, embed: Embed, pull: Pull, tau: float, **masks: Any) -> Callable[..., list]:
    """Our reading of ACL's A2S, of which CLAE §4.2 says no more than its name: the slope of NTXent(adv, clean rows)."""
    return lambda now: [pull(now[0], nt_xent_many((embed(now[0]), clean), tau, **masks)[1][0])]


def acl_uphill(embed: Embed, pull: Pull, tau: float, **masks: Any) -> Callable[..., list]:
    """CLAE §4.2: the slopes of NTXent(adv1, adv2) in the pixels of both attacked views."""

    def uphill(now: list[np.ndarray]) -> list[np.ndarray]:
        slopes = nt_xent_many([embed(view) for view in now], tau, **masks)[1]
        return [pull(view, slope) for view, slope in zip(now, slopes, strict=True)]

    return uphill
