"""How good textures are, on your images: they should keep a picture's surface and lose its layout.

python tools/compare_textures.py --root $DATA/imagenet_sample.tar --out textures.png texture:stochastic
"""

import io
import time
from pathlib import Path

import numpy as np
import tyro
from PIL import Image
from tqdm import tqdm

from shards.refusal import Refusal, one_sentence
from shards.sources.folder import Folder
from shards.textures import Stochastic, Texture
from shards.textures.likeness import found_again, layout, sheet, surface

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
    source, listing = Folder(root), next(iter(Folder(root).splits().values()))
    for item in tqdm(listing.items[:samples], unit="image"):
        for sample in source.samples(item):
            with Image.open(io.BytesIO(next(iter(sample.media.values())))) as image:
                picture = np.asarray(image.convert("RGB"))
            start = time.process_time()
            pairs.append((picture, texture(picture, sample.name)))
            seconds.append(time.process_time() - start)
    if len(pairs) < 2 or not pairs[0][1].size:
        raise Refusal(f"{root}: {len(pairs)} images and {type(texture).__name__} give no textures to compare")
    print(describe(pairs, seconds[1:]))  # the first one compiles
    sheet(pairs[:: max(len(pairs) // sheet_of, 1)][:sheet_of]).save(out)
    print(f"sheet: {out}")


def describe(pairs: list[tuple[np.ndarray, np.ndarray]], seconds: list[float]) -> str:
    """The figures in words."""
    pictures, textures = (np.stack([surface(pair[side]) for pair in pairs]) for side in (0, 1))
    alike = np.stack([layout(made) for _, made in pairs]) @ np.stack([layout(picture) for picture, _ in pairs]).T
    own, others = alike.diagonal(), alike[~np.eye(len(pairs), dtype=bool)]
    share, hours = found_again(textures, pictures), np.mean(seconds) * IMAGENET / 3600
    return (
        f"surface: {share:.1%} of {len(pairs)} textures are nearest to their own picture "
        f"(chance {1 / len(pairs):.2%})\n"
        f"layout: correlation with their own picture {own.mean():.3f} ± {own.std():.3f} (standard error "
        f"{own.std() / len(own) ** 0.5:.3f}), with others {others.mean():.3f} ± {others.std():.3f}\n"
        f"time: {np.mean(seconds):.3f} CPU seconds a texture (median {np.median(seconds):.3f}, "
        f"{min(seconds):.3f} to {max(seconds):.3f}); ImageNet-1k would take {hours:.0f} core-hours"
    )


if __name__ == "__main__":
    with one_sentence():
        tyro.cli(compare, description=__doc__, config=(tyro.conf.CascadeSubcommandArgs,))
