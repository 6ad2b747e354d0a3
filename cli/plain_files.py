"""Opens plain files and nothing else: a pipe would wait for its writer, and whoever reads with it.

What is looked at first and opened then may have been swapped in between, so the open file itself is
asked what it is.
"""

import os
from errno import EINVAL
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, Final

_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_plain(path: Path) -> BinaryIO:
    """The file at `path`, open for reading; never waits for anybody.

    Raises:
        OSError: it cannot be opened; EINVAL where it is no plain file.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(EINVAL, os.strerror(EINVAL))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise
