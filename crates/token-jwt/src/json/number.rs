//! A JSON number, and its value from its text.

/// A JSON number: exact where it is an integer of 64 bits, else the nearest double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Zero or above.
    Unsigned(u64),
    /// Below zero.
    Negative(i64),
    /// Written with a fraction or an exponent, or beyond 64 bits; finite.
    Float(f64),
}

/// Longer numbers are refused: parsing them is work that an attacker chooses.
const MAX_CHARACTERS: usize = 64;

/// The value of a text that follows the grammar of numbers; `None` if it is too long or beyond the range of a double.
/// `integer`: it has neither fraction nor exponent; `negative`: it begins with a minus sign.
pub(super) fn number_of(text: &str, integer: bool, negative: bool) -> Option<Number> {
    if text.len() > MAX_CHARACTERS {
        return None;
    }
    if integer
        && !negative
        && let Ok(value) = text.parse()
    {
        return Some(Number::Unsigned(value));
    }
    if integer
        && negative
        && let Ok(value @ ..=-1) = text.parse()
    {
        return Some(Number::Negative(value));
    }
    let value: f64 = text.parse().ok()?;
    value.is_finite().then_some(Number::Float(value))
}
