//! One open document and the answers about it: a worker's whole brain, tested natively.
//!
//! The session only opens and dispatches; each kind of document has its half: [`profile`],
//! [`queries`]; what is asked of either is in [`findings`].

mod code;
mod compare;
mod export;
mod findings;
mod gather;
mod measured;
mod profile;
mod queries;
mod shown;
mod spans;
mod views;

pub use self::gather::Gathered;
use self::shown::{Narrowed, Part};
use crate::brief::Brief;
use crate::document::{self, Content, Document, LOGS, PROFILES};
use crate::findings::{Digest, Settings};
use crate::import::waiting::now;
use crate::import::{self, ImportError, Options};
use crate::input::{MemorySource, Places, Progress, Source};
use crate::profile::{Profile, lines};
use crate::protocol::{
    ContentOverview, Export, Failure, Overview, ProfileOverview, Request, Response, SchemaOverview, SpanAsk,
};
use crate::saved;
use crate::share::{self, Keep, Strip};

/// Of what another build reads: see [`document::Kind::is_read_here`].
const READ_ELSEWHERE: &str = "another build of Flamedrop reads such documents";

/// One open document.
pub struct Session {
    document: Document,
    source: Box<dyn Source>,
    /// Where in it texts are.
    places: Places,
    /// What the halves remember from one request to the next.
    profile: profile::State,
    queries: queries::State,
    findings: findings::State,
    spans: spans::State,
    compare: compare::State,
    /// Of a profile by line: what it is not shown by at the moment, lines or functions.
    other: Option<Box<Profile>>,
    /// Of a profile of which a part, or another measure, is shown, or that is narrowed: which part, and the whole.
    part: Option<(Part, Box<Profile>)>,
    /// How the part is narrowed.
    narrowed: Narrowed,
    /// What the user says of the file.
    options: Options,
}

impl Session {
    /// Reads `source`.
    ///
    /// # Errors
    /// When no format can read it.
    pub fn open(source: Box<dyn Source>, progress: &dyn Fn(Progress)) -> Result<Self, ImportError> {
        now(Self::open_waiting(source, Options::default(), progress))
    }

    /// Reads `source` by what the user says of it; its bytes may have to be waited for: see [`import::waiting`].
    ///
    /// # Errors
    /// When no format can read it.
    pub async fn open_waiting(
        source: Box<dyn Source>,
        options: Options,
        progress: &dyn Fn(Progress),
    ) -> Result<Self, ImportError> {
        let Read { document, places, other } = read(source.as_ref(), progress, &options).await?;
        Ok(Self {
            document,
            source,
            places,
            profile: profile::State::default(),
            queries: queries::State::default(),
            findings: findings::State::default(),
            spans: spans::State::default(),
            compare: compare::State::default(),
            other,
            part: None,
            narrowed: Narrowed::default(),
            options,
        })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What the page shows before it asks anything.
    pub fn overview(&self) -> Overview {
        let document = &self.document;
        let content = match &document.content {
            Content::Profile(profile) if PROFILES => {
                let whole = self.whole(profile);
                let Part { tracks, range, measure } = self.shown();
                let base = self.before_steps(profile).unwrap_or(profile);
                let shown = profile::overview(profile::Shown { profile, base }, &self.profile);
                let whole_total = self.before_steps(profile).map_or(shown.total, Profile::total);
                ContentOverview::Profile(ProfileOverview {
                    by_line: self.other.is_some(),
                    tracks: profile::tracks(whole, measure),
                    shown_tracks: tracks,
                    spans: spans::overview(whole, range),
                    measures: measured::measures(whole),
                    measure,
                    // Whatever steps leave, the views stay, and the way back.
                    has_times: whole.has_times(),
                    has_callers: whole.has_callers(),
                    has_lines: whole.line_table.is_some(),
                    has_series: whole.series.is_some(),
                    steps: shown::described(&self.narrowed, &profile.functions),
                    whole_total,
                    ..shown
                })
            }
            Content::Queries(log) if LOGS => ContentOverview::Queries(queries::overview(log)),
            // No reader here makes one.
            Content::Requests(log) if LOGS => ContentOverview::Requests(queries::overview(log)),
            Content::Profile(_) | Content::Queries(_) | Content::Requests(_) => {
                ContentOverview::Schema(SchemaOverview::default())
            }
            Content::Schema(schema) => {
                let (columns, indexes) = schema.counts();
                ContentOverview::Schema(SchemaOverview {
                    tables: schema.tables.len() as u32,
                    columns,
                    indexes,
                })
            }
        };
        Overview {
            name: document.name.clone(),
            format: document.format.to_owned(),
            format_title: title(document),
            content,
            diagnostics: document.diagnostics.entries().to_vec(),
            parts: match self.places.parts() {
                [_] => Vec::new(),
                parts => parts.to_vec(),
            },
        }
    }

    /// Does a part of what a request takes that can wait ([`Request::can_wait`]), a few ms of it; false once
    /// [`Self::answer`] is to be asked for.
    pub fn work_on(&mut self, request: &Request) -> bool {
        match request {
            Request::Findings { settings } => findings::step(&self.document, &mut self.findings, settings),
            _ => false,
        }
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request) -> Response {
        match request {
            Request::ByLine(by_line) if PROFILES => return self.show_by_line(*by_line),
            Request::Tracks(tracks) if PROFILES => {
                return self.show(Part { tracks: tracks.clone(), ..self.shown() });
            }
            Request::Range(range) if PROFILES => {
                // Which of them it is a part of is not known of the other measures.
                let measure = if range.is_some() { 0 } else { self.shown().measure };
                return self.show(Part { range: *range, measure, ..self.shown() });
            }
            Request::Measure(measure) if PROFILES => {
                let range = self.shown().range.filter(|_| *measure == 0);
                return self.show(Part { range, measure: *measure, ..self.shown() });
            }
            Request::Transform(steps) if PROFILES => return self.show_as(self.shown(), steps.clone()),
            Request::Spans(ask) if PROFILES => return self.answer_spans(ask),
            Request::Code(ask) => return code::answer(&self.document, ask),
            Request::Reread { log_line_prefix } => {
                let mut options = self.options.clone();
                // Of an access log its layout is what the user says of it.
                match &self.document.content {
                    Content::Requests(_) => options.log_format.clone_from(log_line_prefix),
                    _ => options.log_line_prefix.clone_from(log_line_prefix),
                }
                return self.reread(options);
            }
            Request::Urls(urls) if matches!(self.document.content, Content::Requests(_)) => {
                return self.reread(Options { urls: urls.clone(), ..self.options.clone() });
            }
            Request::Findings { settings } => return self.judge(settings, None),
            Request::PairFindings { settings, other } => return self.judge(settings, Some(other)),
            Request::Export(export) => return self.export(export),
            Request::Between(earlier) if LOGS => return self.between(earlier),
            Request::Brief { settings } => return self.brief(settings.as_ref()),
            Request::Share { strip, keep, settings } => return self.share(*strip, *keep, settings),
            _ => {}
        }
        match &self.document.content {
            Content::Profile(profile) if PROFILES => match request {
                Request::Lines(of) => measured::lines(self.whole(profile), of),
                Request::Series => measured::series(self.whole(profile)),
                Request::Compare(ask) => {
                    // About all of the profile, as the other side is.
                    let tree = |hide_imports| match &self.part {
                        None => profile::tree(profile, &mut self.profile, hide_imports),
                        Some((_, whole)) => {
                            profile::tree(whole, &mut profile::State::default(), hide_imports)
                        }
                    };
                    let whole = self.part.as_ref().map_or(profile, |(_, whole)| whole);
                    compare::answer(&self.document.name, whole, tree, &mut self.compare, ask)
                }
                _ => {
                    let whole = self.part.as_ref().map_or(&**profile, |(_, whole)| whole);
                    let base = if self.narrowed.is_one() { self.narrowed.base(whole) } else { &**profile };
                    profile::answer(profile::Shown { profile, base }, &mut self.profile, request)
                }
            },
            Content::Queries(log) if LOGS && log.results().is_some() && !queries::is_of_results(request) => {
                Response::Refused(queries::RESULTS_ONLY.to_owned())
            }
            Content::Queries(log) | Content::Requests(log) if LOGS => {
                let stored = (self.source.as_ref(), &self.places);
                queries::answer(log, self.document.format, stored, &mut self.queries, request)
            }
            Content::Profile(_) | Content::Queries(_) | Content::Requests(_) => {
                Response::Refused(READ_ELSEWHERE.to_owned())
            }
            // Whole, it is the digest in its report.
            Content::Schema(_) => Response::Refused("a schema has no times".to_owned()),
        }
    }
}

impl Session {
    /// Findings are about functions, whatever is shown.
    fn judge(&mut self, settings: &Settings, other: Option<&Digest>) -> Response {
        self.whole_by_function(|Self { document, findings, .. }| match other {
            None => findings::alone(document, findings, settings),
            Some(other) => findings::pair(document, findings, settings, other),
        })
    }

    fn export(&self, export: &Export) -> Response {
        match export::write(&self.document, export) {
            Some(Ok(file)) => Response::Exported(file),
            Some(Err(error)) => Response::Refused(format!("it cannot be written: {error}")),
            None => Response::Refused("this document has nothing of that kind".to_owned()),
        }
    }

    /// What is handed on has lines, if the file has them.
    fn share(&mut self, strip: Strip, keep: Keep, settings: &Settings) -> Response {
        self.swap_part();
        let by_function = matches!(&self.document.content, Content::Profile(profile) if !profile.by_line);
        self.swap_lines(by_function);
        let response = match share::strip(&self.document, self.source.as_ref(), strip) {
            Ok(document) => Response::Shared(saved::write(&document, &strip.in_words(), keep, settings)),
            Err(error) => Response::Refused(format!("the file cannot be read again: {error}")),
        };
        self.swap_lines(by_function);
        self.swap_part();
        response
    }

    /// The document in one line.
    fn brief(&mut self, settings: Option<&Settings>) -> Response {
        self.whole_by_function(|session| {
            let document = &session.document;
            Response::Brief(Box::new(
                settings
                    .map_or_else(|| Brief::unjudged(document), |settings| Brief::with(document, settings)),
            ))
        })
    }

    /// The document, whole and by function.
    fn into_document(mut self) -> Document {
        self.swap_part();
        let by_line = matches!(&self.document.content, Content::Profile(profile) if profile.by_line);
        self.swap_lines(by_line);
        self.document
    }

    /// Does something with the whole document, whatever is shown of it.
    fn whole_by_function(&mut self, act: impl FnOnce(&mut Self) -> Response) -> Response {
        self.swap_part();
        let by_line = matches!(&self.document.content, Content::Profile(profile) if profile.by_line);
        self.swap_lines(by_line);
        let response = act(self);
        self.swap_lines(by_line);
        self.swap_part();
        response
    }

    fn between(&self, earlier: &[u8]) -> Response {
        let source = MemorySource::new("earlier", earlier);
        let document = import::import(&source, &|_| ())
            .map_err(|error| error.to_string())
            .and_then(|earlier| document::between(&earlier, &self.document));
        written(document)
    }

    fn swap_lines(&mut self, swap: bool) {
        if swap && let (Content::Profile(shown), Some(other)) = (&mut self.document.content, &mut self.other)
        {
            std::mem::swap(shown, other);
        }
    }

    /// Spans are the whole's, whatever is shown.
    fn answer_spans(&mut self, ask: &SpanAsk) -> Response {
        let Content::Profile(shown) = &self.document.content else {
            return Response::Refused("this document is no profile".to_owned());
        };
        let whole = self.part.as_ref().map_or(shown, |(_, whole)| whole);
        spans::answer(whole, &mut self.spans, ask)
    }

    /// Reads the file once more, by what the user says of it; what was open stays if it cannot be read so.
    fn reread(&mut self, options: Options) -> Response {
        match now(read(self.source.as_ref(), &|_| (), &options)) {
            Ok(Read { document, places, other }) => {
                (self.document, self.places, self.other) = (document, places, other);
                self.options = options;
                self.part = None;
                self.narrowed = Narrowed::default();
                self.spans = spans::State::default();
                self.profile = profile::State::default();
                self.queries = queries::State::default();
                self.findings = findings::State::default();
                Response::Reread(Box::new(self.overview()))
            }
            Err(error) => Response::Refused(error.to_string()),
        }
    }

    /// Changes lines for functions, or the other way round, if the file has lines.
    fn show_by_line(&mut self, by_line: bool) -> Response {
        if self.narrowed.is_one() {
            // Its functions are none of the lines.
            self.show_as(self.shown(), Vec::new());
        }
        let (Content::Profile(shown), Some(other)) = (&mut self.document.content, &mut self.other) else {
            return Response::Refused("this document has no lines".to_owned());
        };
        if shown.by_line != by_line {
            std::mem::swap(shown, other);
            self.profile = profile::State::default();
        }
        Response::ByLine(by_line)
    }
}

/// A document that was made here, whole.
fn written(document: Result<Document, String>) -> Response {
    match document {
        Ok(document) => {
            let whole = Strip { literals: false, parameters: false, paths: false };
            let settings = Settings::default();
            Response::Shared(saved::write(&document, &whole.in_words(), Keep::Everything, &settings))
        }
        Err(problem) => Response::Refused(problem),
    }
}

/// The format as people say it; of a pstats file by another tool than cProfile, which tool that was.
fn title(document: &Document) -> String {
    match &document.content {
        Content::Profile(profile) if let Some(tool) = profile.functions.writer.other() => {
            format!("pstats by {tool}")
        }
        _ => import::by_id(document.format).map_or(saved::TITLE, |format| format.title()).to_owned(),
    }
}

/// What came of reading a source.
struct Read {
    document: Document,
    places: Places,
    /// Of a profile by line: what it is not shown by.
    other: Option<Box<Profile>>,
}

async fn read(
    source: &dyn Source,
    progress: &dyn Fn(Progress),
    options: &Options,
) -> Result<Read, ImportError> {
    let (mut document, places) = import::read_waiting(source, progress, options).await?;
    let mut other = None;
    if PROFILES
        && let Content::Profile(profile) = &mut document.content
        && profile.by_line
    {
        let functions = Box::new(lines::merged(profile));
        other = Some(std::mem::replace(profile, functions));
    }
    Ok(Read { document, places, other })
}

impl From<&ImportError> for Failure {
    fn from(error: &ImportError) -> Self {
        Self {
            looked_like: error.looked_like.map(str::to_owned),
            place: error.place.clone(),
            problem: error.problem.clone(),
            advice: error.advice.clone(),
            supported: error.supported.iter().map(|&line| line.to_owned()).collect(),
            may_have_layout: error.may_have_layout(),
        }
    }
}
