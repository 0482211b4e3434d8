"""False negatives cancelled on ImageNet (FNC: Huynh et al., 2022, arXiv 2011.11765), as the released code runs it.

README there: linear accuracy 74.4. Not run by us yet. Without the rule: ``false-negatives:keep-all``.

FNC is SimCLR with a slow encoder and a memory of its embeddings; the nearest here is MoCo that asks with both views.
What differs: negatives and suspects are the queue's keys alone, not those of the batch too; the queue holds both views
of each sample, for eight batches, the memory all ten, for one and a half; RandAugment is left out; the loss is a mean
over views, there a sum of another scale. LARS's momentum and trust are ours, and that it spares biases and norms, and
batch norms in the head, are assumed.
"""

from pathlib import Path

from pipelines.loader import Loader
from pipelines.views import SimCLRViews
from pipelines.views.steps import Blur, ColorJitter
from training.encoders import Timm
from training.false_negatives import FNC
from training.heads import Head
from training.methods import MoCo
from training.optimizers import LARS
from training.probes.online import OnlineKNN
from training.recipes.samples import IMAGENET
from training.run import Pretrain

FNC_RUNS = {
    # python tools/make_shards.py --out data/imagenet imagenet --root $DATA/ILSVRC2012
    # accelerate launch --num_processes 32 training/pretrain.py fnc-imagenet
    # … --false-negatives.action remove
    # As released, and with removal in the place of attraction. Eight of a sample's ten views are for the rule alone.
    "fnc-imagenet": Pretrain(
        loader=Loader(
            Path("data/imagenet/train"), batch=4096, side=224,
            views=SimCLRViews(scale=(0.2, 1.0), jitter=ColorJitter(0.8, 0.8, 0.8, 0.2), blur=Blur(probability=0.5)),
        ),
        network=Timm("resnet50"),
        method=MoCo(queue=16 * 4096, momentum=0.999, symmetric=True, temperature=0.1, head=Head(layers=3, out=128)),
        false_negatives=FNC(count=10, above=0.7, support=8, action="attract"),
        optimizer=LARS(rate=0.1 * 4096**0.5, weight_decay=1e-4, warmup=10 / 100),
        steps=100 * IMAGENET // 4096,
        probe=OnlineKNN(every=2000, bank=50_000, queries=5000, neighbours=200),
        out=Path("runs/fnc-imagenet"),
    ),
}  # fmt: skip
