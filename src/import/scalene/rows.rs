//! What Scalene's file consists of: rows of lines and functions, stacks and their frames.

use crate::import::json::{Fault, Json, Next};

/// A frame: file, line, function.
pub(super) type Frame = (String, i64, String);

/// A line's shares of time, in percent, and its memory, in megabytes.
#[derive(Default)]
pub(super) struct Line {
    pub number: i64,
    /// What the line says; of a function its name.
    pub text: String,
    pub python: f64,
    pub native: f64,
    pub system: f64,
    pub peak: f64,
    pub allocated: f64,
    pub copied: f64,
    pub allocations: f64,
}

impl Line {
    /// All of its time, in percent.
    pub fn share(&self) -> f64 {
        self.python + self.native + self.system
    }
}

fn numbers(json: &mut Json<'_, '_>) -> Result<Vec<f64>, Fault> {
    let mut numbers = Vec::new();
    if json.array()? {
        while json.item()? {
            numbers.push(json.number()?.unwrap_or(f64::NAN));
        }
    }
    Ok(numbers)
}

/// Two numbers, which are none where there are fewer.
pub(super) fn pair(json: &mut Json<'_, '_>) -> Result<(f64, f64), Fault> {
    Ok(match numbers(json)?.as_slice() {
        [one, other, ..] => (*one, *other),
        _ => (f64::NAN, f64::NAN),
    })
}

/// `[["file function:line;", …], {"python_time": …, "c_time": …}]`, or `[[[file, function, line], …], [count, python, native,
/// all]]`.
pub(super) fn stack(json: &mut Json<'_, '_>) -> Result<(Vec<Frame>, f64), Fault> {
    let (mut frames, mut python, mut native) = (None, 0.0, 0.0);
    if json.array()? {
        while json.item()? {
            match json.peek()? {
                Next::Array if frames.is_none() => frames = Some(frames_of(json)?),
                Next::Array => {
                    let numbers = numbers(json)?;
                    if let [_, in_python, in_native, ..] = numbers.as_slice() {
                        (python, native) = (*in_python, *in_native);
                    }
                }
                Next::Object => {
                    if json.object()? {
                        while let Some(key) = json.key()? {
                            match key {
                                "python_time" => python = json.number()?.unwrap_or(0.0),
                                "c_time" => native = json.number()?.unwrap_or(0.0),
                                _ => json.skip()?,
                            }
                        }
                    }
                }
                // Versions before had counts of samples.
                _ => json.skip()?,
            }
        }
    }
    let amount = |value: f64| if value.is_finite() { value.max(0.0) } else { 0.0 };
    Ok((frames.unwrap_or_default(), amount(python) + amount(native)))
}

/// Frames as texts, as objects with their parts, or as lists of them.
pub(super) fn frames_of(json: &mut Json<'_, '_>) -> Result<Vec<Frame>, Fault> {
    let mut frames = Vec::new();
    if json.array()? {
        while json.item()? {
            let mut frame: Frame = Frame::default();
            match json.peek()? {
                Next::Text => frame = spelt(&json.text()?.unwrap_or_default()),
                Next::Array => {
                    if json.array()? {
                        let mut texts = Vec::new();
                        while json.item()? {
                            match json.peek()? {
                                Next::Text => texts.push(json.text()?.unwrap_or_default()),
                                _ => frame.1 = json.whole()?.unwrap_or(0).max(0),
                            }
                        }
                        let mut texts = texts.into_iter();
                        frame.0 = texts.next().unwrap_or_default();
                        frame.2 = texts.next().unwrap_or_default();
                    }
                }
                _ => {
                    if json.object()? {
                        while let Some(key) = json.key()? {
                            match key {
                                "filename_or_module" => frame.0 = json.text()?.unwrap_or_default(),
                                "line" => frame.1 = json.whole()?.unwrap_or(0).max(0),
                                "display_name" => frame.2 = json.text()?.unwrap_or_default(),
                                _ => json.skip()?,
                            }
                        }
                    }
                }
            }
            frames.push(frame);
        }
    }
    Ok(frames)
}

/// A line of code as it is: 1.5 escapes it twice where it has what markup is made of.
pub(super) fn without_escapes(text: &str) -> String {
    let signs = [("\\u003c", "<"), ("\\u003e", ">"), ("\\u0026", "&")];
    signs.into_iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// `file function:line;`: a path may have blanks, a name has none.
fn spelt(text: &str) -> Frame {
    let text = text.strip_suffix(';').unwrap_or(text);
    let (rest, line) = text.rsplit_once(':').unwrap_or((text, ""));
    let (file, name) = rest.rsplit_once(' ').unwrap_or(("", rest));
    (file.to_owned(), line.parse().unwrap_or(0), name.to_owned())
}

/// A row of a line, or of a function.
pub(super) fn line(json: &mut Json<'_, '_>) -> Result<Line, Fault> {
    let mut line = Line::default();
    if !json.object()? {
        return Ok(line);
    }
    while let Some(key) = json.key()? {
        let place = match key {
            "lineno" => {
                line.number = json.whole()?.unwrap_or(0);
                continue;
            }
            "line" => {
                line.text = json.text()?.unwrap_or_default();
                continue;
            }
            "n_cpu_percent_python" => &mut line.python,
            "n_cpu_percent_c" => &mut line.native,
            "n_sys_percent" => &mut line.system,
            "n_peak_mb" => &mut line.peak,
            "n_malloc_mb" => &mut line.allocated,
            "n_copy_mb_s" => &mut line.copied,
            "n_mallocs" => &mut line.allocations,
            _ => {
                json.skip()?;
                continue;
            }
        };
        *place = json.number()?.filter(|number| number.is_finite()).unwrap_or(0.0);
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_as_it_was_written() {
        assert_eq!(without_escapes("if a\\u003c0.8 \\u0026\\u0026 b:"), "if a<0.8 && b:");
    }

    #[test]
    fn frames_are_texts() {
        assert_eq!(spelt("/srv/a b.py <module>:17;"), ("/srv/a b.py".to_owned(), 17, "<module>".to_owned()));
        assert_eq!(spelt("x"), (String::new(), 0, "x".to_owned()));
    }
}
