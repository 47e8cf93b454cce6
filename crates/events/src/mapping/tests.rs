use super::*;

const SMALL: &str = r#"
description = "small"
columns = ["who", "when", "where"]
subscriber = "who"
time = { column = "when", format = "rfc3339" }
cell = "where"
kind = { constant = "data" }
"#;

#[test]
fn presets_are_valid_and_survive_toml() {
    for name in Mapping::presets() {
        let mapping = Mapping::load(name).unwrap();
        let again = Mapping::parse(&toml::to_string(&mapping).unwrap(), name).unwrap();
        assert_eq!(again, mapping, "{name}");
        assert_eq!(again.sha256().unwrap(), mapping.sha256().unwrap(), "{name}");
    }
}

#[test]
fn the_digest_is_of_the_meaning() {
    let mapping = Mapping::parse(SMALL, "small").unwrap();
    let json = r#"{"description":"small","delimiter":",","header":true,"columns":["who","when","where"],"subscriber":"who","subscriber_from_file_name":false,"time":{"column":"when","format":"rfc3339"},"cell":"where","kind":{"constant":"data","columns":[],"values":{}},"ignore":[]}"#;
    assert_eq!(serde_json::to_string(&mapping).unwrap(), json);
    assert_eq!(mapping.sha256().unwrap(), hex(&Sha256::digest(json)));
    let same = SMALL.replace("cell = \"where\"\n", "") + "cell = 'where' # moved\n";
    let same = Mapping::parse(&same, "same").unwrap();
    assert_eq!(mapping.sha256().unwrap(), same.sha256().unwrap());
    let other = Mapping::parse(&SMALL.replace("rfc3339", "epoch_s"), "other").unwrap();
    assert_ne!(mapping.sha256().unwrap(), other.sha256().unwrap());
}

#[test]
fn an_unknown_preset_gets_a_suggestion() {
    let error = Mapping::load("cdrs").unwrap_err();
    assert_eq!(error.kind().exit_code(), 2);
    assert!(error.hint().unwrap().starts_with("did you mean `cdr`?"));
    assert!(
        !Mapping::load("elephant")
            .unwrap_err()
            .hint()
            .unwrap()
            .contains("did you mean")
    );
    assert_eq!(
        Mapping::load("absent.toml").unwrap_err().kind().exit_code(),
        1
    );
}

#[test]
fn refuses_contradictions() {
    assert!(Mapping::parse(SMALL, "small").is_ok());
    for (from, to, message) in [
        ("subscriber =", "subscribr =", "unknown field"),
        ("cell = \"where\"\n", "", "the place must come from"),
        (
            "subscriber = \"who\"\n",
            "",
            "the subscriber must come from",
        ),
        (
            "\"where\"]",
            "\"where\", \"fee\"]",
            "`fee` must be either used or ignored",
        ),
        ("\"where\"]", "\"where\", \"who\"]", "`who` appears twice"),
        (
            "cell = \"where\"",
            "cell = \"site\"",
            "`columns` has no column `site`",
        ),
        ("constant = \"data\"", "constant = \"fax\"", "fax"),
        ("constant = \"data\"", "", "the kind must come from"),
        ("format = \"rfc3339\"", "format = \"strptime\"", "pattern"),
        (
            "\"rfc3339\"",
            "\"strptime\", pattern = \"%Y%m%d\"",
            "without a zone",
        ),
        (
            "\"rfc3339\"",
            "\"rfc3339\", zone = \"Mars/Olympus\"",
            "Mars/Olympus",
        ),
        ("\"rfc3339\"", "\"minutes\"", "origin"),
        (
            "\"rfc3339\"",
            "\"minutes\", origin = \"2026-03-02T00:00\"",
            "without a zone",
        ),
    ] {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL, "{from}");
        let error = Mapping::parse(&text, "small").unwrap_err();
        assert!(error.message().contains(message), "{message}: {error}");
        assert!(error.hint().is_some(), "{message}");
    }
}

#[test]
fn a_slip_of_the_pen_is_blamed_where_it_stands() {
    for (from, to, message, meant) in [
        (
            "subscriber = \"who\"",
            "subscriber = \"hwo\"",
            "`columns` has no column `hwo`",
            "who",
        ),
        ("constant = \"data\"", "constant = \"dta\"", "`dta`", "data"),
        (
            "format = \"rfc3339\"",
            "format = \"rfc3338\"",
            "`rfc3338`",
            "rfc3339",
        ),
    ] {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL, "{from}");
        let error = Mapping::parse(&text, "small").unwrap_err();
        assert!(error.message().contains(message), "{message}: {error}");
        let hint = format!("did you mean `{meant}`?");
        assert_eq!(error.hint(), Some(hint.as_str()));
    }
    let none = SMALL.replace("constant = \"data\"", "constant = \"elephant\"");
    let error = Mapping::parse(&none, "small").unwrap_err();
    assert!(error.hint().unwrap().starts_with("allowed: call_out, "));
}

#[test]
fn the_documented_mapping_is_valid_and_the_documented_presets_are_all() {
    let page = include_str!("../../../../docs/formats.md");
    let example = page.split("```toml").nth(1).unwrap();
    Mapping::parse(example.split("```").next().unwrap(), "formats.md").unwrap();
    let rows = page.split("| preset |").nth(1).unwrap();
    let rows = rows.split("\n\n").next().unwrap();
    let mut named: Vec<&str> = (rows.lines())
        .filter_map(|row| row.strip_prefix("| `")?.split('`').next())
        .collect();
    named.sort_unstable();
    assert!(Mapping::presets().eq(named));
}

#[test]
fn a_layout_names_the_kinds_it_can_express() {
    let constant = Mapping::parse(SMALL, "small").unwrap();
    assert_eq!(constant.kinds(), [EventKind::Data]);
    let columns = SMALL
        .replace("\"where\"]", "\"where\", \"what\"]")
        .replace("{ constant = \"data\" }", "{ columns = [\"what\"] }");
    let open = Mapping::parse(&columns, "open").unwrap();
    assert_eq!(open.kinds(), EventKind::ALL);
    let values = "[kind.values]\nB = \"sms_out\"\nA = \"call_in\"\nC = \"call_in\"\n";
    let table = columns
        .replace("kind = {", "[kind]\n")
        .replace("columns = [\"what\"] }", "columns = [\"what\"]");
    let named = Mapping::parse(&format!("{table}{values}"), "named").unwrap();
    assert_eq!(named.kinds(), [EventKind::CallIn, EventKind::SmsOut]);
}
