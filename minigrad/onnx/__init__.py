"""A trained model as an ONNX file, which other programs run and draw: its preprocessing, its layers, its answers.

Needs the package ``onnx``: ``pip install 'minigrad[onnx]'``; ``import minigrad`` does not load this module.
"""

from minigrad.onnx.check import largest_difference
from minigrad.onnx.export import model_proto, save
from minigrad.onnx.layers import ExportError

__all__ = ["ExportError", "largest_difference", "model_proto", "save"]
