//! What a fit says of itself: its queries, their price, and who entered.

use super::*;

#[test]
fn next_to_nobody_still_makes_a_model_that_admits_it() {
    let town = Town::new(4);
    for people in [0, 1, 3] {
        let rows = (0..people).flat_map(|n| town.worker(n, 5, 6)).collect();
        let source = EventTable::from_rows(rows);
        for places in [Places::Three, Places::Routine] {
            for seed in 0..5 {
                let mut measure = Recorder::noisy(seed);
                let model = town.fit(&source, &spec("1", places), &mut measure).unwrap();
                model.validate().unwrap();
                assert!(model.subscribers >= 1);
            }
            let model = town.fit(&source, &spec("1", places), &mut Recorder::exact());
            model.unwrap().validate().unwrap();
        }
    }
    let mut silent = Recorder {
        says: Noise::Released,
        ..Recorder::exact()
    };
    let nobody = EventTable::from_rows(Vec::new());
    let model = town
        .fit(&nobody, &spec("1", Places::Two), &mut silent)
        .unwrap();
    let words = &model.statement().unwrap().resolution[0];
    assert!(words.contains("the home map shows nothing"), "{words}");
}

#[test]
fn the_statement_names_every_query_and_its_noise() {
    let town = Town::new(8);
    let rows = (0..400)
        .flat_map(|n| town.worker(n, (n * 7 % 64) as u32, 9))
        .collect();
    let source = EventTable::from_rows(rows);
    let mut measure = Recorder::noisy(11);
    let spec = spec("1", Places::Two);
    let model = town.fit(&source, &spec, &mut measure).unwrap();
    let statement = model.statement().unwrap();
    let names: Vec<&str> = statement.queries.iter().map(|q| q.name.as_str()).collect();
    let asked: Vec<&str> = measure.asked.iter().map(|(q, _)| q.name()).collect();
    assert_eq!(names, asked);
    let micros: u64 = statement.queries.iter().map(|q| q.loss.units()).sum();
    assert_eq!(micros, spec.epsilon.micros());
    for query in &statement.queries {
        let laplace = 2_f64.sqrt() * query.sensitivity_people / query.loss.value();
        assert!(
            (query.noise_sd_people / laplace - 1.0).abs() < 0.01,
            "{}",
            query.name
        );
    }
    let words = &statement.resolution[0];
    assert!(words.contains("20,000 could resolve"), "{words}");
    assert!(words.starts_with("at about 4"), "{words}");
}

/// The noisy number of people decides what is asked and at what price, in the fit as in its plan.
#[test]
fn a_fit_pays_what_the_plan_of_so_many_people_says() {
    let town = Town::new(8);
    let rows = (0..30).flat_map(|n| town.worker(n, (n * 7 % 64) as u32, 9));
    let source = EventTable::from_rows(rows.collect());
    let public = Public {
        cells: &town.cells,
        calendar: &town.calendar,
    };
    for delta in [None, Some("1e-6".parse().unwrap())] {
        let spec = FitSpec {
            delta,
            ..spec("1", Places::Routine)
        };
        let asked = |people: u64| {
            let mut measure = Recorder {
                says: Noise::Released,
                replay: Some(vec![vec![people as i64]]),
                ..Recorder::exact()
            };
            town.fit(&source, &spec, &mut measure).unwrap();
            let planned = crate::plan(&public, &town.tree, &spec, people).unwrap();
            let planned: Vec<_> = planned.into_iter().map(|p| (p.query, p.loss)).collect();
            assert_eq!(measure.asked, planned);
            planned
        };
        let pairs = |asked: &[(Query, Loss)]| {
            let mut all = asked.iter();
            all.find(|(query, _)| query.name() == "pairs")
                .unwrap()
                .1
                .units()
        };
        let (few, many) = (asked(300), asked(300_000));
        assert_eq!(few[0], many[0]);
        assert!(pairs(&many) > 2 * pairs(&few));
        let whole =
            |asked: &[(Query, Loss)]| asked.iter().map(|(_, loss)| loss.units()).sum::<u64>();
        assert_eq!(whole(&few), whole(&many));
    }
}

/// In a population that is kept in rho the statement says so, adds up to it, and names Gaussian noise.
#[test]
fn a_statement_in_rho_adds_up_to_its_rho() {
    let town = Town::new(8);
    let rows = (0..400).flat_map(|n| town.worker(n, (n * 7 % 64) as u32, 9));
    let source = EventTable::from_rows(rows.collect());
    let delta = Some("1e-6".parse().unwrap());
    let spec = FitSpec {
        delta,
        ..spec("1", Places::Routine)
    };
    let model = town.fit(&source, &spec, &mut Recorder::noisy(11)).unwrap();
    model.validate().unwrap();
    let statement = model.statement().unwrap();
    let whole = statement.guarantee.loss();
    assert_eq!(whole, price(spec.epsilon, delta).unwrap());
    let nanos: u64 = statement.queries.iter().map(|q| q.loss.units()).sum();
    assert_eq!(nanos, whole.units());
    for query in &statement.queries {
        let gaussian = query.sensitivity_people / (2.0 * query.loss.value()).sqrt();
        assert!((query.noise_sd_people / gaussian - 1.0).abs() < 1e-6);
        let reach = query.noise_95_people / query.noise_sd_people;
        assert!(reach >= 1.959 && reach < 1.96 + 2.0 / query.noise_sd_people);
    }
    let several = format!("k numbers cost k^2 times {whole}.");
    assert!(statement.not_covered.iter().any(|s| s.ends_with(&several)));
}

#[test]
fn numbers_are_those_of_everybody_and_the_statement_says_who_entered() {
    let town = Town::new(8);
    let rows = |n| town.worker(n, (n * 7 % 64) as u32, 9);
    let source = EventTable::from_rows((0..360).flat_map(rows).collect());
    for epsilon in ["0.05", "1", "100"] {
        let spec = FitSpec {
            control_one_in: Some(10),
            ..spec(epsilon, Places::Two)
        };
        // Noise that happens to be zero.
        let mut measure = Recorder {
            says: Noise::Released,
            ..Recorder::exact()
        };
        let model = town.fit(&source, &spec, &mut measure).unwrap();
        assert_eq!(model.subscribers, 400);
        let statement = model.statement().unwrap();
        assert_eq!(statement.subscribers_noisy, 400);
        let start = format!("at about 400 subscribers and epsilon {epsilon} the home map ");
        let words = &statement.resolution[0];
        let rest = words.strip_prefix(&start).expect(words);
        let larger = rest.split_once("; 20,000 could resolve ");
        match epsilon {
            "0.05" => assert!(rest.starts_with("shows nothing"), "{words}"),
            "1" => assert!(rest.starts_with("resolves "), "{words}"),
            _ => assert_eq!(rest, "resolves all 64 cells"),
        }
        assert_eq!(larger.is_some(), epsilon != "100", "{words}");
        let entered = statement.resolution.last().unwrap();
        assert!(entered.starts_with("one subscriber in 10, "), "{entered}");
        let several = format!("k numbers cost k times epsilon {epsilon}.");
        let said = |statement: &PrivacyStatement, start: &str| {
            let mut all = statement.not_covered.iter();
            all.any(|s| s.starts_with(start) && s.ends_with(&several))
        };
        assert!(said(statement, "Several numbers of one person: "));
        let joined = FitSpec {
            persons: true,
            ..spec.clone()
        };
        let model = town.fit(&source, &joined, &mut measure).unwrap();
        let start = "Several numbers of one person that the operator's table does not join: ";
        assert!(said(model.statement().unwrap(), start));
    }
}

#[test]
fn a_network_without_positions_claims_no_metres() {
    let town = Town::new(2);
    let ids = ["a", "b", "c"].map(str::to_owned).to_vec();
    let cells = CellTable::schematic(ids).unwrap();
    let public = Public {
        cells: &cells,
        calendar: &town.calendar,
    };
    let (tree, nobody) = (ZoneTree::build(&cells), EventTable::from_rows(Vec::new()));
    let (spec, mut measure) = (spec("1", Places::Two), Recorder::noisy(1));
    let model = fit_by(&public, &tree, &nobody, &spec, &mut measure, &mut |_| ()).unwrap();
    let words = model.statement().unwrap().resolution.join("\n");
    assert!(words.contains("in lattice steps, not in metres"), "{words}");
}
