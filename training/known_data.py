"""Which published data set a split is, by the names of its classes."""

from collections.abc import Sequence

MARKS = {
    "cifar10": (10, ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")),
    "cifar100": (100, ("aquarium_fish", "beaver", "lawn_mower", "sweet_pepper", "willow_tree")),
    "imagenet100": (100, ("n01820546", "n01983481", "n02085620", "n02701002", "n03930630", "n07714571", "n07753275")),
    "ucf101": (101, ("ApplyEyeMakeup",)),
}
"""How many classes it has, and names among them."""


def known_as(classes: Sequence[str]) -> str:
    """The data set's name in published_figures.csv; "" if it is none of these."""
    for name, (count, marks) in MARKS.items():
        if len(classes) == count and {mark.lower() for mark in marks} <= {one.lower() for one in classes}:
            return name
    return ""
