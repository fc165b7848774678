//! What a user gives the rules: thresholds other than their defaults, and the database's schema.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{About, CATALOGUE};
use crate::schema::Schema;

/// From when on a rule speaks up.
#[derive(Debug, PartialEq)]
pub struct Threshold {
    /// Lower-case identifier, unique within its rule: `executions`.
    pub key: &'static str,
    /// What it is, to follow the rule's title.
    pub title: &'static str,
    /// Its value if the user sets none.
    pub default: f64,
    /// What it counts.
    pub unit: Unit,
    /// Where the default comes from.
    pub source: &'static str,
}

impl Threshold {
    /// A tenth of a profile: that of most rules about profiles.
    pub(super) const TENTH_OF_PROFILE: Self = Self {
        key: "share",
        title: "minimum share of the profile",
        default: 0.1,
        unit: Unit::Share,
        source: "our choice: below a tenth there is more to gain elsewhere",
    };
}

/// What a threshold counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// A share, 0 to 1; shown as per cent.
    Share,
}

/// What the user gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// By `rule.threshold`; everything else is at its default.
    values: BTreeMap<String, f64>,
    /// Empty if none was given.
    schema: Schema,
}

impl Settings {
    /// The value of `threshold` of the rule `about`.
    pub fn get(&self, about: &About, threshold: &Threshold) -> f64 {
        self.values.get(&name(about, threshold)).copied().unwrap_or(threshold.default)
    }

    /// Sets a threshold by its name, `n-plus-one.executions`; back to the default with `None`.
    ///
    /// # Errors
    /// When there is no such threshold, or no such value: the text says which there are.
    pub fn set(&mut self, name_given: &str, value: Option<f64>) -> Result<(), String> {
        let mut known = CATALOGUE.iter().flat_map(|about| about.thresholds.iter().map(|of| name(about, of)));
        if !known.any(|name| name == name_given) {
            let all: Vec<String> = CATALOGUE
                .iter()
                .flat_map(|about| about.thresholds.iter().map(|of| name(about, of)))
                .collect();
            return Err(format!("there is no threshold {name_given}; there are {}", all.join(", ")));
        }
        match value {
            Some(value) if value.is_finite() && value >= 0.0 => {
                self.values.insert(name_given.to_owned(), value);
            }
            Some(value) => return Err(format!("{value} is no value for {name_given}: it takes 0 or more")),
            None => drop(self.values.remove(name_given)),
        }
        Ok(())
    }

    /// The schema of the log's database, as far as it is known.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Adds a schema: files are merged.
    pub fn add_schema(&mut self, schema: &Schema) {
        self.schema.add(schema);
    }

    /// The same, but no time or share is too small to be said: what comes nearest to a threshold is then found.
    pub(super) fn without_least(&self) -> Self {
        let mut all = self.clone();
        for about in CATALOGUE {
            for threshold in about.thresholds {
                if matches!(threshold.unit, Unit::Milliseconds | Unit::Share) {
                    all.values.insert(name(about, threshold), 0.0);
                }
            }
        }
        all
    }

    /// The thresholds that were set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(name, value)| (name.as_str(), *value))
    }
}

/// `rule.threshold`.
pub fn name(about: &About, threshold: &Threshold) -> String {
    format!("{}.{}", about.id, threshold.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values() {
        let mut settings = Settings::default();
        let about = CATALOGUE[0];
        let threshold = &about.thresholds[0];
        assert_eq!(settings.get(about, threshold), threshold.default);
        settings.set(&name(about, threshold), Some(17.0)).unwrap();
        assert_eq!(settings.get(about, threshold), 17.0);
        assert!(settings.set(&name(about, threshold), Some(f64::NAN)).unwrap_err().contains("no value"));
        settings.set(&name(about, threshold), None).unwrap();
        assert_eq!(settings, Settings::default());
        assert!(settings.set("n-plus-one.x", Some(1.0)).unwrap_err().contains("n-plus-one.executions"));
    }

    #[test]
    fn every_threshold_is_there_once_and_says_where_it_comes_from() {
        let mut names: Vec<String> = Vec::new();
        for about in CATALOGUE {
            for threshold in about.thresholds {
                assert!(!threshold.source.is_empty() && threshold.default.is_finite());
                names.push(name(about, threshold));
            }
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
