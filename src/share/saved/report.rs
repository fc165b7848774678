//! Findings of a log as they are kept: in the order of fields in which the first such files have them, since
//! postcard knows fields by their order. A log's are all times, so that their unit is not kept.

use serde::{Deserialize, Serialize};

use crate::findings::digest::Items;
use crate::findings::{Bound, Confidence, Digest, Evidence, Finding, Report, Summary};
use crate::format::Unit;
use crate::profile::Layer;

/// A [`Report`].
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    findings: Vec<StoredFinding>,
    summary: StoredSummary,
    digest: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
struct StoredFinding {
    rule: String,
    key: String,
    title: String,
    at_stake: f64,
    saving: f64,
    bound: Bound,
    computed: String,
    evidence: Vec<Evidence>,
    remedy: String,
    code: String,
    confidence: Confidence,
    doubts: String,
}

#[derive(Serialize, Deserialize)]
struct StoredSummary {
    total: f64,
    layers: Vec<(Layer, f64)>,
    bottleneck: Option<Layer>,
    items: Items,
    vital: u32,
    vital_queries: u32,
    executions: u32,
    database_time: f64,
    requests: u32,
}

impl From<&Report> for Stored {
    fn from(report: &Report) -> Self {
        let Report { findings, summary, digest } = report.clone();
        let finding = |finding: Finding| {
            let Finding { unit: _, rule, key, title, at_stake, saving, bound, computed, evidence, .. } =
                finding;
            let Finding { remedy, code, confidence, doubts, .. } = finding;
            StoredFinding {
                rule,
                key,
                title,
                at_stake,
                saving,
                bound,
                computed,
                evidence,
                remedy,
                code,
                confidence,
                doubts,
            }
        };
        let Summary { unit: _, total, layers, bottleneck, items, vital, vital_queries, .. } = summary;
        let Summary { executions, database_time, requests, .. } = summary;
        Self {
            findings: findings.into_iter().map(finding).collect(),
            summary: StoredSummary {
                total,
                layers,
                bottleneck,
                items,
                vital,
                vital_queries,
                executions,
                database_time,
                requests,
            },
            digest,
        }
    }
}

impl From<Stored> for Report {
    fn from(stored: Stored) -> Self {
        let Stored { findings, summary, digest } = stored;
        let finding = |stored: StoredFinding| Finding {
            unit: Unit::Seconds,
            rule: stored.rule,
            key: stored.key,
            title: stored.title,
            at_stake: stored.at_stake,
            saving: stored.saving,
            bound: stored.bound,
            computed: stored.computed,
            evidence: stored.evidence,
            remedy: stored.remedy,
            code: stored.code,
            confidence: stored.confidence,
            doubts: stored.doubts,
        };
        Self {
            findings: findings.into_iter().map(finding).collect(),
            summary: Summary {
                unit: Unit::Seconds,
                total: summary.total,
                layers: summary.layers,
                bottleneck: summary.bottleneck,
                items: summary.items,
                vital: summary.vital,
                vital_queries: summary.vital_queries,
                executions: summary.executions,
                database_time: summary.database_time,
                requests: summary.requests,
            },
            digest,
        }
    }
}
