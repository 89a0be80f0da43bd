//! Distances between neighbouring samples, from whichever program or instrument says them.

use imageio_core::{Result, Spacing, Unit, Value};

use crate::flavour::{self, Tree};
use crate::ifd::{Tiff, Window};
use crate::metadata::{Resolution, resolution};
use crate::page::Page;
use crate::series::{descriptions, imagej_description};
use crate::tags::tag;
use crate::target::Target;

/// A distance in a unit that is named; of unknown units there is only the number.
pub(crate) fn spacing(value: f64, unit: &str) -> Spacing {
    let (factor, unit) = match unit.trim() {
        "um" | "µm" | "μm" | "micron" | "microns" | "micrometer" => (1.0, Unit::Micrometre),
        "nm" | "nanometer" => (1.0, Unit::Nanometre),
        "pm" => (1e-3, Unit::Nanometre),
        "Å" => (0.1, Unit::Nanometre),
        "mm" | "millimeter" => (1.0, Unit::Millimetre),
        "cm" | "centimeter" => (10.0, Unit::Millimetre),
        "m" | "meter" => (1.0, Unit::Metre),
        "inch" | "in" => (1.0, Unit::Inch),
        "s" | "sec" | "second" | "seconds" => (1.0, Unit::Second),
        "ms" => (1e-3, Unit::Second),
        "min" => (60.0, Unit::Second),
        "h" => (3600.0, Unit::Second),
        _ => (1.0, Unit::None),
    };
    Spacing::new(value * factor, unit)
}

/// For each axis of what is read, if the file says any.
pub(crate) fn of(tiff: &Tiff<'_>, window: &mut Window, target: &Target) -> Result<Option<Vec<Spacing>>> {
    let page = &target.key;
    let texts = descriptions(tiff, page, window)?;
    let mut found = target.scale.clone();
    if !found.iter().any(|(axis, _)| matches!(axis, 'X' | 'Y')) {
        found.extend(instrument(tiff, window, page, texts.first().map_or("", String::as_str)));
    }
    if !found.iter().any(|(axis, _)| matches!(axis, 'X' | 'Y')) {
        let Some(resolution) = resolution(tiff, window, page) else {
            return Ok((!found.is_empty()).then(|| each(target, &found)));
        };
        found.extend(tags(&resolution, &texts));
    }
    Ok(Some(each(target, &found)))
}

fn each(target: &Target, found: &[(char, Spacing)]) -> Vec<Spacing> {
    let one = |axis: char| {
        let mut spacing = found.iter().find(|(a, _)| *a == axis).map_or(Spacing::none(), |(_, s)| *s);
        match axis {
            'Y' => spacing.value *= target.reduced.0,
            'X' => spacing.value *= target.reduced.1,
            _ => {}
        }
        spacing
    };
    target.axes.chars().map(one).collect()
}

/// The resolution tags, with ImageJ's unit for them and its distances along Z and T.
fn tags(resolution: &Resolution, texts: &[String]) -> Vec<(char, Spacing)> {
    let (mut factor, mut unit) = match resolution.unit {
        2 => (1.0, Unit::Inch),
        3 => (10.0, Unit::Millimetre),
        4 => (1.0, Unit::Millimetre),
        5 => (1.0, Unit::Micrometre),
        _ => (1.0, Unit::None),
    };
    let mut out = Vec::new();
    if let Some(text) = texts.iter().find(|t| t.starts_with("ImageJ=")) {
        let metadata = imagej_description(text);
        if let Some(name) = metadata.get("unit").and_then(Value::as_str) {
            let named = spacing(1.0, name);
            if named.unit != Unit::None || name.starts_with("pixel") {
                (factor, unit) = (named.value, named.unit);
            }
        }
        if let Some(depth) = metadata.get("spacing").and_then(Value::as_f64) {
            out.push(('Z', Spacing::new(depth.abs() * factor, unit)));
        }
        if let Some(interval) = metadata.get("finterval").and_then(Value::as_f64).filter(|v| *v > 0.0) {
            out.push(('T', Spacing::new(interval, Unit::Second)));
        }
    }
    out.push(('X', Spacing::new(factor / resolution.x, unit)));
    out.push(('Y', Spacing::new(factor / resolution.y, unit)));
    out
}

fn real(tree: &Tree, key: &str) -> Option<f64> {
    tree.get(key)?.as_f64().filter(|v| v.is_finite() && *v > 0.0)
}

/// What instruments and maps say in their own ways.
fn instrument(tiff: &Tiff<'_>, window: &mut Window, page: &Page, text: &str) -> Vec<(char, Spacing)> {
    let has = |tag: u16| page.ifd.entry(tag).is_some();
    let mut out = Vec::new();
    if has(tag::CZ_LSMINFO) {
        let tree = flavour::lsm(tiff, window, page).unwrap_or_default();
        for (axis, key) in [('X', "VoxelSizeX"), ('Y', "VoxelSizeY"), ('Z', "VoxelSizeZ")] {
            out.extend(real(&tree, key).map(|v| (axis, Spacing::new(v * 1e6, Unit::Micrometre))));
        }
        out.extend(real(&tree, "TimeIntervall").map(|v| ('T', Spacing::new(v, Unit::Second))));
    } else if has(tag::MM_STAMP) {
        for (name, value, unit) in flavour::fluoview_scale(tiff, window, page).unwrap_or_default() {
            let axis = match name.to_uppercase().as_str() {
                "X" => 'X',
                "Y" => 'Y',
                "Z" => 'Z',
                "T" | "TIME" => 'T',
                _ => continue,
            };
            if value.is_finite() && value > 0.0 {
                out.push((axis, spacing(value, &unit)));
            }
        }
    } else if has(tag::MODEL_PIXEL_SCALE) {
        out.extend(map(tiff, window, page).into_iter().flatten());
    } else if text.starts_with("Aperio ") {
        let tree = flavour::svs(text);
        if let Some(size) = real(&tree, "MPP") {
            let size = Spacing::new(size, Unit::Micrometre);
            out.extend([('X', size), ('Y', size)]);
        }
    } else if text.starts_with("# ") {
        if let Some([x, y]) = flavour::pilatus(text).get("Pixel_size").and_then(Value::as_list) {
            let size = |v: &Value| v.as_f64().filter(|v| *v > 0.0).map(|v| Spacing::new(v * 1e6, Unit::Micrometre));
            out.extend(size(x).map(|s| ('X', s)));
            out.extend(size(y).map(|s| ('Y', s)));
        }
    } else if has(tag::FEI_SFEG) || has(tag::FEI_HELIOS) {
        let tree = flavour::fei(tiff, window, page).unwrap_or_default();
        if let Some(Value::Map(scan)) = tree.get("Scan") {
            for (axis, key) in [('X', "PixelWidth"), ('Y', "PixelHeight")] {
                out.extend(real(scan, key).map(|v| (axis, Spacing::new(v * 1e9, Unit::Nanometre))));
            }
        }
    } else if has(tag::OLYMPUS_SIS) {
        let tree = flavour::sis(tiff, window, page).unwrap_or_default();
        for (axis, key) in [('X', "pixelsizex"), ('Y', "pixelsizey")] {
            out.extend(real(&tree, key).map(|v| (axis, Spacing::new(v * 1e6, Unit::Micrometre))));
        }
    } else if has(tag::NIH_IMAGE) {
        out.extend(nih(&flavour::nih(tiff, window, page).unwrap_or_default()));
    } else if has(tag::TVIPS) {
        let tree = flavour::tvips(tiff, window, page).unwrap_or_default();
        for (axis, key) in [('X', "PixelSizeX"), ('Y', "PixelSizeY")] {
            out.extend(real(&tree, key).map(|v| (axis, Spacing::new(v, Unit::Nanometre))));
        }
    } else if has(tag::CZ_SEM) {
        let tree = flavour::sem(tiff, window, page).unwrap_or_default();
        if let Some([_, size, unit]) = tree.get("ap_image_pixel_size").and_then(Value::as_list) {
            if let (Some(size), Some(unit)) = (size.as_f64().filter(|v| *v > 0.0), unit.as_str()) {
                let size = spacing(size, unit);
                out.extend([('X', size), ('Y', size)]);
            }
        }
    }
    out
}

/// NIH Image counts pixels in a unit, of which versions up to 1.53 had others numbers.
fn nih(tree: &Tree) -> Vec<(char, Spacing)> {
    let number = |key: &str| tree.get(key).and_then(Value::as_i64).unwrap_or(0);
    let older = if (1..=153).contains(&number("Version")) { 5 } else { 0 };
    let unit = match number("UnitsID") + older {
        5 => "nm",
        6 => "um",
        7 => "mm",
        8 => "cm",
        9 => "m",
        11 => "inch",
        _ => return Vec::new(),
    };
    let mut out = Vec::new();
    if let Some(scale) = real(tree, "XScale") {
        let aspect = real(tree, "PixelAspectRatio").unwrap_or(1.0);
        out.extend([('X', spacing(1.0 / scale, unit)), ('Y', spacing(aspect / scale, unit))]);
        out.extend(real(tree, "SliceSpacing").map(|v| ('I', spacing(v / scale, unit))));
    }
    out
}

/// Size of a pixel on the ground: in metres for projected maps, in degrees for geographic ones (GeoTIFF 7.5.2).
fn map(tiff: &Tiff<'_>, window: &mut Window, page: &Page) -> Option<[(char, Spacing); 2]> {
    let bytes = tiff.bytes(page.ifd.entry(tag::MODEL_PIXEL_SCALE)?, window).ok()?;
    let mut sizes = bytes.chunks_exact(8).map(|b| f64::from_bits(tiff.header.endian.uint(b)));
    let (x, y) = (sizes.next()?, sizes.next()?);
    if !(x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite()) {
        return None;
    }
    let geo = crate::geo::read(tiff, page, window).unwrap_or_default();
    let key = |name: &str| geo.get(name).and_then(Value::as_u64);
    let unit = match (key("GTModelTypeGeoKey"), key("ProjLinearUnitsGeoKey"), key("GeogAngularUnitsGeoKey")) {
        (Some(1), None | Some(9001), _) => Unit::Metre,
        (Some(2), _, None | Some(9102)) => Unit::Degree,
        _ => Unit::None,
    };
    Some([('X', Spacing::new(x, unit)), ('Y', Spacing::new(y, unit))])
}
