"""Linear evaluations as published: ``python training/finetune.py NAME RUN``, RUN a run of that method.

Each is SLF: a linear layer on the frozen encoder, by SGD. Not among them is CLAE's, which takes Adam (rate 3e-4, 1000
epochs, no augmentation): SGD is all that fine-tuning has, and of the same convex problem evaluate.py's linear probe
finds the end. RoCL's stands in training/recipes/tuning.py. What differs stands beside each; in all of them, the layer
starts from zeros, and batches go on across the end of an epoch.
"""

from pipelines.views import WeakViews
from training.optimizers.rates import Level, Steps
from training.tuning import SLF
from training.tuning.tuning import stairs

LINEARS = {
    # The authors' experiments around 2207.10862: CIFAR-10, encoders of SimCLR and of cross-entropy; for those of SupCon
    # the rate is 5. There pictures are cropped, and their colours jittered a little; here they move and flip.
    "susceptibility-slf": SLF(
        rate=1.0,
        weight_decay=0.0,
        epochs=100,
        batch=512,
        fall=Steps((0.6, 0.75, 0.9), (0.2, 0.2**2, 0.2**3)),
    ),
    # 2110.14189: ImageNet-100, ResNet-50. There pictures are cropped at random and flipped, and the layer has 1000
    # outputs and starts from N(0, 0.01²); here they move and flip.
    "non-semantic-slf": SLF(rate=10.0, weight_decay=0.0, epochs=60, batch=128, fall=stairs(60, 30, 40, 50)),
    # TCLR, by an author of 2207.10862: UCF101, R3D-18; 69.9 by ten clips of a test video, which evaluate.py takes
    # (--clips.count), where finetune.py takes the one in the middle. Rate, epochs and batch are published; crops of 0.6
    # to 1 and every second frame are too, and are left to --loader and --tuning.views. How the rate falls and the
    # weight decay are not known to us and ours: it does not, there is none.
    "tclr-slf": SLF(rate=0.01, weight_decay=0.0, epochs=100, batch=32, fall=Level(), views=WeakViews(shift=0.0)),
}
