fn main() {
    println!("{}", link_check::ids());
}
