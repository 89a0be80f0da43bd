#!/usr/bin/env python3
"""Makes the toy files and both manifests; needs nothing but Python."""
import hashlib, os, struct

here = os.path.dirname(os.path.abspath(__file__))
bad = os.path.join(here, '..', '..', 'bad', 'toy')
rows = []

def toy(name, width, height, rgb, why):
    pixels = bytes((7 * i + i // 5) % 256 for i in range(width * height * (3 if rgb else 1)))
    with open(os.path.join(here, name), 'wb') as f:
        f.write(b'TOY1' + struct.pack('<II', width, height | (1 << 31 if rgb else 0)) + pixels)
    shape = [height, width] + ([3] if rgb else [])
    rows.append((name, shape, hashlib.sha256(pixels).hexdigest(), why))

toy('gray.toy', 6, 4, False, 'the plain case')
toy('rgb.toy', 5, 3, True, 'three channels')
toy('one.toy', 1, 1, False, 'the smallest picture there is')
with open(os.path.join(here, 'manifest.toml'), 'w') as f:
    for name, shape, sha, why in rows:
        f.write(f'[[file]]\nname = "{name}"\nshape = {shape}\ndtype = "uint8"\nsha256 = "{sha}"\n'
                f'n_images = 1\nwhy = "{why}"\nmade_by = "make.py"\n\n')

broken = [
    ('short.toy', b'TOY1' + struct.pack('<II', 6, 4) + bytes(10), 'Malformed', 'pixels end early'),
    ('zero.toy', b'TOY1' + struct.pack('<II', 0, 4), 'Malformed', 'a width of 0'),
    ('huge.toy', b'TOY1' + struct.pack('<II', 2**31, 2**31 - 1), 'LimitExceeded', 'sides that no memory holds'),
]
with open(os.path.join(bad, 'manifest.toml'), 'w') as f:
    for name, content, kind, why in broken:
        with open(os.path.join(bad, name), 'wb') as g:
            g.write(content)
        f.write(f'[[file]]\nname = "{name}"\nkind = "{kind}"\nwhy = "{why}"\n\n')
