"""Frames with their times, one after the other: which lie in a segment, and how a long video falls into chunks.

Times count from the first frame that is shown, in seconds. Frames are those of the file, each once, however unevenly
they are spaced: nothing is doubled, dropped or blended to make a constant rate.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import av

from shards.opening import film, frames
from shards.refusal import Refusal

GRACE = Fraction(1, 1000)  # seconds: Matroska rounds its times to so much
TAIL = Fraction(1, 2)  # seconds from the first to the last frame: a last chunk of less is part of the one before
UNKNOWN = Fraction(25)  # frames per second of a file that says neither a rate nor times


class Frame(NamedTuple):
    """One decoded frame of a video."""

    number: int
    """In the order of showing, from 0."""
    time: Fraction
    picture: av.VideoFrame


class Footage(NamedTuple):
    """A video while it is being decoded."""

    rate: Fraction | None
    """Frames per second on average; ``None`` where the file does not say."""
    frames: Iterator[Frame]


@contextmanager
def footage(content: bytes, segment: tuple[float, float] | None) -> Iterator[Footage]:
    """The frames of a video, of all of it or of a segment, from a file that stays open meanwhile."""
    with film(content) as (container, stream):
        rate = stream.average_rate or None
        yield Footage(rate, within(timed(frames(container, stream), rate or UNKNOWN), segment))


def timed(pictures: Iterable[av.VideoFrame], rate: Fraction) -> Iterator[Frame]:
    """Number the frames and say their times, which rise: where a file states none, or none later, ``rate`` does."""
    start = last = None
    for number, picture in enumerate(pictures):
        stated = None if picture.pts is None or picture.time_base is None else picture.pts * picture.time_base
        if start is None or last is None:
            start, last = stated or Fraction(0), Fraction(0)
        else:
            time = None if stated is None else stated - start
            last = time if time is not None and time > last else last + 1 / rate
        yield Frame(number, last, picture)


def within(some: Iterator[Frame], segment: tuple[float, float] | None) -> Iterator[Frame]:
    """Those of the frames that a segment begins before or with, and ends after.

    Raises: ``Refusal`` if there is none.
    """
    if segment is None:
        yield from some
        return
    first, end = (Fraction(second) - GRACE for second in segment)
    found, time = False, Fraction(0)
    for frame in some:
        time = frame.time
        if time >= end:
            break
        if time >= first:
            found = True
            yield frame
    if not found:
        raise Refusal(f"no frame from second {segment[0]:g} to {segment[1]:g}; its last frame is at {float(time):g}")


def chunks(some: Iterator[Frame], seconds: float | None) -> Iterator[tuple[str, Iterator[Frame]]]:
    """The frames of each chunk, to be used up before the next is asked for, and what a sample's name gets added."""
    if seconds is None:
        yield "", some
        return
    for number, members in groupby(_numbered(some, Fraction(seconds)), key=itemgetter(0)):
        yield f"-{number:03d}", (frame for _, frame in members)


def _numbered(some: Iterator[Frame], seconds: Fraction) -> Iterator[tuple[int, Frame]]:
    """Frames with their chunk's number. The first of a chunk wait until it is known to be more than a tail."""
    start, chunk, waiting = None, 0, []
    for frame in some:
        start = frame.time if start is None else start
        number = int((frame.time - start + GRACE) // seconds)
        if number == chunk:
            yield number, frame
            continue
        if waiting and number > waiting[0][0]:  # there is more behind: what waited is no tail
            yield from waiting
            chunk, waiting = waiting[0][0], []
        waiting.append((number, frame))
        if frame.time - waiting[0][1].time >= TAIL:
            yield from waiting
            chunk, waiting = number, []
    yield from ((chunk, frame) for _, frame in waiting)
