//! The member names of the objects that are open, so that a second one of the same name is noticed.

use super::text::Text;
use super::{JsonFault, MAX_MEMBERS};

/// Names of open objects, innermost last. The first [`INLINE`] need no allocation.
pub(super) struct Names<'a> {
    tags: [u64; INLINE],
    inline: [Option<Text<'a>>; INLINE],
    more: Vec<(u64, Text<'a>)>,
    count: usize,
}

/// More than the members of any usual token.
const INLINE: usize = 24;

impl<'a> Names<'a> {
    pub(super) const fn new() -> Self {
        Self {
            tags: [0; INLINE],
            inline: [None; INLINE],
            more: Vec::new(),
            count: 0,
        }
    }

    /// Where the names of an object that begins now will start.
    pub(super) fn mark(&self) -> usize {
        self.count
    }

    /// Forgets the names of the object that began at `mark`.
    pub(super) fn forget(&mut self, mark: usize) {
        self.count = mark;
        self.more.truncate(mark.saturating_sub(INLINE));
    }

    /// Adds a name of the object that began at `mark`.
    pub(super) fn add(&mut self, mark: usize, name: Text<'a>) -> Result<(), JsonFault> {
        let tag = tag(name);
        if self.contains(mark, tag, name) {
            return Err(JsonFault::DuplicateMember);
        }
        if self.count >= MAX_MEMBERS {
            return Err(JsonFault::TooManyMembers);
        }
        match (self.tags.get_mut(self.count), self.inline.get_mut(self.count)) {
            (Some(tag_place), Some(place)) => {
                *tag_place = tag;
                *place = Some(name);
            }
            _ => self.more.push((tag, name)),
        }
        self.count += 1;
        Ok(())
    }

    fn contains(&self, mark: usize, tag: u64, name: Text<'a>) -> bool {
        let inline = self.count.min(INLINE);
        let near = self.tags.get(mark..inline).unwrap_or_default();
        let far = self.more.get(mark.saturating_sub(INLINE)..).unwrap_or_default();
        near.iter()
            .enumerate()
            .any(|(index, known)| *known == tag && self.inline[mark + index].is_some_and(|other| other.same(name)))
            || far.iter().any(|(known, other)| *known == tag && other.same(name))
    }
}

/// Equal for equal names, and different for most others: the first seven bytes and the length.
fn tag(name: Text<'_>) -> u64 {
    match name.plain() {
        Some(plain) => {
            let bytes = plain.as_bytes();
            let head = bytes.iter().take(7).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            head << 8 | (bytes.len() as u64 & 0xFF)
        }
        None => {
            let (mut head, mut length, mut buffer) = (0_u64, 0_u64, [0; 4]);
            for character in name.chars() {
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    if length < 7 {
                        head = head << 8 | u64::from(byte);
                    }
                    length += 1;
                }
            }
            head << 8 | (length & 0xFF)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_again_in_its_own_object_only() {
        let mut names = Names::new();
        let texts: Vec<String> = (0..100).map(|index| format!("name-{index}")).collect();
        for text in &texts {
            assert_eq!(names.add(0, Text::new(text, false)), Ok(()));
        }
        let mark = names.mark();
        for text in &texts {
            assert_eq!(
                names.add(0, Text::new(text, false)),
                Err(JsonFault::DuplicateMember),
                "{text} is known"
            );
        }
        assert_eq!(names.add(mark, Text::new("name-1", false)), Ok(()), "another object");
        assert_eq!(
            names.add(mark, Text::new("name-1", false)),
            Err(JsonFault::DuplicateMember)
        );
        names.forget(mark);
        assert_eq!(names.add(mark, Text::new("name-1", false)), Ok(()), "forgotten");
    }

    #[test]
    fn an_escaped_name_equals_the_plain_one() {
        for (plain, escaped) in [
            ("alg", r"\u0061lg"),
            ("é-longer", r"\u00e9-longer"),
            ("😀", r"\ud83d\ude00"),
            ("a/b", r"a\/b"),
        ] {
            let mut names = Names::new();
            assert_eq!(names.add(0, Text::new(plain, false)), Ok(()));
            assert_eq!(names.add(0, Text::new(escaped, true)), Err(JsonFault::DuplicateMember));
        }
    }

    #[test]
    fn the_number_of_open_names_is_bounded() {
        let texts: Vec<String> = (0..=MAX_MEMBERS).map(|index| index.to_string()).collect();
        let mut names = Names::new();
        for text in texts.iter().take(MAX_MEMBERS) {
            assert_eq!(names.add(0, Text::new(text, false)), Ok(()));
        }
        assert_eq!(
            names.add(0, Text::new(&texts[MAX_MEMBERS], false)),
            Err(JsonFault::TooManyMembers)
        );
    }
}
