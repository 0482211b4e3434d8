"""A file in memory that holds no descriptor open, for as long as anybody looks at it."""

import ctypes
import mmap
import os
import weakref
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int64)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
FAILED = ctypes.c_void_p(-1).value


def mapped(file: Path) -> memoryview:
    """The bytes of a file that is not empty, to be read only. The last view of them that goes ends the mapping.

    ``mmap.mmap`` would keep a descriptor for each file (until Python 3.13's ``trackfd``), and a batch may look at more
    files at once than a process may have open.
    Raises: ``OSError``
    """
    with file.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        start = LIBC.mmap(None, size, mmap.PROT_READ, mmap.MAP_SHARED, stream.fileno(), 0)
    if start == FAILED:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(file))
    block = (ctypes.c_ubyte * size).from_address(start)
    weakref.finalize(block, LIBC.munmap, start, size).atexit = False  # views may outlive the interpreter's other parts
    return memoryview(block).cast("B").toreadonly()
