"""Checking gradients against finite differences that know their own error."""

from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.report import Finding, Report
from minigrad.gradcheck.sweep import Checked, check_call, check_op, sweep
from minigrad.gradcheck.verdict import Verdict

__all__ = ["Checked", "Finding", "Report", "Verdict", "check_call", "check_op", "gradcheck", "sweep"]
