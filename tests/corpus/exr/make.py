"""Writes this folder's images with the OpenEXR library, and both manifests: `python3 make.py` (OpenEXR, numpy)."""

import hashlib
import pathlib
import struct

import numpy as np
import OpenEXR

HERE = pathlib.Path(__file__).parent
BAD = HERE.parents[1] / "bad" / "exr"
rng = np.random.default_rng(5)


def picture(dtype, height, width, phase):
    y, x = np.mgrid[:height, :width]
    v = np.sin(x / 7 + phase) + np.cos(y / 5) + 2 + rng.normal(size=(height, width)) / 500
    return (v * (1000 if dtype == np.uint32 else 1)).astype(dtype)


def write(name, names, dtypes, size, compression, window=None, tile=None, mode=None, **attributes):
    height, width = size
    channels = {
        c: OpenEXR.Channel(picture(dtypes[i % len(dtypes)], height, width, i)) for i, c in enumerate(names)
    }
    header = {"compression": getattr(OpenEXR, compression + "_COMPRESSION"), "type": OpenEXR.scanlineimage}
    if tile:
        header["type"] = OpenEXR.tiledimage
        header["tiles"] = OpenEXR.TileDescription()
        header["tiles"].xSize, header["tiles"].ySize = tile
        header["tiles"].mode = OpenEXR.ONE_LEVEL
    if window:
        x, y = window
        header["dataWindow"] = (np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32))
    header.update(attributes)
    OpenEXR.File(header, channels).write(str(HERE / name))


def read(name):
    with OpenEXR.File(str(HERE / name), separate_channels=True) as f:
        channels = {k: v.pixels for k, v in f.parts[0].channels.items()}
        n = len(f.parts)
    order = "RGB" if "R" in channels else "Y" if "Y" in channels else sorted(channels)
    order = list(order) + (["A"] if "A" in channels and "A" not in order else [])
    planes = [channels[c] for c in order]
    dtype = np.result_type(*[p.dtype for p in planes])
    planes = [p.astype(dtype) for p in planes]
    return (planes[0] if len(planes) == 1 else np.stack(planes, -1)), n


HALF, FLOAT, UINT = np.float16, np.float32, np.uint32
write("rgb_zip.exr", "RGB", [HALF], (21, 19), "ZIP", owner="nobody", expTime=0.25)
write("rgba_piz.exr", "RGBA", [HALF], (17, 23), "PIZ")
write("gray_zips.exr", "Y", [FLOAT], (13, 17), "ZIPS", window=(-5, 7))
write("gray_alpha_rle.exr", "YA", [FLOAT], (9, 11), "RLE")
write("uint_pxr24.exr", ["id"], [UINT], (17, 9), "PXR24")
write("mixed_none.exr", ["Z", "id", "u"], [FLOAT, UINT, HALF], (7, 5), "NO")
write("tiles_piz.exr", "RGB", [HALF], (20, 21), "PIZ", tile=(8, 16), window=(3, -4))
write("layers.exr", ["R", "G", "B", "depth.Z", "diffuse.R", "diffuse.G", "diffuse.B"], [HALF], (6, 7), "ZIP")
parts = [
    OpenEXR.Part(
        {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage},
        {c: OpenEXR.Channel(picture(d, 12, 10, i)) for i, c in enumerate(names)},
        name,
    )
    for name, names, d in [("beauty", "RGB", HALF), ("depth", "Z", FLOAT)]
]
OpenEXR.File(parts).write(str(HERE / "parts.exr"))



def retyped(source, name, kind):
    """A file of one part whose type attribute says what its version field does not."""
    data = (HERE / source).read_bytes()
    at = 8
    while data[at]:
        start = at
        value = data.index(b"\0", data.index(b"\0", at) + 1) + 5
        at = value + struct.unpack_from("<i", data, value - 4)[0]
        if data[start:value - 4] == b"type\0string\0":
            kept, found = data[:value - 4], at
    first = struct.unpack_from("<Q", data, at + 1)[0]
    entries = (first - at - 1) // 8
    shift = len(kept) + 4 + len(kind) - found
    table = [offset + shift for offset in struct.unpack_from(f"<{entries}Q", data, at + 1)]
    head = kept + struct.pack("<i", len(kind)) + kind + data[found:at + 1]
    (HERE / name).write_bytes(head + struct.pack(f"<{entries}Q", *table) + data[first:])


retyped("rgb_zip.exr", "lines_as_tiles.exr", b"tiledimage")
retyped("tiles_piz.exr", "tiles_as_deep_lines.exr", b"deepscanline")

WHY = {
    "rgb_zip.exr": "half RGB, ZIP, last block cut, attributes",
    "rgba_piz.exr": "half RGBA, PIZ",
    "gray_zips.exr": "float luminance, ZIPS, a data window beside the origin",
    "gray_alpha_rle.exr": "luminance and alpha, RLE",
    "uint_pxr24.exr": "one integer channel of another name, PXR24",
    "mixed_none.exr": "channels of three types in one array, uncompressed",
    "tiles_piz.exr": "tiles that do not divide the image, PIZ",
    "layers.exr": "layers of channels in one part: the array is the one without a name",
    "lines_as_tiles.exr": "a type attribute of tiles; the version field knows better",
    "tiles_as_deep_lines.exr": "a type attribute of deep lines; the version field knows better",
    "parts.exr": "two parts of different type",
}
manifest = []
for name, why in WHY.items():
    array, n = read(name)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    manifest.append(
        f'[[file]]\nname = "{name}"\nshape = {list(array.shape)}\ndtype = "{array.dtype.name}"\nsha256 = "{digest}"\n'
        f'n_images = {n}\nwhy = "{why}"\nmade_by = "OpenEXR {OpenEXR.OPENEXR_VERSION}"\n'
    )
(HERE / "manifest.toml").write_text("\n".join(manifest))

BAD.mkdir(parents=True, exist_ok=True)
good = (HERE / "rgb_zip.exr").read_bytes()


def with_attribute(name, value):
    at = good.index(name.encode() + b"\0")
    at = good.index(b"\0", at + len(name) + 1) + 5
    return good[:at] + value + good[at + len(value) :]


no_table = good[: good.index(b"type\0string") + 40]
first = good.index(struct.pack("<ii", 0, 0)[:4], len(no_table))
flipped = bytearray(good)
flipped[-40] ^= 0xFF
rows = [
    ("truncated.exr", good[:-20], "Malformed", "the last block is cut off"),
    ("headers_only.exr", no_table, "Malformed", "ends within the header or right behind it"),
    ("damaged.exr", bytes(flipped), "Malformed", "a byte of the last block is wrong"),
    ("huge_window.exr", with_attribute("dataWindow", struct.pack("<4i", 0, 0, 1 << 30, 1 << 30)), "Malformed | LimitExceeded", "2^60 pixels"),
    ("empty_window.exr", with_attribute("dataWindow", struct.pack("<4i", 0, 0, -5, 3)), "Malformed", "a window without pixels"),
    ("compression.exr", with_attribute("compression", b"\x63"), "Unsupported", "compression number 99"),
]
manifest = []
for name, data, kind, why in rows:
    (BAD / name).write_bytes(data)
    manifest.append(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n')
(BAD / "manifest.toml").write_text("\n".join(manifest))
