"""Robust contrast on CIFAR-10, ResNet-18: RoCL, ACL, DynACL, DeACL, AdvCL, as their official codes run them.

RoCL (Kim et al., NeurIPS 2020), ACL (Jiang et al., NeurIPS 2020), DynACL (Luo et al., ICLR 2023), DeACL (Zhang et al.,
ECCV 2022) and AdvCL (Fan et al., NeurIPS 2021). None was run by us yet. What their codes and READMEs say of accuracy
stands above each; our evaluation has other protocols.

What differs from those codes: encoders normalise by ImageNet's mean and deviation (there: ACL and those after it on it
too, RoCL and AdvCL not at all); crops are resized bilinearly (ACL: bicubic); batches go on across the end of an epoch;
timm's ResNets start their blocks as the identity, how those start is not known to us. LARS's momentum is assumed, and
so is that it spares biases and norms; of SGD that it does not. Each method's file says what else is our reading.
"""

from dataclasses import replace
from pathlib import Path

from pipelines.loader import Loader
from pipelines.views import AnnealedViews, SimCLRViews, StrongAndWeak, WeakViews
from pipelines.views.steps import Blur, ColorJitter, Grayscale
from training.attacks import PGD, Stillness
from training.encoders import Timm
from training.methods import ACL, AdvCL, DeACL, DynACL, RoCL, SimCLR
from training.optimizers import LARS, SGD
from training.probes.online import OnlineKNN
from training.recipes.samples import CIFAR10
from training.run import Pretrain

VIEWS = SimCLRViews(
    scale=(0.1, 1.0), jitter=ColorJitter(0.4, 0.4, 0.4, 0.1), gray=Grayscale(0.2), blur=Blur(probability=0.0)
)
LONG = 1000 * CIFAR10 // 512

ACL_RUN = Pretrain(
    loader=Loader(Path("data/cifar10/train"), batch=512, side=32, views=VIEWS),
    network=Timm("resnet18", small_stem=True),
    method=ACL(pairs="ds"),
    attack=PGD(radius=8 / 255, steps=5, stride=2 / 255),
    optimizer=LARS(rate=5.0, weight_decay=1e-6, warmup=10 / 1000),
    steps=LONG,
    probe=OnlineKNN(every=10_000, neighbours=200),
    out=Path("runs/acl-cifar10"),
)
TEACHER = replace(
    ACL_RUN,
    method=SimCLR(temperature=0.5),
    attack=Stillness(),
    out=Path("runs/deacl-teacher-cifar10"),
)

ROBUST_RUNS = {
    # python tools/make_shards.py --out data/cifar10 cifar --root $DATA/cifar-10-binary.tar.gz
    # accelerate launch --num_processes 2 training/pretrain.py rocl-cifar10
    # README: clean 83.71, robust (PGD-20) 40.27. Rate 0.1, which the warm-up takes to fifteen times that.
    "rocl-cifar10": replace(
        ACL_RUN,
        loader=replace(ACL_RUN.loader, views=replace(VIEWS, scale=(0.08, 1.0))),
        method=RoCL(),
        attack=PGD(radius=0.0314, steps=7, stride=0.007),
        optimizer=LARS(rate=15 * 0.1, weight_decay=1e-6, warmup=10 / 1000),
        norm="synchronised",
        out=Path("runs/rocl-cifar10"),
    ),
    # Shards as for the first.
    # accelerate launch training/pretrain.py acl-cifar10
    # The dual stream; its paper's other two, of which no code was released, are --method.pairs a2s and a2a.
    "acl-cifar10": ACL_RUN,
    # Shards as for the first.
    # accelerate launch training/pretrain.py dynacl-cifar10
    # README: about a day on one RTX 3090. Without its second stage, which makes it DynACL++.
    "dynacl-cifar10": replace(
        ACL_RUN,
        loader=replace(ACL_RUN.loader, views=AnnealedViews(epochs=1000, every=50)),
        method=DynACL(),
        out=Path("runs/dynacl-cifar10"),
    ),
    # Shards as for the first.
    # accelerate launch training/pretrain.py deacl-teacher-cifar10
    # The teacher for the next: SimCLR. Its settings are not known to us; these are ACL's without an attack.
    "deacl-teacher-cifar10": TEACHER,
    # Shards as for the first; the teacher by the recipe above.
    # accelerate launch training/pretrain.py deacl-cifar10
    # README, linear classifier: clean 80.82, PGD-20 53.45, AutoAttack 46.14. How long its rate rises is assumed.
    "deacl-cifar10": replace(
        ACL_RUN,
        loader=replace(ACL_RUN.loader, batch=256, views=WeakViews()),
        method=DeACL(teacher=TEACHER.out),
        optimizer=SGD(rate=0.5, weight_decay=5e-4, exclude=False, warmup=10 / 100),
        steps=100 * CIFAR10 // 256,
        out=Path("runs/deacl-cifar10"),
    ),
    # Shards as for the first.
    # accelerate launch training/pretrain.py advcl-cifar10
    # Its pseudo-labels come from ImageNet, ours from the run. Colours are ACL's.
    "advcl-cifar10": replace(
        ACL_RUN,
        loader=replace(ACL_RUN.loader, views=StrongAndWeak()),
        method=AdvCL(),
        attack=PGD(radius=8 / 255, steps=5, stride=2 / 255, statistics="batch"),
        optimizer=SGD(rate=0.5, weight_decay=1e-4, exclude=False, warmup=10 / 1000),
        out=Path("runs/advcl-cifar10"),
    ),
}
