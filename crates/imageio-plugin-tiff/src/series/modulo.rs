//! Axes that OME-XML hides within others: `Modulo` annotations (OME "6D, 7D and 8D storage").

use std::collections::HashMap;

use roxmltree::Node;

use super::ome::elements;

/// More steps along an axis are not believed.
const MOST: f64 = 16_777_216.0;

/// An axis that varies within another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Split {
    along: char,
    axis: char,
    size: usize,
}

/// The splits of every annotation, by its ID.
pub(crate) fn annotations(root: Node<'_, '_>) -> HashMap<String, Vec<Split>> {
    let annotations = elements(root, "StructuredAnnotations").flat_map(|all| all.children());
    let modulo = annotations.filter(|a| a.attribute("Namespace").is_some_and(|name| name.ends_with("modulo")));
    modulo.filter_map(|a| Some((a.attribute("ID")?.to_owned(), splits(a)))).collect()
}

fn splits(annotation: Node<'_, '_>) -> Vec<Split> {
    let along = annotation.descendants().filter_map(|node| {
        let along = node.tag_name().name().strip_prefix("ModuloAlong")?.chars().next()?;
        let axis = letter(node.attribute("Type").unwrap_or("other"));
        Some(Split { along, axis, size: steps(node)? })
    });
    along.collect()
}

/// The letter of a kind of axis.
fn letter(kind: &str) -> char {
    match kind {
        "angle" => 'A',
        "phase" => 'P',
        "tile" => 'R',
        "lifetime" => 'H',
        "lambda" => 'E',
        _ => 'Q',
    }
}

/// How many steps there are: from start to end, or as many as have labels.
fn steps(node: Node<'_, '_>) -> Option<usize> {
    let real = |name: &str| node.attribute(name).and_then(|v| v.trim().parse::<f64>().ok());
    if node.has_attribute("Start") {
        let step = real("Step").unwrap_or(1.0);
        let n = ((real("End")? + step - real("Start")?) / step).ceil();
        return (1.0..=MOST).contains(&n).then_some(n as usize);
    }
    Some(elements(node, "Label").count()).filter(|n| *n > 0)
}

/// The splits that an image refers to: those of its first annotation.
pub(crate) fn of(image: Node<'_, '_>, all: &HashMap<String, Vec<Split>>) -> Vec<Split> {
    let id = elements(image, "AnnotationRef").next().and_then(|reference| reference.attribute("ID"));
    id.and_then(|id| all.get(id)).cloned().unwrap_or_default()
}

/// Divides the axes that are split; one that is split wholly is renamed.
pub(crate) fn apply(splits: &[Split], shape: &mut Vec<usize>, axes: &mut String) {
    for split in splits {
        let letters: Vec<char> = axes.chars().collect();
        let Some(at) = letters.iter().position(|c| *c == split.along) else { continue };
        let Some(size) = shape.get_mut(at).filter(|n| **n % split.size == 0) else { continue };
        let whole = *size == split.size;
        if !whole {
            *size /= split.size;
            shape.insert(at + 1, split.size);
        }
        let new = letters.iter().enumerate().flat_map(|(k, c)| match (k == at, whole) {
            (true, true) => vec![split.axis],
            (true, false) => vec![*c, split.axis],
            _ => vec![*c],
        });
        *axes = new.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<OME><Image><AnnotationRef ID="Annotation:3"/></Image><StructuredAnnotations>
<XMLAnnotation ID="Annotation:3" Namespace="openmicroscopy.org/omero/dimension/modulo"><Value><Modulo>
<ModuloAlongZ Type="angle"><Label>0</Label><Label>90</Label></ModuloAlongZ>
<ModuloAlongT Type="lambda" Start="500" Step="2.5" End="505"/><ModuloAlongC Start="0" End="x"/>
</Modulo></Value></XMLAnnotation></StructuredAnnotations></OME>"#;

    #[test]
    fn axes_are_divided() {
        let document = roxmltree::Document::parse(XML).unwrap();
        let root = document.root_element();
        let splits = of(root.first_element_child().unwrap(), &annotations(root));
        let split = |along, axis, size| Split { along, axis, size };
        assert_eq!(splits, [split('Z', 'A', 2), split('T', 'E', 3)]);
        let (mut shape, mut axes) = (vec![3, 8, 1, 5, 6], "TZCYX".to_owned());
        apply(&splits, &mut shape, &mut axes);
        assert_eq!((shape, axes.as_str()), (vec![3, 4, 2, 1, 5, 6], "EZACYX"));
        // What does not divide stays.
        let (mut shape, mut axes) = (vec![4, 3, 5, 6], "TZYX".to_owned());
        apply(&splits, &mut shape, &mut axes);
        assert_eq!((shape, axes.as_str()), (vec![4, 3, 5, 6], "TZYX"));
    }
}
