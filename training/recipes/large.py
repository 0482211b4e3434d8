"""Runs for GPUs on ImageNet, Kinetics-400 and UCF101. None of them was run to its end by us yet.

The two named last are the toolkit's own: all three modules on videos. What they share, and why:

- Patch negatives as published, 16 to 72 of 224 pixels, scaled to the side (2110.14189).
- CLAE's radius is 0.03 after ImageNet's normalisation, which is how our encoders normalise (2010.12050, official code).
- The threshold is FNC's 0.7; the most it may remove is twice the share of one class, so that a mistaken encoder cannot
  strip an anchor of its negatives. On CIFAR-10 it removed 0.3 % of the pairs, see EXPERIMENTS.md.

Each word takes one of them away: ``loader.negatives:none``, ``attack:none``, ``false-negatives:keep-all``. With the
attack a step costs about twice as much.
"""

from pathlib import Path

from pipelines.frames import Clip
from pipelines.loader import Loader
from pipelines.negatives import Patches
from pipelines.views import MoCoViews
from training.attacks import CLAE
from training.encoders import Timm, Video
from training.false_negatives import Threshold
from training.false_negatives.schedule import Schedule
from training.methods import MoCo, SimCLR
from training.optimizers import SGD
from training.probes.online import OnlineKNN
from training.recipes.samples import IMAGENET, KINETICS400, UCF101
from training.run import Pretrain

LARGE = {
    # python tools/make_shards.py --out data/imagenet folder --root $DATA/imagenet
    # accelerate launch --num_processes 8 training/pretrain.py simclr-imagenet --loader.shards data/imagenet/train
    # 200 epochs of ImageNet-1k; for GPUs, and not run by us yet.
    "simclr-imagenet": Pretrain(
        loader=Loader(Path("data/imagenet/train"), batch=2048, side=224, views=MoCoViews()),
        network=Timm("resnet50"),
        optimizer=SGD(rate=2.4),
        steps=125_000,
        precision="bf16",
        probe=OnlineKNN(every=5000, bank=50_000, queries=5000, neighbours=200),
        out=Path("runs/simclr-imagenet"),
    ),
    # python tools/make_shards.py --out data/kinetics folder --root $DATA/kinetics400
    # accelerate launch --num_processes 8 training/pretrain.py simclr-kinetics --loader.shards data/kinetics/train
    # 16 frames at 112, 100 epochs of Kinetics-400; for GPUs, and not run by us yet.
    "simclr-kinetics": Pretrain(
        loader=Loader(
            Path("data/kinetics/train"), batch=512, side=112, clip=Clip(length=16, stride=4),
            views=MoCoViews(),
        ),
        network=Video("r3d_18"),
        optimizer=SGD(rate=0.6),
        steps=47_000,
        precision="bf16",
        probe=OnlineKNN(every=2000, bank=20_000, queries=2000),
        out=Path("runs/simclr-kinetics"),
    ),
    # python tools/make_shards.py --out data/imagenet imagenet --root $DATA/ILSVRC2012 recode:smaller
    # accelerate launch --num_processes 8 training/pretrain.py moco-imagenet --loader.shards data/imagenet/train
    # … loader.negatives:patches attack:clae --attack.radius 0.0068 false-negatives:threshold
    # Plain, and with all three modules. MoCo v2 for 200 epochs; rate, batch, queue and momentum are the defaults of the
    # official code of 2110.14189, which are MoCo's, temperature and cosine those of its commands.
    "moco-imagenet": Pretrain(
        loader=Loader(Path("data/imagenet/train"), batch=256, side=224, views=MoCoViews()),
        network=Timm("resnet50"),
        method=MoCo(queue=65536, momentum=0.999),
        optimizer=SGD(rate=0.03, warmup=0.0, exclude=False),
        steps=200 * IMAGENET // 256,
        precision="bf16",
        probe=OnlineKNN(every=5000, bank=50_000, queries=5000, neighbours=200),
        out=Path("runs/moco-imagenet"),
    ),
    # python tools/make_shards.py --out data/k400 kinetics --root $DATA/k400 --lists $DATA/k400 recode:h264
    # accelerate launch --num_processes 8 training/pretrain.py moco-kinetics --loader.shards data/k400/train
    # … loader.negatives:none attack:none false-negatives:keep-all
    # All three modules, and plain; 100 epochs. Rate, momentum, queue and alpha: the configuration of 2110.14189 that
    # its README gives the highest accuracy (IFM's hyper-parameters, batches of 512, patches, 16384 keys).
    "moco-kinetics": Pretrain(
        loader=Loader(
            Path("data/k400/train"), batch=512, side=112, clip=Clip(length=16, stride=4), views=MoCoViews(),
            negatives=Patches(),
        ),
        network=Video("r3d_18"),
        method=MoCo(queue=16384, momentum=0.99, alpha=2.0),
        attack=CLAE(radius=0.0068),
        false_negatives=Threshold(schedule=Schedule(most=2 / 400)),
        optimizer=SGD(rate=0.8),
        steps=100 * KINETICS400 // 512,
        precision="bf16",
        probe=OnlineKNN(every=2000, bank=20_000, queries=2000),
        out=Path("runs/moco-kinetics"),
    ),
    # python tools/make_shards.py --out data/ucf101 ucf101 --root $DATA/UCF-101 --lists $DATA/ucfTrainTestlist \
    #     recode:h264
    # accelerate launch training/pretrain.py simclr-ucf101 --loader.shards data/ucf101/train
    # … loader.negatives:none attack:none false-negatives:keep-all
    # All three modules, and plain; 200 epochs. Rate: as for simclr-kinetics, by the batch. alpha: as for moco-cifar10,
    # for the 510 other views of the batch.
    "simclr-ucf101": Pretrain(
        loader=Loader(
            Path("data/ucf101/train"), batch=256, side=112, clip=Clip(length=16, stride=2), views=MoCoViews(),
            negatives=Patches(),
        ),
        network=Video("r3d_18"),
        method=SimCLR(alpha=1.13),
        attack=CLAE(radius=0.0068),
        false_negatives=Threshold(schedule=Schedule(most=2 / 101)),
        optimizer=SGD(rate=0.3),
        steps=200 * UCF101 // 256,
        precision="bf16",
        probe=OnlineKNN(every=500, bank=8000, queries=900),
        out=Path("runs/simclr-ucf101"),
    ),
}  # fmt: skip
