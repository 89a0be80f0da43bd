"""What the make.py scripts of the plain formats share: writing files with their rows, and a picture to write."""

import hashlib
import pathlib

import numpy as np

y, x = np.mgrid[0:13, 0:17]
rgba = np.stack([x * 15 % 256, y * 19 % 256, (x + 2 * y) * 7 % 256, (x * y) * 3 % 256], -1).astype(np.uint8)
rgb, gray = rgba[..., :3], rgba[..., 2]


class Folder:
    """The folder of a script, and its twin of bad files."""

    def __init__(self, script):
        self.here = pathlib.Path(script).resolve().parent
        self.bad = self.here.parent.parent / "bad" / self.here.name
        self.rows, self.bad_rows = [], []

    def good(self, name, content, array, why, made_by, n_images=1):
        """Writes a file; `array` is what a default read has to give."""
        array = np.ascontiguousarray(array)
        if array.dtype == bool:
            array = array.astype(np.uint8).astype(bool)
        little = array.astype(array.dtype.newbyteorder("<"))
        (self.here / name).write_bytes(content)
        self.rows.append(
            f'[[file]]\nname = "{name}"\nshape = {list(array.shape)}\ndtype = "{array.dtype.name}"\n'
            f'sha256 = "{hashlib.sha256(little.tobytes()).hexdigest()}"\nn_images = {n_images}\n'
            f'why = "{why}"\nmade_by = "{made_by}"\n'
        )

    def broken(self, name, content, kind, why):
        """Writes a file that must be refused with `kind`."""
        (self.bad / name).write_bytes(content)
        self.bad_rows.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')

    def done(self):
        """Writes both manifests."""
        (self.here / "manifest.toml").write_text("\n".join(self.rows))
        (self.bad / "manifest.toml").write_text("\n".join(self.bad_rows))
