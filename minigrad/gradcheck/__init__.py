"""Checking gradients against finite differences that know their own error."""

from minigrad.gradcheck.check import gradcheck
from minigrad.gradcheck.diagnose import Case, Diagnosis, diagnose
from minigrad.gradcheck.diagnosis.black_box import black_box
from minigrad.gradcheck.opcheck import opcheck
from minigrad.gradcheck.report import Finding, Report
from minigrad.gradcheck.sweep import Checked, check_call, check_op, sweep
from minigrad.gradcheck.verdict import Verdict

__all__ = [
    "Case",
    "Checked",
    "Diagnosis",
    "Finding",
    "Report",
    "Verdict",
    "black_box",
    "check_call",
    "check_op",
    "diagnose",
    "gradcheck",
    "opcheck",
    "sweep",
]
