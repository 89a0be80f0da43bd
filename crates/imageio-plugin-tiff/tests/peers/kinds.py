"""Makes small files of the kinds that instruments write, and says what tifffile finds in them.

    kinds.py FOLDER

Prints a line for each series: file, series, kind, axes, shape, dtype, SHA-256 of its little-endian bytes.
"""
import hashlib, json, os, struct, sys
import numpy as np, tifffile

import instruments

os.chdir(sys.argv[1])
rng = np.random.default_rng(5)

def pixels(*shape, dtype='u2'):
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)

def plain(name, **kw):
    return tifffile.TiffWriter(name, shaped=False, **kw)

def lsm(name, planar, scan, z, c, t):
    info = bytearray(512)
    struct.pack_into('<IiiiiiiIii', info, 0, 67127628, 512, 24, 16, z, c, t, 2, 6, 4)
    struct.pack_into('<ddd', info, 40, 1e-7, 2e-7, 5e-7)
    struct.pack_into('<H', info, 88, scan)
    with plain(name) as w:
        for k in range(z * t):
            data = pixels(c, 16, 24) if planar else pixels(16, 24, c)
            w.write(data, photometric='minisblack', planarconfig='separate' if planar else 'contig', metadata=None,
                    extratags=[(34412, 1, 512, bytes(info), True)] if k == 0 else [])
            w.write(pixels(4, 6, 3, dtype='u1'), photometric='rgb', subfiletype=1, metadata=None)

lsm('planar.lsm.tif', True, 0, 4, 3, 1)
lsm('contig.lsm.tif', False, 6, 2, 3, 2)

def lsm_two(name):
    """Two channels, whose BitsPerSample lie elsewhere although they would fit."""
    lsm(name, True, 0, 3, 2, 1)
    data = bytearray(open(name, 'rb').read())
    place = len(data)
    data += struct.pack('<HHH', 16, 16, 0)
    at = struct.unpack_from('<I', data, 4)[0]
    while at:
        n = struct.unpack_from('<H', data, at)[0]
        for k in range(n):
            tag, kind, count = struct.unpack_from('<HHI', data, at + 2 + 12 * k)
            if tag == 258 and count == 2:
                struct.pack_into('<I', data, at + 2 + 12 * k + 8, place)
        at = struct.unpack_from('<I', data, at + 2 + 12 * n)[0]
    open(name, 'wb').write(data)

lsm_two('two.lsm.tif')

def lsm_packed(name):
    """Compressed strips, whose byte counts are those of what they hold."""
    info = bytearray(512)
    struct.pack_into('<IiiiiiiIii', info, 0, 67127628, 512, 24, 16, 2, 3, 1, 2, 6, 4)
    with plain(name) as w:
        for k in range(2):
            data = pixels(3, 16, 24) // 4096
            w.write(data, photometric='minisblack', planarconfig='separate', metadata=None, compression='lzw',
                    extratags=[(34412, 1, 512, bytes(info), True)] if k == 0 else [])
            w.write(pixels(4, 6, 3, dtype='u1'), photometric='rgb', subfiletype=1, metadata=None)
    data = bytearray(open(name, 'rb').read())
    at = struct.unpack_from('<I', data, 4)[0]
    while at:
        n = struct.unpack_from('<H', data, at)[0]
        for k in range(n):
            tag, kind, count, value = struct.unpack_from('<HHII', data, at + 2 + 12 * k)
            if tag == 279 and count == 3:
                struct.pack_into('<HHII', data, at + 2 + 12 * k, 279, 4, 3, len(data))
                data += struct.pack('<3I', 768, 768, 768)
        at = struct.unpack_from('<I', data, at + 2 + 12 * n)[0]
    open(name, 'wb').write(data)

lsm_packed('packed.lsm.tif')

def lsm_large(name):
    """Offsets that wrap, in a file with a hole of 4 GiB."""
    lsm(name, True, 3, 1, 3, 3)
    data = bytearray(open(name, 'rb').read())
    hole, moved = 1 << 32, []
    with tifffile.TiffFile(name) as t:
        pages = [(p.dataoffsets, p.databytecounts, p.tags[273]) for p in t.pages]
    for offsets, counts, tag in pages[2:]:
        place = hole + 4096 + sum(len(part) for _, part in moved)
        new = []
        for offset, count in zip(offsets, counts):
            new.append(place)
            moved.append((place, bytes(data[offset:offset + count])))
            place += count
        struct.pack_into('<%dI' % len(new), data, tag.valueoffset, *[n & 0xffffffff for n in new])
    with open(name, 'wb') as f:
        f.write(data)
        for place, part in moved:
            f.seek(place)
            f.write(part)

lsm_large('large.lsm.tif')

def fluoview(name):
    mm = bytearray(1284 + 200)
    mm[3:8] = b'image'
    for k, (axis, n) in enumerate([(b'X', 24), (b'Y', 16), (b'Z', 3), (b'Ch', 2)]):
        at = 284 + 100 * k
        mm[at:at + len(axis)] = axis
        struct.pack_into('<idd', mm, at + 16, n, 0.0, 0.5)
        mm[at + 36:at + 38] = b'um'
    tags = [(34361, 1, len(mm), bytes(mm), True), (34362, 12, 8, tuple([0.5] * 8), True)]
    with plain(name) as w:
        for k in range(6):
            w.write(pixels(16, 24), photometric='minisblack', metadata=None, extratags=tags, software=False,
                    description='[Map]\nCh0: Range=1 to 2\n[Map End]\n')

fluoview('fluoview.tif')

def classic(planes, head):
    """A file written by hand: header, `head`, then for each plane a directory and, 162 bytes behind it, its pixels."""
    h, w = planes[0].shape
    body = bytearray(struct.pack('<2sHI', b'II', 42, 0) + head)
    offsets = []
    link = 4
    for plane in planes:
        at = len(body)
        offsets.append(at)
        struct.pack_into('<I', body, link, at)
        entries = [(256, 4, 1, w), (257, 4, 1, h), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, None),
                   (277, 3, 1, 1), (278, 4, 1, h), (279, 4, 1, plane.nbytes), None]
        text = b'{"a": 1, "b": "x"}\0'
        data = at + 162
        entries[-1] = (51123, 2, len(text), at + 2 + 12 * len(entries) + 4)
        body += struct.pack('<H', len(entries))
        for tag, kind, count, value in entries:
            body += struct.pack('<HHII', tag, kind, count, data if value is None else value)
        link = len(body)
        body += struct.pack('<I', 0)
        body += text
        body += b'\0' * (data - len(body)) + plane.tobytes()
    return body, offsets

def micromanager(name, lack=(), prefix='x'):
    summary = json.dumps({'MicroManagerVersion': '1.4', 'Frames': 2, 'Slices': 3, 'Channels': 2, 'Positions': 1,
                          'SlicesFirst': True, 'TimeFirst': False, 'Prefix': prefix}).encode()
    head = struct.pack('<8I', 54773648, 0, 483765892, 0, 99384722, 0, 2355492, len(summary)) + summary
    order = [(c, z, t, 0) for t in range(2) for z in range(3) for c in range(2) if (c, z, t) not in lack]
    body, offsets = classic([pixels(16, 24) for _ in order], head)
    struct.pack_into('<I', body, 12, len(body))
    body += struct.pack('<II', 3453623, len(order))
    for place, offset in zip(order, offsets):
        body += struct.pack('<5I', *place, offset)
    open(name, 'wb').write(body)

micromanager('mmstack.tif')
# A stack in two files, of which the last slice of the last time was never taken.
os.makedirs('mm', exist_ok=True)
times = lambda t: [(c, z, t) for c in range(2) for z in range(3)]
micromanager('mm/two_MMStack_Pos0.ome.tif', lack=times(1), prefix='two')
micromanager('mm/two_MMStack_Pos0_1.ome.tif', lack=times(0) + [(0, 2, 1)], prefix='two')

def scanimage(name):
    text = 'SI.hChannels.channelSave = [1;2]\nSI.hStackManager.framesPerSlice = 3\nSI.VERSION_MAJOR = 2020\n'
    with plain(name, bigtiff=True) as w:
        for k in range(12):
            w.write(pixels(16, 24, dtype='i2'), photometric='minisblack', metadata=None, software=text, description='frameNumbers = %d\n' % k)

def scanimage_file(name):
    # The static text lies behind the header of a BigTIFF file; tifffile looks for it only there.
    scanimage(name)
    data = open(name, 'rb').read()
    text = b'SI.hChannels.channelSave = [1;2]\nSI.hStackManager.framesPerSlice = 3\n\0'
    block = struct.pack('<IIII', 117637889, 3, len(text), 0) + text
    block += b'\0' * (-len(block) % 16)
    with tifffile.TiffFile(name) as t:
        pages = [p.asarray() for p in t.pages]
    tag = 'SI.VERSION_MAJOR = 2020\n'
    out = bytearray(struct.pack('<2sHHHQ', b'II', 43, 8, 0, 0) + block)
    link = 8
    for p in pages:
        soft = tag.encode() + b'\0'
        at_soft = len(out); out += soft + b'\0' * (-len(soft) % 8)
        at_data = len(out); out += p.tobytes()
        at = len(out)
        struct.pack_into('<Q', out, link, at)
        entries = [(256, 4, 1, 24), (257, 4, 1, 16), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1), (273, 16, 1, at_data),
                   (277, 3, 1, 1), (278, 4, 1, 16), (279, 16, 1, p.nbytes), (305, 2, len(soft), at_soft), (339, 3, 1, 2)]
        out += struct.pack('<Q', len(entries))
        for e in entries:
            out += struct.pack('<HHQQ', *e)
        link = len(out)
        out += struct.pack('<Q', 0)
    open(name, 'wb').write(out)

scanimage_file('scanimage.tif')

def svs(name):
    big = pixels(128, 192, 3, dtype='u1')
    kw = dict(photometric='rgb', metadata=None)
    with plain(name) as w:
        w.write(big, tile=(32, 32), description='Aperio Image Library v11.2.1\r\n192x128 |AppMag = 20|MPP = 0.4990|Filename = a', **kw)
        w.write(big[::8, ::8], description='Aperio thumbnail', **kw)
        w.write(big[::2, ::2], tile=(32, 32), description='Aperio -', **kw)
        w.write(big[::4, ::4], tile=(32, 32), description='Aperio -', **kw)
        w.write(pixels(20, 30, 3, dtype='u1'), description='Aperio label', subfiletype=1, **kw)
        w.write(pixels(22, 30, 3, dtype='u1'), description='Aperio macro', subfiletype=9, **kw)

svs('slide.svs.tif')

def bif(name):
    big = pixels(128, 192, 3, dtype='u1')
    kw = dict(photometric='rgb', metadata=None)
    with plain(name) as w:
        w.write(pixels(20, 30, 3, dtype='u1'), description='Label_Image', extratags=[(700, 1, 8, b'<iScan/>', True)], **kw)
        w.write(pixels(22, 30, dtype='u1'), description='Probability_Image', photometric='minisblack', metadata=None)
        for k in (1, 2, 4):
            w.write(big[::k, ::k], tile=(32, 32), description='level=%d mag=40 quality=95' % (k // 2), **kw)

bif('slide.bif.tif')

def qpi(name, channels):
    big = pixels(channels, 128, 192)
    kw = dict(photometric='minisblack', metadata=None, software='PerkinElmer-QPI')
    with plain(name) as w:
        for k in (1, 2, 4):
            for plane in big:
                w.write(plane[::k, ::k], tile=(32, 32), description='<PerkinElmer-QPI-ImageDescription/>', **kw)
            if k == 1:
                w.write(pixels(16, 24, 3, dtype='u1'), photometric='rgb', metadata=None)
        w.write(pixels(50, 20, 3, dtype='u1'), photometric='rgb', metadata=None)
        w.write(pixels(22, 30, 3, dtype='u1'), photometric='rgb', metadata=None)

qpi('slide.qpi.tif', 5)
qpi('single.qpi.tif', 1)

def scn(name):
    xml = '<?xml version="1.0"?><scn xmlns="http://www.leica-microsystems.com/scn/2010/10/01"><collection name="c">' \
        '<image name="m"><pixels sizeX="24" sizeY="16"><dimension sizeX="24" sizeY="16" r="0" ifd="0"/></pixels></image>' \
        '<image name="a"><pixels sizeX="64" sizeY="64">' \
        '<dimension r="0" c="0" ifd="1"/><dimension r="0" c="1" ifd="2"/><dimension r="1" c="0" ifd="3"/><dimension r="1" c="1" ifd="4"/>' \
        '</pixels></image></collection></scn>'
    with plain(name, bigtiff=True) as w:
        w.write(pixels(16, 24, 3, dtype='u1'), photometric='rgb', metadata=None, description=xml)
        for side in (64, 64, 32, 32):
            w.write(pixels(side, side, dtype='u1'), tile=(16, 16), photometric='minisblack', metadata=None)

scn('slide.scn.tif')

def philips(name):
    rep = '<DataObject ObjectType="PixelDataRepresentation"><Attribute Name="DICOM_PIXEL_SPACING">"{0}" "{0}"</Attribute></DataObject>'
    xml = '<?xml version="1.0"?><DataObject ObjectType="DPUfsImport"><Attribute Name="PIM"><Array>' + \
        ''.join(rep.format(s) for s in (0.00025, 0.0005)) + '</Array></Attribute></DataObject>'
    with plain(name) as w:
        w.write(pixels(128, 192, 3, dtype='u1'), tile=(64, 64), photometric='rgb', software='Philips DP v1.0', description=xml, metadata=None)
        w.write(pixels(64, 128, 3, dtype='u1'), tile=(64, 64), photometric='rgb', metadata=None, description='level=1')
        w.write(pixels(20, 30, 3, dtype='u1'), photometric='rgb', metadata=None, description='Macro')

philips('slide.philips.tif')

def ndpi(name):
    big = pixels(128, 192, 3, dtype='u1')
    def tags(mag):
        return [(65420, 4, 1, 1, True), (65421, 11, 1, mag, True)]
    with plain(name) as w:
        for k, mag in ((1, 20.0), (2, 10.0), (4, 5.0)):
            w.write(big[::k, ::k], photometric='rgb', metadata=None, extratags=tags(mag))
        w.write(pixels(20, 70, 3, dtype='u1'), photometric='rgb', metadata=None, extratags=tags(-1.0))

ndpi('slide.ndpi.tif')

def stk(name, n=4):
    planes = pixels(n, 16, 24)
    uic2 = b''.join(struct.pack('<6I', k + 1, 2, 2450000, 1000 * k, 2450000, 0) for k in range(n))
    with plain(name) as w:
        w.write(planes[0], photometric='minisblack', metadata=None, description='plane\0' * n,
                extratags=[(33628, 4, 2, (0, 0), True), (33629, 5, n, tuple(struct.unpack('<%dI' % (2 * n), uic2[:8 * n])), True)])
    data = bytearray(open(name, 'rb').read())
    with tifffile.TiffFile(name, _multifile=False) as t:
        page = t.pages[0]
        at = page.tags[273].valueoffset
        at2 = page.tags[33629].offset + 8
    data += b'\0' * (len(data) % 2)
    struct.pack_into('<I', data, at2, len(data))
    data += uic2
    struct.pack_into('<I', data, at, len(data))
    data += planes.tobytes()
    open(name, 'wb').write(data)

stk('meta.stk.tif')

# ImageJ beyond 4 GiB: one directory, all pixels behind it.
tifffile.imwrite('imagej.tif', pixels(2, 3, 2, 16, 24), imagej=True, metadata={'axes': 'TZCYX', 'spacing': 0.5, 'unit': 'um', 'finterval': 0.1}, resolution=(4, 2))
data = bytearray(open('imagej.tif', 'rb').read())
with tifffile.TiffFile('imagej.tif') as t:
    p = t.pages[0]
    end = p.offset + 2 + 12 * len(p.tags)
struct.pack_into('<I', data, end, 0)
open('imagej_single.tif', 'wb').write(data)

# OME: several images, pyramids, a set of files.
with tifffile.TiffWriter('two.ome.tif') as w:
    w.write(pixels(2, 3, 64, 96), metadata={'axes': 'CZYX', 'Name': 'a', 'PhysicalSizeX': 0.25, 'PhysicalSizeXUnit': 'nm'}, subifds=1, photometric='minisblack')
    w.write(pixels(2, 3, 32, 48), subfiletype=1, photometric='minisblack')
    w.write(pixels(5, 16, 24, 3, dtype='u1'), metadata={'axes': 'TYXS', 'Name': 'b'}, photometric='rgb')

# Axes within others: wavelengths within time, and angles that are the whole of Z.
tifffile.imwrite('modulo.ome.tif', pixels(2, 3, 4, 16, 24), metadata={'axes': 'CTEYX'}, photometric='minisblack')
tifffile.imwrite('whole.ome.tif', pixels(3, 2, 16, 24), metadata={'axes': 'ATYX'}, photometric='minisblack')

def ome_set(names, companion=None):
    uuids = ['urn:uuid:0000000%d' % k for k in range(len(names))]
    data = ''.join('<TiffData FirstT="%d" FirstZ="0" FirstC="0" IFD="0" PlaneCount="2"><UUID FileName="%s">%s</UUID></TiffData>'
                   % (k, n, u) for k, (n, u) in enumerate(zip(names, uuids)))
    def xml(uuid, body):
        return '<?xml version="1.0" encoding="UTF-8"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="%s">%s</OME>' % (uuid, body)
    body = '<Image ID="Image:0" Name="set"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="24" SizeY="16" SizeZ="2" ' \
        'SizeC="1" SizeT="%d" PhysicalSizeX="0.5" PhysicalSizeXUnit="µm"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>%s</Pixels></Image>' % (len(names), data)
    arrays = []
    for name, uuid in zip(names, uuids):
        a = pixels(2, 16, 24)
        arrays.append(a)
        text = xml(uuid, body)
        if companion:
            text = xml(uuid, '<BinaryOnly MetadataFile="%s" UUID="urn:uuid:9"/>' % companion)
        with tifffile.TiffWriter(name, shaped=False, ome=False) as w:
            for k, plane in enumerate(a):
                w.write(plane, photometric='minisblack', metadata=None, description=text.encode() if k == 0 else None)
    if companion:
        open(companion, 'w').write(xml('urn:uuid:9', body))
    return np.stack(arrays)

ome_set(['set0.ome.tif', 'set1.ome.tif', 'set2.ome.tif'])
companion = ome_set(['comp0.ome.tif', 'comp1.ome.tif'], 'set.companion.ome')

# Metadata only.
with plain('sem.tif') as w:
    w.write(pixels(16, 24, dtype='u1'), photometric='minisblack', metadata=None,
            extratags=[(34118, 2, 0, '0\r\n1.5e-8\r\nAP_MAG\r\nMag = 500 X\r\nAP_WD\r\nWD = 5.1 mm\r\n', True)])
with plain('fei.tif') as w:
    w.write(pixels(16, 24, dtype='u1'), photometric='minisblack', metadata=None,
            extratags=[(34682, 2, 0, '[User]\r\nDate=01/02/2003\r\n[EBeam]\r\nHV=20000\r\n', True)])
with plain('pilatus.tif') as w:
    w.write(pixels(16, 24, dtype='i4'), photometric='minisblack', metadata=None, software='TVX TIFF v 1.3',
            description='# Pixel_size 172e-6 m x 172e-6 m\r\n# Exposure_time 0.1000 s\r\n')
with plain('geo.tif') as w:
    w.write(pixels(16, 24), photometric='minisblack', metadata=None, extratags=[
        (33550, 12, 3, (10.0, 20.0, 0.0), True), (33922, 12, 6, (0., 0., 0., 440720., 3751320., 0.), True),
        (34735, 3, 16, (1, 1, 0, 3, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, 32611), True),
        (42112, 2, 0, '<GDALMetadata><Item name="A">1</Item></GDALMetadata>', True)])

instruments.make(pixels, plain)

def say(name, index, kind, axes, a):
    a = np.ascontiguousarray(a)
    le = a.astype(a.dtype.newbyteorder('<'))
    print(name, index, kind, axes, 'x'.join(map(str, a.shape)), a.dtype.newbyteorder('=').name,
          hashlib.sha256(le.tobytes()).hexdigest(), sep='\t')

for name in sorted(os.listdir('.')) + ['nd/a_NDTiffStack.tif', 'nd/a_NDTiffStack_1.tif'] + \
        ['mm/two_MMStack_Pos0.ome.tif', 'mm/two_MMStack_Pos0_1.ome.tif']:
    if not name.endswith('.tif') or name.startswith('comp'):
        continue
    with tifffile.TiffFile(name) as t:
        for k, s in enumerate(t.series):
            for level in s.levels:
                # This tifffile stores no size in a level's axes that differ from the top's.
                say(name, '%d/%d' % (k, s.levels.index(level)), s.kind, level.axes, level.asarray())
for name in ('comp0.ome.tif', 'comp1.ome.tif'):
    say(name, '0/0', 'ome', 'TZYX', companion)
