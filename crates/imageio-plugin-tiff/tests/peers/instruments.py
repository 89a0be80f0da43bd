"""Small files of cameras, microscopes and programs; `kinds.py` calls `make`."""
import json, os, struct
import numpy as np

NDTIFF_AXES = [{'time': t, 'position': 0, 'channel': c, 'z': z - 1} for t in range(2) for c in ('DAPI', 'GFP') for z in range(3)]

def make(pixels, plain):
    def write(name, *arrays, tags=(), **kw):
        with plain(name, bigtiff=kw.pop('bigtiff', False)) as w:
            for a in arrays:
                w.write(a, metadata=None, extratags=list(tags), **{'photometric': 'minisblack', **kw})

    # Olympus SIS: a record of fixed places, in Intel's order, and a text in INI form.
    def sis(name, ini, pages):
        tags = [(33471, 2, 0, ini, True)] if ini else []
        write(name, *pages, tags=tags + [(33560, 4, 1, 0, True)])
        data = bytearray(open(name, 'rb').read())
        at = len(data) + len(data) % 2
        data += b'\0' * (at - len(data))
        general = struct.pack('<10xhdd8xd2x34s32s', -6, 0.25, 0.5, 40.0, b'XC50', b'Live')
        record = struct.pack('<4s6xhhhhh6x32sH', b'SIS0', 30, 14, 5, 2, 109, b'a picture', 1)
        data += record + struct.pack('<hhI', 1, 1, at + len(record) + 8) + general
        link = struct.unpack_from('<I', data, 4)[0]
        while link:
            n = struct.unpack_from('<H', data, link)[0]
            for k in range(n):
                if struct.unpack_from('<H', data, link + 2 + 12 * k)[0] == 33560:
                    struct.pack_into('<I', data, link + 2 + 12 * k + 8, at)
            link = struct.unpack_from('<I', data, link + 2 + 12 * n)[0]
        open(name, 'wb').write(data)

    sis('sis.tif', '[Dimension]\nZ=3\nBand=2\nTime=1\n[Band]\nBandName1=DAPI\nBandName2=GFP\n[Z]\nZPos1=0.5\n[Time]\nTimePos1=0\n', pixels(6, 16, 24))
    sis('sis_plain.tif', None, pixels(1, 16, 24))

    # Argos: the slide with its levels, a map, a macro picture.
    big = pixels(128, 192, 3, dtype='u1')
    argos = [(65000, 2, 0, '<Argos><Scan.Settings Objective="20"/></Argos>', True)]
    with plain('slide.avs.tif') as w:
        for k in (1, 2, 4):
            w.write(big[::k, ::k], tile=(32, 32), photometric='rgb', metadata=None, extratags=argos)
        w.write(pixels(20, 70, 3, dtype='u1'), photometric='rgb', metadata=None)
        w.write(pixels(30, 80, 3, dtype='u1'), photometric='rgb', metadata=None)

    # Electron events: the sum, then frames as steps of 7 bits and places of 4.
    def events(frame):
        bits, steps = [], np.diff(np.flatnonzero(frame.ravel()), prepend=-1) - 1
        put = lambda value, n: bits.extend(value >> k & 1 for k in range(n))
        for step in steps.tolist():
            while step >= 127:
                put(127, 7)
                step -= 127
            put(step, 7)
            put(9, 4)
        rest = frame.size - 1 - np.flatnonzero(frame.ravel())[-1]
        while rest >= 127:
            put(127, 7)
            rest -= 127
        put(rest, 7)
        # imagecodecs wants an even number of bytes.
        bits.extend([0] * (-len(bits) % 16))
        return np.packbits(bits, bitorder='little').tobytes()

    def eer(name, total):
        frames = [pixels(40, 50, dtype='u1') > 250 for _ in range(3)]
        xml = b'<metadata><item name="numberOfFrames">3</item><item name="dose" unit="e">1.5</item><item name="ok">Yes</item></metadata>'
        out = bytearray(struct.pack('<2sHHHQ', b'II', 43, 8, 0, 0))
        link = 8
        chunks = [(1, 8, sum(f.astype('u1') for f in frames).tobytes())] if total else []
        for compression, bits, data in chunks + [(65001, 1, events(f)) for f in frames]:
            at_xml = len(out); out += xml + b'\0' * (-len(xml) % 8)
            at_data = len(out); out += data + b'\0' * (-len(data) % 8)
            struct.pack_into('<Q', out, link, len(out))
            entries = [(256, 4, 1, 50), (257, 4, 1, 40), (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, 1),
                       (273, 16, 1, at_data), (277, 3, 1, 1), (278, 4, 1, 40), (279, 16, 1, len(data)), (65001, 7, len(xml), at_xml)]
            out += struct.pack('<Q', len(entries))
            for entry in entries:
                out += struct.pack('<HHQQ', *entry)
            link = len(out)
            out += struct.pack('<Q', 0)
        open(name, 'wb').write(out)

    eer('events.eer.tif', False)
    eer('total.eer.tif', True)

    # NIH Image: its header is a tag.
    nih = bytearray(360)
    nih[:8] = b'IPICIMAG'
    struct.pack_into('<hhh', nih, 8, 16, 24, 160)
    struct.pack_into('<d', nih, 160, 4.0)
    struct.pack_into('<h', nih, 172, 6)
    write('nih.tif', *pixels(3, 16, 24, dtype='u1'), tags=[(43314, 1, len(nih), bytes(nih), True)])

    # Gel scanners: the square root of intensities, scaled intensities, and tags that only the second page has.
    def gel(kind):
        return [(33445, 4, 1, kind, True), (33446, 5, 1, (3, 7), True), (33448, 2, 0, 'lab', True)]
    write('root.gel.tif', pixels(16, 24), tags=gel(2))
    write('linear.gel.tif', pixels(16, 24, dtype='u1'), tags=gel(128))
    with plain('second.gel.tif') as w:
        w.write(pixels(16, 24), photometric='minisblack', metadata=None)
        w.write(pixels(4, 6, dtype='u1'), photometric='minisblack', metadata=None, extratags=gel(2))

    # Metadata only.
    write('andor.tif', pixels(16, 24), tags=[(4864, 4, 1, 3, True), (4876, 12, 1, 0.25, True), (4914, 2, 0, 'DU-897', True)])
    write('epics.tif', pixels(16, 24), description='EPICS areaDetector',
          tags=[(65000, 12, 1, 1.5, True), (65001, 4, 1, 7, True), (65010, 2, 0, 'Gain:2.5', True)])
    write('nuvu.tif', pixels(16, 24), tags=[(65000, 2, 0, "Field '65001' is 'Gain'", True), (65001, 2, 0, 'high', True)])
    tvips = bytearray(struct.pack('<i80s40i', 2, b'note', *range(40))) + bytearray(9000)
    tvips[244:244 + 8] = 'name'.encode('utf-16-le')
    write('tvips.tif', pixels(16, 24), tags=[(37706, 1, len(tvips), bytes(tvips), True)])
    write('mediacy.tif', pixels(16, 24), tags=[(50288, 1, 8, b'MC TIFF\0', True), (50293, 2, 0, 'DAPI', True)])
    write('astro.tif', pixels(16, 24), description="SIMPLE  =                    T / FITS standard\nOBJECT  = 'M31'\nEND")
    write('streak.tif', pixels(16, 24), description='[Application],Date="1/2/2020",Software="HPD-TA"\r\n[Camera],Gain=3')
    write('indica.tif', *pixels(2, 16, 24), software='IndicaLabsImageWriter v1', description='<indica><channel name="a"/><channel name="b"/></indica>')
    write('old_scanimage.tif', *pixels(3, 16, 24), description='x = 1\nscanimage.SI4.a = 2')

    # NDTiff: an index beside two files says at which coordinates each picture was taken.
    os.makedirs('nd', exist_ok=True)
    index = b''
    for k, name in enumerate(('a_NDTiffStack.tif', 'a_NDTiffStack_1.tif')):
        summary = json.dumps({'Prefix': 'a'}).encode()
        head = struct.pack('<5I', 483729, 3, 0, 2355492, len(summary)) + summary
        out = bytearray(struct.pack('<2sHI', b'II', 42, 0) + head)
        out += b'\0' * (len(out) % 2)
        link = 4
        # One was never written.
        for place in [p for i, p in enumerate(NDTIFF_AXES) if i != 4][k * 5:(k + 1) * 5 + k]:
            struct.pack_into('<I', out, link, len(out))
            text = b'{"a": 1}\0'
            data = len(out) + 2 + 12 * 10 + 4 + len(text) + 1
            entries = [(256, 4, 1, 24), (257, 4, 1, 16), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, data),
                       (277, 3, 1, 1), (278, 4, 1, 16), (279, 4, 1, 768), (51123, 2, len(text), data - len(text) - 1)]
            out += struct.pack('<H', len(entries))
            for entry in entries:
                out += struct.pack('<HHII', *entry)
            link = len(out)
            out += struct.pack('<I', 0) + text + b'\0' + pixels(16, 24).tobytes()
            words = json.dumps(place).encode()
            index += struct.pack('<I', len(words)) + words + struct.pack('<I', len(name)) + name.encode()
            index += struct.pack('<IiiiiIii', data, 24, 16, 1, 0, data - 10, 9, 0)
        open('nd/' + name, 'wb').write(out)
    open('nd/NDTiff.index', 'wb').write(index)
