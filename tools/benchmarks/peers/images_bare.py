"""Nothing but JPEG decoding: libjpeg-turbo through simplejpeg on threads, from memory."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import simplejpeg
from turns import take_turns


def prepare(task: dict):
    files = [Path(file).read_bytes() for file in task["files"]] * task["passes"]
    pool = ThreadPoolExecutor(task["threads"])

    def decode(content: bytes) -> int:
        return len(simplejpeg.decode_jpeg(content, "RGB"))

    return lambda add_up: (sum(1 for rows in pool.map(decode, files) if rows), 0)


take_turns(prepare, "simplejpeg")
