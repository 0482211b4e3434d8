"""Whether a split is all that its makers publish."""

from shards.sample import Rejected


def shortfall(split: str, found: int, official: int) -> list[Rejected]:
    """One entry for the quarantine if a split has another size than published, so that nobody trains on a part of it
    unawares; a part may be what is wanted, hence no refusal."""
    if found == official:
        return []
    difference = f"{official - found:,} are missing" if found < official else f"{found - official:,} are too many"
    return [Rejected(split, f"{found:,} images are here, officially there are {official:,}: {difference}")]
