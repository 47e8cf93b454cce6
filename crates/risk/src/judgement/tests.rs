use super::*;
use crate::AttackRow;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn attack(rows: Vec<AttackRow>) -> Attack {
    Attack::played("", "", rows)
}

fn row(members: Rate, control: Rate) -> AttackRow {
    AttackRow::new("row".into(), members, Some(control), 0.0)
}

/// What a page of two attacks says: rows above zero, and rows with an interval above zero.
fn judge(rows: Vec<AttackRow>) -> (usize, usize) {
    let (mut first, mut second) = (attack(rows), attack(Vec::new()));
    second.rows = first.rows.split_off(first.rows.len() / 2);
    let judgement = Judgement::of([&first, &second].into_iter());
    let mut counts = (0, 0);
    for mut attack in [first, second] {
        judgement.pass(&mut attack, "secrets");
        let above = attack.rows.iter().filter(|r| r.above_zero == Some(true));
        let above = above.count();
        assert_eq!(
            attack.verdict.contains("made from"),
            above > 0,
            "{}",
            attack.verdict
        );
        counts.0 += above;
        let apart = |r: &&AttackRow| r.excess.is_some_and(|e| e.low > 0.0);
        let apart = attack.rows.iter().filter(apart).count();
        let excused = attack.verdict.contains("for chance alone");
        assert_eq!(excused, apart > 0 && above == 0, "{}", attack.verdict);
        counts.1 += apart;
    }
    counts
}

/// Shares of hits in a page's ten rows, members and control alike.
const SHARES: [f64; 10] = [0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.65, 0.8, 0.88];
const PAGES: u32 = 2000;

fn draw(rng: &mut ChaCha8Rng, share: f64, people: u64) -> Rate {
    let hits = (0..people).filter(|_| rng.random_bool(share)).count();
    Rate::of(hits as u64, people).unwrap()
}

/// Share of pages that call a row above zero, and that show an interval above zero.
fn alarms(members: u64, control: u64, more: f64) -> (f64, f64) {
    let mut rng = ChaCha8Rng::seed_from_u64(members ^ control << 20);
    let (mut called, mut shown) = (0, 0);
    for _ in 0..PAGES {
        let rows = SHARES.iter().enumerate().map(|(i, &share)| {
            let of_members = share + if i == 5 { more } else { 0.0 };
            let rate = draw(&mut rng, of_members, members);
            row(rate, draw(&mut rng, share, control))
        });
        let (above, apart) = judge(rows.collect());
        called += u32::from(above > 0);
        shown += u32::from(apart > 0);
    }
    let share = |n| f64::from(n) / f64::from(PAGES);
    (share(called), share(shown))
}

/// Promised: 5 % of pages without an excess, at most; discrete hits leave 3 % and less. Allowed on
/// 2,000 pages: 4.5 %, which a right judgement passes with odds of 1 in 10,000 per line if the seed
/// were redrawn (standard error .4 %). Sharing the odds by the rows of one attack, half of the ten,
/// would double 3 % and go beyond; the lone intervals cry on over a tenth of the same pages.
#[test]
fn a_page_without_an_excess_is_seldom_accused() {
    for (members, control) in [(1500, 180), (300, 300), (120, 40)] {
        let (called, shown) = alarms(members, control, 0.0);
        assert!(called < 0.045, "{members} {control}: {called}");
        assert!(shown > 0.1, "{members} {control}: {shown}");
    }
}

/// One row of ten hits half of the members and three in ten of the control group.
#[test]
fn a_real_excess_is_still_found() {
    for (members, control, more) in [(1500, 180, 0.2), (300, 300, 0.2)] {
        let (called, _) = alarms(members, control, more);
        assert!(called > 0.95, "{members} {control}: {called}");
    }
}

/// The odds are shared by the rows of all attacks, and nothing but the odds decides.
#[test]
fn ten_rows_share_the_odds() {
    let rate = |hits, people| Rate::of(hits, people).unwrap();
    let rows = (40..50).map(|hits| row(rate(hits, 100), rate(30, 100)));
    let (mut first, mut second) = (attack(rows.collect()), attack(Vec::new()));
    second.rows = first.rows.split_off(5);
    let judgement = Judgement::of([&first, &second].into_iter());
    judgement.pass(&mut first, "secrets");
    judgement.pass(&mut second, "secrets");
    assert_eq!((judgement.rows_judged, judgement.false_alarm), (10, 0.05));
    for row in first.rows.iter().chain(&second.rows) {
        assert_eq!(row.above_zero, row.chance.map(|chance| chance <= 0.005));
    }
    let chances = second.rows.iter().filter_map(|row| row.chance);
    let between = chances.filter(|chance| (0.005..0.01).contains(chance));
    assert!(between.count() > 0, "no row tells ten rows from five");
}

/// Five tries each at people of very different odds: no theorem bounds Fisher's test on rounded
/// means, so it is simulated. A person's odds are a uniform number to the power of `k`.
#[test]
fn several_tries_at_different_people_are_seldom_accused() {
    const PAGES: u32 = 1000;
    let powers = [0.02, 0.1, 0.3, 1.0, 2.0, 4.0, 9.0, 20.0, 60.0, 200.0];
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    let mut mean_of = |people: u64, k: f64| {
        let odds = |rng: &mut ChaCha8Rng| rng.random::<f64>().powf(k);
        let hits = (0..people).map(|_| {
            let odds = odds(&mut rng);
            (0..5).filter(|_| rng.random_bool(odds)).count() as u64
        });
        Rate::of_targets(hits.sum(), 5 * people, people).unwrap()
    };
    for (members, control) in [(300, 60), (80, 80)] {
        let called = (0..PAGES).filter(|_| {
            let page = powers.map(|k| row(mean_of(members, k), mean_of(control, k)));
            judge(page.to_vec()).0 > 0
        });
        let called = called.count();
        // Promised are 50 of 1,000 at most.
        assert!(called < 45, "{members} {control}: {called}");
    }
}

/// Ten draws of a person who is always or never hit are one try: counted as ten they would accuse
/// most pages.
#[test]
fn draws_of_one_person_are_not_taken_for_people() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut tenfold = |people: u64| {
        let once = draw(&mut rng, 0.4, people);
        Rate::of_targets(10 * once.hits, 10 * people, people).unwrap()
    };
    let accused = (0..1000).filter(|_| {
        let rows = (0..8).map(|_| row(tenfold(200), tenfold(60)));
        judge(rows.collect()).0 > 0
    });
    // As above: .05 and three standard errors for 1,000 pages.
    assert!(accused.count() < 71);
}

/// The control group is hit in over nine of ten tries, and leaves no ratio to show.
#[test]
fn a_leak_is_called_where_the_control_group_is_nearly_always_hit() {
    let rate = |hits, people| Rate::of(hits, people).unwrap();
    let mut attack = attack(vec![
        row(rate(40, 1500), rate(5, 180)),
        row(rate(1495, 1500), rate(165, 180)),
    ]);
    Judgement::of([&attack].into_iter()).pass(&mut attack, "secrets");
    let leak = &attack.rows[1];
    assert_eq!(leak.excess, None);
    assert!(leak.chance.is_some_and(|chance| chance < 1e-10));
    assert_eq!(leak.above_zero, Some(true));
    assert!(attack.verdict.contains("made from"), "{}", attack.verdict);
    assert!(attack.verdict.contains("99.7 %") && attack.verdict.contains("91.7 %"));
}

/// Where nobody is told apart and there is no ratio either, nothing is claimed of an excess.
#[test]
fn always_hit_is_no_leak() {
    let rate = |hits, people| Rate::of(hits, people).unwrap();
    let mut attack = attack(vec![row(rate(1500, 1500), rate(180, 180))]);
    Judgement::of([&attack].into_iter()).pass(&mut attack, "secrets");
    assert_eq!(attack.rows[0].above_zero, Some(false));
    assert!(attack.verdict.starts_with("No sign"), "{}", attack.verdict);
    assert!(!attack.verdict.contains("excluded"), "{}", attack.verdict);
}

#[test]
fn chance_meets_fishers_tea_tasting() {
    // Fisher 1935: 3 of 4 cups right: 17 of 70 ways.
    let chance = |a, m, b, c| chance(&Rate::of(a, m).unwrap(), &Rate::of(b, c).unwrap());
    assert!((chance(3, 4, 1, 4) - 17.0 / 70.0).abs() < 1e-12);
    assert!((chance(4, 4, 0, 4) - 1.0 / 70.0).abs() < 1e-12);
    assert_eq!(chance(1, 4, 1, 4), 1.0);
    assert!(chance(1900, 2000, 100, 2000) < 1e-300);
}

/// Splits of `members + control` people, of whom `hit` are hit, by members hit: Pascal's triangle.
fn ways(n: u64, k: u64) -> f64 {
    let mut row = vec![1.0];
    for _ in 0..n {
        let next = row.windows(2).map(|w| w[0] + w[1]);
        row = [vec![1.0], next.collect(), vec![1.0]].concat();
    }
    row.get(k as usize).copied().unwrap_or(0.0)
}

proptest! {
    #[test]
    fn chance_agrees_with_counting_the_splits(
        (m, a) in (1u64..30).prop_flat_map(|n| (Just(n), 0..=n)),
        (c, b) in (1u64..30).prop_flat_map(|n| (Just(n), 0..=n)),
    ) {
        let seen = chance(&Rate::of(a, m).unwrap(), &Rate::of(b, c).unwrap());
        let splits = |k: u64| if k > a + b { 0.0 } else { ways(m, k) * ways(c, a + b - k) };
        let slow = (a..=m).map(splits).sum::<f64>() / ways(m + c, a + b);
        let expected = if a * c <= b * m { 1.0 } else { slow };
        prop_assert!((seen - expected).abs() < 1e-9, "{seen} {expected}");
    }
}
