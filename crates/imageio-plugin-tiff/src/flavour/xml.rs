//! XML as a tree of values.

use imageio_core::Value;
use roxmltree::Node;

use super::{Tree, typed};
use crate::series::ome_document as document;

/// Nesting beyond this is left out.
const MAX_DEPTH: usize = 40;

/// The tree below the root element: attributes and elements by name, several of one name as a list, text as `value`.
pub(crate) fn tree(text: &str) -> Option<Tree> {
    let document = document(text).ok()?;
    match value(document.root_element(), 0) {
        Value::Map(tree) => Some(tree),
        _ => None,
    }
}

fn value(node: Node<'_, '_>, depth: usize) -> Value {
    let mut tree = Tree::new();
    for attribute in node.attributes() {
        tree.insert(attribute.name().to_owned(), typed(attribute.value()));
    }
    if depth < MAX_DEPTH {
        for child in node.children().filter(Node::is_element) {
            let inner = value(child, depth + 1);
            let name = child.tag_name().name();
            match tree.get_mut(name) {
                None => {
                    tree.insert(name.to_owned(), inner);
                }
                Some(Value::List(list)) => list.push(inner),
                Some(one) => {
                    let first = std::mem::replace(one, Value::Null);
                    *one = Value::List(vec![first, inner]);
                }
            }
        }
    }
    let text = node.text().map_or("", str::trim);
    if tree.is_empty() {
        return if text.is_empty() { Value::Null } else { typed(text) };
    }
    if !text.is_empty() {
        tree.insert("value".to_owned(), typed(text));
    }
    Value::Map(tree)
}

/// GDAL's items by name: those of the image, and those of each sample below its number.
pub(crate) fn gdal(text: &str) -> Option<Tree> {
    let document = document(text).ok()?;
    let mut tree = Tree::new();
    for item in document.descendants().filter(|n| n.tag_name().name() == "Item") {
        let Some(name) = item.attribute("name") else { continue };
        let value = typed(item.text().unwrap_or(""));
        match item.attribute("sample") {
            None => {
                tree.insert(name.to_owned(), value);
            }
            Some(sample) => {
                let inner = tree.entry(sample.to_owned()).or_insert_with(|| Value::Map(Tree::new()));
                if let Value::Map(inner) = inner {
                    inner.insert(name.to_owned(), value);
                }
            }
        }
    }
    Some(tree)
}

/// Items by name, with their units below `name.unit`; `Yes` and `No` are truth values.
pub(crate) fn items(text: &str) -> Option<Tree> {
    let document = document(text).ok()?;
    let mut tree = Tree::new();
    for item in document.root_element().children().filter(|n| n.tag_name().name() == "item") {
        let (Some(name), Some(text)) = (item.attribute("name"), item.text()) else { continue };
        let value = match text {
            "Yes" => Value::Bool(true),
            "No" => Value::Bool(false),
            other => typed(other),
        };
        tree.insert(name.to_owned(), value);
        if let Some(unit) = item.attribute("unit") {
            tree.insert(format!("{name}.unit"), Value::from(unit));
        }
    }
    Some(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_typed() {
        let found = tree(r#"<a x="1"><b y="2.5">text</b><c/><d>7</d><d>eight</d></a>"#).unwrap();
        let shown = Value::Map(found).to_string();
        assert_eq!(shown, "{b: {value: text, y: 2.5}, c: null, d: [7, eight], x: 1}");
        assert!(tree("<a").is_none());
        let found = gdal(r#"<GDALMetadata><Item name="N">3</Item><Item name="M" sample="0">x</Item></GDALMetadata>"#);
        assert_eq!(Value::Map(found.unwrap()).to_string(), "{0: {M: x}, N: 3}");
    }
}
