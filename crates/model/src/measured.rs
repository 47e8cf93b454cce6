use serde::{Deserialize, Serialize};

/// A table as it was released, noise and all: before anything was clipped at zero, pooled or shared out.
///
/// Sums over its entries are unbiased, which the model's own tables can't be: small zones gain where
/// noise below zero is cut off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasuredTable {
    /// The query of the privacy statement that it answers, or a part of which it is.
    pub query: String,
    /// What its entries stand for, the last axis running fastest; a table without axes is one number.
    pub by: Vec<Axis>,
    /// The zone of each cell, where an axis is one of zones: they are numbered from 0.
    pub zone_of_cell: Option<Vec<u32>>,
    /// How many units are one subscriber.
    pub units_per_person: u32,
    /// The noisy sums.
    pub units: Vec<i64>,
    /// What the model makes of each entry, in people, where it has a table of the same shape.
    pub fitted_people: Option<Vec<f64>>,
}

/// One axis of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What it runs over, with its unit.
    pub name: String,
    /// What each step stands for: a zone's number, a bin as `from-to`, a name.
    pub labels: Vec<String>,
}

impl MeasuredTable {
    /// The noisy numbers in people.
    pub fn people(&self) -> impl Iterator<Item = f64> {
        let per_person = f64::from(self.units_per_person);
        self.units
            .iter()
            .map(move |units| *units as f64 / per_person)
    }

    /// The labels of an entry, one for each axis.
    pub fn labels(&self, entry: usize) -> Vec<&str> {
        let mut left = entry;
        let mut labels: Vec<&str> = (self.by.iter().rev())
            .map(|axis| {
                let label = &axis.labels[left % axis.labels.len()];
                left /= axis.labels.len();
                label.as_str()
            })
            .collect();
        labels.reverse();
        labels
    }
}
