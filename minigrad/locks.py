"""A lock that a forked process finds open."""

import os
from threading import Lock


class ForkedLock:
    """A :class:`threading.Lock` for ``with``, to be kept in a module: open again in a forked process.

    The thread that held it is not forked along, so there nobody would ever give it back.
    """

    def __init__(self):
        self._renew()
        if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
            os.register_at_fork(after_in_child=self._renew)

    def _renew(self) -> None:
        self._lock = Lock()

    def __enter__(self):
        self._lock.acquire()

    def __exit__(self, *exception):
        self._lock.release()
