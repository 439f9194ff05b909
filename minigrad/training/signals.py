"""Ctrl-C and SIGTERM, noted at once and obeyed at a good moment."""

import signal
import sys
import threading
from types import FrameType
from typing import Any

NOTED = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Inside the ``with`` block the first Ctrl-C or SIGTERM is only noted, in ``received``; the next one acts as usual.

    Only the main thread can be asked to; in another one nothing is noted. A signal that the program was started to
    ignore (``nohup``, a job in the background of a script) stays ignored.
    """

    def __init__(self):
        self.received: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            heeded = [number for number in NOTED if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *exception):
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_DFL if before is None else before)
        self._before = {}

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)
        self.__exit__()

    def error(self, message: str) -> BaseException:
        """What ends the program as the signal would have: KeyboardInterrupt, or after SIGTERM exit code 143."""
        if self.received is signal.SIGTERM:
            print(message, file=sys.stderr)
            return SystemExit(128 + signal.SIGTERM)
        return KeyboardInterrupt(message)
