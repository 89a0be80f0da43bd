"""Makes the archives beside this file: with Python's zipfile, Info-ZIP's zip, 7-Zip, and by hand where none of them
would write such a thing. Needs zip and 7z on the PATH, and imagecodecs for Zstandard."""

import io
import os
import struct
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

import imagecodecs

here = Path(__file__).parent
content = bytes(k * 7 % 251 for k in range(5000))
time = (2020, 1, 2, 3, 4, 6)


def info(name):
    return zipfile.ZipInfo(name, time)


def by_zipfile(file, method, names=("a.bin", "inner/b.bin"), comment=b""):
    with zipfile.ZipFile(file, "w", method) as z:
        for name in names:
            z.writestr(info(name), content, method)
        z.writestr(info("folder/"), b"")
        z.comment = comment


def hand(entries, lie=lambda e: e):
    """An archive out of dicts: name, data, method, crc, size, flags."""
    out, central = bytearray(), bytearray()
    for e in entries:
        e = lie({"flags": 0, "attributes": 0, **e})
        rest = struct.pack("<HHHHHIII", 20, e["flags"], e["method"], 0x1884, 0x5022, e["crc"], len(e["data"]), e["size"])
        central += b"PK\x01\x02" + struct.pack("<H", 0x0314) + rest
        central += struct.pack("<HHHHHII", len(e["name"]), 0, 0, 0, 0, e["attributes"], len(out)) + e["name"]
        out += b"PK\x03\x04" + rest + struct.pack("<HH", len(e["name"]), 0) + e["name"] + e["data"]
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(central), len(out), 0)
    return bytes(out + central + b"PK\x05\x06" + end)


def member(name, method=8, **more):
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = {0: lambda: content, 8: lambda: deflate.compress(content) + deflate.flush(),
            93: lambda: imagecodecs.zstd_encode(content)}.get(method, lambda: content)()
    return {"name": name, "method": method, "data": data, "crc": zlib.crc32(content), "size": len(content), **more}


by_zipfile(here / "stored.zip", zipfile.ZIP_STORED)
by_zipfile(here / "deflated.zip", zipfile.ZIP_DEFLATED, comment=b"a comment")
by_zipfile(here / "utf8.zip", zipfile.ZIP_DEFLATED, ["caf\u00e9.bin", "\u65e5\u672c/\u8a9e.bin"])


class Flow(io.RawIOBase):
    """A file that can't seek, into which zipfile writes data descriptors."""

    def __init__(self, path):
        self.file = open(path, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


flow = Flow(here / "descriptors.zip")
by_zipfile(flow, zipfile.ZIP_DEFLATED)
flow.file.close()

(here / "zstd.zip").write_bytes(hand([member(b"a.bin", 93), member(b"inner/b.bin", 93)]))
(here / "cp437.zip").write_bytes(hand([member(b"caf\x82.bin"), member(b"na\x8bve\\b.bin")]))
(here / "front.zip").write_bytes(b"MZ, a program\0" * 100 + (here / "stored.zip").read_bytes())
with zipfile.ZipFile(here / "nested.zip", "w") as z:
    z.writestr(info("in/stored.zip"), (here / "stored.zip").read_bytes(), zipfile.ZIP_STORED)
    z.writestr(info("in/packed.zip"), (here / "deflated.zip").read_bytes(), zipfile.ZIP_DEFLATED)
    z.writestr(info("folder.zip/c.bin"), content, zipfile.ZIP_STORED)

with tempfile.TemporaryDirectory() as folder:
    (Path(folder) / "inner").mkdir()
    for name in ["a.bin", "inner/b.bin"]:
        (Path(folder) / name).write_bytes(content)
        os.utime(Path(folder) / name, (1_577_934_246, 1_577_934_246))
    os.symlink("a.bin", Path(folder) / "link.bin")

    def run(*words, **more):
        subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, **more)

    for name in ["zip64", "streamed", "seven", "encrypted", "symlink"]:
        (here / f"{name}.zip").unlink(missing_ok=True)
    run("zip", "-q", "-X", "-fz", str(here / "zip64.zip"), "a.bin", "inner/b.bin")
    run("sh", "-c", f"zip -q -X - a.bin inner/b.bin | cat > {here}/streamed.zip")
    run("7z", "a", "-tzip", "-mx=9", str(here / "seven.zip"), "a.bin", "inner/b.bin")
    run("zip", "-q", "-X", "-P", "secret", str(here / "encrypted.zip"), "a.bin")
    run("zip", "-q", "-X", "-y", str(here / "symlink.zip"), "link.bin", "a.bin")

whole = (here / "deflated.zip").read_bytes()
bad = here / "bad"
bad.mkdir(exist_ok=True)
(bad / "cut.zip").write_bytes(whole[:-60])
(bad / "text.zip").write_bytes(b"this is no archive\n" * 40)
(bad / "longer.zip").write_bytes(hand([member(b"a.bin", size=4000)]))
(bad / "shorter.zip").write_bytes(hand([member(b"a.bin", size=6000)]))
(bad / "checksum.zip").write_bytes(hand([member(b"a.bin", crc=12345)]))
(bad / "stored_checksum.zip").write_bytes(hand([member(b"a.bin", 0, crc=12345)]))
(bad / "stored_size.zip").write_bytes(hand([member(b"a.bin", 0, size=6000)]))
(bad / "zstd_longer.zip").write_bytes(hand([member(b"a.bin", 93, size=4000)]))
(bad / "damaged.zip").write_bytes(hand([member(b"a.bin", data=b"\xff" * 300)]))
(bad / "zstd_damaged.zip").write_bytes(hand([member(b"a.bin", 93, data=b"\xff" * 300)]))
(bad / "method.zip").write_bytes(hand([member(b"a.bin", 14)]))
(bad / "lost.zip").write_bytes(hand([member(b"a.bin")]).replace(b"PK\x03\x04", b"PK\x03\x05"))
(bad / "climbs.zip").write_bytes(
    hand([member(b"../a.bin"), member(b"/etc/a.bin"), member(b"..\\a.bin"), member(b"x/../../a.bin"), member(b"b.bin")]))
(bad / "bomb.zip").write_bytes(hand([member(b"a.bin", size=0xFFFF_FFFE)]))
