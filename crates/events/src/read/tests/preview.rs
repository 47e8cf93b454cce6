use super::*;

#[test]
fn a_preview_shows_rows_and_no_ids() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let rows = "491701234567,2026-03-02T09:00:00+01:00,a,call_out,60,491709999999,,\nout1,noon,a,data,,,,\n";
    let path = bench.file("records", format!("{HEADER}\n{rows}{}", GOOD.repeat(9)));
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    let preview = reader.preview(&path, 3).unwrap();
    assert_eq!(preview.rows.len(), 3);
    let said = |row: usize, column: usize| {
        let field = &preview.rows[row].fields[column];
        (
            field.meaning,
            field.written.as_str(),
            field.understood.as_deref(),
        )
    };
    assert_eq!(said(0, 0), ("subscriber", "*********567", None));
    assert_eq!(
        said(0, 1),
        (
            "time",
            "2026-03-02T09:00:00+01:00",
            Some("2026-03-02T08:00:00Z")
        )
    );
    assert_eq!(said(0, 3), ("kind", "call_out", Some("call_out")));
    assert_eq!(said(0, 5), ("peer", "*********999", None));
    assert_eq!(said(1, 0).1, "***1");
    assert_eq!(
        preview.rows[1].breaks,
        Some(("bad_time", Some("time_utc".to_owned())))
    );
    assert_eq!(
        (preview.rows[2].line, preview.rows[2].breaks.as_ref()),
        (4, None)
    );
}

#[test]
fn a_preview_of_another_layout_names_it() {
    let bench = Bench::new(Mapping::load("cdr").unwrap());
    let issues = CellIssues::default();
    let reader = RowReader::new(&bench.mapping, &bench.cells, &issues, &bench.calendar).unwrap();
    for (content, preset) in [
        (
            "msisdn,call_datetime,location_id\n1,2026-03-02 09:00:00,a\n",
            "worldbank",
        ),
        ("1,2026-03-02 09:00:00,a\n", "d4d"),
        (
            "1;22;77;78;2013-12-16 07:30:30;0;42.3;-71.5\n",
            "bandicoot_orange",
        ),
    ] {
        let error = reader.preview(&bench.file("r", content), 3).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(
            hint.contains(&format!("did you mean the preset `{preset}`?")),
            "{hint}"
        );
    }
    let error = reader.preview(&bench.file("r", "x,y\n"), 3).unwrap_err();
    assert!(!error.hint().unwrap().contains("did you mean"));
}
