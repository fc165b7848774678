//! What sessions and the signed-in user cost: a query for each on every request, and a write where a
//! session is saved.

use super::shape::{Shape, shape};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{Fingerprint, Operation, QueryLog};

/// See the module.
pub(super) struct Sessions;

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of the database's time for sessions and their users",
    default: 0.1,
    unit: Unit::Share,
    source: "our choice: below a tenth there is more to gain elsewhere",
};

const REQUESTS: Threshold = Threshold {
    key: "requests",
    title: "minimum requests",
    default: 20.0,
    unit: Unit::Count,
    source: "our choice: a single page says little about its neighbours",
};

const SAVES: Threshold = Threshold {
    key: "saves",
    title: "or minimum share of GETs that save the session",
    default: 0.5,
    unit: Unit::Share,
    source: "our choice: reading a page should not write",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "sessions",
    title: "Sessions in the database",
    looks_at: LooksAt::Queries,
    thresholds: &[SHARE, REQUESTS, SAVES],
};

impl Rule for Sessions {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, digest) = *case else { return };
        let mut costs = Costs::default();
        let mut queries = Vec::new();
        let sessions: Vec<bool> = log
            .fingerprints
            .iter()
            .map(|one| is_of("django_session", &one.tables) && is_of_one(one))
            .collect();
        let users: Vec<bool> = log.fingerprints.iter().map(is_user).collect();
        let (first, by_request) = log.by_request();
        for (request, info) in log.requests.iter().enumerate() {
            let own = &by_request[first[request] as usize..first[request + 1] as usize];
            let (mut looked_up, mut saved, mut user) = (false, false, false);
            for &at in own {
                let id = log.statements.fingerprint[at as usize] as usize;
                let time = evidence::duration(log, at);
                if sessions[id] {
                    let writes = log.fingerprints[id].operation != Operation::Select;
                    (looked_up, saved) = (true, saved | writes);
                    costs.time += time;
                    costs.sessions += time;
                    costs.writing += if writes { time } else { 0.0 };
                } else if users[id] && looked_up && !user {
                    user = true;
                    costs.time += time;
                    costs.users += 1;
                }
            }
            costs.requests += u64::from(looked_up);
            costs.saves += u64::from(saved);
            if info.method == "GET" {
                costs.gets += 1;
                costs.get_saves += u64::from(saved);
            }
        }
        let share = costs.time / digest.total.max(f64::MIN_POSITIVE);
        let often = costs.gets > 0
            && costs.get_saves as f64 >= settings.get(&ABOUT, &SAVES) * costs.gets as f64
            && costs.get_saves > 0;
        let costly =
            costs.requests as f64 >= settings.get(&ABOUT, &REQUESTS) && share >= settings.get(&ABOUT, &SHARE);
        if costs.time <= 0.0 || !(often || costly) {
            return;
        }
        for (id, numbers) in log.numbers.iter().enumerate() {
            if sessions[id] {
                queries.push((id as u32, numbers.total));
            }
        }
        findings.push(finding(log, &costs, share, (often, queries)));
    }
}

#[derive(Default)]
struct Costs {
    /// Sessions and users, ms.
    time: f64,
    /// Sessions alone, ms.
    sessions: f64,
    writing: f64,
    requests: u64,
    saves: u64,
    users: u64,
    gets: u64,
    get_saves: u64,
}

fn is_of(name: &str, tables: &[String]) -> bool {
    matches!(tables, [table] if table.rsplit('.').next() == Some(name))
}

/// Of one visitor: `clearsessions` deletes by the date, at night, for no request.
fn is_of_one(fingerprint: &Fingerprint) -> bool {
    fingerprint.operation != Operation::Delete || fingerprint.text.contains("session_key")
}

/// One row of a table with a password, by its key: the user of the session.
fn is_user(fingerprint: &Fingerprint) -> bool {
    matches!(shape(fingerprint), Shape::ByKey { .. }) && fingerprint.text.contains("password")
}

fn finding(log: &QueryLog, costs: &Costs, share: f64, (often, queries): (bool, Vec<(u32, f64)>)) -> Finding {
    let Costs { time, sessions, writing, requests, saves, users, .. } = costs;
    let each = time / (*requests).max(1) as f64;
    // A cache that writes through answers the look-ups; saves are only fewer where most are for nothing.
    let saving = if often { *sessions } else { sessions - writing };
    let mut shown = vec![
        evidence::count("requests", "Requests with a session", *requests),
        evidence::time("each_ms", "Each pays", each),
        evidence::count("saves", "Of them save it", *saves),
        evidence::time("sessions_ms", "Time of the sessions", *sessions),
        evidence::time("saves_ms", "Time of the saves", *writing),
        evidence::count("users", "Look the user up", *users),
        Evidence::new("share", "Share of the database's time", Value::Share(share)),
    ];
    shown.extend(evidence::queries(log, queries));
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: "all".to_owned(),
        title: if often {
            format!("Reading a page saves the session: {} a request", format::milliseconds(each))
        } else {
            format!("Sessions and their users take {} of each request's database time", format::percent(share))
        },
        at_stake: *time,
        saving,
        bound: Bound::AtMost,
        computed: format!(
            "The {} of sessions took {} in {}; a cache answers in a fraction of it.{} The users took {}. What Python \
             takes for each comes on top.",
            if often { "look-ups and saves" } else { "look-ups" },
            format::milliseconds(saving),
            format::counted(*requests as i64, "request", "requests"),
            match often || *writing <= 0.0 {
                true => String::new(),
                false => format!(" The saves, {}, stay.", format::milliseconds(*writing)),
            },
            format::milliseconds(time - sessions)
        ),
        evidence: shown,
        remedy: "Keep sessions in the cache (cached_db writes through, so none is lost), save them only when \
                 something changed (SESSION_SAVE_EVERY_REQUEST = False, and no clock in the session), and keep \
                 only keys in them."
            .to_owned(),
        code: "SESSION_ENGINE = \"django.contrib.sessions.backends.cached_db\"".to_owned(),
        confidence: Confidence::Medium,
        doubts: "The user is looked up all the same, unless the page does without request.user.".to_owned(),
        also: Vec::new(),
        price: None,
    }
}
