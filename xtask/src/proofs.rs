//! `proofs`: every mechanism has its proof beside it, and the proof was read against this code.
//!
//! Code asks for a proof by a comment line `Proof: NAME.proof.md`. A type that implements
//! `Mechanism` and a type whose name ends in `Accumulator` must be the item of one; a file that
//! makes receipts, spends charges, asks a measure or could draw noise must be among the sources of
//! one. `testkit` is left out: its mechanisms are wrong on purpose.

mod front_matter;

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::{Outcome, rust_tokens::Source, tree};
use front_matter::FrontMatter;

const SUFFIX: &str = ".proof.md";

/// One proof file and the code it speaks of.
struct Proof {
    path: PathBuf,
    front: FrontMatter,
}

impl Proof {
    fn load(path: PathBuf) -> Outcome<Self> {
        let front = FrontMatter::parse(&tree::read(&path)?)
            .map_err(|fault| format!("{}: {fault}", path.display()))?;
        Ok(Self { path, front })
    }

    fn source_paths(&self) -> impl Iterator<Item = PathBuf> {
        let sources = self.front.sources.iter();
        sources.map(|source| self.path.with_file_name(source))
    }

    fn read_sources(&self) -> Outcome<Vec<Source>> {
        self.source_paths()
            .map(|path| tree::read(&path).map(|text| Source::parse(&text)))
            .collect()
    }
}

/// Fails with every proof that is missing, stale, or about something that is gone.
pub(crate) fn check(root: &Path) -> Outcome<String> {
    let mut faults = Vec::new();
    let proofs = load_all(root, &mut faults)?;
    let functions = function_names(root)?;
    faults.extend(missing(root, &proofs)?);
    for proof in &proofs {
        faults.extend(faults_of(root, proof, &functions)?);
    }
    if faults.is_empty() {
        let reviewed = proofs
            .iter()
            .filter(|p| p.front.status == "reviewed")
            .count();
        Ok(format!(
            "proofs: {} read against the code, {reviewed} of them reviewed by a second reader",
            proofs.len()
        ))
    } else {
        Err(format!(
            "{} fault(s) in the proofs\n- {}",
            faults.len(),
            faults.join("\n- ")
        ))
    }
}

/// Records that the proof `name` was read again against the code as it is now.
pub(crate) fn stamp(root: &Path, name: &str) -> Outcome<String> {
    let file_name = format!("{}{SUFFIX}", name.trim_end_matches(SUFFIX));
    let found = tree::files(&root.join("crates"), SUFFIX)?;
    let path = found.into_iter().find(|path| path.ends_with(&file_name));
    let proof = Proof::load(path.ok_or_else(|| format!("there is no `{file_name}` in crates/"))?)?;
    let text = tree::read(&proof.path)?;
    let digest = digest(&proof.read_sources()?);
    tree::write(&proof.path, &front_matter::with_digest(&text, &digest)?)?;
    Ok(format!("stamped {}", tree::shown(root, &proof.path)))
}

/// SHA-256 over the shipping tokens: comments, layout and tests do not change it.
fn digest(sources: &[Source]) -> String {
    let mut hash = Sha256::new();
    for source in sources {
        for token in source.shipping_tokens() {
            hash.update(token.as_bytes());
            hash.update([0]);
        }
        hash.update([0]);
    }
    hash.finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

fn load_all(root: &Path, faults: &mut Vec<String>) -> Outcome<Vec<Proof>> {
    let mut proofs = Vec::new();
    for path in tree::files(&root.join("crates"), SUFFIX)? {
        match Proof::load(path) {
            Ok(proof) => proofs.push(proof),
            Err(fault) => faults.push(fault),
        }
    }
    Ok(proofs)
}

/// Tokens of code whose file must be among the sources of a proof, and what it does.
const DEEDS: [(&[&str], &str); 13] = [
    (&["DurableReceipt", "for"], "makes receipts"),
    (&["Charge", ":", ":", "mint"], "mints charges"),
    (&["dyn", "Measure"], "asks a measure"),
    (&["impl", "Measure"], "asks a measure"),
    (&["Measure", "for"], "is a measure"),
    (&["opendp"], NOISE),
    (&["openssl"], NOISE),
    (&["getrandom"], NOISE),
    (&["rand"], NOISE),
    (&["rand_core"], NOISE),
    (&["rand_chacha"], NOISE),
    (&["rand_distr"], NOISE),
    (&["RandomState"], NOISE),
];
const NOISE: &str = "could draw noise";

/// Where randomness is no noise, since it meets no table of records; `*` is a whole directory.
const NO_NOISE: [(&str, &str); 9] = [
    (
        "crates/anonymise/src/*",
        "baselines that claim nothing and are attacked (docs/adr/0019-baselines.md)",
    ),
    ("crates/generate/src/*", "draws from a model alone"),
    ("crates/risk/src/*", "its games are internal"),
    ("crates/world/src/*", "makes a country up"),
    ("crates/events/src/secret.rs", "makes keys"),
    (
        "crates/events/src/read/text.rs",
        "seeds tables of ids, so that none collide by design",
    ),
    ("crates/events/src/gathered.rs", "seeds a table as well"),
    ("crates/geo/src/index.rs", "seeds a table as well"),
    ("crates/govern/src/key.rs", "makes keys"),
];

/// What asks for a proof and has none.
fn missing(root: &Path, proofs: &[Proof]) -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for path in product_sources(root)? {
        let source = Source::parse(&tree::read(&path)?);
        let shown = tree::shown(root, &path);
        for name in asked_names(&source) {
            if !path.with_file_name(&name).is_file() {
                faults.push(format!(
                    "{shown} names `{name}`, which is not beside it: write it"
                ));
            }
        }
        let tokens = source.shipping_tokens();
        let about: Vec<&Proof> = proofs
            .iter()
            .filter(|proof| proof.source_paths().any(|source| source == path))
            .collect();
        for item in mechanisms(&tokens) {
            if !about.iter().any(|proof| proof.front.item == item) {
                faults.push(format!(
                    "`{item}` in {shown} has no proof: write one beside it with `item: {item}`"
                ));
            }
        }
        for (words, deed) in DEEDS {
            let excused = deed == NOISE && is_no_noise(&shown);
            let found = || tokens.windows(words.len()).any(|window| window == words);
            if about.is_empty() && !excused && found() {
                faults.push(format!(
                    "{shown} {deed} and is the source of no proof: write one beside it"
                ));
            }
        }
    }
    Ok(faults)
}

fn is_no_noise(shown: &str) -> bool {
    NO_NOISE
        .iter()
        .any(|(place, _)| match place.strip_suffix('*') {
            Some(directory) => shown.starts_with(directory),
            None => shown == *place,
        })
}

fn faults_of(root: &Path, proof: &Proof, functions: &BTreeSet<String>) -> Outcome<Vec<String>> {
    let shown = tree::shown(root, &proof.path);
    let front = &proof.front;
    let mut faults = Vec::new();
    for name in front.tests.iter().filter(|name| !functions.contains(*name)) {
        faults.push(format!(
            "{shown} names the test `{name}`, which no file under crates/ has"
        ));
    }
    for (source, path) in front.sources.iter().zip(proof.source_paths()) {
        if !path.is_file() {
            faults.push(format!(
                "{shown} is about `{source}`, which is gone: take the proof out"
            ));
            return Ok(faults);
        }
    }
    let sources = proof.read_sources()?;
    let name = proof.path.file_name().unwrap_or_default().to_string_lossy();
    if !sources
        .iter()
        .any(|s| declares(&s.shipping_tokens(), &front.item))
    {
        faults.push(format!(
            "{shown} is about `{}`, which `{}` no longer has: take the proof out or move it",
            front.item,
            front.sources.join("`, `")
        ));
    } else if !sources
        .iter()
        .any(|s| asked_names(s).any(|asked| asked == name))
    {
        faults.push(format!(
            "`{}` does not name {shown}: add the comment `Proof: {name}`",
            front.sources.join("`, `")
        ));
    } else if front.code_digest != digest(&sources) {
        let name = name.trim_end_matches(SUFFIX);
        faults.push(format!(
            "`{}` moved on since {shown} was stamped: read the proof again against the code, then \
             `cargo xtask proofs --stamp {name}`",
            front.sources.join("`, `")
        ));
    }
    Ok(faults)
}

/// The product's sources: not `testkit`, not tests.
fn product_sources(root: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for (krate, dir) in tree::crates(root)? {
        if krate != "testkit" {
            found.extend(tree::files(&dir.join("src"), ".rs")?);
        }
    }
    found.retain(|path| !path.ends_with("tests.rs"));
    Ok(found)
}

/// Names after `Proof:` in comments.
fn asked_names(source: &Source) -> impl Iterator<Item = String> {
    let rest = source
        .comments
        .iter()
        .filter_map(|line| line.split_once("Proof:"));
    let words = rest.flat_map(|(_, rest)| rest.split_whitespace());
    words
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| word.ends_with(SUFFIX))
        .map(str::to_owned)
}

/// Types that implement `Mechanism`, and accumulators.
fn mechanisms(tokens: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, window) in tokens.windows(3).enumerate() {
        match window {
            ["struct", name, _] if name.ends_with("Accumulator") => {
                found.insert((*name).to_owned());
            }
            ["Mechanism", "for", name] => drop(found.insert((*name).to_owned())),
            // `impl Mechanism<T> for Name`
            ["Mechanism", "<", _] => {
                let rest = tokens.iter().skip(at).take_while(|token| **token != "{");
                let name = rest.skip_while(|token| **token != "for").nth(1);
                found.extend(name.map(|name| (*name).to_owned()));
            }
            _ => {}
        }
    }
    found
}

/// Whether the code declares `item` (`Type`, `function` or `Type::function`).
fn declares(tokens: &[&str], item: &str) -> bool {
    let name = item.rsplit("::").next().unwrap_or(item);
    tokens.windows(2).any(|pair| {
        matches!(pair[0], "struct" | "enum" | "trait" | "fn" | "type") && pair[1] == name
    })
}

fn function_names(root: &Path) -> Outcome<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for path in tree::files(&root.join("crates"), ".rs")? {
        let tokens = Source::parse(&tree::read(&path)?).tokens;
        let named = tokens
            .windows(2)
            .filter(|pair| pair[0] == "fn")
            .map(|pair| pair[1].clone());
        names.extend(named);
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
