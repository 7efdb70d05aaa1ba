"""Writes test/goldens/matlab-files.json: small MATLAB files of level 5 by SciPy, and what is in them.

    pip install scipy && python bench/matlab-files.py
"""

import base64
import io
import json
from pathlib import Path

import numpy as np
import scipy
from scipy.io import savemat

scores = (np.arange(12).reshape(4, 3) % 5).astype("u1")
variables = {
    "user_score": scores,
    "gt_score": (scores > 0).mean(axis=1, keepdims=True),
    "nFrames": np.uint16(4),
    "FPS": 29.97,
    "deep": np.arange(24, dtype="i4").reshape(2, 3, 4),
    "title": "größer",
    "users": np.array(["one", "three"], dtype=object),
    "video": {"name": "clip", "length": 3.5, "cells": np.array([np.zeros((2, 2)), "x"], dtype=object)},
    "none": np.zeros((0, 3)),
    "a": np.int8(-7),
}
cases = []
for compressed in (False, True):
    buffer = io.BytesIO()
    savemat(buffer, variables, do_compression=compressed)
    cases.append({"title": "compressed" if compressed else "plain", "file": base64.b64encode(buffer.getvalue()).decode()})
target = Path(__file__).parent.parent / "test/goldens/matlab-files.json"
target.write_text(json.dumps({"scipy": scipy.__version__, "cases": cases}))
print(target.stat().st_size)
