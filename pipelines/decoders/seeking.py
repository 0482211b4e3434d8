"""Frames of a video by their numbers, decoding little else, and only where that is sure to give the same frames.

A frame needs what lies between its key frame and itself, and of that only what others refer to. Which packet holds
which frame is known from the times that packets state, if they can be believed:

- Packets that are not in the order of showing come from a container that knows that order, and each frame is known by
  its time. Frames that are not wanted and that no other refers to are then left out: that is exact, for the standards
  say of each frame whether others may refer to it.
- Packets whose times merely rise may be of a file that does not state the order (AVI). They are taken at their word
  only if each packet gives its own frame at once, which a decoder that reorders frames does not do.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

import av.error
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from shards.opening import film
from shards.sample import Buffer

STATED = ("mov", "matroska")  # containers in which each frame has its own time


class Untrusted(Exception):
    """Seeking could give other frames than reading from the start."""


def sought(content: Buffer, wanted: Sequence[int], count: int, key_frames: np.ndarray) -> Iterator[VideoFrame]:
    """The wanted frames, whose numbers rise, of a video that has ``count`` frames.

    Raises: ``Untrusted`` at any frame, then all that came before are doubtful too.
    """
    with film(content, probe=False) as (container, stream):
        try:
            packets = [packet for packet in container.demux(stream) if packet.size]
            order = _order(packets, count, key_frames)
            times = [packets[place].pts for place in order]
            reordered = times != [p.pts for p in packets if not p.is_discard]
            if reordered and container.format.name.split(",")[0] not in STATED:
                raise Untrusted
            spans = _spans(packets, [order[number] for number in wanted])
            expected = iter([times[number] for number in wanted])
            for frame in _decoded(stream.codec_context, packets, spans, reordered):
                if frame.pts != next(expected, None):
                    raise Untrusted
                yield frame
        except (av.error.FFmpegError, IndexError) as error:
            raise Untrusted from error
    if next(expected, None) is not None:
        raise Untrusted


def _order(packets: list[Packet], count: int, key_frames: np.ndarray) -> list[int]:
    """Which packet holds each frame, by the frames' numbers."""
    shown = [place for place, packet in enumerate(packets) if not packet.is_discard]  # edit lists discard some
    times = {place: pts for place in shown if (pts := packets[place].pts) is not None}
    if not len(shown) == len(set(times.values())) == count:
        raise Untrusted
    order = sorted(shown, key=times.__getitem__)
    keys = [number for number, place in enumerate(order) if packets[place].is_keyframe]
    # a file that was put together of several may change its parameters on the way
    if keys != key_frames.tolist() or any(packets[order[number]].has_sidedata("new_extradata") for number in keys):
        raise Untrusted
    return order


def _spans(packets: list[Packet], places: list[int]) -> list[tuple[int, int, set[int]]]:
    """Stretches of packets, first and last, in which the wanted places are decoded."""
    keys = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    spans: list[tuple[int, int, set[int]]] = []
    for place in sorted(places):
        nearest = bisect_right(keys, place) - 1
        # what is shown before the key frame that it follows may refer to the group before
        while nearest > 0 and _time(packets[keys[nearest]]) > _time(packets[place]):
            nearest -= 1
        start = keys[max(nearest, 0)]
        if spans and start <= spans[-1][1] + 1:
            first, _, held = spans.pop()
            spans.append((first, place, held | {place}))
        else:
            spans.append((start, place, {place}))
    return spans


def _decoded(
    codec: VideoCodecContext, packets: list[Packet], spans: list[tuple[int, int, set[int]]], reordered: bool
) -> Iterator[VideoFrame]:
    """The frames of the wanted places, in the order in which the decoder shows them."""
    for first, last, places in spans:
        held = {packets[place].pts for place in places}
        for place in range(first, last + 1):
            packet = packets[place]
            codec.skip_frame = "NONREF" if reordered and place not in places else "DEFAULT"
            frames = codec.decode(packet)
            if not reordered and [frame.pts for frame in frames] != [packet.pts]:
                raise Untrusted
            yield from (frame for frame in frames if frame.pts in held)
        yield from (frame for frame in codec.decode(None) if frame.pts in held)
        codec.flush_buffers()


def _time(packet: Packet) -> int:
    if packet.pts is None:
        raise Untrusted
    return packet.pts
