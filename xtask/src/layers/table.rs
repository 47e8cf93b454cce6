//! The allowed edges: one row a crate. This is the rule; the picture is drawn from it.

/// A crate of the workspace.
pub(crate) struct Room {
    /// Name without `erewhon-`.
    pub(crate) name: &'static str,
    /// What it is for.
    pub(crate) purpose: &'static str,
    /// The crates it may use.
    pub(crate) may_use: &'static [&'static str],
    /// What it must never do, which is why no other edge is allowed.
    pub(crate) never: &'static str,
}

/// Outside crates that only the named ones of ours may use.
pub(crate) struct Outside {
    /// Package names.
    pub(crate) names: &'static [&'static str],
    /// Our crates that may use them in the product.
    pub(crate) product: &'static [&'static str],
    /// Our crates that may also use them in tests; `*` is every crate.
    pub(crate) tests: &'static [&'static str],
    /// Why.
    pub(crate) why: &'static str,
}

/// Every crate, lowest first.
pub(crate) const ROOMS: &[Room] = &[
    Room {
        name: "types",
        purpose: "the field's vocabulary: ids, time, privacy parameters, the error",
        may_use: &[],
        never: "it is the lowest room: no I/O, no randomness, no clock",
    },
    Room {
        name: "dp",
        purpose: "bounded contributions, mechanisms, composition; each with its proof",
        may_use: &["types"],
        never: "it knows no phones, no tables, no files",
    },
    Room {
        name: "ledger",
        purpose: "the durable budget: charges and receipts",
        may_use: &["types", "dp"],
        never: "it computes no statistics",
    },
    Room {
        name: "geo",
        purpose: "cells, sites, named areas, tessellations, zone trees, distances: public geography",
        may_use: &["types"],
        never: "it knows no subscribers",
    },
    Room {
        name: "events",
        purpose: "the canonical event, line formats, cleaning, pseudonyms",
        may_use: &["types", "geo"],
        never: "it knows neither the store nor noise",
    },
    Room {
        name: "store",
        purpose: "segments on disk, manifest, commit, checks",
        may_use: &["types", "geo", "events"],
        never: "only `session` and its own tests open it",
    },
    Room {
        name: "mobility",
        purpose: "exact reductions of one subscriber's events",
        may_use: &["types", "geo", "events"],
        never: "it draws no noise and never looks across subscribers",
    },
    Room {
        name: "official",
        purpose: "the products of official statistics, after Eurostat's multimno",
        may_use: &["types", "geo", "events", "mobility"],
        never: "it draws no noise, opens no store and never looks across subscribers",
    },
    Room {
        name: "model",
        purpose: "the fitted private model as a value, and its file",
        may_use: &["types", "geo"],
        never: "it sees no real event",
    },
    Room {
        name: "fit",
        purpose: "what to measure with which share of the budget; private tables into a model",
        may_use: &["types", "geo", "events", "dp", "mobility", "model"],
        never: "it draws no noise itself and opens no store",
    },
    Room {
        name: "audit",
        purpose: "the guarantee of a fit, checked from outside on made-up neighbours",
        may_use: &["types", "dp", "geo", "events", "mobility", "fit"],
        never: "it reads no store, spends no budget and draws no noise itself",
    },
    Room {
        name: "generate",
        purpose: "model to synthetic population and events",
        may_use: &["types", "geo", "events", "model"],
        never: "it sees a model only, so that what it makes costs no budget",
    },
    Room {
        name: "anonymise",
        purpose: "the classical techniques, as baselines that the lab attacks",
        may_use: &["types", "geo", "events"],
        never: "what it makes is no release, and its randomness protects nobody by proof",
    },
    Room {
        name: "utility",
        purpose: "real against synthetic: measures",
        may_use: &["types", "geo", "events", "mobility"],
        never: "it opens no store: it is handed records",
    },
    Room {
        name: "risk",
        purpose: "attacks as games with control groups",
        may_use: &["types", "geo", "events", "mobility"],
        never: "it opens no store: it is handed records",
    },
    Room {
        name: "govern",
        purpose: "purposes, approvals, the signed release package and its verifier",
        may_use: &["types", "ledger"],
        never: "it computes no statistics",
    },
    Room {
        name: "sql",
        purpose: "SQL over the records for the operator's own eyes, by DataFusion",
        may_use: &["types", "geo", "events"],
        never: "it opens no store: it is handed records; the default build is without it",
    },
    Room {
        name: "cluster",
        purpose: "numbered pieces of work on several machines, by Ballista",
        may_use: &["types"],
        never: "it knows no phones and holds no results; the default build is without it",
    },
    Room {
        name: "session",
        purpose: "the only door: store, budget, policy and log meet here",
        may_use: &[
            "types",
            "dp",
            "ledger",
            "geo",
            "events",
            "store",
            "mobility",
            "official",
            "model",
            "fit",
            "audit",
            "generate",
            "anonymise",
            "utility",
            "risk",
            "govern",
            "sql",
            "cluster",
        ],
        never: "it prints nothing and draws no pictures",
    },
    Room {
        name: "report",
        purpose: "results to self-contained pages",
        may_use: &["types", "geo", "events", "model", "utility", "risk"],
        never: "it is handed results and computes none",
    },
    Room {
        name: "world",
        purpose: "the reference country: an agent simulator with known truth",
        may_use: &["types", "geo", "events"],
        never: "it shares no code and no assumption with `generate`, or a good score means nothing",
    },
    Room {
        name: "cli",
        purpose: "the command `erewhon`: parse, call, print",
        may_use: &[
            "types", "geo", "events", "model", "risk", "session", "report", "world",
        ],
        never: "it goes through `session` and never touches the store, the ledger or noise",
    },
    Room {
        name: "testkit",
        purpose: "slow oracles and planted faults, for tests only",
        may_use: &[
            "types", "dp", "geo", "events", "mobility", "model", "fit", "audit",
        ],
        never: "it must not reach a release build",
    },
];

/// Rooms that the default build is without: a feature asks for each by name.
pub(crate) const OPTIONAL: &[&str] = &["cluster", "sql"];

/// Outside crates that the default build is without, because of what comes with them.
pub(crate) const HEAVY: &[&str] = &[
    "ballista",
    "ballista-core",
    "ballista-executor",
    "ballista-scheduler",
    "datafusion",
    "datafusion-proto",
    "object_store",
    "tokio",
];

/// What only some rooms may use.
pub(crate) const OUTSIDE: &[Outside] = &[
    Outside {
        names: &["opendp"],
        product: &["dp"],
        tests: &[],
        why: "noise is drawn in `dp` alone, where every mechanism has its proof",
    },
    Outside {
        names: &["parquet"],
        product: &["events", "geo", "official", "session", "sql", "store"],
        tests: &[],
        why: "`events` reads and writes an operator's records, `geo` reads its cells, `official` \
              reads multimno's tables, `session` and `sql` write exact tables; the layout of our \
              own belongs to `store`",
    },
    Outside {
        names: &["rusqlite"],
        product: &["ledger"],
        tests: &[],
        why: "the ledger's file is opened in one place",
    },
    Outside {
        names: &["rand", "rand_chacha", "rand_distr"],
        product: &["anonymise", "generate", "risk", "world"],
        tests: &["*"],
        why: "seeded randomness stays away from records and noise; only drawing from a model, attacks, \
              the simulator and the lab's baselines may have it (docs/adr/0019-baselines.md)",
    },
    Outside {
        names: &["getrandom"],
        product: &["events", "ledger", "govern", "session"],
        tests: &[],
        why: "it makes keys and identities, which only these rooms make",
    },
    Outside {
        names: &["age"],
        product: &["events"],
        tests: &[],
        why: "raw rows are encrypted where they are read, before anything else can hold them",
    },
    Outside {
        names: &["clap", "indicatif"],
        product: &["cli"],
        tests: &[],
        why: "only the command talks to a person",
    },
    Outside {
        names: &["arrow-array", "arrow-csv", "arrow-schema"],
        product: &["mobility", "official", "session", "sql"],
        tests: &["testkit"],
        why: "exact tables are the batches of these rooms (docs/adr/0014-families.md); records are not",
    },
    Outside {
        names: &["arrow", "polars", "duckdb"],
        product: &[],
        tests: &[],
        why: "the default build has one small engine of its own (docs/adr/0001-engine.md)",
    },
    Outside {
        names: &["arrow-ipc"],
        product: &["session"],
        tests: &[],
        why: "partial results of ranges are files of the one door (docs/adr/0021-cluster.md)",
    },
    Outside {
        names: &[
            "ballista",
            "ballista-core",
            "ballista-executor",
            "ballista-scheduler",
            "datafusion-proto",
        ],
        product: &["cluster"],
        tests: &[],
        why: "the distributed engine hands out units and sees no record (docs/adr/0021-cluster.md)",
    },
    Outside {
        names: &["datafusion"],
        product: &["cluster", "sql"],
        tests: &[],
        why: "the default build has one small engine of its own (docs/adr/0001-engine.md)",
    },
    Outside {
        names: &["object_store"],
        product: &["events"],
        tests: &[],
        why: "an operator's files are read in one room, wherever they lie",
    },
    Outside {
        names: &["url"],
        product: &["cluster", "events"],
        tests: &[],
        why: "an operator's files are read in one room, and a scheduler is known by its address",
    },
    Outside {
        names: &["tokio"],
        product: &["cluster", "events", "sql"],
        tests: &[],
        why: "only object stores, DataFusion and Ballista are asynchronous",
    },
];

/// `use-openssl` makes opendp's randomness secure.
pub(crate) const OPENDP_REQUIRED: &[&str] = &["use-openssl"];

/// Features of opendp that admit mechanisms with weaker guarantees.
pub(crate) const OPENDP_FORBIDDEN: &[&str] = &[
    "floating-point",
    "honest-but-curious",
    "idealized-numerics",
    "untrusted",
];
