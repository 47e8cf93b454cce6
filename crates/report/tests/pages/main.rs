//! What a page must hold, must not hold, and must be made of.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use erewhon_report::{
    InternalPage, PetStatement, Usefulness, attacks_csv, internal_page, measures_csv, quality_page,
    quality_table, release_page, risk_page, terminal_summary,
};
use erewhon_utility::Better;
use fixture::Fixture;

mod attacks;
#[path = "../fixture/mod.rs"]
mod fixture;

fn pages(fixture: &Fixture) -> [String; 2] {
    [
        internal_page(&fixture.internal()),
        release_page(&fixture.release()),
    ]
}

fn risk(fixture: &Fixture) -> String {
    let pet = PetStatement::of(
        Some("transport planning"),
        &fixture.statement,
        &fixture.risk,
    );
    let useful = |release: &str, km| Usefulness {
        release: release.to_owned(),
        presence_error_km: km,
    };
    let useful = [
        useful(&fixture.risk.attacks[0].release, Some(0.0)),
        useful("synthetic records", Some(0.842)),
        useful("counts", None),
    ];
    risk_page(&fixture.provenance, &fixture.risk, &useful, Some(&pet))
}

fn quality(fixture: &Fixture) -> String {
    quality_page(
        &fixture.provenance,
        &fixture.statement.window,
        &fixture.quality,
    )
}

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "input", "br"];

/// Panics at the first tag that does not match; skips the text of scripts and styles.
fn assert_balanced(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if rest.starts_with("<!") {
            rest = &rest[rest.find('>').unwrap()..];
            continue;
        }
        let end = rest.find('>').unwrap();
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {rest:.80}");
            continue;
        }
        let name = tag.split([' ', '\n', '/']).next().unwrap();
        let quotes = tag.matches('"').count();
        assert!(quotes.is_multiple_of(2), "a quote is open in <{tag}>");
        if tag.ends_with('/') || VOID.contains(&name) {
            continue;
        }
        open.push(name);
        if name == "script" || name == "style" {
            rest = &rest[rest.find(&format!("</{name}")).unwrap()..];
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

fn assert_self_contained(page: &str) {
    for bad in ["http://", "https://", "//cdn", "@import", "url(", " src="] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[test]
fn pages_are_well_formed_and_need_no_network() {
    let mut schematic = Fixture::new(30, 60);
    schematic.cells = fixture::schematic(30);
    for fixture in [
        Fixture::new(250, 60),
        Fixture::new(1, 1),
        Fixture::new(3, 8),
        schematic,
    ] {
        for page in pages(&fixture) {
            assert_balanced(&page);
            assert_self_contained(&page);
            assert!(
                !page.contains("NaN") && !page.contains("inf "),
                "a number escaped"
            );
        }
    }
}

#[test]
fn the_internal_page_says_so_first() {
    let [internal, release] = pages(&Fixture::new(10, 60));
    assert!(
        internal
            .lines()
            .next()
            .unwrap()
            .starts_with("<!-- INTERNAL")
    );
    assert!(internal.contains("class=\"stamp\""));
    assert!(internal.contains("<body class=\"internal\">\n<p class=\"stamp\"><b>INTERNAL</b>"));
    assert!(!release.contains("INTERNAL") && !release.contains("class=\"stamp\""));
}

/// The rules of a style sheet for one selector, those inside `@media` and `@supports` as well.
fn rules<'a>(css: &'a str, selector: &str) -> Vec<&'a str> {
    let opening = format!(" {selector} {{");
    let starts = css.match_indices(&opening).map(|(at, _)| at);
    starts
        .map(|at| &css[at..at + css[at..].find('}').unwrap()])
        .collect()
}

/// A box that stays fixed is printed on every page by every browser, margin boxes are not.
#[test]
fn every_printed_page_is_stamped() {
    let css = include_str!("../../assets/page.css").replace('\n', " ");
    let print = &css[css.find("@media print").unwrap()..];
    let stamp = rules(print, ".stamp");
    assert!(stamp.iter().any(|rule| rule.contains("position: fixed")));
    assert!(!stamp.iter().any(|rule| rule.contains("display: none")));
    assert!(
        rules(print, ".internal")
            .iter()
            .any(|rule| rule.contains("padding-left"))
    );
}

/// A browser without `light-dark()` drops what is built of it: the stamp is of plain colours, and
/// every other colour has a plain value outside of `@supports`.
#[test]
fn older_browsers_get_colours_too() {
    let css = include_str!("../../assets/page.css").replace('\n', " ");
    for rule in rules(&css, ".stamp") {
        assert!(!rule.contains("var("), "{rule}");
    }
    assert!(rules(&css, ".stamp")[0].contains("background: #"));
    let mut plain = String::new();
    for (i, part) in css
        .split("@supports (color: light-dark(red, red)) {")
        .enumerate()
    {
        let mut depth = usize::from(i > 0);
        plain.extend(part.chars().filter(|c| {
            let inside = depth > 0 && i > 0;
            match c {
                '{' if inside => depth += 1,
                '}' if inside => depth -= 1,
                _ => {}
            }
            !inside
        }));
    }
    assert!(
        !plain.contains("light-dark(") && !plain.contains("oklch("),
        "{plain}"
    );
    for used in css.split("var(--").skip(1) {
        let name = used.split(')').next().unwrap();
        let given = format!("--{name}:");
        let set_on_elements_or_inside = ["t", "chroma", "hue"].contains(&name);
        assert!(
            set_on_elements_or_inside || plain.contains(&given),
            "{name}"
        );
    }
}

#[test]
fn the_quality_page_says_so_first_and_holds_every_value() {
    let mut fixture = Fixture::new(10, 60);
    let page = quality(&fixture);
    assert!(page.starts_with("<!-- INTERNAL") && page.contains("class=\"stamp\""));
    assert_balanced(&page);
    assert_self_contained(&page);
    for wanted in [
        "6,412,873",
        "9,911",
        "1,733",
        "88,214",
        "9,114",
        "counted only",
        "applied",
        "41 rows became equal",
        "77 moves",
        "2026-03-01T23:00:04Z",
        "248 cells",
        "15,037 subscribers",
        "20,406",
        "98,765",
        "23,456",
        "c31",
        "whole network",
        "1,977",
        "c12",
        "4,321",
        "c99",
        "612",
        "day_size",
        "151,617",
        "phone",
        "inbound",
        "19,412",
        "17 events have no home network",
        "BLAKE3",
    ] {
        assert!(page.contains(wanted), "{wanted} is missing");
    }
    let table = quality_table(&fixture.quality, &fixture.statement.window);
    assert!(
        table.contains("from 2026-03-02, time zone Europe/Berlin"),
        "{table}"
    );
    assert!(!table.contains("more, which the quality report lists"));
    let first = fixture.quality.warnings[0].clone();
    fixture.quality.warnings.resize(17, first);
    let long = quality_table(&fixture.quality, &fixture.statement.window);
    assert!(
        long.contains("  and 7 more, which the quality report lists"),
        "{long}"
    );
    let at = |text: &str| table.find(text).unwrap();
    let (rows, cells) = (at("rows by rule"), at("cells set aside, by rule"));
    assert!((rows..cells).contains(&at("  unknown_cell")), "{table}");
    assert!(at("  no_position") > cells, "{table}");
    let equal = |line: &str| line.starts_with("  made equal by cleaning") && line.ends_with(" 41");
    assert!(table.lines().any(equal), "{table}");
    let roamers = |line: &str| line.starts_with("  inbound roamers") && line.ends_with(" 315");
    assert!(table.lines().any(roamers), "{table}");
    assert!(
        table.starts_with("INTERNAL") && table.contains("151,617"),
        "{table}"
    );
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
}

#[test]
fn an_empty_quality_report_gives_reasons() {
    let mut fixture = Fixture::new(4, 60);
    fixture.quality = erewhon_events::QualityReport::default();
    let page = quality(&fixture);
    assert_balanced(&page);
    for reason in ["no event was kept", "No warnings"] {
        assert!(page.contains(reason), "{reason}");
    }
    assert!(!page.contains("NaN"));
}

#[test]
fn every_value_that_goes_in_comes_out() {
    let fixture = Fixture::new(250, 60);
    let page = internal_page(&fixture.internal()) + &risk(&fixture);
    let mut wanted: Vec<String> = [
        // quality
        "6,412,873",
        "6,391,002",
        "9,911",
        "148 MB",
        "unknown_cell",
        "1,402,113",
        "3f2a9c0d17e8",
        // statement
        "20,013",
        "4,096",
        "4.71",
        "0.35",
        "Europe/Berlin",
        "one home zone on each level",
        // utility
        "20,000 → 20,013",
        "6,404,518",
        "0.842 km",
        "0.291 km",
        "78.3 %",
        "not available",
        // attacks
        "957 of 1,000",
        "29 of 1,000",
        "−1.3 %",
        "the window has no working day",
        // baselines, making
        "2.31 km",
        "1.72 km",
        "Routines on tables with noise",
        "11.2 s",
        "erewhon demo --subscribers 20000",
        "transport planning",
        "2026-04-01 09:30",
    ]
    .map(str::to_owned)
    .to_vec();
    wanted.extend(
        fixture
            .utility
            .measures
            .iter()
            .map(|m| m.definition.clone()),
    );
    wanted.extend(fixture.utility.charts.iter().map(|c| c.title.clone()));
    wanted.extend(fixture.statement.resolution.clone());
    wanted.extend(fixture.statement.not_covered.clone());
    wanted.extend(fixture.risk.attacks.iter().map(|a| a.verdict.clone()));
    for value in wanted {
        let value = value.replace('\'', "&#39;");
        assert!(page.contains(&value), "{value}");
    }
    assert_eq!(
        page.matches("class=\"band\"").count(),
        fixture.utility.charts.len()
    );
    assert!(page.len() < 1_500_000, "{} bytes", page.len());
}

#[test]
fn hostile_names_stay_text() {
    let evil = "<script>alert('x')</script>\"&";
    let mut f = Fixture::new(5, 60);
    let cells = f
        .cells
        .cells()
        .iter()
        .enumerate()
        .map(|(i, c)| erewhon_geo::Cell {
            id: format!("{evil}{i}"),
            ..c.clone()
        });
    f.cells = erewhon_geo::CellTable::new(erewhon_geo::Frame::Planar, cells.collect()).unwrap();
    f.provenance.title = evil.to_owned();
    f.provenance
        .parameters
        .push((evil.to_owned(), evil.to_owned()));
    f.run.commands.push(evil.to_owned());
    f.run.stages.push((evil.to_owned(), 1.0));
    f.quality.inputs[0].name = evil.to_owned();
    f.quality.rules[0].rule = evil.to_owned();
    f.quality.rules[0].description = evil.to_owned();
    f.quality.events_by_kind[0].0 = evil.to_owned();
    f.statement.queries[0].name = evil.to_owned();
    f.statement.queries[0].contribution = evil.to_owned();
    f.statement.resolution.push(evil.to_owned());
    f.utility.measures[0].title = evil.to_owned();
    f.utility.measures[0].unit = evil.to_owned();
    f.utility.measures[0].definition = evil.to_owned();
    f.utility.charts[0].title = evil.to_owned();
    f.utility.charts[0].x_label = evil.to_owned();
    f.utility.charts[0].y_label = evil.to_owned();
    f.risk.attacks[0].title = evil.to_owned();
    f.risk.attacks[0].release = evil.to_owned();
    f.risk.attacks[0].rows[0].label = evil.to_owned();
    f.baselines[0].name = evil.to_owned();
    f.quality.files[0].name = evil.to_owned();
    f.quality.history_rules[0].rule = evil.to_owned();
    f.quality.history_rules[0].description = evil.to_owned();
    f.quality.warnings[0].subject = evil.to_owned();
    f.quality.contents.busiest_cells[0].0 = evil.to_owned();
    f.quality.contents.kinds[0].kind = evil.to_owned();
    f.quality.network.silent_cells_listed[0] = evil.to_owned();
    f.quality.network.cell_holes_listed[0].cell = Some(evil.to_owned());
    f.quality.network.doubtful_cells[0].cell = evil.to_owned();
    for page in pages(&f).into_iter().chain([quality(&f), risk(&f)]) {
        assert!(!page.contains("<script>alert"));
        assert_balanced(&page);
    }
}

#[test]
fn few_people_get_words_instead_of_a_map() {
    let [internal, release] = pages(&Fixture::new(50, 4));
    assert!(internal.contains("Too few people for a map") && internal.contains("only 4 zones"));
    assert!(release.contains("Too few people for a map"));
    assert!(
        !release.contains("id=\"geometry\""),
        "no data for a map either"
    );
    let [_, release] = pages(&Fixture::new(50, 8));
    assert!(release.contains("id=\"geometry\""));
}

/// Scripts add the slider and the tips, nothing else.
#[test]
fn maps_are_painted_without_scripts() {
    let [internal, release] = pages(&Fixture::new(50, 60));
    for (page, maps) in [(internal, 3), (release, 2)] {
        let areas = page.matches("<path id=\"area-").count();
        assert!(areas > 30, "{areas}");
        assert_eq!(page.matches("<use href=\"#area-").count(), maps * areas);
        assert_eq!(page.matches("class=\"ends\"").count(), maps);
        // The densest area of the scale is somewhere, at some hour; the shown hour comes near it.
        let layers = page.split("<g class=\"cells layer\">").skip(1);
        let areas = layers.flat_map(|layer| layer.split("</g>").take(1));
        let styles = areas.flat_map(|areas| areas.split("style=\"--t:").skip(1));
        let levels = styles.map(|style| style.split('"').next().unwrap().parse::<f64>().unwrap());
        assert!(levels.fold(0.0, f64::max) > 0.9, "no area is dark");
        assert_eq!(page.matches("<input type=\"range\" hidden").count(), 1);
    }
}

/// On a phone a wide table is a list of cards, and a card's numbers are named by their headings.
#[test]
fn every_cell_knows_its_heading() {
    for page in pages(&Fixture::new(10, 60)) {
        assert_eq!(
            page.matches("<td").count(),
            page.matches(" data-label=").count()
        );
    }
    let page = risk(&Fixture::new(10, 60));
    assert_eq!(
        page.matches("<td").count(),
        page.matches(" data-label=").count()
    );
    assert!(page.contains("data-label=\"Excess risk\""));
    assert!(page.contains("<table class=\"stack\"><caption>Success of the attacker"));
}

#[test]
fn a_lattice_is_not_called_a_map() {
    let mut fixture = Fixture::new(30, 60);
    fixture.cells = fixture::schematic(30);
    for page in pages(&fixture) {
        assert!(page.contains("gives no positions"));
        assert!(!page.contains("id=\"geometry\""));
    }
    fixture.utility.charts[0].x_label = "jump length (km)".to_owned();
    let page = internal_page(&fixture.internal());
    assert!(page.contains("jump length (steps)") && !page.contains("(km)"));
}

#[test]
fn empty_results_give_reasons() {
    let fixture = Fixture::new(4, 60);
    let page = internal_page(&InternalPage {
        quality: &Default::default(),
        utility: &Default::default(),
        risk: &Default::default(),
        baselines: &[],
        ..fixture.internal()
    });
    assert_balanced(&page);
    for reason in [
        "no measure was computed",
        "no attack was run",
        "baselines were not run",
    ] {
        assert!(page.contains(reason), "{reason}");
    }
}

/// The release page can't take an exact report; this guards the one road left, shared sections.
#[test]
fn the_release_page_does_not_change_with_exact_results() {
    let mut fixture = Fixture::new(20, 60);
    let before = release_page(&fixture.release());
    let magic = 987_654_321;
    fixture.quality.rows_read = magic;
    fixture.quality.subscribers = magic;
    fixture.utility.subscribers_real = magic;
    fixture.utility.measures[0].value = Some(987_654.321);
    fixture.utility.presence.real[0][0] = 987_654.321;
    fixture.risk.attacks[0].rows[0].members.hits = magic;
    fixture.run.stages[0].1 = 987_654.321;
    assert_eq!(before, release_page(&fixture.release()));
    assert!(!before.contains("Wall time"));
}

#[test]
fn what_is_better_higher_says_so() {
    let mut fixture = Fixture::new(10, 60);
    let text = |fixture: &Fixture| terminal_summary(&fixture.internal(), "internal", "release");
    for measure in &mut fixture.utility.measures {
        measure.better = Better::Lower;
    }
    let marked = |text: &str| {
        let rows = text.lines().filter(|line| !line.starts_with("Lower"));
        rows.filter(|line| line.contains('↑')).count()
    };
    assert_eq!(marked(&text(&fixture)), 0);
    fixture.utility.measures[0].title = "Home to work flows".to_owned();
    fixture.utility.measures[0].better = Better::Higher;
    let text = text(&fixture);
    assert!(text.contains("\n Home to work flows ↑ "), "{text}");
    assert!(
        text.contains("Lower is better, but where ↑ says higher"),
        "{text}"
    );
    let page = internal_page(&fixture.internal());
    assert!(page.contains("Home to work flows, higher is better"));
}

#[test]
fn the_summary_fits_a_terminal() {
    let mut fixture = Fixture::new(10, 60);
    fixture.utility.measures[0].title = "a very long name ".repeat(9);
    fixture.risk.attacks[2].not_applicable = Some("a very long reason ".repeat(9));
    let text = terminal_summary(
        &fixture.internal(),
        "out/internal/report.html",
        "out/release/report.html",
    );
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    for part in [
        "0.842",
        "95.7 %",
        "epsilon 1",
        "out/internal/report.html",
        "out/release/report.html",
        "INTERNAL",
        "the home map resolves 60 zones",
    ] {
        let unbroken = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unbroken.contains(part), "{part}");
    }
}

/// Measures stand under the names of their groups, tasks beside who learnt nothing, and what can't be
/// in a table of its own.
#[test]
fn measures_are_grouped() {
    let fixture = Fixture::new(10, 60);
    let page = internal_page(&fixture.internal());
    let text = terminal_summary(&fixture.internal(), "internal", "release");
    for group in ["Presence", "Range", "Flows", "Tasks"] {
        let caption = format!("<caption>{group}</caption>");
        assert_eq!(page.matches(&caption).count(), 1, "{group}");
        assert_eq!(text.lines().filter(|line| *line == group).count(), 1);
    }
    assert!(page.contains("<td class=\"n\" data-label=\"Trivial\">27.1 %</td>"));
    assert!(page.contains("<td class=\"n\" data-label=\"Synthetic\">5,123</td>"));
    assert!(page.contains("<td class=\"n\" data-label=\"Share\">0.0802 %</td>"));
    assert!(text.contains("0.0802 %"));
}

#[test]
fn tables_have_one_field_a_column() {
    let fixture = Fixture::new(10, 60);
    for (table, columns, rows) in [
        (
            measures_csv(&fixture.utility, &fixture.without_privacy),
            16,
            9,
        ),
        (attacks_csv(&fixture.risk), 24, 6),
    ] {
        let table = table.strip_prefix('\u{feff}').unwrap();
        let mut reader = Vec::new();
        for line in table.trim_end().split("\r\n") {
            reader.push(fields(line));
        }
        assert_eq!(reader.len(), rows + 1);
        assert!(reader.iter().all(|r| r.len() == columns), "{table}");
        assert!(reader[1..].iter().all(|r| r[0] == "INTERNAL"));
    }
    assert!(measures_csv(&fixture.utility, &Default::default()).contains(",0.842,,0.291,,lower,"));
    let table = measures_csv(&fixture.utility, &fixture.without_privacy);
    assert!(table.contains("INTERNAL,tasks,next_place_top1,") && table.contains(",0.271,higher,"));
    assert!(table.contains("INTERNAL,impossible,too_fast,"));
    assert!(table.contains(",5123,6384505,41,6371002\r\n"));
}

/// A slow, obvious reader of one CSV line.
fn fields(line: &str) -> Vec<String> {
    let (mut out, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            _ => out.last_mut().unwrap().push(c),
        }
    }
    out
}
