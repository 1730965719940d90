//! Numbers.

use super::{Reader, Stop};
use crate::json::eight_bytes::{POWERS, digit_run, word_at};
use crate::json::error::JsonError;
use crate::json::number::{Number, number_of};

impl Reader<'_> {
    /// Reads a number by the grammar of RFC 8259 section 6.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<Number, Stop> {
        match self.read_integer_fast() {
            Some(value) => Ok(Number::Unsigned(value)),
            None => self.read_number_slow(),
        }
    }

    /// Reads an integer of up to 15 digits with no sign and no white space before it, as most numbers are. For any other
    /// number `None`, and the position stays.
    #[inline(always)]
    pub(crate) fn read_integer_fast(&mut self) -> Option<u64> {
        let bytes = self.bytes();
        let first = digit_run(word_at(bytes, self.at)?);
        let (count, value) = match first {
            (8, high) => {
                let (count, low) = digit_run(word_at(bytes, self.at + 8)?);
                (8 + count, high.wrapping_mul(POWERS[count & 7]).wrapping_add(low))
            }
            run => run,
        };
        let end = self.at + count;
        let short = matches!(count, 1..=15)
            && !matches!(bytes.get(end), Some(b'.' | b'e' | b'E'))
            && (count == 1 || self.here() != b'0');
        if short {
            self.at = end;
        }
        short.then_some(value)
    }

    #[inline(never)]
    fn read_number_slow(&mut self) -> Result<Number, Stop> {
        self.token();
        let start = self.at;
        let negative = self.consume(b'-');
        let leading_zero = self.here() == b'0';
        let digits = self.some_digits()?;
        if leading_zero && digits > 1 {
            return Err(self.stop(JsonError::Syntax));
        }
        let integer = !matches!(self.here(), b'.' | b'e' | b'E');
        if self.consume(b'.') {
            self.some_digits()?;
        }
        if self.consume(b'e') || self.consume(b'E') {
            let _sign = self.consume(b'+') || self.consume(b'-');
            self.some_digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        number_of(text, integer, negative).ok_or_else(|| self.stop(JsonError::NumberRange))
    }

    fn some_digits(&mut self) -> Result<usize, Stop> {
        let rest = self.bytes().get(self.at..).unwrap_or_default();
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.stop(JsonError::Syntax)),
            count => {
                self.at += count;
                Ok(count)
            }
        }
    }
}
