//! Private releases of families of numbers: capped, summed, noised, written and signed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use erewhon_dp::Accumulator;
use erewhon_events::EventSource;
use erewhon_govern::{INTERNAL_MARK, Manifest, Policy, ReleaseRequest, is_stamped, make_release};
use erewhon_ledger::{ChargeRequest, Digest, FitRecord, LedgerSummary, Purse, fit_digest};
use erewhon_mobility::{Contribution, Definitions, Public, Track, Zoning};
use erewhon_store::Fields;
use erewhon_types::{Epsilon, Error, Result};

use crate::{
    AskedFamily, FamiliesPlan, Session, Vault,
    export::{write_atomically, write_released},
    families_files::{Declared, csv, statement},
    families_plan::PlannedNumber,
    measure::answer,
    mobility::digest_of,
    split::Side,
};

/// What a release of families is of, what for, and what it may cost.
pub struct FamiliesJob<'a> {
    /// The numbers.
    pub asked: &'a [AskedFamily],
    /// What they count by.
    pub zones: &'a Arc<Zoning>,
    /// What the zones are, as [`zones_to_toml`](crate::zones_to_toml) says it.
    pub zones_toml: &'a str,
    /// What stays, places and anchors are, and which corridors and hubs there are.
    pub definitions: &'a Definitions,
    /// Total privacy loss of the release.
    pub epsilon: Epsilon,
    /// Which release, what for and for whom; its name is charged once.
    pub request: &'a ReleaseRequest,
    /// Who asks.
    pub who: &'a str,
}

impl Session {
    /// Releases families of numbers: charges, reads, adds noise, writes `families.csv` and `privacy.json`
    /// to a new directory, and signs them as a request.
    ///
    /// The control group of the attacks stays out.
    ///
    /// Proof: families.proof.md
    ///
    /// # Privacy
    /// Neighbours add or remove all records of one subscriber; the loss is `job.epsilon`, in pure
    /// differential privacy or, where the population has a delta, the rho that this comes to there. It is
    /// charged before anything is made of a record, and stays spent if anything fails afterwards.
    ///
    /// # Errors
    /// Refused, when the purpose is not in the policy or the vault is not that of the records; usage, as
    /// [`Session::plan_families`], when the release was charged before or its directory is there; budget,
    /// when the ledger refuses the charge; data, when a file of the store is not what was committed.
    pub fn release_families(
        &self,
        vault: &Vault,
        policy: &Policy,
        job: &FamiliesJob<'_>,
        directory: &Path,
    ) -> Result<Manifest> {
        job.request.check(policy)?;
        job.definitions.check()?;
        let mut ledger = self.ledger_of(vault)?;
        let counted = (job.zones, job.definitions);
        let plan = self.plan_families(job.asked, counted, (job.epsilon, ledger.delta()?))?;
        ledger.check_affords(&job.request.release, job.epsilon)?;
        let records = self.records()?.with_fields(fields(&plan.numbers));
        // Whatever keeps the files from being written or signed is met before the charge, where it can be.
        self.check_words(job, &plan)?;
        let requester = vault.requester_key()?;
        let room = Room::take(directory, &plan)?;

        let window = self.calendar().window();
        let (release, purpose) = (&job.request.release, &job.request.purpose);
        let named = named(&plan.numbers);
        let mut purse = ledger.fill_purse(&ChargeRequest {
            release: release.clone(),
            query_name: named.clone(),
            query_digest: *Digest::of(release.as_bytes()).bytes(),
            epsilon: job.epsilon,
            who: job.who.to_owned(),
            purpose: purpose.clone(),
            window: window.clone(),
        })?;
        let members = Side::members(&records);
        let sums = sums(&self.public(), job.definitions, &members, &plan.numbers)?;
        let answers = answers(&mut purse, &plan.numbers, sums)?;

        let (tables, statement) = self.family_files(job, &plan, &answers)?;
        drop(room);
        ledger.record_fit(&FitRecord {
            release: release.clone(),
            who: job.who.to_owned(),
            purpose: purpose.clone(),
            queries: named,
            digest: fit_digest(&Digest::of(tables.as_bytes()), &Digest::of(&statement)),
            window: window.clone(),
        })?;
        write_released(&directory.join("families.csv"), tables.as_bytes())?;
        write_released(&directory.join("privacy.json"), &statement)?;
        let what = format!("request of release {release}");
        let receipt = ledger.record_export(job.who, purpose, &what)?;
        let summary = LedgerSummary {
            head: receipt.entry(),
            ..ledger.summary()?
        };
        make_release(directory, job.request, &summary, policy, &requester)
    }

    /// Refuses words that no file of a release may hold: names of zones, and what the statement says of them.
    fn check_words(&self, job: &FamiliesJob<'_>, plan: &FamiliesPlan) -> Result<()> {
        let names = job.zones.names();
        let stamped = |name: Option<&str>| name.is_some_and(|name| is_stamped(name.as_bytes()));
        let (_, statement) = self.family_files(job, plan, &[])?;
        if names.iter().any(stamped) || is_stamped(&statement) {
            return Err(Error::usage(format!(
                "a zone, corridor or hub, or the file of zones, has the word `{INTERNAL_MARK}` in its name, which no file \
                 that leaves may hold"
            ))
            .with_hint("name it in another way"));
        }
        Ok(())
    }

    /// The files of a release: of what was declared and of noisy answers, and of nothing else.
    pub(crate) fn family_files(
        &self,
        job: &FamiliesJob<'_>,
        plan: &FamiliesPlan,
        answers: &[Vec<i64>],
    ) -> Result<(String, Vec<u8>)> {
        let declared = Declared {
            window: self.calendar().window(),
            definitions: job.definitions,
            zones: job.zones_toml,
            joins_persons: self.joins_persons(),
        };
        Ok((csv(plan, answers), statement(plan, &declared)?))
    }
}

/// What is read of an event, so that no column is decoded that nobody looks at.
fn fields(numbers: &[PlannedNumber]) -> Fields {
    let places = |number: &PlannedNumber| number.number.kernel.places_alone();
    if numbers.iter().all(places) {
        Fields::Places
    } else {
        Fields::All
    }
}

/// A new directory with room on its disk for the files of a release and the last lines of the ledger, which is
/// held until this is dropped: a disk that is full afterwards would cost what was paid for. A table that is cut
/// has no room held for it.
struct Room<'a> {
    directory: &'a Path,
    file: PathBuf,
}

/// Signatures, statement, and lines of the ledger.
const SMALL_FILES_BYTES: usize = 1 << 18;

impl<'a> Room<'a> {
    fn take(directory: &'a Path, plan: &FamiliesPlan) -> Result<Self> {
        if directory.exists() {
            return Err(
                Error::usage(format!("`{}` is there already", directory.display()))
                    .with_hint("a release has a directory of its own"),
            );
        }
        fs::create_dir_all(directory).map_err(|error| Error::io("make", directory, &error))?;
        let room = Self {
            directory,
            file: directory.join("room.partial"),
        };
        // The longest number for each entry; of a table that is cut nobody knows how many are shown.
        let long = |number: &PlannedNumber| match number.shown_from {
            None => vec![i64::MIN; number.query.entries()],
            Some(_) => Vec::new(),
        };
        let mut text = csv(plan, &plan.numbers.iter().map(long).collect::<Vec<_>>()).into_bytes();
        // No two words alike: a file system that compresses must not store them in less.
        let words = (1..=SMALL_FILES_BYTES as u64 / 8).map(|word| word.wrapping_pow(7));
        text.extend(words.flat_map(u64::to_le_bytes));
        write_atomically(&room.file, &text)?;
        Ok(room)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
        // It is kept where something else is in it by then.
        let _ = fs::remove_dir(self.directory);
    }
}

/// The numbers and what each costs, in a line of the ledger, which are short.
fn named(numbers: &[PlannedNumber]) -> String {
    let name = |number: &PlannedNumber| format!("{} {}", number.query.name(), number.loss.value());
    let names: Vec<String> = numbers.iter().map(name).collect();
    let all = names.join(", ");
    if all.len() <= 300 {
        return all;
    }
    let digest = digest_of("names", &all);
    format!("{} numbers of families, {digest}", names.len())
}

/// Adds up what counts of each subscriber, in one pass.
fn sums(
    public: &Public<'_>,
    definitions: &Definitions,
    members: &dyn EventSource,
    numbers: &[PlannedNumber],
) -> Result<Vec<Accumulator>> {
    let kernels = numbers.iter().map(|number| &number.number.kernel);
    let mut vectors: Vec<_> = kernels
        .map(|kernel| Contribution::over(kernel, public))
        .collect();
    let queries = numbers.iter().map(|number| number.query.clone());
    let mut sums: Vec<_> = queries.map(Accumulator::new).collect();
    members.visit(&mut |history| {
        let track = Track::by(*public, definitions, history);
        for ((planned, vector), sum) in numbers.iter().zip(&mut vectors).zip(&mut sums) {
            vector.clear();
            planned.number.kernel.contribution(&track, vector);
            sum.add(&planned.units(&track, vector));
        }
        Ok(())
    })?;
    Ok(sums)
}

impl PlannedNumber {
    /// What counts of a subscriber's vector, in the units of the query.
    fn units(&self, track: &Track<'_>, vector: &mut Contribution) -> Vec<(u32, u32)> {
        let kept = self.number.cap.units(track.subscriber(), vector.entries());
        // A table has fewer than 2^32 entries, and no entry more units than the query's bound.
        let units = |(entry, units): (u64, u32)| {
            let entry = u32::try_from(entry).ok()?;
            Some((entry, units.saturating_mul(self.query.units_per_person())))
        };
        kept.into_iter().filter_map(units).collect()
    }
}

/// Pays for each number and adds its noise.
fn answers(
    purse: &mut Purse,
    numbers: &[PlannedNumber],
    sums: Vec<Accumulator>,
) -> Result<Vec<Vec<i64>>> {
    let mut answers = Vec::with_capacity(numbers.len());
    for (planned, sum) in numbers.iter().zip(sums) {
        let noisy = answer(purse, &planned.query, planned.loss, || sum.finish())?;
        answers.push(noisy.into_value());
    }
    Ok(answers)
}

#[cfg(test)]
mod tests;
