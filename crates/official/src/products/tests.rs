use super::*;

#[test]
fn names_differ_and_are_those_of_the_reducers() {
    let mut names: Vec<&str> = PRODUCTS.iter().map(|product| product.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), PRODUCTS.len());
}
