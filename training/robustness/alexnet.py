"""AlexNet's errors on ImageNet-C, by which the errors of others are divided there."""

from collections.abc import Mapping, Sequence

from shards.sources.wnids import WNID

ERRORS = {
    "gaussian_noise": 0.886428,
    "shot_noise": 0.894468,
    "impulse_noise": 0.922640,
    "defocus_blur": 0.819880,
    "glass_blur": 0.826268,
    "motion_blur": 0.785948,
    "zoom_blur": 0.798360,
    "snow": 0.866816,
    "frost": 0.826572,
    "fog": 0.819324,
    "brightness": 0.564592,
    "contrast": 0.853204,
    "elastic_transform": 0.646056,
    "pixelate": 0.717840,
    "jpeg_compression": 0.606500,
}
"""Mean over the five severities, as shares: github.com/hendrycks/robustness. The fifteen standard corruptions."""
CLASSES = 1000


def of_imagenet(names: Sequence[str]) -> bool:
    """Whether these are the 1000 classes of ImageNet-1k; for others AlexNet's errors say nothing."""
    return len(names) == CLASSES and all(map(WNID.fullmatch, names))


def mean_corruption_error(accuracies: Mapping[str, float]) -> float:
    """mCE in percent: the mean over corruptions of error / AlexNet's error.

    Args:
        accuracies: By corruption the mean accuracy over five severities, in percent; all fifteen standard ones.
    """
    return sum((100 - accuracies[name]) / error for name, error in ERRORS.items()) / len(ERRORS)
