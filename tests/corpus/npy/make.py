"""Writes this folder's arrays with numpy, and both manifests: `python3 make.py` (numpy)."""

import hashlib
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
BAD = HERE.parents[1] / "bad" / "npy"
rng = np.random.default_rng(7)


def save(name, array, version=None):
    with open(HERE / name, "wb") as f:
        np.lib.format.write_array(f, array, version=version)


def values(dtype, shape):
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(dtype)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype.newbyteorder("="), endpoint=True).astype(dtype)
    if dtype.kind == "c":
        return (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


FILES = [
    ("u16.npy", values("<u2", (11, 7)), None, "little-endian integers, two axes"),
    ("bool_3d.npy", values("?", (3, 4, 5)), None, "truth values, three axes"),
    ("f16.npy", values("<f2", (9, 5, 3)), None, "half floats"),
    ("i64_big.npy", values(">i8", (5, 6)), None, "big-endian integers"),
    ("c128_big.npy", values(">c16", (4, 3)), None, "big-endian complex numbers: both parts are swapped"),
    ("f32_fortran.npy", np.asfortranarray(values("<f4", (6, 7, 4))), None, "Fortran order, three axes"),
    ("i16_fortran_big.npy", np.asfortranarray(values(">i2", (13, 8))), None, "Fortran order and big-endian"),
    ("scalar.npy", np.array(2.5), None, "no axis"),
    ("empty.npy", np.zeros((0, 4), "<u4"), None, "no element"),
    ("version2.npy", values("u1", (4, 4)), (2, 0), "header of version 2.0"),
    ("version3.npy", values("<c8", (2, 3)), (3, 0), "header of version 3.0"),
]

manifest = []
for name, array, version, why in FILES:
    save(name, array, version)
    native = np.ascontiguousarray(array).reshape(array.shape).astype(array.dtype.newbyteorder("<"))
    manifest.append(
        f'[[file]]\nname = "{name}"\nshape = {list(array.shape)}\ndtype = "{array.dtype.newbyteorder("=").name}"\n'
        f'sha256 = "{hashlib.sha256(native.tobytes()).hexdigest()}"\nn_images = 1\nwhy = "{why}"\n'
        f'made_by = "numpy {np.__version__}"\n'
    )
(HERE / "manifest.toml").write_text("\n".join(manifest))

good = (HERE / "u16.npy").read_bytes()
structured = np.zeros(3, [("a", "<f4"), ("b", "<i2")])
BAD.mkdir(parents=True, exist_ok=True)
np.save(BAD / "structured.npy", structured)
np.save(BAD / "text.npy", np.array(["a", "bc"]))
rows = [
    ("structured.npy", None, "Unsupported", "an array of records"),
    ("text.npy", None, "Unsupported", "an array of texts"),
    ("truncated.npy", good[:-10], "Malformed", "the last ten bytes are missing"),
    ("negative.npy", good.replace(b"(11, 7)", b"(-1, 7)"), "Malformed", "an axis of -1 elements"),
    ("huge.npy", good.replace(b"(11, 7), }    ", b"(9999999, 7)} "), "Malformed | LimitExceeded", "more than the file has"),
    ("overflow.npy", good.replace(b"(11, 7), }            ", b"(99999999999, 9999999)"[:22]), "Malformed", "no end"),
    ("header.npy", good[:40], "Malformed", "ends within the header"),
    ("no_dict.npy", good.replace(b"{'descr'", b"['descr'"), "Malformed", "the header is no dictionary"),
]
manifest = []
for name, data, kind, why in rows:
    if data is not None:
        (BAD / name).write_bytes(data)
    manifest.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')
(BAD / "manifest.toml").write_text("\n".join(manifest))
