"""Runs that a laptop without a GPU finishes: the embedded data sets, CIFAR-10, jhmdb6."""

from dataclasses import replace
from pathlib import Path

from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.views import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter
from training.encoders import NarrowResNet, NarrowResNet3D
from training.methods import MoCo
from training.optimizers import SGD
from training.probes.online import OnlineKNN
from training.run import Pretrain

# gentle crops and colours, and no blur, which would leave nothing of 32 pixels
SMALL_VIEWS = SimCLRViews(scale=(0.2, 1.0), jitter=ColorJitter(0.4, 0.4, 0.4, 0.1), blur=Blur(probability=0.0))

SMALL = {
    # python tools/make_shards.py && accelerate launch training/pretrain.py
    # The embedded images; minutes on two cores. Figures, fewer steps: EXPERIMENTS.md, "make demo".
    "simclr-synthetic": Pretrain(
        loader=Loader(Path("data/synthetic/train"), batch=256, side=32, views=replace(SMALL_VIEWS, scale=(0.3, 1.0))),
        network=NarrowResNet(width=32, stride=2, zero_init=False),
        optimizer=SGD(rate=0.3),
        steps=500,
        precision="bf16",
        probe=OnlineKNN(every=100),
        out=Path("runs/simclr-synthetic"),
    ),
    # python tools/make_shards.py --out data/moving synthetic --medium video
    # accelerate launch training/pretrain.py simclr-moving
    # The embedded videos; minutes on two cores. Figures, fewer steps: EXPERIMENTS.md, "make demo".
    "simclr-moving": Pretrain(
        loader=Loader(
            Path("data/moving/train"), batch=64, side=32, clip=Clip(length=8, stride=2),
            views=SMALL_VIEWS,
        ),
        network=NarrowResNet3D(width=16),
        optimizer=SGD(rate=0.1),
        steps=200,
        probe=OnlineKNN(every=100),
        out=Path("runs/simclr-moving"),
    ),
    # python tools/make_shards.py --out data/cifar10 folder --root $DATA/cifar10.tar
    # accelerate launch training/pretrain.py simclr-cifar10
    # At most 45 minutes on two cores. Figures: EXPERIMENTS.md, "CIFAR-10".
    "simclr-cifar10": Pretrain(
        loader=Loader(Path("data/cifar10/train"), batch=512, side=32, views=SMALL_VIEWS),
        network=NarrowResNet(width=32),
        optimizer=SGD(rate=0.3, weight_decay=5e-4),
        steps=2500,
        precision="bf16",
        probe=OnlineKNN(every=500, neighbours=200),
        out=Path("runs/simclr-cifar10"),
    ),
    # python tools/make_shards.py --out data/jhmdb6 folder --root $DATA/jhmdb6.tar
    # accelerate launch training/pretrain.py simclr-jhmdb6
    # Minutes on two cores. Figures: EXPERIMENTS.md, "jhmdb6".
    "simclr-jhmdb6": Pretrain(
        loader=Loader(
            Path("data/jhmdb6/train"), batch=32, side=56, clip=Clip(length=16), views=SMALL_VIEWS
        ),
        network=NarrowResNet3D(width=16),
        optimizer=SGD(rate=0.05),
        steps=300,
        probe=OnlineKNN(every=100),
        out=Path("runs/simclr-jhmdb6"),
    ),
    # Shards as for simclr-cifar10.
    # accelerate launch training/pretrain.py moco-cifar10
    # … loader.negatives:patches attack:clae false-negatives:threshold
    # Plain, and with all three modules; 24 and 53 minutes on one shared core. Figures: EXPERIMENTS.md, "Three modules".
    # alpha: alpha * 0.8 / temperature - log queue is that of the published 2 at 16384 keys.
    "moco-cifar10": Pretrain(
        loader=Loader(Path("data/cifar10/train"), batch=256, side=32, views=SMALL_VIEWS),
        network=NarrowResNet(width=32, stride=2, zero_init=False),
        method=MoCo(queue=4096, momentum=0.99, alpha=1.65),
        optimizer=SGD(rate=0.15, weight_decay=5e-4),
        steps=1500,
        precision="bf16",
        probe=OnlineKNN(every=500, neighbours=200),
        out=Path("runs/moco-cifar10"),
    ),
    # Shards as for simclr-jhmdb6.
    # accelerate launch training/pretrain.py moco-jhmdb6
    # … loader.negatives:patches attack:clae false-negatives:threshold
    # Plain, and with all three modules; minutes on one core. Figures: EXPERIMENTS.md, "Three modules".
    # The queue is smaller than the data set, else it would hold mostly the samples themselves; alpha as above.
    "moco-jhmdb6": Pretrain(
        loader=Loader(
            Path("data/jhmdb6/train"), batch=32, side=56, clip=Clip(length=16), views=SMALL_VIEWS
        ),
        network=NarrowResNet3D(width=16),
        method=MoCo(queue=128, momentum=0.99, alpha=0.8),
        optimizer=SGD(rate=0.05),
        steps=200,
        probe=OnlineKNN(every=100),
        out=Path("runs/moco-jhmdb6"),
    ),
}  # fmt: skip
