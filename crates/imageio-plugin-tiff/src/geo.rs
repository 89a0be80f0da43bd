//! GeoTIFF keys (OGC 19-008r4): the directory of keys becomes entries by name.

use imageio_core::{Metadata, Value};

use crate::ifd::{Tiff, Window};
use crate::page::Page;
use crate::tags::tag;
use crate::value::text;

/// Keys, transformations and GDAL's own entries; `None` if the page has none.
pub(crate) fn read(tiff: &Tiff<'_>, page: &Page, window: &mut Window) -> Option<Metadata> {
    let mut geo = Metadata::new();
    let mut get = |tag: u16| page.ifd.entry(tag).and_then(|e| tiff.bytes(e, window).ok());
    let endian = tiff.header.endian;
    let doubles =
        |bytes: Vec<u8>| -> Vec<f64> { bytes.chunks_exact(8).map(|b| f64::from_bits(endian.uint(b))).collect() };
    if let Some(directory) = get(tag::GEO_KEY_DIRECTORY) {
        let params = get(tag::GEO_DOUBLE_PARAMS).map(doubles).unwrap_or_default();
        let ascii = get(tag::GEO_ASCII_PARAMS).unwrap_or_default();
        let shorts: Vec<u16> = directory.chunks_exact(2).map(|b| endian.uint(b) as u16).collect();
        for key in shorts.chunks_exact(4).skip(1) {
            let &[id, place, count, at] = key else { continue };
            let (count, start) = (usize::from(count), usize::from(at));
            let value = match place {
                0 => Value::from(at),
                tag::GEO_DOUBLE_PARAMS => list(params.get(start..start + count).unwrap_or_default()),
                tag::GEO_ASCII_PARAMS => {
                    let part = text(ascii.get(start..start + count).unwrap_or_default());
                    Value::from(part.trim_end_matches('|').trim())
                }
                tag::GEO_KEY_DIRECTORY => {
                    let part: Vec<f64> =
                        shorts.get(start..start + count).unwrap_or_default().iter().map(|v| f64::from(*v)).collect();
                    list(&part)
                }
                _ => continue,
            };
            geo.insert(name(id), value);
        }
    }
    let arrays = [
        ("ModelPixelScale", tag::MODEL_PIXEL_SCALE),
        ("ModelTiepoint", tag::MODEL_TIEPOINT),
        ("ModelTransformation", tag::MODEL_TRANSFORMATION),
    ];
    for (name, tag) in arrays {
        if let Some(bytes) = get(tag) {
            geo.insert(name, list(&doubles(bytes)));
        }
    }
    (!geo.is_empty()).then_some(geo)
}

fn list(values: &[f64]) -> Value {
    match values {
        [one] => Value::Float(*one),
        many => Value::List(many.iter().map(|v| Value::Float(*v)).collect()),
    }
}

fn name(id: u16) -> String {
    match KEYS.binary_search_by_key(&id, |(key, _)| *key).ok().and_then(|at| KEYS.get(at)) {
        Some((_, name)) => (*name).to_owned(),
        None => id.to_string(),
    }
}

#[rustfmt::skip]
static KEYS: &[(u16, &str)] = &[
    (1024, "GTModelTypeGeoKey"),
    (1025, "GTRasterTypeGeoKey"),
    (1026, "GTCitationGeoKey"),
    (2048, "GeographicTypeGeoKey"),
    (2049, "GeogCitationGeoKey"),
    (2050, "GeogGeodeticDatumGeoKey"),
    (2051, "GeogPrimeMeridianGeoKey"),
    (2052, "GeogLinearUnitsGeoKey"),
    (2053, "GeogLinearUnitSizeGeoKey"),
    (2054, "GeogAngularUnitsGeoKey"),
    (2055, "GeogAngularUnitsSizeGeoKey"),
    (2056, "GeogEllipsoidGeoKey"),
    (2057, "GeogSemiMajorAxisGeoKey"),
    (2058, "GeogSemiMinorAxisGeoKey"),
    (2059, "GeogInvFlatteningGeoKey"),
    (2060, "GeogAzimuthUnitsGeoKey"),
    (2061, "GeogPrimeMeridianLongGeoKey"),
    (2062, "GeogTOWGS84GeoKey"),
    (3059, "ProjLinearUnitsInterpCorrectGeoKey"),
    (3072, "ProjectedCSTypeGeoKey"),
    (3073, "PCSCitationGeoKey"),
    (3074, "ProjectionGeoKey"),
    (3075, "ProjCoordTransGeoKey"),
    (3076, "ProjLinearUnitsGeoKey"),
    (3077, "ProjLinearUnitSizeGeoKey"),
    (3078, "ProjStdParallel1GeoKey"),
    (3079, "ProjStdParallel2GeoKey"),
    (3080, "ProjNatOriginLongGeoKey"),
    (3081, "ProjNatOriginLatGeoKey"),
    (3082, "ProjFalseEastingGeoKey"),
    (3083, "ProjFalseNorthingGeoKey"),
    (3084, "ProjFalseOriginLongGeoKey"),
    (3085, "ProjFalseOriginLatGeoKey"),
    (3086, "ProjFalseOriginEastingGeoKey"),
    (3087, "ProjFalseOriginNorthingGeoKey"),
    (3088, "ProjCenterLongGeoKey"),
    (3089, "ProjCenterLatGeoKey"),
    (3090, "ProjCenterEastingGeoKey"),
    (3091, "ProjCenterNorthingGeoKey"),
    (3092, "ProjScaleAtNatOriginGeoKey"),
    (3093, "ProjScaleAtCenterGeoKey"),
    (3094, "ProjAzimuthAngleGeoKey"),
    (3095, "ProjStraightVertPoleLongGeoKey"),
    (3096, "ProjRectifiedGridAngleGeoKey"),
    (4096, "VerticalCSTypeGeoKey"),
    (4097, "VerticalCitationGeoKey"),
    (4098, "VerticalDatumGeoKey"),
    (4099, "VerticalUnitsGeoKey"),
];

#[cfg(test)]
mod tests {
    #[test]
    fn keys_are_sorted() {
        assert!(super::KEYS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(super::name(1024), "GTModelTypeGeoKey");
        assert_eq!(super::name(9), "9");
    }
}
