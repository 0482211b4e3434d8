"""What encodes an image or a video, by its header alone."""

import io

import av
import av.error
from PIL import Image

from shards.media import IMAGES
from shards.refusal import Refusal


def codec_of(extension: str, content: bytes) -> str:
    """Format and mode of an image ("JPEG RGB"); container, codec and pixel format of a video ("mp4 h264 yuv420p").

    Raises: ``Refusal`` if the content has no such header.
    """
    extension = extension.rpartition(".")[2]
    try:
        return _image(content) if extension in IMAGES else _video(extension, content)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, av.error.FFmpegError) as error:
        raise Refusal(f"no header of a {extension!r} file: {error}") from error


def _image(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as image:
        return f"{image.format} {image.mode}"


def _video(extension: str, content: bytes) -> str:
    with av.open(io.BytesIO(content), "r") as container:
        if not container.streams.video:
            raise Refusal("it has no video stream")
        codec, names = container.streams.video[0].codec_context, container.format.name.split(",")
        return f"{extension if extension in names else names[0]} {codec.name} {codec.pix_fmt}"
