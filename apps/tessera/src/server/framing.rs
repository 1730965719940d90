//! Where a request ends: read strictly, so that no server before or behind this one can read it differently.
//!
//! The HTTP library decodes the requests. It takes a bare LF for the end of a line, which some proxies do not; then what
//! the proxy holds for one request is two here, and the second is the attacker's own. This reads the same bytes before
//! the library does, and stops at the first byte that can be read in two ways.

mod head;

use head::{Body, Head};

/// The longest extension of a chunk's size.
const MAX_EXTENSION: usize = 256;

/// The most digits of a chunk's size.
const MAX_DIGITS: usize = 8;

/// One connection's requests, byte by byte.
#[derive(Debug, Default)]
pub(super) struct Framing {
    state: State,
}

#[derive(Debug)]
enum State {
    Head(Head),
    /// So many bytes of a body follow.
    Sized(u64),
    /// A chunk's size: how many digits, and their value.
    Size(usize, u64),
    /// After the digits: an extension, which is passed over, and its length.
    Extension(u64, usize),
    /// The LF after a size.
    SizeLf(u64),
    Chunk(u64),
    ChunkCr,
    ChunkLf,
    /// The CR and LF after the last chunk. Trailers are not taken.
    LastCr,
    LastLf,
}

impl Default for State {
    fn default() -> Self {
        Self::Head(Head::default())
    }
}

/// A byte that makes a request ambiguous.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ambiguous;

impl Framing {
    /// Reads on.
    ///
    /// # Errors
    /// How many bytes come before the one that makes the request ambiguous. Then the connection is of no more use.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = match self.state {
                State::Sized(length) => self.skip(rest, length, State::Sized, State::default()),
                State::Chunk(length) => self.skip(rest, length, State::Chunk, State::ChunkCr),
                _ => {
                    self.step(byte).map_err(|Ambiguous| bytes.len() - rest.len())?;
                    after
                }
            };
        }
        Ok(())
    }

    /// Passes over bytes of a body.
    fn skip<'a>(&mut self, bytes: &'a [u8], length: u64, more: fn(u64) -> State, done: State) -> &'a [u8] {
        let here = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
        self.state = match length - here as u64 {
            0 => done,
            left => more(left),
        };
        bytes.get(here..).unwrap_or_default()
    }

    fn step(&mut self, byte: u8) -> Result<(), Ambiguous> {
        let next = match (&mut self.state, byte) {
            (State::Head(head), _) => match head.step(byte)? {
                None => return Ok(()),
                Some(Body::None | Body::Sized(0)) => State::default(),
                Some(Body::Sized(length)) => State::Sized(length),
                Some(Body::Chunked) => State::Size(0, 0),
            },
            (State::Size(digits, value), _) if byte.is_ascii_hexdigit() && *digits < MAX_DIGITS => {
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                State::Size(*digits + 1, *value << 4 | u64::from(digit))
            }
            (State::Size(1.., value) | State::Extension(value, _), b'\r') => State::SizeLf(*value),
            (State::Size(1.., value), b';') => State::Extension(*value, 0),
            (State::Extension(value, length), b'\t' | b' '..=b'~' | 0x80..) if *length < MAX_EXTENSION => {
                State::Extension(*value, *length + 1)
            }
            (State::SizeLf(0), b'\n') => State::LastCr,
            (State::SizeLf(length), b'\n') => State::Chunk(*length),
            (State::ChunkCr, b'\r') => State::ChunkLf,
            (State::ChunkLf, b'\n') => State::Size(0, 0),
            (State::LastCr, b'\r') => State::LastLf,
            (State::LastLf, b'\n') => State::default(),
            _ => return Err(Ambiguous),
        };
        self.state = next;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
