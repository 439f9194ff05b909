"""For pytest, which finds it by itself: where ``assert mg.gradcheck(...)`` fails, the whole report is shown.

pytest shows the value of a failed assertion on one line, shortened in the middle. The report is what the failure is
about, so it gets a section of its own.
"""

from types import TracebackType

import pytest

from minigrad.gradcheck.report import Report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Add the reports that a failed assertion has looked at to what pytest prints."""
    result = yield
    if call.excinfo is not None and call.excinfo.errisinstance(AssertionError):
        result.sections += [("gradient check", str(report)) for report in bad_reports(call.excinfo.tb)]
    return result


def bad_reports(traceback: TracebackType | None) -> list[Report]:
    """The reports, among the values at hand where an assertion failed, that say that something is wrong."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return []
    values = {id(x): x for x in traceback.tb_frame.f_locals.values()}  # those of the assertion itself are among them
    return [x for x in values.values() if isinstance(x, Report) and not x]
