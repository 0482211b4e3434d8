"""How many training samples the data sets of the field have, from which epochs become steps."""

CIFAR10 = 50_000
TINY_IMAGENET = 100_000
IMAGENET100 = 127_000  # about: the hundred classes of CMC's imagenet100.txt have some 1300 each, and not all exactly
IMAGENET = 1_281_167
KINETICS400 = 240_000  # about: its videos vanish from the web
UCF101 = 9_537  # of the first of its three official splits
