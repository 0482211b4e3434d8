"""What encodes an image or a video, by its header alone."""

from shards.media import IMAGES
from shards.opening import film, picture, readable


def codec_of(extension: str, content: bytes) -> str:
    """Format and mode of an image ("JPEG RGB"); container, codec and pixel format of a video ("mp4 h264 yuv420p").

    Raises: ``Refusal`` if the content has no such header.
    """
    extension = extension.rpartition(".")[2]
    with readable(extension, content):
        return _image(content) if extension in IMAGES else _video(extension, content)


def _image(content: bytes) -> str:
    with picture(content) as image:
        return f"{image.format} {image.mode}"


def _video(extension: str, content: bytes) -> str:
    with film(content) as (container, stream):
        codec, names = stream.codec_context, container.format.name.split(",")
        return f"{extension if extension in names else names[0]} {codec.name} {codec.pix_fmt}"
