"""``assert mg.gradcheck(...)`` in somebody's own tests: pytest's failure shows the report."""

import subprocess
import sys
from importlib.metadata import entry_points
from textwrap import dedent

import numpy as np
import pytest

import minigrad as mg
from minigrad.gradcheck.pytest_plugin import bad_reports


@pytest.fixture
def failed(tmp_path):
    """What pytest prints, run as people run it, of a file with one right and one wrong gradient."""
    (tmp_path / "test_mine.py").write_text(
        dedent("""
            import numpy as np
            import minigrad as mg

            @mg.op(x=lambda g, y, x: 2 * g * np.cos(x))
            def doubled(x):
                return np.sin(x)

            def test_right():
                assert mg.gradcheck(np.sin, np.ones(3))

            def test_wrong():
                assert mg.gradcheck(doubled, np.ones(3), name="a name as long as names can be, and longer " * 5)
        """)
    )
    installed = any(each.name == "minigrad" for each in entry_points(group="pytest11"))
    plugin = [] if installed else ["-p", "minigrad.gradcheck.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, "test_mine.py"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout


def test_a_plain_assert_prints_the_report_line_by_line(failed):
    assert "1 failed, 1 passed" in failed
    section = failed.partition("- gradient check -")[2].splitlines()
    assert section[1].startswith(
        "WRONG gradient: doubled, operand 0 (x), at test_mine.py:13  assert mg.gradcheck(doubled"
    )
    assert section[1].endswith('and longer " * 5)')
    assert "worst element [0]: backward gives 0.46" in section[2]
    assert section[3].startswith("  diagnosis: FACTOR")


def test_reports_in_local_variables_are_found_once_and_right_ones_are_not_shown():
    wrong, right = mg.gradcheck(lambda x: x, np.arange(3)), mg.gradcheck(np.sin, np.ones(3))
    again = wrong
    with pytest.raises(AssertionError) as caught:
        assert again is right, "they differ"
    assert bad_reports(caught.tb) == [wrong]
    assert bad_reports(None) == []
