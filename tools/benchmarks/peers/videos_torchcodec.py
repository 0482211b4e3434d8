"""torchcodec alone; it needs FFmpeg's shared libraries (apt-get install ffmpeg)."""

from clips import open_clips
from torchcodec.decoders import VideoDecoder
from turns import take_turns


def prepare(task: dict):
    def read(content: bytes, numbers):
        decoder = VideoDecoder(
            content, dimension_order="NHWC", num_ffmpeg_threads=1, seek_mode=task.get("seek", "exact")
        )
        return decoder.get_frames_at(numbers.tolist()).data

    return open_clips(task, read)


take_turns(prepare, "torchcodec", "torch")
