//! The fields of a message in protobuf's wire format, read without the library that writes them.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// A varint, or 4 or 8 bytes.
    Number(u64),
    /// A text, bytes, or a message.
    Bytes(&'a [u8]),
}

/// The fields with their numbers, in the order sent.
pub fn fields(mut message: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let field = match key & 7 {
            0 => Field::Number(varint(&mut message)),
            1 => Field::Number(fixed(take(&mut message, 8))),
            2 => {
                let length = usize::try_from(varint(&mut message)).expect("fits");
                Field::Bytes(take(&mut message, length))
            }
            5 => Field::Number(fixed(take(&mut message, 4))),
            other => panic!("wire type {other}"),
        };
        fields.push((key >> 3, field));
    }
    fields
}

/// The messages, texts or bytes with this number.
pub fn all(message: &[u8], number: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).into_iter().filter_map(move |field| match field {
        (at, Field::Bytes(bytes)) if at == number => Some(bytes),
        _ => None,
    })
}

/// The text with this number; empty without one.
pub fn text(message: &[u8], number: u64) -> String {
    let bytes = all(message, number).next().unwrap_or_default();
    String::from_utf8(bytes.to_vec()).expect("a text")
}

/// The number with this number; 0 without one.
pub fn number(message: &[u8], number: u64) -> u64 {
    let found = fields(message).into_iter().find_map(|field| match field {
        (at, Field::Number(value)) if at == number => Some(value),
        _ => None,
    });
    found.unwrap_or_default()
}

fn varint(message: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number of more than 10 bytes")
}

fn fixed(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn take<'a>(message: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = message.split_at_checked(length).expect("the message is whole");
    *message = rest;
    taken
}
