"""The losses a second time, written from the formulas in words, to hold the product's losses against.

Plain numpy in float64 with a loop per anchor and candidate; inputs are raw embeddings and are L2-normalised inside.
Sections are those of the notes: CLAE (adversarial contrast), NEG (non-semantic negatives), SUS (susceptibility).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def _unit(rows: Any) -> np.ndarray:
    """Embeddings [..., d] with every last-axis vector scaled to length one."""
    rows = np.asarray(rows, dtype=np.float64)
    return rows / np.sqrt((rows * rows).sum(axis=-1, keepdims=True))


def _marked(mask: Any, i: int, j: int) -> bool:
    """Whether mask [N, N] or [N, K] is given and true at (i, j)."""
    return mask is not None and bool(mask[i][j])


def _log_sum_exp(logits: Sequence[float]) -> float:
    """log of the sum of exp(logit), with the largest taken out first."""
    top = max(logits)
    return top + math.log(sum(math.exp(logit - top) for logit in logits))


def _anchor(positives: Sequence[float], denominator: Sequence[float]) -> float:
    """SUS §2: -1/|P| sum over p in P of log[ exp(p) / sum over k of exp(k) ], for one anchor's logits."""
    return -sum(positive - _log_sum_exp(denominator) for positive in positives) / len(positives)


def _own_negatives(anchor: np.ndarray, own: Any, tau: float, alpha: float) -> list[float]:
    """NEG §3.1: the extra logits alpha * s / tau of one anchor [d] against its own negatives [M, d]."""
    return [alpha * float(anchor @ negative) / tau for negative in _unit(own)]


def _consistent(removed: Any, attracted: Any) -> None:
    """SUS §2 has no formula for a pair both removed and attracted; raises ValueError on one."""
    if removed is not None and attracted is not None and (np.asarray(removed) & np.asarray(attracted)).any():
        raise ValueError("a pair is both removed and attracted")


def nt_xent(
    z1: Any,
    z2: Any,
    tau: float,
    removed: Any = None,
    attracted: Any = None,
    negatives: Any = None,
    alpha: float = 1.0,
) -> float:
    """CLAE §1.2 and SUS §2 NT-Xent over 2N anchors; masks [N, N] over instances, own negatives [N, M, d] NEG §3.1."""
    _consistent(removed, attracted)
    z, n = np.concatenate([_unit(z1), _unit(z2)]), len(z1)
    total = 0.0
    for a in range(2 * n):
        i, other_view = a % n, (a + n) % (2 * n)
        positives, denominator = [], []
        for b in range(2 * n):
            if b == a:
                continue
            logit = float(z[a] @ z[b]) / tau
            if b == other_view or _marked(attracted, i, b % n):
                positives.append(logit)
            if b == other_view or not _marked(removed, i, b % n):
                denominator.append(logit)
        if negatives is not None:
            denominator += _own_negatives(z[a], negatives[i], tau, alpha)
        total += _anchor(positives, denominator)
    return total / (2 * n)


def moco(
    q: Any,
    k: Any,
    queue: Any,
    tau: float,
    removed: Any = None,
    attracted: Any = None,
    negatives: Any = None,
    alpha: float = 1.0,
) -> float:
    """NEG §3.1: query against [key | queue | own negatives]; masks [N, K] over the queue act as in SUS §2."""
    _consistent(removed, attracted)
    q, k, queue = _unit(q), _unit(k), _unit(queue)
    total = 0.0
    for i in range(len(q)):
        key = float(q[i] @ k[i]) / tau
        positives, denominator = [key], [key]
        for j in range(len(queue)):
            logit = float(q[i] @ queue[j]) / tau
            if _marked(attracted, i, j):
                positives.append(logit)
            if not _marked(removed, i, j):
                denominator.append(logit)
        if negatives is not None:
            denominator += _own_negatives(q[i], negatives[i], tau, alpha)
        total += _anchor(positives, denominator)
    return total / len(q)


def plain(
    z1: Any,
    z2: Any,
    tau: float,
    removed: Any = None,
    attracted: Any = None,
    negatives: Any = None,
    alpha: float = 1.0,
) -> float:
    """CLAE §1.2 Plain: first views as anchors, second views as candidates; masks [N, N] as in SUS §2."""
    _consistent(removed, attracted)
    z1, z2 = _unit(z1), _unit(z2)
    total = 0.0
    for i in range(len(z1)):
        positives, denominator = [], []
        for j in range(len(z2)):
            logit = float(z1[i] @ z2[j]) / tau
            if j == i or _marked(attracted, i, j):
                positives.append(logit)
            if j == i or not _marked(removed, i, j):
                denominator.append(logit)
        if negatives is not None:
            denominator += _own_negatives(z1[i], negatives[i], tau, alpha)
        total += _anchor(positives, denominator)
    return total / len(z1)


def _uel_anchor(row: np.ndarray, a: int, columns: np.ndarray, tau: float, m: float, removed: Any) -> float:
    """CLAE §1.2 UEL, the bracket of one anchor a: log P(a'|a) + m * sum over b of log(1 - P(b|a))."""
    n = len(columns) // 2
    other_view = (a + n) % (2 * n)
    logits = {}
    for c in range(2 * n):
        if c == other_view or (c != a and not _marked(removed, a % n, c % n)):
            logits[c] = float(row @ columns[c]) / tau
    log_total = _log_sum_exp(list(logits.values()))
    bracket = logits[other_view] - log_total
    for b in logits:
        if b != other_view:
            # 1 - P(b|a) is the share of everything but b: no difference of near-equal numbers is taken.
            bracket += m * (_log_sum_exp([logits[c] for c in logits if c != b]) - log_total)
    return bracket


def uel(z1: Any, z2: Any, tau: float, m: float = 1.0, removed: Any = None) -> float:
    """CLAE §1.2 UEL: -1/2B times the brackets of the 2B anchors; a removed candidate leaves both of their sums."""
    z = np.concatenate([_unit(z1), _unit(z2)])
    return -sum(_uel_anchor(z[a], a, z, tau, m, removed) for a in range(len(z))) / len(z)


def uel_gradient(z1: Any, z2: Any, tau: float, m: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """CLAE §1.2 UEL's gradient in raw z1 and z2, columns held constant, by central differences of 1e-6 of a row."""
    raw = np.concatenate([np.asarray(z1, dtype=np.float64), np.asarray(z2, dtype=np.float64)])
    columns = _unit(raw)
    gradient = np.zeros_like(raw)
    for a in range(len(raw)):
        step = 1e-6 * math.sqrt(float(raw[a] @ raw[a]))
        for e in range(raw.shape[1]):
            ends = []
            for sign in (1.0, -1.0):
                row = raw[a].copy()
                row[e] += sign * step
                # With constant columns a row enters its own bracket only; the others cancel in the difference.
                ends.append(-_uel_anchor(_unit(row), a, columns, tau, m, None) / len(raw))
            gradient[a, e] = (ends[0] - ends[1]) / (2 * step)
    return gradient[: len(z1)], gradient[len(z1) :]


def supcon(z1: Any, z2: Any, labels: Any, tau: float, scale: float = 1.0) -> float:
    """SUS §2 SupCon over 2N anchors: P(i) is every other embedding of the label [N], scale stands for tau / 0.07."""
    z, n = np.concatenate([_unit(z1), _unit(z2)]), len(z1)
    total = 0.0
    for a in range(2 * n):
        others = [b for b in range(2 * n) if b != a]
        positives = [float(z[a] @ z[p]) / tau for p in others if labels[p % n] == labels[a % n]]
        total += scale * _anchor(positives, [float(z[a] @ z[k]) / tau for k in others])
    return total / (2 * n)


def byol(p1: Any, p2: Any, t1: Any, t2: Any, negatives_1: Any = None, alpha: float = 0.0) -> float:
    """NEG §3.3, our reading: crossed squared distances less alpha times the mean ones to own negatives [N, M, d]."""
    p1, p2, t1, t2 = _unit(p1), _unit(p2), _unit(t1), _unit(t2)
    total = 0.0
    for i in range(len(p1)):
        total += float(((p1[i] - t2[i]) ** 2).sum()) + float(((p2[i] - t1[i]) ** 2).sum())
        if negatives_1 is not None:
            away = [((p1[i] - n) ** 2).sum() + ((p2[i] - n) ** 2).sum() for n in _unit(negatives_1[i])]
            total -= alpha * float(sum(away)) / len(away)
    return total / len(p1)


def cross_entropy(logits: Any, labels: Any) -> float:
    """NEG §3.1, CE: the mean over rows of -log softmax(logits [N, C]) at the label [N]."""
    rows = np.asarray(logits, dtype=np.float64).tolist()
    return sum(_anchor([row[int(label)]], row) for row, label in zip(rows, labels, strict=True)) / len(rows)


def fnc_suspects(views: Any, candidates: Any, k: int, threshold: float, own: Any = None) -> np.ndarray:
    """SUS §6.1 FNC: bool [N, N_c], the k best by largest cosine over view pairs AND above threshold, never own[i]."""
    views, candidates = _unit(views), _unit(candidates)
    suspects = np.zeros((len(views), len(candidates)), dtype=bool)
    for i in range(len(views)):
        scores = {}
        for j in range(len(candidates)):
            if own is None or j != own[i]:
                scores[j] = max(float(v @ w) for v in views[i] for w in candidates[j])
        for j in sorted(scores, key=lambda j: -scores[j])[:k]:
            suspects[i, j] = scores[j] > threshold
    return suspects


def clae_total(z1: Any, z2: Any, z_adv: Any, tau: float, weight: float, base: Callable[..., float]) -> float:
    """CLAE §1.1: L(z1, z2) + weight * L(z1, z_adv), L being base(first, second, tau): nt_xent, plain or uel."""
    return base(z1, z2, tau) + weight * base(z1, z_adv, tau)
