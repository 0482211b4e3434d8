"""What is done to media when shards are made. One file per recoding; to add one, add its file and name it here."""

from typing import Annotated

from tyro.conf import subcommand

from shards.recode.copying import Copy
from shards.recode.h264 import H264
from shards.recode.jpeg_frames import JpegFrames
from shards.recode.smaller import Smaller

Recode = (
    Annotated[Copy, subcommand("copy")]
    | Annotated[Smaller, subcommand("smaller")]
    | Annotated[H264, subcommand("h264")]
    | Annotated[JpegFrames, subcommand("jpeg-frames")]
)
