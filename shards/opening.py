"""Images and videos opened by their bytes: only formats named here, none larger than a bound, and no other file."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import av
import av.error
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from shards.refusal import Refusal, reason_of
from shards.sample import Buffer

PICTURES = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")  # Pillow reads some fifty; an MPO is a JPEG with another behind it
# Not the playlists ("hls", "concat", "dash", …): their demuxers open whatever file or address they name
CONTAINERS = ("mov", "matroska", "avi", "mpeg", "mpegvideo", "mpegts", "m4v", "flv", "asf", "ogg")
PIXELS = 100_000_000  # of one picture or frame: 300 MB as RGB


@contextmanager
def readable(extension: str, content: Buffer) -> Iterator[None]:
    """Turn what the libraries raise over damaged bytes into a ``Refusal``."""
    try:
        yield
    except av.error.FFmpegError as error:
        said = error.strerror or reason_of(error)  # without FFmpeg's log
        raise Refusal(f"cannot read {len(content)} bytes as {extension!r}: {said}") from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refusal(f"cannot read {len(content)} bytes as {extension!r}: {reason_of(error)}") from error


@contextmanager
def picture(content: Buffer) -> Iterator[Image.Image]:
    """An image of which only the header has been read."""
    with Image.open(io.BytesIO(content), formats=PICTURES) as image:
        _refuse_large(image.height, image.width)
        yield image


@contextmanager
def film(content: Buffer, probe: bool = True) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A video and its first stream of pictures, to be decoded by one thread.

    Without ``probe`` FFmpeg decodes no frame to guess what the file does not say, such as how many frames the decoder
    must hold back to show all in order: faster, but the decoder may show fewer frames, or others first.
    """
    options = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "none"}
    if not probe:
        options["skip_frame"] = "all"
    with av.open(io.BytesIO(content), "r", options=options) as container:
        if not container.streams.video:
            raise Refusal("no video stream")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise Refusal("its video stream is of a kind that FFmpeg does not know")
        _refuse_large(stream.codec_context.height, stream.codec_context.width)
        stream.codec_context.thread_count = 1  # several would make it a matter of timing what damage does
        stream.codec_context.options = {"max_pixels": str(PIXELS)}  # a stream may grow after its header
        yield container, stream


def frames(container: InputContainer, stream: VideoStream) -> Iterator[av.VideoFrame]:
    """Every frame in the order of showing.

    Raises: ``Refusal`` at the first that is damaged or of another size.
    """
    size = None
    for number, frame in enumerate(container.decode(stream)):
        size = size or (frame.height, frame.width)
        if frame.is_corrupt:
            raise Refusal(f"frame {number} is damaged")
        if (frame.height, frame.width) != size:
            raise Refusal(f"frame {number} is {frame.height} by {frame.width}, the first {size[0]} by {size[1]}")
        yield frame
    if size is None:
        raise Refusal("no frame decodes")


def _refuse_large(height: int, width: int) -> None:
    if height * width > PIXELS:
        raise Refusal(f"{height} by {width} pixels, more than {PIXELS} in all; make it smaller, or leave it out")
