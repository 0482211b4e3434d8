"""Fine-tunings as published, on CIFAR-10: ``python training/finetune.py NAME RUN``, RUN a run of that method.

Accuracies that were published for ResNet-18 stand above each, clean / under AutoAttack, 8/255, from the RobustSSL
benchmark's README unless said otherwise; PGD-20, which finetune.py measures, breaks less. None was run by us yet.

Sources are the benchmark's hyper-parameters (which agree with the official codes of ACL, AdvCL and DynACL where these
released any), RoCL's code, and for DeACL its own rates. For CIFAR-100, DynACL's linear layers take a rate of 0.05 and
ACL's full fine-tuning 25 epochs, decays after 15 and 20; for STL-10 DynACL's take a rate of 0.1.
What differs: batches go on across the end of an epoch.
"""

from pipelines.views import WeakViews
from pipelines.views.steps import Flip
from training.recipes.linear import LINEARS
from training.tuning import AFF, ALF, SLF, Tune
from training.tuning.tuning import stairs

LATE = stairs(25, 15, 20)
ROCL = {
    "rate": 0.1,
    "weight_decay": 5e-4,
    "epochs": 150,
    "batch": 1024,
    "fall": stairs(150, 30, 50, 100),
    "views": WeakViews(shift=0.0, flip=Flip(probability=0.0)),  # none at all
}

TUNINGS: dict[str, Tune] = {
    # 78.22 / 39.17
    "acl-slf": SLF(),
    # 75.53 / 40.60
    "acl-alf": ALF(),
    # 81.25 / 49.62; 52.8 under PGD-20 by its authors, which users did not reach (its repository's issue 21: 49.91)
    "acl-aff": AFF(epochs=100, fall=stairs(100, 40, 60)),
    # 82.36 / 43.18
    "advcl-slf": SLF(fall=LATE),
    # 80.04 / 44.05
    "advcl-alf": ALF(fall=LATE),
    # 83.00 / 49.61
    "advcl-aff": AFF(),
    # 79.94 / 43.27; by its own README 80.82 / 46.14, PGD-20 53.45
    "deacl-slf": SLF(rate=0.1, fall=LATE),
    # 77.71 / 41.99; 79.39 / 45.55, PGD-20 55.30
    "deacl-alf": ALF(rate=0.01, fall=LATE),
    # 78.29 / 44.96; 83.64 / 50.75, PGD-20 54.23
    "deacl-aff": AFF(rate=0.01),
    # 75.41 / 45.09
    "dynacl-slf": SLF(),
    # 72.97 / 45.67
    "dynacl-alf": ALF(),
    # 81.86 / 50.52
    "dynacl-aff": AFF(norms="dual"),
    # LE: 83.71 under no attack, 40.27 under PGD-20 in steps of a tenth of the radius: --robustness.stride 2
    "rocl-slf": SLF(**ROCL),
    # r-LE; the length of its attack's steps while it learns is not known to us
    "rocl-alf": ALF(**ROCL),
    **LINEARS,
}
