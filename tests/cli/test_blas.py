import os
import subprocess
import sys

import numpy as np
import pytest

ASK = "from minigrad.cli.blas import use_one_thread; print(use_one_thread(), use_one_thread(), sep='\\n')"
BUNDLED = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"] == "scipy-openblas"


def answers(**variables):
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | variables
    ran = subprocess.run([sys.executable, "-c", ASK], env=environment, check=True, capture_output=True, text=True)
    return ran.stdout.splitlines()


@pytest.mark.skipif(not BUNDLED, reason="needs a NumPy that comes with OpenBLAS: pip install numpy")
def test_openblas_is_told_to_use_one_thread_although_numpy_is_loaded():
    assert answers() == ["OpenBLAS, 1 thread"] * 2


@pytest.mark.skipif(not BUNDLED, reason="needs a NumPy that comes with OpenBLAS: pip install numpy")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two processors")
def test_the_environment_has_the_last_word():
    assert answers(OPENBLAS_NUM_THREADS="2") == ["OpenBLAS, 2 threads"] * 2
