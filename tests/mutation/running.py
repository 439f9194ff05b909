"""Running the tests of a fault in a forked process: the library and the tests are imported once, for all faults."""

import os
import pickle
import select
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from types import CodeType

import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.planting import codes, plant

QUICK = 5.0
"""A test that takes longer, in seconds, is shown no fault."""


class Judge:
    """A pytest plugin that, instead of running the collected tests once, runs them on each of these faults.

    Before that it runs them all without a fault, and notes how long each takes and which functions it calls: a fault is
    then shown only to the tests that get to it: first those of the file that it is in, and the quickest first.
    """

    def __init__(
        self, mutants: list[Mutant], sources: dict[str, CodeType], tell: Callable[[str], None], minutes: float
    ):
        self.mutants, self.sources, self.tell, self.minutes = mutants, sources, tell, minutes
        self.verdicts: list[tuple[Mutant, str]] = []

    def pytest_runtestloop(self, session):
        """All of it."""
        begun = time.monotonic()
        calls, seconds, failed = self.baseline(session)
        self.tell(f"{len(seconds)} tests, {sum(seconds.values()):.0f} s; failing without a fault: {len(failed)}")
        failed |= {test for test, took in seconds.items() if took > QUICK}
        for mutant in self.mutants:
            if time.monotonic() - begun > 60 * self.minutes:
                break
            before = self.sources[str(mutant.path)]
            touched = {_key(old) for old in _changed(before, mutant.code())}
            items = [item for item in session.items if calls[item.nodeid] & touched and item.nodeid not in failed]
            near = {f"test_{mutant.path.stem}", mutant.path.stem}
            items.sort(key=lambda item, near=near: (item.path.stem not in near, seconds[item.nodeid]))
            verdict = self.verdict(mutant, before, items, seconds)
            self.verdicts.append((mutant, verdict))
            self.tell(f"{verdict:9} {mutant}")
        return True

    def baseline(self, session):
        """What each test calls in the files under test, its seconds, and which fail although nothing is wrong."""
        files = set(self.sources)

        def run():
            calls, seconds, failed = defaultdict(set), {}, set()
            for item in session.items:
                met = calls[item.nodeid]

                def note(frame, event, argument, met=met):
                    if event == "call" and frame.f_code.co_filename in files:
                        met.add(_key(frame.f_code))

                begun, before = time.perf_counter(), session.testsfailed
                sys.setprofile(note)
                _run(session, item)
                sys.setprofile(None)
                seconds[item.nodeid] = time.perf_counter() - begun
                if session.testsfailed > before:
                    failed.add(item.nodeid)
            return dict(calls), seconds, failed

        return _forked(run, 3600)[1]

    def verdict(self, mutant: Mutant, before: CodeType, items: list, seconds: dict[str, float]) -> str:
        """Whether some test notices; a test that takes far longer than without the fault hangs."""
        if not items:
            return "untested"

        def run():
            if not plant(mutant, before):
                return "unplanted"
            for item in items:
                signal.setitimer(signal.ITIMER_REAL, 10 + 5 * seconds[item.nodeid])
                _run(items[0].session, item)
                signal.setitimer(signal.ITIMER_REAL, 0)
                if items[0].session.testsfailed:
                    return "noticed"
            return "survived"

        ended, answer = _forked(run, 10 + 5 * sum(seconds[item.nodeid] for item in items))
        return answer if ended else "noticed" if answer is None else "hung"


def _run(session, item) -> None:
    if hasattr(item, "_initrequest"):
        item._initrequest()
    session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)


def _key(code: CodeType) -> tuple:
    return code.co_filename, code.co_qualname, code.co_firstlineno, code.co_code


def _changed(before: CodeType, after: CodeType):
    pairs = zip(codes(before), codes(after))
    return [old for old, new in pairs if old != new and old.co_name != "<module>"]


def _forked(work: Callable, seconds: float):
    """In a forked process: ``(True, answer)``, ``(False, None)`` if that died, ``(False, ...)`` if it hung."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            with os.fdopen(writer, "wb") as pipe:
                pickle.dump(work(), pipe)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], seconds)
        if not ready:
            os.kill(child, signal.SIGKILL)
        data = pipe.read() if ready else b""
    _, status = os.waitpid(child, 0)
    hung = not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM)
    return (True, pickle.loads(data)) if data else (False, ... if hung else None)


def judge(mutants, sources: dict[str, CodeType], tests: list[str], tell, minutes: float) -> list[tuple[Mutant, str]]:
    """The verdict on each fault: noticed, survived, hung, or untested."""
    plugin = Judge(mutants, sources, tell, minutes)
    options = ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:randomly", "-m", "not slow"]
    pytest.main([*options, *tests], plugins=[plugin])  # plain: or else pytest rewrites what is under test as well
    return plugin.verdicts
