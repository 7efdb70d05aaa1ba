"""Writes test/goldens/hdf5-files.json: small HDF5 files of h5py, and what is in them.

    pip install h5py numpy && python bench/hdf5-files.py
"""

import base64
import io
import json
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np

rng = np.random.default_rng(3)


def contents(file, many):
    """Arrays by their paths; with `many`, more names in a group than fit into its header."""
    scores = np.round(rng.normal(size=(37, 5)), 2)
    summary = (rng.uniform(size=(4, 301)) < 0.2).astype("f4")
    arrays = {
        "scores": scores,
        "a/packed": file.create_dataset("a/packed", data=summary, chunks=(3, 64), compression="gzip", shuffle=True)[()],
        "a/chunks": file.create_dataset("a/chunks", data=np.arange(210, dtype="i4").reshape(5, 6, 7), chunks=(2, 4, 3))[()],
        "a/checked": file.create_dataset("a/checked", data=np.arange(9, dtype="u2"), chunks=(4,), fletcher32=True)[()],
        "a/one": file.create_dataset("a/one", data=np.arange(12, dtype="i8"), chunks=(12,), compression="gzip")[()],
        "truth": np.array([True, False, True]),
        "byte": np.array([[1, 255]], dtype="u1"),
        "wide": np.array([4_000_000_000], dtype="u4"),
        "count": np.array(42, dtype="i8"),
    }
    for name, data in arrays.items():
        if name not in file:
            file[name] = data
    for index in range(many):
        name = f"videos/video_{index + 1}/picks"
        arrays[name] = np.arange(index % 5 + 1, dtype="i4")
        file[name] = arrays[name]
        file[f"videos/video_{index + 1}"].attrs["title"] = f"clip {index + 1}"
    for index in range(many // 4):
        file.attrs[f"note {index}"] = f"text {index}"
    file["name"] = "größer"
    file.create_dataset("fixed", data=np.array([b"one", b"three"], dtype="S5"))
    references = file.create_dataset("seen", (2,), dtype=h5py.ref_dtype)
    references[0] = file["a/chunks"].ref
    references[1] = file["scores"].ref
    return arrays


def golden(title, many, **options):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **options) as file:
        arrays = contents(file, many)
    return {
        "title": title,
        "many": many,
        "file": base64.b64encode(zlib.compress(buffer.getvalue(), 9)).decode(),
        "arrays": {
            name: {"dims": list(data.shape), "data": [float(value) for value in np.ravel(data)]}
            for name, data in arrays.items()
        },
    }


cases = [
    golden("by default", 3),
    golden("of the first format", 20, libver="earliest"),
    golden("of HDF5 1.8, with many names", 20, libver=("v108", "v108")),
    golden("of the newest format, with many names", 20, libver="latest"),
    golden("after 512 bytes of something else", 3, userblock_size=512),
    golden("with very many names", 260, libver=("v108", "v108")),
]
target = Path(__file__).parent.parent / "test/goldens/hdf5-files.json"
target.write_text(
    json.dumps({"python": sys.version.split()[0], "h5py": h5py.__version__, "hdf5": h5py.version.hdf5_version, "cases": cases})
)
print(target.stat().st_size)
