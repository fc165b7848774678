//! After trunk, on the finished files of the page: completes the welcome page, moves the live reload
//! into a file of its own, gives the worker's files names that change with their content, writes the
//! page in one file, the content security policies and the service worker, and checks the size budget.
//!
//! trunk runs it as a hook (`Trunk.toml`); by hand: `pack --first-paint KB --everything KB DIRECTORY`.

mod budget;
mod gallery;
mod html;
mod live_reload;
mod policy;
mod service_worker;
mod single;
mod site;
mod welcome;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs, io};

use budget::Budget;

/// What can go wrong here, in words for a developer.
type Error = Box<dyn std::error::Error>;

const USAGE: &str = "usage: pack [--first-paint KILOBYTES] [--everything KILOBYTES] [DIRECTORY]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pack: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let (directory, budget) =
        arguments(env::args().skip(1), env::var_os("TRUNK_STAGING_DIR").map(Into::into))?;
    let index = directory.join("index.html");
    let mut page = fs::read_to_string(&index)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", index.display())))?;

    page = live_reload::move_to_file(&page, &directory)?;
    page = welcome::fill(&page)?;
    page = worker::rename(&page, &directory)?;
    gallery::write(&directory)?;
    let served = service_worker::is_served(&directory)?;
    if !served {
        page = service_worker::name(&page)?;
    }
    let without_policy = page;
    page = policy::write(&without_policy)?;
    fs::write(&index, &page)?;
    // Neither is of use while the page is being worked on.
    if !served {
        service_worker::write(&directory)?;
        single::write(&without_policy, &directory)?;
    }

    // A debug build's size says nothing.
    if env::var_os("TRUNK_PROFILE").is_some_and(|profile| profile == "debug") {
        return Ok(());
    }
    let sizes = budget::measure(&directory, &page)?;
    print!("{}", budget.table(&sizes));
    budget.check(&sizes)
}

/// The directory to work in, from the arguments or else from trunk, and the budget.
fn arguments(
    mut given: impl Iterator<Item = String>,
    from_trunk: Option<PathBuf>,
) -> Result<(PathBuf, Budget), Error> {
    let mut budget = Budget::default();
    let mut directory = from_trunk;
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--first-paint" => budget.first_paint = Some(kilobytes(given.next())?),
            "--everything" => budget.everything = Some(kilobytes(given.next())?),
            flag if flag.starts_with('-') => return Err(format!("unknown {flag}\n{USAGE}").into()),
            path => directory = Some(PathBuf::from(path)),
        }
    }
    Ok((directory.ok_or(USAGE)?, budget))
}

fn kilobytes(argument: Option<String>) -> Result<u64, Error> {
    let number: u64 = argument.as_deref().and_then(|text| text.parse().ok()).ok_or(USAGE)?;
    number.checked_mul(1000).ok_or_else(|| USAGE.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments_given: &[&str], from_trunk: Option<&str>) -> Result<(PathBuf, Budget), Error> {
        arguments(arguments_given.iter().map(ToString::to_string), from_trunk.map(PathBuf::from))
    }

    #[test]
    fn the_budget_is_given_in_kilobytes() {
        let (directory, budget) =
            parse(&["--first-paint", "120", "--everything", "300"], Some("stage")).unwrap();
        assert_eq!(directory, PathBuf::from("stage"));
        assert_eq!(budget, Budget { first_paint: Some(120_000), everything: Some(300_000) });
    }

    #[test]
    fn a_directory_by_hand_goes_before_the_one_from_trunk() {
        assert_eq!(parse(&["dist"], Some("stage")).unwrap().0, PathBuf::from("dist"));
    }

    #[test]
    fn wrong_arguments_are_refused() {
        assert!(parse(&[], None).is_err());
        assert!(parse(&["--first-paint"], Some("stage")).is_err());
        assert!(parse(&["--first-paint", "small"], Some("stage")).is_err());
        assert!(parse(&["--wrong"], Some("stage")).is_err());
    }
}
