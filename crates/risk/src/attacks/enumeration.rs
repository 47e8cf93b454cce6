use std::time::Instant;

use blake3::Hasher;
use erewhon_types::{Error, Result};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::{Attack, AttackRow, Rate, ReleaseKind, scene::MIN_TARGETS, stage::Stage, words};

/// The numbers that the lab tries: a million that start alike. A release's own numbers are not in the
/// lab, so these stand for them; whoever has the records tries the operator's own ranges.
const PREFIX: &str = "491700";
const DIGITS: u8 = 6;

/// Numbers that share a prefix: every ending of so many digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberRange {
    prefix: String,
    digits: u8,
}

impl NumberRange {
    /// Checks a range.
    ///
    /// # Errors
    /// Usage, when the prefix is no digits, or the numbers are over 18 digits long or over 10^10.
    pub fn new(prefix: &str, digits: u8) -> Result<Self> {
        let long = prefix.len() + usize::from(digits);
        if !prefix.bytes().all(|byte| byte.is_ascii_digit()) || long > 18 || digits > 10 {
            return Err(Error::usage(format!(
                "`{prefix}` and `{digits}` further digits are no range: allowed are digits only, 18 in \
                 all, of which at most 10 vary"
            )));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            digits,
        })
    }

    /// How many numbers it has.
    pub const fn len(&self) -> u64 {
        10u64.pow(self.digits as u32)
    }

    /// Never: a range has one number at least.
    pub const fn is_empty(&self) -> bool {
        false
    }
}

/// What trying a range of numbers told of some tokens.
#[derive(Clone, Debug, PartialEq)]
pub struct Enumeration {
    /// Tokens that some number of the range explains.
    pub reversed: u64,
    /// All tokens.
    pub tokens: u64,
    /// How they were made, where any was reversed: the hypothesis that explains most.
    pub made_by: Option<&'static str>,
    /// Numbers tried, each with every hypothesis.
    pub tried: u64,
    /// What it took, in seconds of one core.
    pub core_s: f64,
}

/// How a token of 64 bits might be made of a number without a key.
const HYPOTHESES: [&str; 9] = [
    "the number itself",
    "SHA-256 of the digits, first 8 bytes",
    "SHA-256 of the digits, first 8 bytes turned round",
    "BLAKE3 of the digits, first 8 bytes",
    "BLAKE3 of the digits, first 8 bytes turned round",
    "SHA-256 of the digits after a plus sign, first 8 bytes",
    "SHA-256 of the digits after a plus sign, first 8 bytes turned round",
    "BLAKE3 of the digits after a plus sign, first 8 bytes",
    "BLAKE3 of the digits after a plus sign, first 8 bytes turned round",
];

/// Numbers tried by one core at a time.
const BLOCK: u64 = 1 << 14;

/// A0: tries every number of a range, as it is and through plain hashes, and counts tokens it explains.
///
/// Tokens are 64 bits. Of a file with hexadecimal digests, give the first 16 digits of each. Time goes
/// with the numbers, not with the tokens. A key of any secrecy stops it; a salt that is published, a
/// second hash, or truncation do not, though the hypotheses here do not cover them.
pub fn enumerate(tokens: &[u64], numbers: &NumberRange) -> Enumeration {
    let mut sorted = tokens.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let blocks = numbers.len().div_ceil(BLOCK);
    let (found, core_s) = (0..blocks)
        .into_par_iter()
        .map(|block| {
            let begin = Instant::now();
            let mut found = Vec::new();
            for ending in block * BLOCK..((block + 1) * BLOCK).min(numbers.len()) {
                for (hypothesis, token) in guesses(numbers, ending).into_iter().enumerate() {
                    if let Ok(at) = sorted.binary_search(&token) {
                        found.push((hypothesis, at));
                    }
                }
            }
            (found, begin.elapsed().as_secs_f64())
        })
        .reduce(
            || (Vec::new(), 0.0),
            |mut one, mut other| {
                one.0.append(&mut other.0);
                (one.0, one.1 + other.1)
            },
        );
    let mut by_token = vec![false; sorted.len()];
    let mut by_hypothesis = [0u64; HYPOTHESES.len()];
    for (hypothesis, at) in found {
        by_token[at] = true;
        by_hypothesis[hypothesis] += 1;
    }
    let is_reversed = |token: &&u64| sorted.binary_search(token).is_ok_and(|at| by_token[at]);
    let most = (0..HYPOTHESES.len())
        .rev()
        .max_by_key(|&at| by_hypothesis[at]);
    Enumeration {
        reversed: tokens.iter().filter(is_reversed).count() as u64,
        tokens: tokens.len() as u64,
        made_by: most
            .filter(|&at| by_hypothesis[at] > 0)
            .map(|at| HYPOTHESES[at]),
        tried: numbers.len(),
        core_s,
    }
}

/// What each hypothesis makes of a number.
fn guesses(numbers: &NumberRange, ending: u64) -> [u64; HYPOTHESES.len()] {
    let mut text = [b'+'; 19];
    let long = numbers.prefix.len() + usize::from(numbers.digits);
    text[1..=numbers.prefix.len()].copy_from_slice(numbers.prefix.as_bytes());
    let mut rest = ending;
    for digit in text[numbers.prefix.len() + 1..=long].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let digits = &text[1..=long];
    let value = digits
        .iter()
        .fold(0u64, |value, digit| value * 10 + u64::from(digit - b'0'));
    let mut guesses = [value; HYPOTHESES.len()];
    for (form, hashes) in [digits, &text[..=long]]
        .iter()
        .zip(guesses[1..].chunks_exact_mut(4))
    {
        let sha256: [u8; 32] = Sha256::digest(form).into();
        let blake3: [u8; 32] = Hasher::new().update(form).finalize().into();
        for (hash, turns) in [sha256, blake3].iter().zip(hashes.chunks_exact_mut(2)) {
            let first = hash.first_chunk().copied().unwrap_or_default();
            turns.copy_from_slice(&[u64::from_be_bytes(first), u64::from_le_bytes(first)]);
        }
    }
    guesses
}

/// A0 as a game: are the pseudonyms of a release plain functions of phone numbers?
///
/// The attacker has the pseudonyms and the numbering plan. There is no control group: a pseudonym that
/// can be reversed can be, whoever's it is.
pub(crate) fn play(stage: &Stage<'_>) -> Result<Attack> {
    let release = stage.release;
    let rows = match (release.kind(), release.rows()) {
        (ReleaseKind::Records, Some(rows)) => &rows.people,
        (ReleaseKind::Synthetic, _) => {
            return Ok(Attack::not_applicable(
                "synthetic subscribers have no numbers that a pseudonym could be made of",
            ));
        }
        _ => return Ok(Attack::not_applicable("tables have no pseudonyms")),
    };
    let tokens: Vec<u64> = (0..rows.len())
        .map(|row| rows.subscriber(row).bits())
        .collect();
    let question = "The attacker tries a million phone numbers, each as it is and through plain SHA-256 \
                    and BLAKE3, and looks for the results among the pseudonyms. Success is a pseudonym \
                    turned back into its number.";
    let rate = Rate::of(0, tokens.len() as u64).filter(|_| tokens.len() >= MIN_TARGETS);
    if rate.is_none() {
        return Ok(Attack::played(question, "have a pseudonym", Vec::new()));
    }
    let numbers = NumberRange::new(PREFIX, DIGITS)?;
    let found = enumerate(&tokens, &numbers);
    let rows: Vec<AttackRow> = Rate::of(found.reversed, found.tokens)
        .map(|hit| {
            let odds = found.tried as f64 * HYPOTHESES.len() as f64 / 2f64.powi(64);
            AttackRow::new("a million numbers".to_owned(), hit, None, odds)
        })
        .into_iter()
        .collect();
    let per_s = found.tried as f64 / found.core_s.max(f64::MIN_POSITIVE);
    let verdict = match (found.made_by, rows.first()) {
        (Some(made_by), Some(row)) => format!(
            "{} of the pseudonyms are turned back into phone numbers: they are {made_by}. A billion \
             numbers, all of a country, would take {:.0} s of one core.",
            words::share(&row.members),
            1e9 / per_s
        ),
        _ => format!(
            "No pseudonym is a plain hash of one of the million numbers tried, {PREFIX}000000 to \
             {PREFIX}999999. Other numbers, and hashes with a salt, were not tried."
        ),
    };
    Ok(Attack {
        verdict,
        ..Attack::played(question, "have a pseudonym", rows)
    }
    .with_figure("numbers tried per second of one core", per_s)
    .with_figure("seconds of one core for 1,000,000,000 numbers", 1e9 / per_s))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_8(hash: impl AsRef<[u8]>) -> u64 {
        u64::from_be_bytes(*hash.as_ref().first_chunk().unwrap())
    }

    #[test]
    fn every_hypothesis_is_recognised_and_a_keyed_token_is_not() {
        let numbers = NumberRange::new("4917", 3).unwrap();
        let sha = first_8(Sha256::digest(b"4917042"));
        let plus = first_8(Sha256::digest(b"+4917042"));
        let blake = first_8(blake3::hash(b"4917999").as_bytes());
        let keyed = first_8(blake3::keyed_hash(&[7; 32], b"4917042").as_bytes());
        for (token, made_by) in [
            (4_917_000, Some(HYPOTHESES[0])),
            (sha, Some(HYPOTHESES[1])),
            (sha.swap_bytes(), Some(HYPOTHESES[2])),
            (blake, Some(HYPOTHESES[3])),
            (blake.swap_bytes(), Some(HYPOTHESES[4])),
            (plus, Some(HYPOTHESES[5])),
            (keyed, None),
            (4_918_000, None),
        ] {
            let found = enumerate(&[token, keyed, keyed], &numbers);
            assert_eq!(found.made_by, made_by);
            assert_eq!(found.reversed, u64::from(made_by.is_some()));
            assert_eq!((found.tokens, found.tried), (3, 1000));
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        assert!(NumberRange::new("+49", 3).is_err());
        assert!(NumberRange::new("49", 11).is_err());
        assert!(NumberRange::new("4917000000", 9).is_err());
        assert_eq!(NumberRange::new("", 0).unwrap().len(), 1);
    }
}
