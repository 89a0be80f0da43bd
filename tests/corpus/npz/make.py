"""Writes this folder's archives with numpy, and both manifests: `python3 make.py` (numpy)."""

import hashlib
import io
import pathlib
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).parent
BAD = HERE.parents[1] / "bad" / "npz"
rng = np.random.default_rng(11)
u8 = rng.integers(0, 256, (9, 7, 3), dtype="u1")
f4 = rng.normal(size=(5, 6)).astype("f4")
many = {f"arr_{i}": np.full((2, 3), i, "u2") for i in range(12)}

np.savez(HERE / "stored.npz", image=u8, other=f4)
np.savez_compressed(HERE / "deflate.npz", f4, u8)
np.savez_compressed(HERE / "twelve.npz", **many)
np.savez(HERE / "none.npz")

npy = io.BytesIO()
np.save(npy, np.asfortranarray(f4.astype(">f4")))
with zipfile.ZipFile(HERE / "mixed.npz", "w") as z:
    z.writestr("readme.txt", "no array")
    z.writestr("folder/größe.npy", npy.getvalue())
z = io.BytesIO()
with zipfile.ZipFile(z, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
    with archive.open("wide.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, u8)
    archive.comment = b"a comment"
(HERE / "wide.npz").write_bytes(z.getvalue())


def hashed(array):
    return hashlib.sha256(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


FILES = [
    ("stored.npz", u8, 2, "two stored arrays with names"),
    ("deflate.npz", f4, 2, "two deflated arrays of different shape and dtype"),
    ("twelve.npz", many["arr_0"], 12, "arr_10 follows arr_9, not arr_1"),
    ("mixed.npz", f4, 1, "a file that is no array; a name beyond ASCII; Fortran order and big-endian"),
    ("wide.npz", u8, 1, "64-bit fields in the local header, a comment at the end"),
]
manifest = [
    f'[[file]]\nname = "{name}"\nshape = {list(a.shape)}\ndtype = "{a.dtype.name}"\nsha256 = "{hashed(a)}"\n'
    f'n_images = {n}\nwhy = "{why}"\nmade_by = "numpy {np.__version__}"\n'
    for name, a, n, why in FILES
]
(HERE / "manifest.toml").write_text("\n".join(manifest))

BAD.mkdir(parents=True, exist_ok=True)
stored = (HERE / "stored.npz").read_bytes()
at = stored.index(u8.tobytes()[:20])
flipped = bytearray(stored)
flipped[at] ^= 1
no_end = stored[: stored.index(b"PK\x01\x02") + 20]
huge = stored.replace(b"(9, 7, 3), }" + b" " * 12, b"(99999999, 7, 300), }" + b" " * 3)
assert huge != stored and len(huge) == len(stored)
rows = [
    ("checksum.npz", bytes(flipped), "Malformed", "one bit of the first array is wrong"),
    ("truncated.npz", no_end, "Malformed", "ends within the directory"),
    ("huge.npz", huge, "Malformed | LimitExceeded", "an array larger than its member"),
    ("none.npz", (HERE / "none.npz").read_bytes(), "IndexOutOfRange", "no array at all"),
]
(HERE / "none.npz").unlink()
manifest = []
for name, data, kind, why in rows:
    (BAD / name).write_bytes(data)
    manifest.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')
(BAD / "manifest.toml").write_text("\n".join(manifest))
