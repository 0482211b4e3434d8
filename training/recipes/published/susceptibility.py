"""Contrast beside supervision on CIFAR-10, as a fork by the first author of arXiv 2207.10862 trained them.

The fork, github.com/rohit-gupta/SupContrast, is 13 months older than the paper (Gupta et al., 2023), and that its owner
is the author is inferred. The paper's own settings are not known to us, nor is its rule that finds false negatives. So
these are the fork's settings, not the paper's. Where its README and the checkpoints that it names differ, the
checkpoints decide. None was run by us yet.

The fork's loss is temperature / 0.07 times the usual one. For SimCLR, which has no such factor here, it is moved into
the rate and out of the weight decay, which gives SGD the same steps. What else differs from that code: the rate rises
from 0, not from 0.01, and falls to 0, not to a thousandth; encoders normalise by ImageNet's mean and deviation; batches
go on across the end of an epoch; timm's ResNets start their blocks as the identity, how those start is not known to us.
"""

from dataclasses import replace
from pathlib import Path

from pipelines.loader import Loader
from pipelines.views.steps import ColorJitter
from training.encoders import Timm
from training.false_negatives import Threshold
from training.heads import Head
from training.methods import SimCLR, SupCon, Supervised
from training.optimizers import SGD
from training.probes.online import OnlineKNN
from training.recipes.samples import CIFAR10
from training.recipes.small import SMALL_VIEWS
from training.run import Pretrain

FACTOR = 0.5 / 0.07  # of the fork's loss at SimCLR's temperature
HEAD = Head(layers=2, hidden=2048, out=128, norm=False)

CONTRAST = Pretrain(
    loader=Loader(Path("data/cifar10/train"), batch=512, side=32, views=SMALL_VIEWS),
    network=Timm("resnet50", small_stem=True),
    method=SimCLR(temperature=0.5, head=HEAD),
    optimizer=SGD(rate=0.25 * FACTOR, momentum=0.9, weight_decay=1e-4 / FACTOR, exclude=False, warmup=10 / 1000),
    norm="synchronised",
    steps=1000 * CIFAR10 // 512,
    probe=OnlineKNN(every=10_000, neighbours=200),
    out=Path("runs/susceptibility-simclr-cifar10"),
)

SUSCEPTIBILITY_RUNS = {
    # python tools/make_shards.py --out data/cifar10 cifar --root $DATA/cifar-10-binary.tar.gz
    # accelerate launch training/pretrain.py susceptibility-simclr-cifar10
    # The checkpoint's rate, batch and temperature (README: rate 0.5, batch 1024). It is named after epoch 800, of how
    # many is not said: 1000 is the code's default. By what batch norms normalise, here and below, is the README's.
    "susceptibility-simclr-cifar10": CONTRAST,
    # Shards as for the first.
    # accelerate launch training/pretrain.py susceptibility-removal-cifar10
    # The same without what looks like false negatives. The rule is ours: a threshold with its own defaults; at most a
    # tenth of the others goes, the share of a class among CIFAR-10's ten.
    "susceptibility-removal-cifar10": replace(
        CONTRAST,
        false_negatives=Threshold(),
        out=Path("runs/susceptibility-removal-cifar10"),
    ),
    # Shards as for the first.
    # accelerate launch training/pretrain.py susceptibility-supcon-cifar10
    # README; no checkpoint is named. README's linear accuracy: 96.0, SimCLR's 93.6, cross-entropy's 95.0.
    "susceptibility-supcon-cifar10": replace(
        CONTRAST,
        loader=replace(CONTRAST.loader, batch=1024),
        method=SupCon(temperature=0.1, head=HEAD, scale=0.1 / 0.07),
        optimizer=replace(CONTRAST.optimizer, rate=0.5, weight_decay=1e-4),
        norm="batch",
        steps=1000 * CIFAR10 // 1024,
        out=Path("runs/susceptibility-supcon-cifar10"),
    ),
    # Shards as for the first.
    # accelerate launch training/pretrain.py susceptibility-supervised-cifar10
    # … --loader.views.jitter.brightness 0.4 --loader.views.jitter.contrast 0.4 --loader.views.jitter.saturation 0.4
    #   --loader.views.jitter.hue 0.1
    # The checkpoint's rate and batch (README: 0.8 at 1024). Colours are the fork's last for this arm; further below,
    # those of the others, which it had before. Both views of a sample count, there is one in the fork.
    "susceptibility-supervised-cifar10": replace(
        CONTRAST,
        loader=replace(CONTRAST.loader, batch=256, views=replace(SMALL_VIEWS, jitter=ColorJitter(0.1, 0.1, 0.1, 0.05))),
        method=Supervised(classes=10),
        optimizer=SGD(rate=0.2, momentum=0.9, weight_decay=1e-4, exclude=False, warmup=0.0),
        steps=500 * CIFAR10 // 256,
        out=Path("runs/susceptibility-supervised-cifar10"),
    ),
}
