"""Contact sheets: what a batch looks like."""

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from pipelines.batch import Batch

SAMPLES, FRAMES = 8, 8  # most that a sheet shows


def draw_views(batch: Batch) -> Figure:
    """A contact sheet: a row per sample, its views and negatives side by side, clips as film strips."""
    own = batch.negatives.unbind(1)
    shown = [batch.views[0], *own, *batch.views[1:]]
    titles = ["view 0", *(f"negative {n}" for n in range(len(own))), *(f"view {v}" for v in range(1, len(batch.views)))]
    count, length = min(SAMPLES, len(batch.ids)), batch.views[0].shape[1]
    frames = np.unique(np.linspace(0, length - 1, min(FRAMES, length)).astype(int))
    figure, axes = plt.subplots(
        count,
        len(shown),
        figsize=(1.2 * len(shown) * len(frames), 1.25 * count),
        squeeze=False,
        constrained_layout=True,
    )
    for i in range(count):
        for axis, views, title in zip(axes[i], shown, titles, strict=True):
            strip = views[i, frames].permute(2, 0, 3, 1).flatten(1, 2)  # h (t w) c
            axis.imshow(strip.cpu().numpy())
            axis.axis("off")
            if i == 0:
                axis.set_title(title, fontsize="small")
    return figure
