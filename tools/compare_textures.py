"""How good textures are, on your images: they should keep a picture's surface and lose its layout.

python tools/compare_textures.py --root $DATA/imagenet_sample.tar --out textures.png texture:stochastic
"""

import statistics
from pathlib import Path

import tyro
from tqdm import tqdm

from shards.refusal import Refusal, one_sentence
from shards.sources.folder import Folder
from shards.textures import Stochastic, Texture
from shards.textures.likeness import describe, sheet, timed_pair

IMAGENET = 1_281_167  # training images


def compare(
    root: Path,
    texture: Texture = Stochastic(),  # noqa: B008, it is frozen
    samples: int = 400,
    sheet_of: int = 32,
    out: Path = Path("textures.png"),
) -> None:
    """Make a texture of every picture, say how alike the two are, and draw some of them.

    Args:
        root: Images in class folders, or a tar of them.
        texture: How textures are made.
        samples: How many pictures to take.
        sheet_of: How many of them to draw, evenly spread.
        out: File of the contact sheet.
    """
    pairs, seconds = [], []
    source = Folder(root)
    items = next(iter(source.splits().values())).items
    for item in tqdm(items[:samples], unit="image"):
        for sample in source.samples(item):  # type: ignore[arg-type]
            pair, took = timed_pair(next(iter(sample.media.values())), texture, sample.name)
            pairs.append(pair)
            seconds.append(took)
    if len(pairs) < 2 or not pairs[0][1].size:
        raise Refusal(f"{root}: {len(pairs)} images and {type(texture).__name__} give no textures to compare")
    print(describe(pairs))
    del seconds[0]  # the first one compiles
    mean = statistics.mean(seconds)
    print(
        f"time: {mean:.3f} CPU seconds a texture (median {statistics.median(seconds):.3f}, {min(seconds):.3f} to "
        f"{max(seconds):.3f}); ImageNet-1k would take {mean * IMAGENET / 3600:.0f} core-hours"
    )
    sheet(pairs[:: max(len(pairs) // sheet_of, 1)][:sheet_of]).save(out)
    print(f"sheet: {out}")


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(compare, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))
