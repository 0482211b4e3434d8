"""CLAE on its three base methods (Ho & Vasconcelos, 2020, arXiv 2010.12050), as the official code and README run them.

The paper's own text and tables were not at hand. None was run by us yet. The base method alone is ``attack:none``.

What differs from that code: radii are of pixels, 0.03 after normalisation times the deviation normalised by (of CIFAR's
and ImageNet's three, the mean); encoders normalise by ImageNet's mean and deviation on CIFAR too; batches go on across
the end of an epoch; the probe sees features, the official kNN embeddings; timm's ResNets start their blocks as the
identity, how those start is not known to us. AdamW without decay is Adam.
"""

from dataclasses import replace
from pathlib import Path

from pipelines.loader import Loader
from pipelines.views import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter, Grayscale
from training.attacks import CLAE
from training.encoders import Timm
from training.heads import Head
from training.methods import UEL, Plain, SimCLR
from training.optimizers import SGD, AdamW
from training.optimizers.rates import Level, Steps
from training.probes.online import OnlineKNN
from training.recipes.samples import CIFAR10, TINY_IMAGENET
from training.run import Pretrain

OFFICIAL = CLAE(radius=0.03 * 0.5, weight=1.0, anchor="same", clamp=False, norm_momentum=0.01)
NO_BLUR, GRAY = Blur(probability=0.0), Grayscale(0.2)
LINEAR = Head(layers=1, out=128)

SIMCLR = Pretrain(
    loader=Loader(
        Path("data/cifar10/train"), batch=256, side=32,
        views=SimCLRViews(scale=(0.08, 1.0), jitter=ColorJitter(0.8, 0.8, 0.8, 0.2, 0.8), gray=GRAY, blur=NO_BLUR),
    ),
    network=Timm("resnet18", small_stem=True),
    method=SimCLR(temperature=0.5, head=Head(layers=2, out=64, norm=False)),
    attack=OFFICIAL,
    optimizer=AdamW(rate=3e-4, weight_decay=0.0, warmup=0.0, fall=Level()),
    steps=100 * CIFAR10 // 256,
    probe=OnlineKNN(every=2000, neighbours=200),
    out=Path("runs/clae-simclr-cifar10"),
)  # fmt: skip

PLAIN = Pretrain(
    loader=Loader(
        Path("data/cifar10/train"), batch=128, side=32,
        views=SimCLRViews(scale=(0.2, 1.0), jitter=ColorJitter(0.4, 0.4, 0.4, 0.4, 1.0), gray=GRAY, blur=NO_BLUR),
    ),
    network=Timm("resnet18", small_stem=True),
    method=Plain(temperature=0.1, head=LINEAR),
    attack=replace(OFFICIAL, radius=0.006),
    optimizer=SGD(
        rate=0.03, momentum=0.9, weight_decay=5e-4, exclude=False, warmup=0.0,
        fall=Steps(at=(120 / 301, 160 / 301, 200 / 301), to=(0.1, 0.05, 0.01)),
    ),
    steps=301 * CIFAR10 // 128,
    probe=OnlineKNN(every=10_000, neighbours=200),
    out=Path("runs/clae-plain-cifar10"),
)  # fmt: skip

CLAE_RUNS = {
    # python tools/make_shards.py --out data/cifar10 cifar --root $DATA/cifar-10-binary.tar.gz
    # accelerate launch training/pretrain.py clae-simclr-cifar10
    # The radius that the README's commands give; the code's own default is a third of it.
    "clae-simclr-cifar10": SIMCLR,
    # Shards as for the first.
    # accelerate launch training/pretrain.py clae-plain-cifar10
    "clae-plain-cifar10": PLAIN,
    # Shards as for the first.
    # accelerate launch training/pretrain.py clae-uel-cifar10
    "clae-uel-cifar10": replace(
        PLAIN,
        method=UEL(temperature=0.1, head=LINEAR, push=1.0),
        out=Path("runs/clae-uel-cifar10"),
    ),
    # python tools/make_shards.py --out data/tiny-imagenet tiny-imagenet --root $DATA/tiny-imagenet-200.zip
    # accelerate launch training/pretrain.py clae-simclr-tiny-imagenet
    # Views of 224 pixels of pictures of 64, as there.
    "clae-simclr-tiny-imagenet": replace(
        SIMCLR,
        loader=replace(SIMCLR.loader, shards=Path("data/tiny-imagenet/train"), batch=128, side=224),
        network=Timm("resnet18"),
        attack=replace(OFFICIAL, radius=0.0068),
        steps=100 * TINY_IMAGENET // 128,
        out=Path("runs/clae-simclr-tiny-imagenet"),
    ),
}
