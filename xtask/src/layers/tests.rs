use std::collections::BTreeSet;

use serde_json::json;

use super::*;

fn graph(edges: &[(&str, &str)], outside: &[(&str, &str, bool)]) -> Graph {
    Graph {
        crates: ROOMS.iter().map(|room| room.name.to_owned()).collect(),
        edges: edges
            .iter()
            .map(|&(a, b)| (a.to_owned(), b.to_owned()))
            .collect(),
        outside: outside
            .iter()
            .map(|&(a, b, t)| (a.to_owned(), b.to_owned(), t))
            .collect(),
        optional: BTreeSet::new(),
        default_members: ROOMS
            .iter()
            .map(|room| room.name.to_owned())
            .filter(|name| !OPTIONAL.contains(&name.as_str()))
            .collect(),
        with_defaults: BTreeSet::new(),
        opendp_features: vec!["use-openssl".to_owned()],
    }
}

#[test]
fn heavy_parts_are_asked_for_by_name() {
    let optional = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let mut good = graph(
        &[("session", "sql"), ("cli", "session")],
        &[("events", "tokio", false), ("sql", "tokio", false)],
    );
    assert_eq!(heavy_faults(&good).len(), 2, "neither is optional yet");
    good.optional = [optional("session", "sql"), optional("events", "tokio")].into();
    assert!(heavy_faults(&good).is_empty());

    good.with_defaults.insert("session".to_owned());
    good.default_members.insert("sql".to_owned());
    good.default_members.remove("geo");
    let faults = heavy_faults(&good).join("\n");
    for words in [
        "`session` has default",
        "`sql` is heavy",
        "`geo` is missing",
    ] {
        assert!(faults.contains(words), "no `{words}` in {faults}");
    }
}

#[test]
fn rows_only_point_down() {
    for (at, room) in ROOMS.iter().enumerate() {
        for name in room.may_use {
            let below = ROOMS.iter().take(at).any(|other| other.name == *name);
            assert!(below, "{} may use {name}, which is not below it", room.name);
        }
    }
}

#[test]
fn an_edge_outside_the_table_fails_and_says_which() {
    assert!(edge_faults(&graph(&[("session", "store"), ("fit", "dp")], &[])).is_empty());
    let faults = edge_faults(&graph(&[("generate", "mobility"), ("cli", "store")], &[]));
    assert_eq!(faults.len(), 2);
    assert!(
        faults
            .iter()
            .any(|f| f.starts_with("`generate` must not use `mobility`"))
    );
    assert!(
        faults
            .iter()
            .any(|f| f.starts_with("`cli` must not use `store`"))
    );
}

#[test]
fn a_crate_without_row_and_a_row_without_crate_fail() {
    let mut changed = graph(&[], &[]);
    changed.crates.remove("types");
    changed.crates.insert("attic".to_owned());
    let faults = edge_faults(&changed);
    assert!(
        faults
            .iter()
            .any(|f| f.contains("crate `attic` has no row")),
        "{faults:?}"
    );
    assert!(
        faults
            .iter()
            .any(|f| f.contains("`types` that does not exist")),
        "{faults:?}"
    );
}

#[test]
fn testkit_in_the_product_fails_with_the_way_it_came() {
    assert!(testkit_faults(&graph(&[("testkit", "dp"), ("cli", "session")], &[])).is_empty());
    let faults = testkit_faults(&graph(&[("cli", "session"), ("session", "testkit")], &[]));
    assert!(
        faults.concat().contains("cli -> session -> testkit"),
        "{faults:?}"
    );
}

#[test]
fn outside_crates_stay_in_their_rooms() {
    let good = [
        ("dp", "opendp", false),
        ("events", "parquet", false),
        ("types", "rand", true),
    ];
    assert!(outside_faults(&graph(&[], &good)).is_empty());
    for bad in [
        ("fit", "opendp", false),
        ("testkit", "opendp", true),
        ("mobility", "parquet", false),
        ("mobility", "rand", false),
        ("ledger", "rand_chacha", false),
    ] {
        assert_eq!(outside_faults(&graph(&[], &[bad])).len(), 1, "{bad:?}");
    }
}

#[test]
fn opendp_without_secure_randomness_fails() {
    let features = |names: &[&str]| names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>();
    assert!(opendp_faults(&features(&["contrib", "use-openssl"])).is_empty());
    assert_eq!(opendp_faults(&features(&["contrib"])).len(), 1);
    assert_eq!(
        opendp_faults(&features(&["use-openssl", "floating-point"])).len(),
        1
    );
    assert_eq!(opendp_faults(&[]).len(), 1);
}

#[test]
fn metadata_gives_normal_edges_and_features() {
    let package = |name: &str, dependencies: serde_json::Value| json!({"id": name, "name": name, "dependencies": dependencies});
    let graph = Graph::from_metadata(&json!({
        "workspace_members": ["erewhon-a", "erewhon-b", "erewhon-xtask"],
        "workspace_default_members": ["erewhon-a"],
        "packages": [
            package("erewhon-a", json!([
                {"name": "erewhon-b", "kind": null, "optional": true},
                {"name": "erewhon-testkit", "kind": "dev"},
                {"name": "rand", "kind": "dev"},
                {"name": "serde", "kind": null},
            ])),
            package("erewhon-b", json!([])),
            package("erewhon-xtask", json!([{"name": "sha2", "kind": null}])),
            package("serde", json!([{"name": "erewhon-a", "kind": null}])),
        ],
        "resolve": {"nodes": [
            {"id": "registry+https://x#opendp@0.16.0", "features": ["use-openssl"]},
            {"id": "registry+https://x#opendp_derive@0.16.0", "features": ["full"]},
        ]},
    }));
    assert_eq!(graph.crates.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(
        graph.edges.iter().collect::<Vec<_>>(),
        [&("a".to_owned(), "b".to_owned())]
    );
    assert!(
        graph
            .outside
            .contains(&("a".to_owned(), "rand".to_owned(), true))
    );
    assert!(
        graph
            .outside
            .contains(&("a".to_owned(), "serde".to_owned(), false))
    );
    assert_eq!(graph.opendp_features, ["use-openssl"]);
    assert_eq!(graph.optional, [("a".to_owned(), "b".to_owned())].into());
    assert_eq!(graph.default_members, ["a".to_owned()].into());
    assert!(graph.with_defaults.is_empty());
}

#[test]
fn unsafe_belongs_to_the_receipt_alone() {
    let tree = crate::tree::Scratch::new("unsafe");
    let faults = || unsafe_code::faults(tree.path()).unwrap();
    tree.put(
        "crates/dp/src/lib.rs",
        "/// unsafe\npub unsafe trait DurableReceipt {}",
    );
    tree.put(
        "crates/dp/src/tests.rs",
        "unsafe impl DurableReceipt for Paper {}",
    );
    tree.put(
        "crates/ledger/src/lib.rs",
        "unsafe impl DurableReceipt for Receipt {}",
    );
    tree.put(
        "crates/geo/src/lib.rs",
        "// unsafe\nconst A: &str = \"unsafe\"; fn unsafe_b() {}",
    );
    assert!(faults().is_empty(), "{:?}", faults());

    for (path, code) in [
        (
            "crates/session/src/lib.rs",
            "unsafe impl DurableReceipt for Mine {}",
        ),
        (
            "crates/session/tests/a.rs",
            "unsafe impl DurableReceipt for Mine {}",
        ),
        (
            "crates/dp/src/lib.rs",
            "unsafe impl DurableReceipt for Mine {}",
        ),
        ("crates/dp/src/lib.rs", "unsafe trait Other {}"),
        ("crates/testkit/src/lib.rs", "unsafe fn f() {}"),
        ("crates/ledger/src/lib.rs", "fn f() { unsafe { g() } }"),
        (
            "crates/geo/src/lib.rs",
            "#[cfg(test)] mod t { fn f() { unsafe { g() } } }",
        ),
    ] {
        let before = tree.get(path);
        tree.put(path, code);
        assert_eq!(faults().len(), 1, "{path}: {code}");
        match before {
            Some(before) => tree.put(path, &before),
            None => tree.remove(path),
        }
    }
}

#[test]
fn a_stale_picture_fails_until_it_is_written() {
    let tree = crate::tree::Scratch::new("picture");
    let check = |picture| picture::check(tree.path(), picture).unwrap();
    tree.put("docs/architecture.md", "no markers");
    assert_eq!(check(Picture::Compare).len(), 1);
    tree.put(
        "docs/architecture.md",
        "a\n<!-- layers: begin (written by `cargo xtask layers --write`) -->\nold\n\
         <!-- layers: end -->\nb\n",
    );
    assert_eq!(check(Picture::Compare).len(), 1);
    assert!(check(Picture::Write).is_empty());
    assert!(check(Picture::Compare).is_empty());
    let text = tree.get("docs/architecture.md").unwrap();
    assert!(
        text.starts_with("a\n") && text.ends_with("end -->\nb\n"),
        "{text}"
    );
    assert!(text.contains("session --> store") && !text.contains("session --> types"));
}
