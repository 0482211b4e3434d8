"""What the optional dependency ``corruptions`` brings: ImageNet-C's pictures of frost, and OpenCV for spatter."""

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from shards.refusal import Refusal

PACKAGE = "imagecorruptions-imaug"
INSTALL = 'pip install "antipodal[corruptions]"'


@cache
def installed() -> bool:
    """Whether it is there; nothing is imported."""
    try:
        distribution(PACKAGE)
    except PackageNotFoundError:
        return False
    return True


def require(who: str) -> None:
    """Raises: ``Refusal`` with the command that installs it."""
    if not installed():
        raise Refusal(f"{who} needs {PACKAGE}: {INSTALL}")


def picture(name: str) -> Path:
    """A file of the package's folder of frost."""
    return Path(str(distribution(PACKAGE).locate_file(f"imagecorruptions/frost/{name}")))
