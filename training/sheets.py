"""Contact sheets: what a batch, or a data set, looks like. Clips are film strips: some of their frames side by side."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure
from torch import Tensor

from pipelines.batch import Batch

SAMPLES, FRAMES = 8, 8  # most that a sheet of a batch shows
STRIPS = 20  # most film strips below each other
DPI = 100
PAPER = 0.9  # grey, so that white pictures have an edge
PICTURE, FRAME = (
    (128, 256),
    (96, 128),
)  # dots that a side gets: by a whole factor to about the first, at most the second
GAP, LINE, MARGIN, LETTER = 6, 18, 132, 6.8  # dots between pictures, for a line, for titles at the left, for a letter


class Row(NamedTuple):
    """Pictures or film strips side by side."""

    strips: list[np.ndarray]
    """float [h, w, 3], 0 to 1, all of one shape"""
    title: str = ""
    """At the left."""
    heads: Sequence[str] = ()
    """Above the strips."""


def draw_views(
    batch: Batch,
    adversarial: Float[Tensor, "b t c h w"] | None = None,
    names: Sequence[str] = (),
    caption: str = "",
    moved: int = 0,
) -> Figure:
    """The first samples: view 0, the negatives made of it, its adversarial version and change, the other views.

    Args:
        adversarial: A view as an attack left it. Its change is magnified until the largest reaches black or white from
            grey; the factor is in the title.
        names: A title for each sample; its number in the data set unless given.
        caption: A line at the foot.
        moved: Which view the attack moved.
    """
    length = batch.views[0].shape[1]
    frames = np.unique(np.linspace(0, length - 1, min(FRAMES, length)).astype(int))
    shown = {title: _strips(clips[:SAMPLES, frames]) for title, clips in _columns(batch, adversarial, moved).items()}
    count = samples_shown(batch, adversarial)
    names = names or [f"sample {number}" for number in batch.ids.tolist()]
    if length == 1:
        rows = [Row([strips[i] for strips in shown.values()], names[i]) for i in range(count)]
        return _draw([rows[0]._replace(heads=list(shown)), *rows[1:]], caption)
    rows = []
    for i in range(count):
        block = [Row([strips[i]], title) for title, strips in shown.items()]
        rows += [block[0]._replace(heads=[names[i]]), *block[1:]]
    numbers = f"frames {', '.join(map(str, frames))} of {length}"
    return _draw(rows, f"{caption}; {numbers}" if caption else numbers)


def samples_shown(batch: Batch, adversarial: Tensor | None = None) -> int:
    """How many of the batch's first samples ``draw_views`` shows."""
    most = SAMPLES if batch.views[0].shape[1] == 1 else max(STRIPS // len(_columns(batch, adversarial)), 1)
    return min(most, SAMPLES, len(batch.ids))


def draw_samples(pixels: Float[Tensor, "b t c h w"], names: Sequence[str], caption: str = "") -> Figure:
    """Samples with their names, as they lie in shards: pictures in rows of eight, a clip in a row of its own."""
    strips, across = _strips(pixels), SAMPLES if pixels.shape[1] == 1 else 1
    parts = [slice(start, start + across) for start in range(0, len(strips), across)]
    return _draw([Row(strips[part], heads=names[part]) for part in parts], caption)


def draw_table(rows: Mapping[str, Float[Tensor, "k t c h w"]], heads: Sequence[str], caption: str = "") -> Figure:
    """Clips in rows that bear titles, below heads that name the columns."""
    drawn = [Row(_strips(clips), title) for title, clips in rows.items()]
    return _draw([drawn[0]._replace(heads=heads), *drawn[1:]], caption)


def _columns(batch: Batch, adversarial: Tensor | None, moved: int = 0) -> dict[str, Tensor]:
    columns = {"view 0": batch.views[0]}
    columns |= {f"negative {n}": clips for n, clips in enumerate(batch.negatives.unbind(1))}
    if adversarial is not None:
        change = (adversarial - batch.views[moved])[:SAMPLES]
        largest = change.abs().max().item()
        factor = 0.5 / largest if largest else 1.0
        columns |= {f"adversarial {moved or ''}".strip(): adversarial, f"change × {factor:.4g}": 0.5 + factor * change}
    return columns | {f"view {v}": clips for v, clips in enumerate(batch.views[1:], start=1)}


def _strips(clips: Float[Tensor, "b t c h w"]) -> list[np.ndarray]:
    """Each clip as one picture, its frames from left to right with a line between them."""
    frames = clips.detach().float().clamp(0, 1).cpu().permute(0, 3, 1, 4, 2).numpy()  # b h t w c
    count, height, length, width, _ = frames.shape
    lined = np.full((count, height, length, width + 1, 3), PAPER, np.float32)
    lined[:, :, :, :width] = frames
    return list(lined.reshape(count, height, -1, 3)[:, :, :-1])


def _draw(rows: list[Row], caption: str) -> Figure:
    """Rows below each other, measured in dots: nothing is stretched, and titles get the room there is."""
    height, width = rows[0].strips[0].shape[:2]
    wanted, most = FRAME if width > height else PICTURE
    scale = max(round(wanted / height), 1) if height <= most else most / height
    high, wide = height * scale, width * scale
    left = MARGIN if any(row.title for row in rows) else GAP
    across = left + max(len(row.strips) for row in rows) * (wide + GAP)
    foot = textwrap.wrap(caption, int(across / LETTER))
    down = sum(high + GAP + (LINE + GAP) * bool(row.heads) for row in rows) + LINE * len(foot) + GAP
    figure = Figure(figsize=(across / DPI, down / DPI), dpi=DPI, facecolor=str(PAPER))
    axis = figure.add_axes((0, 0, 1, 1), xlim=(0, across), ylim=(down, 0))
    axis.axis("off")
    top = GAP
    for row in rows:
        top += (LINE + GAP) * bool(row.heads)
        for number, strip in enumerate(row.strips):
            x = left + number * (wide + GAP)
            axis.imshow(strip, extent=(x, x + wide, top + high, top), interpolation="nearest" if scale >= 1 else None)
            if row.heads:
                axis.text(x, top - 4, _clipped(row.heads[number], int(wide / LETTER)), size=8)
        axis.text(GAP, top + high / 2, textwrap.fill(row.title, int(MARGIN / LETTER)), size=8, va="center")
        top += high + GAP
    axis.text(GAP, down - GAP, "\n".join(foot), size=8, va="bottom")
    axis.set(xlim=(0, across), ylim=(down, 0), aspect="auto")  # imshow has set others
    return figure


def _clipped(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: max(letters - 1, 0)]}…"
