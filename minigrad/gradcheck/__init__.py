"""Checking gradients against finite differences that know their own error."""

from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.report import Finding, Report
from minigrad.gradcheck.verdict import Verdict

__all__ = ["Finding", "Report", "Verdict", "gradcheck"]
