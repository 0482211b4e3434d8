"""Write a data set as WebDataset tars: ``python tools/make_shards.py --out data/cifar10 folder --root cifar10.tar``."""
