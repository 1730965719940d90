//! The head of a request: its lines, and the headers that say how its body is framed.

use super::Ambiguous;

/// The longest head: a token of 64 KiB gets the 401 of its flavour. The HTTP library would take 128 KiB.
const MAX_HEAD: usize = 96 * 1024;

/// As much of a line as is kept: enough for every good `Content-Length` and `Transfer-Encoding`.
const KEPT: usize = 128;

/// How the body is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Sized(u64),
    Chunked,
}

/// A head that is not complete.
#[derive(Debug, Default)]
pub(super) struct Head {
    length: usize,
    /// The line so far, without its end.
    line: Vec<u8>,
    line_length: usize,
    lines: usize,
    after_cr: bool,
    body: Option<Body>,
}

impl Head {
    /// Takes one byte; at the head's end, what follows.
    pub(super) fn step(&mut self, byte: u8) -> Result<Option<Body>, Ambiguous> {
        self.length += 1;
        match (self.after_cr, byte) {
            _ if self.length > MAX_HEAD => Err(Ambiguous),
            (true, b'\n') => self.end_of_line(),
            (false, b'\r') => {
                self.after_cr = true;
                Ok(None)
            }
            (true, _) | (_, b'\n' | b'\0') => Err(Ambiguous),
            (false, _) => {
                self.line_length += 1;
                if self.line.len() < KEPT {
                    self.line.push(byte);
                }
                Ok(None)
            }
        }
    }

    fn end_of_line(&mut self) -> Result<Option<Body>, Ambiguous> {
        self.after_cr = false;
        let is_empty = self.line_length == 0;
        match self.lines {
            // One empty line before a request is passed over (RFC 9112, section 2.2).
            0 if is_empty && self.length == 2 => return Ok(None),
            0 if is_empty => return Err(Ambiguous),
            0 => {}
            _ if is_empty => return Ok(Some(self.body.unwrap_or(Body::None))),
            _ => self.header()?,
        }
        self.lines += 1;
        self.line.clear();
        self.line_length = 0;
        Ok(None)
    }

    fn header(&mut self) -> Result<(), Ambiguous> {
        let Some(colon) = self.line.iter().position(|byte| *byte == b':') else {
            // A name that is longer than what is kept is none of the two; a line without a colon is no header.
            let is_long = self.line_length > KEPT;
            return if is_long { Ok(()) } else { Err(Ambiguous) };
        };
        let (name, value) = self.line.split_at(colon);
        // A line that continues another, or a name that some servers trim.
        if name.is_empty()
            || name
                .iter()
                .any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
        {
            return Err(Ambiguous);
        }
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        let body = if name.eq_ignore_ascii_case(b"content-length") {
            Body::Sized(length(value).ok_or(Ambiguous)?)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let is_chunked = value.eq_ignore_ascii_case(b"chunked");
            is_chunked.then_some(Body::Chunked).ok_or(Ambiguous)?
        } else {
            return Ok(());
        };
        // Two of them may be read as the first or as the last.
        let is_whole = self.line_length <= KEPT;
        match self.body.replace(body) {
            None if is_whole => Ok(()),
            _ => Err(Ambiguous),
        }
    }
}

/// A length in decimal digits and nothing else.
fn length(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}
