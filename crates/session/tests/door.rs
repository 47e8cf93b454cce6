//! The door from outside: what a fit costs, what it refuses, and that nothing exact opens without a
//! ledger.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::{fs, path::PathBuf};

use erewhon_ledger::{Digest, fit_digest};
use erewhon_session::{
    Asker, Definitions, EventTable, Figure, FitJob, Held, IngestJob, Mapping, Policy, Public,
    RiskSpec, Rules, Session, TrajectoryQueries, Vault, games, ingest, model_files, read_synthetic,
};
use erewhon_types::{Kind, Window};
use erewhon_utility::{Group, Measure, Trajectories, TrajectoryTruth, Truth};
use tempfile::TempDir;

fn store(dir: &TempDir) -> (Vault, Session) {
    let at = |name: &str| dir.path().join(name);
    let vault = Vault::open(&at("vault"), &at("anchors")).unwrap();
    let rows: String = (0..40)
        .flat_map(|who| {
            (0..7 * 24 * 60)
                .step_by(700)
                .map(move |minute| (who, minute))
        })
        .map(|(who, minute)| format!("{who},{minute},t{}\n", who % 4))
        .collect();
    fs::write(at("cdr.csv"), format!("user,minute,tower\n{rows}")).unwrap();
    fs::write(
        at("cells.csv"),
        "cell,x_m,y_m\nt0,0,0\nt1,900,0\nt2,0,900\nt3,900,900\n",
    )
    .unwrap();
    let job = IngestJob {
        files: vec![at("cdr.csv")],
        mapping: Mapping::load("minutes").unwrap(),
        cells: at("cells.csv"),
        window: Window::parse("2026-03-02", 7, "UTC").unwrap(),
        max_quarantined_share: 0.0,
        rules: Rules::off(),
        alone: false,
        stop: Default::default(),
        numbering: None,
        persons: None,
        subjects: None,
        quarantine: None,
    };
    let _quality = ingest(&vault, &at("store"), &job, &mut |_, _| {}).unwrap();
    (vault, Session::open(&at("store")).unwrap())
}

/// The one file of events.
fn segment(dir: &TempDir) -> PathBuf {
    let range = dir.path().join("store/period=20260302_7d/range=0000");
    fs::read_dir(range).unwrap().next().unwrap().unwrap().path()
}

fn job(release: &str, epsilon: &str) -> FitJob {
    FitJob {
        epsilon: epsilon.parse().unwrap(),
        release: release.to_owned(),
        purpose: "research".to_owned(),
        who: "steward".to_owned(),
        kinds: Mapping::load("minutes").unwrap().kinds(),
    }
}

#[test]
fn a_fit_spends_its_epsilon_once_and_its_release_name_for_ever() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let spent = || vault.ledger().unwrap().summary().unwrap().spent_micros;
    let fit = |job: &FitJob| session.fit(&vault, &Policy::default(), job, &mut |_| {});

    let model = fit(&job("first", "0.6")).unwrap();
    assert_eq!(spent(), 600_000);
    let summary = vault.ledger().unwrap().summary().unwrap();
    let [_, (_, statement), ..] = model_files(&model).unwrap();
    let files = [model.to_json().unwrap().into_bytes(), statement];
    let digests = files.map(|file| Digest::of(&file));
    let first = summary.release("first").unwrap();
    assert_eq!(first.fitted, Some(fit_digest(&digests[0], &digests[1])));
    let statement = model.statement().unwrap();
    let micros: u64 = statement.queries.iter().map(|q| q.loss.units()).sum();
    assert_eq!(micros, 600_000);
    assert_eq!(model.subscribers, statement.subscribers_noisy);
    // Every row of this layout is an outgoing call, and so is every synthetic one.
    assert_eq!(model.kinds.len(), 1);

    let mut told = 0;
    let again = session.fit(
        &vault,
        &Policy::default(),
        &job("first", "0.1"),
        &mut |_| told += 1,
    );
    assert_eq!(again.unwrap_err().kind(), Kind::Usage);
    assert_eq!(
        told, 0,
        "a name that is taken is refused before the records are read"
    );
    let dear = fit(&job("second", "0.400001")).unwrap_err();
    assert_eq!(dear.kind(), Kind::Budget);
    let tiny = fit(&job("third", "0.000001")).unwrap_err();
    assert_eq!(tiny.kind(), Kind::Usage);
    let mut aimless = job("fourth", "0.1");
    aimless.purpose = "curiosity".to_owned();
    assert!(fit(&aimless).is_err());
    assert_eq!(spent(), 600_000, "a refused fit costs nothing");

    fit(&job("second", "0.4")).unwrap();
    assert_eq!(spent(), 1_000_000);
}

/// In pure epsilon four of these would be too many.
#[test]
fn a_year_of_fits_in_rho_spends_one_budget() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    let budget = ("1".parse().unwrap(), Some("1e-6".parse().unwrap()));
    vault.open_ledger("forty", budget, "steward").unwrap();
    let fit = |job: &FitJob| session.fit(&vault, &Policy::default(), job, &mut |_| {});
    let mut spent = 0;
    for month in 1..=12 {
        let model = fit(&job(&format!("month {month}"), "0.265")).unwrap();
        let statement = model.statement().unwrap();
        let whole = statement.guarantee.loss();
        assert_eq!(whole.measure(), "rho");
        assert_eq!(statement.guarantee.delta(), budget.1);
        let nanos: u64 = statement.queries.iter().map(|q| q.loss.units()).sum();
        assert_eq!(nanos, whole.units());
        spent += nanos;
        let summary = vault.ledger().unwrap().summary().unwrap();
        assert_eq!(summary.concentrated.unwrap().spent_rho_nanos, spent);
    }
    let dear = fit(&job("month 13", "0.265")).unwrap_err();
    assert_eq!(dear.kind(), Kind::Budget);
}

#[test]
fn nothing_is_fitted_or_exported_without_a_ledger() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    let asker = Asker {
        who: "analyst".to_owned(),
        why: "to look".to_owned(),
    };
    let quality = || session.quality().unwrap();
    assert!(
        session
            .export(&vault, &asker, "quality", quality())
            .is_err()
    );
    let job = job("first", "1");
    let refused = session.fit(&vault, &Policy::default(), &job, &mut |_| {});
    assert_eq!(refused.unwrap_err().kind(), Kind::Input);

    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let quality = session.export(&vault, &asker, "quality", quality());
    let quality = quality.unwrap();
    assert!(quality.rows_kept > 0);
    let summary = vault.ledger().unwrap().summary().unwrap();
    assert_eq!((summary.exports, summary.spent_micros), (1, 0));
}

#[test]
fn a_fit_that_cannot_read_pays_nothing_and_one_that_reads_pays_before_it_asks() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let spent = || vault.ledger().unwrap().summary().unwrap().spent_micros;
    let segment = segment(&dir);
    let good = fs::read(&segment).unwrap();
    // A file of the right size without a record in it: whoever reads one fails.
    let damage = || fs::write(&segment, vec![0; good.len()]).unwrap();
    let fit = |job: &FitJob, on_words: &dyn Fn()| {
        let mut spent_before = Vec::new();
        let fitted = session.fit(&vault, &Policy::default(), job, &mut |what| {
            // Whoever holds room for the charge goes by this word.
            assert_eq!(what == "summaries", spent_before.is_empty());
            on_words();
            spent_before.push(spent());
        });
        (
            fitted.map(|_| ()).map_err(|error| error.kind()),
            spent_before,
        )
    };
    assert_eq!(
        fit(&job("dear", "1.5"), &|| ()),
        (Err(Kind::Budget), vec![])
    );
    // Damaged after it was checked, and before.
    for words in [vec![0], vec![]] {
        let (failed, spent_before) = fit(&job("first", "0.6"), &damage);
        let kind = failed.unwrap_err();
        assert!(!matches!(kind, Kind::Budget | Kind::Usage), "{kind:?}");
        assert_eq!((spent_before, spent()), (words, 0));
    }

    fs::write(&segment, &good).unwrap();
    let (fitted, spent_before) = fit(&job("second", "0.6"), &|| ());
    fitted.unwrap();
    // Told before the records are read and before the first question; then it is paid for, whole.
    let (unpaid, paid) = spent_before.split_at(2);
    assert_eq!(unpaid, [0, 0]);
    assert!(!paid.is_empty() && paid.iter().all(|&spent| spent == 600_000));
}

#[test]
fn what_was_changed_is_measured_by_nobody() {
    let dir = TempDir::new().unwrap();
    let (_, session) = store(&dir);
    // Another segment of the same size, as whole as the one that was committed.
    let other = TempDir::new().unwrap();
    let (_, _) = store(&other);
    fs::copy(segment(&other), segment(&dir)).unwrap();
    let nobody = EventTable::from_rows(vec![]);
    let kinds = Mapping::load("minutes").unwrap().kinds();
    let spec = RiskSpec::default();
    for (what, refused) in [
        (
            "utility",
            session.utility(&nobody, &kinds, 1, &mut |_| {}).map(drop),
        ),
        (
            "attack",
            session
                .attack(
                    vec![Held::raw()],
                    &games(&["all"]).unwrap(),
                    &spec,
                    &mut |_| {},
                )
                .map(drop),
        ),
        (
            "anchors",
            session.anchors_csv(&Definitions::DEFAULT).map(drop),
        ),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::Data, "{what}");
    }
}

#[test]
fn a_fit_answers_with_noise() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    vault
        .open_ledger("forty", ("10".parse().unwrap(), None), "steward")
        .unwrap();
    let fit = |release: &str| {
        let job = job(release, "1");
        session
            .fit(&vault, &Policy::default(), &job, &mut |_| {})
            .unwrap()
    };
    // The pooled count of forty has a noise sd of about seven here, and seldom sinks to its floor of
    // one: that ten fits in a row agree by chance has odds below 1e-9.
    let counts: Vec<u64> = (0..10)
        .map(|i| fit(&format!("fit {i}")).subscribers)
        .collect();
    assert!(
        counts.iter().any(|&c| c != counts[0]),
        "ten fits without noise"
    );
}

#[test]
fn records_and_their_people_have_one_ledger() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let at = |name: &str| dir.path().join(name);

    let other = Vault::open(&at("other"), &at("anchors")).unwrap();
    other
        .open_ledger(
            "the same forty, says who",
            ("100".parse().unwrap(), None),
            "steward",
        )
        .unwrap();
    let job = job("first", "1");
    let refused = session.fit(&other, &Policy::default(), &job, &mut |_| {});
    assert_eq!(refused.unwrap_err().kind(), Kind::Refused);

    fs::remove_dir_all(at("vault/ledger")).unwrap();
    let fresh = Vault::open(&at("vault"), &at("anchors")).unwrap();
    let refused = fresh.open_ledger("forty", ("1".parse().unwrap(), None), "steward");
    assert_eq!(refused.err().map(|e| e.kind()), Some(Kind::Budget));

    fs::copy(at("vault/pseudonym.key"), at("other/pseudonym.key")).unwrap();
    let refused = session.fit(&other, &Policy::default(), &job, &mut |_| {});
    assert_eq!(refused.unwrap_err().kind(), Kind::Budget);
}

#[test]
fn fidelity_says_what_the_measures_say_and_only_on_record() {
    let dir = TempDir::new().unwrap();
    let (vault, session) = store(&dir);
    let queries = TrajectoryQueries {
        discs_m: vec![[0.0, 0.0, 100.0], [900.0, 0.0, 950.0]],
        small_discs_m: vec![[0.0, 900.0, 50.0]],
        squares_m: vec![[450.0, 0.0, 1_000.0], [0.0, 0.0, 10.0]],
    };
    // Others, who move.
    let rows: String = (0..500)
        .map(|i| format!("{},{},t{}\n", i % 30, i * 19, i / 7 % 4))
        .collect();
    let other = dir.path().join("other.csv");
    fs::write(&other, format!("user,minute,tower\n{rows}")).unwrap();
    let mapping = Mapping::load("minutes").unwrap();
    let (cells, calendar) = (session.cells(), session.calendar());
    let [real, other] = [dir.path().join("cdr.csv"), other]
        .map(|path| read_synthetic(&path, &mapping, cells, calendar).unwrap());

    let fidelity = session.fidelity(Some(&queries)).unwrap();
    let asker = Asker {
        who: "steward".to_owned(),
        why: "a test".to_owned(),
    };
    let figures = |made| session.export(&vault, &asker, "fidelity", made);
    assert!(figures(fidelity.compare(&other).unwrap()).is_err());
    vault
        .open_ledger("forty", ("1".parse().unwrap(), None), "steward")
        .unwrap();
    let exported = || vault.ledger().unwrap().summary().unwrap().exports;
    let before = exported();
    let found = figures(fidelity.compare(&other).unwrap()).unwrap();
    assert_eq!(exported(), before + 1);

    let public = Public { cells, calendar };
    let days = |of: &EventTable| Trajectories::of_days(public, of).unwrap();
    let (truth, trajectories) = (Truth::read(public, &real, &|_| false).unwrap(), days(&real));
    let trajectories = TrajectoryTruth::new(&trajectories, &queries).unwrap();
    let scores = trajectories.score(&days(&other));
    let report = truth.compare(&other).unwrap();
    let scores = scores.into_iter().map(|score| (score.id, score.value));
    // Tasks are examined on half of the people, whom pseudonyms tell: others than here.
    let is_task = |m: &Measure| m.group == Group::Tasks;
    let tasks: Vec<_> = report.measures.iter().filter(|m| is_task(m)).collect();
    let tasks: Vec<_> = tasks.into_iter().map(|m| m.id.clone()).collect();
    let measures = report.measures.into_iter().map(|m| (m.id, m.value));
    let mut expected: Vec<_> = scores.chain(measures).collect();
    let mut said: Vec<_> = found.into_iter().map(|f| (f.id, f.value)).collect();
    assert_eq!(said.len(), expected.len());
    for figures in [&mut said, &mut expected] {
        figures.retain(|(id, _)| !tasks.contains(id));
    }
    assert_eq!(said, expected);
    assert!(said.iter().filter(|(_, value)| *value > Some(0.0)).count() > 20);

    // Without noise and near the truth: homes are those of the records.
    let ceiling = fidelity.ceiling(&mapping.kinds(), 3).unwrap();
    let ceiling = session.export(&vault, &asker, "fidelity", ceiling).unwrap();
    assert_eq!(ceiling.len(), 3);
    let of = |figures: &[Figure], id: &str| figures.iter().find(|f| f.id == id).unwrap().value;
    for drawn in &ceiling {
        assert!(of(drawn, "home_density_jsd_bit") < Some(0.05), "{drawn:?}");
        // The table is that of the records; what is drawn of it is not quite.
        assert!(of(drawn, "pairs_table_cpc") > Some(0.999), "{drawn:?}");
        assert!(of(drawn, "pairs_cells_cpc") < Some(0.999), "{drawn:?}");
        assert_eq!(of(drawn, "home_fitted_error_from_0_people"), None);
    }
    assert_ne!(ceiling[0], ceiling[1], "each has its own seed");
    // Without queries the measures alone.
    let measured = session.fidelity(None).unwrap().compare(&other).unwrap();
    assert_eq!(
        figures(measured).unwrap().len(),
        said.len() + tasks.len() - 16
    );
}
