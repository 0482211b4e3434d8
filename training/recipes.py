"""Runs worth naming. A recipe is a value; a new run is ``replace(RECIPES["…"], …)``, or a few options."""

from dataclasses import replace
from pathlib import Path

from pipelines.decoders import Decord
from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.views import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter
from training.encoders import NarrowResNet, NarrowResNet3D
from training.optimizers import SGD
from training.probes.online import OnlineKNN
from training.run import Pretrain

SMALL_VIEWS = SimCLRViews(scale=(0.2, 1.0), jitter=ColorJitter(0.4, 0.4, 0.4, 0.1), blur=Blur(probability=0.0))

RECIPES: dict[str, Pretrain] = {}

# accelerate launch training/pretrain.py simclr-cifar10 --loader.shards data/cifar10/train
RECIPES["simclr-cifar10"] = Pretrain(
    loader=Loader(Path("data/cifar10/train"), batch=512, side=32, views=SMALL_VIEWS),
    network=NarrowResNet(width=32, blocks=1),
    optimizer=SGD(rate=0.3, weight_decay=5e-4),
    steps=2500,  # 25.6 epochs
    precision="bf16",
    probe=OnlineKNN(every=500, neighbours=200),
    out=Path("runs/simclr-cifar10"),
)
RECIPES["simclr-jhmdb6"] = Pretrain(
    loader=Loader(
        Path("data/jhmdb6/train"), batch=32, side=56, clip=Clip(length=16), decoder=Decord(),
        views=replace(SMALL_VIEWS, scale=(0.3, 1.0)),
    ),
    network=NarrowResNet3D(width=16),
    optimizer=SGD(rate=0.05),
    steps=300,
    probe=OnlineKNN(every=100),
    out=Path("runs/simclr-jhmdb6"),
)  # fmt: skip
