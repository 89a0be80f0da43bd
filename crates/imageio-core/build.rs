//! Exists so that `links` may be set; there is nothing to build.
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}
