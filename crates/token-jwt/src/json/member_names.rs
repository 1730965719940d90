//! The member names of the objects that are open, so that a repeated name is noticed.

use super::error::JsonError;
use super::text::Text;

/// How many members the objects open at one point of a text may have together.
pub const MAX_MEMBERS: usize = 256;

/// A member's name with its [`Tag`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Name<'a> {
    pub(crate) text: Text<'a>,
    pub(crate) tag: Tag,
}

/// The first seven bytes of a name, and its length. Equal names have equal tags, and most different names different ones;
/// names of up to seven bytes always do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tag(u64);

impl Tag {
    /// The tag of a name.
    pub(crate) const fn of(name: &str) -> Self {
        let (bytes, mut word, mut index) = (name.as_bytes(), 0, 0);
        while index < bytes.len() && index < 8 {
            word |= (bytes[index] as u64) << (8 * index);
            index += 1;
        }
        Self::of_word(word, bytes.len())
    }

    /// The tag of the name whose first bytes are in `word`, the first one lowest.
    #[inline]
    pub(super) const fn of_word(word: u64, length: usize) -> Self {
        let bytes = match length {
            0..7 => length,
            _ => 7,
        };
        let kept = (1_u64 << (8 * bytes)) - 1;
        Self(word & kept | (length as u64) << 56)
    }
}

/// Where in the text the names of open objects are, innermost last. The first [`INLINE`] need no allocation.
pub(super) struct Names {
    inline: [Entry; INLINE],
    more: Vec<Entry>,
    count: usize,
}

/// More members than most tokens have.
const INLINE: usize = 16;

#[derive(Clone, Copy, Default)]
struct Entry {
    tag: Tag,
    from: u32,
    length: u32,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            inline: [Entry::default(); INLINE],
            more: Vec::new(),
            count: 0,
        }
    }

    /// The start of the names of an object that begins now.
    #[inline]
    pub(super) fn mark(&self) -> usize {
        self.count
    }

    /// Forgets the names of the object that began at `mark`.
    #[inline]
    pub(super) fn forget(&mut self, mark: usize) {
        self.count = mark;
        if !self.more.is_empty() {
            self.more.truncate(mark.saturating_sub(INLINE));
        }
    }

    /// Adds the name of a member of the object that began at `mark`; it is in `text` at `from`.
    #[inline]
    pub(super) fn add(
        &mut self,
        mark: usize,
        text: &str,
        tag: Tag,
        from: usize,
        length: usize,
    ) -> Result<(), JsonError> {
        let entry = Entry {
            tag,
            from: from as u32,
            length: length as u32,
        };
        let inline = self.count.min(INLINE);
        let open = self.inline.get(mark.min(inline)..inline).unwrap_or_default();
        if open
            .iter()
            .any(|earlier| earlier.tag == tag && earlier.same(entry, text))
        {
            return Err(JsonError::DuplicateMember);
        }
        match self.inline.get_mut(self.count) {
            Some(free) => *free = entry,
            None => self.add_to_heap(mark, text, entry)?,
        }
        self.count += 1;
        Ok(())
    }

    #[cold]
    fn add_to_heap(&mut self, mark: usize, text: &str, entry: Entry) -> Result<(), JsonError> {
        let open = self.more.get(mark.saturating_sub(INLINE)..).unwrap_or_default();
        if open
            .iter()
            .any(|earlier| earlier.tag == entry.tag && earlier.same(entry, text))
        {
            return Err(JsonError::DuplicateMember);
        }
        if self.count >= MAX_MEMBERS {
            return Err(JsonError::TooManyMembers);
        }
        self.more.push(entry);
        Ok(())
    }
}

impl Entry {
    /// Whether two names with the same tag are the same.
    #[cold]
    fn same(self, other: Self, text: &str) -> bool {
        let name = |entry: Self| {
            let from = entry.from as usize;
            let raw = text.get(from..from + entry.length as usize).unwrap_or_default();
            Text::new(raw, raw.contains('\\'))
        };
        name(self).same(name(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds each of the names in turn to one object.
    fn add_all(raw: &[&str]) -> Vec<Result<(), JsonError>> {
        let text = raw.concat();
        let (mut names, mut from) = (Names::new(), 0);
        raw.iter()
            .map(|name| {
                let start = from;
                from += name.len();
                let tag = Tag::of(&Text::new(name, name.contains('\\')).unescaped());
                names.add(0, &text, tag, start, name.len())
            })
            .collect()
    }

    #[test]
    fn the_tag_of_a_short_name_is_the_name() {
        let names = [
            "", "a", "b", "\0", "a\0", "\0\0", "exp", "axp", "eap", "exa", "expa", "123456", "123456\0", "1234567",
            "a234567", "123456a", "12345678",
        ];
        for (index, name) in names.iter().enumerate() {
            for other in &names[..index] {
                assert_ne!(Tag::of(name), Tag::of(other), "{name:?} {other:?}");
            }
            let mut word = [b'"'; 8];
            word[..name.len()].copy_from_slice(name.as_bytes());
            assert_eq!(Tag::of_word(u64::from_le_bytes(word), name.len()), Tag::of(name));
        }
        assert_eq!(
            Tag::of("1234567-a"),
            Tag::of("1234567-b"),
            "the eighth byte is not in it"
        );
        assert_ne!(Tag::of("1234567-a"), Tag::of("1234567-aa"), "but the length is");
        assert_ne!(Tag::of("1234567-a"), Tag::of("123456--a"));
    }

    const TWICE: Result<(), JsonError> = Err(JsonError::DuplicateMember);

    #[test]
    fn a_repeated_name_is_found_among_many() {
        // The latter all have the same tag.
        for prefix in ["", "claimant-"] {
            let owned: Vec<String> = (100..200).map(|index| format!("{prefix}{index}")).collect();
            let mut raw: Vec<&str> = owned.iter().map(String::as_str).collect();
            raw.extend(raw.clone());
            let results = add_all(&raw);
            assert!(results[..100].iter().all(Result::is_ok));
            assert!(results[100..].iter().all(|result| *result == TWICE));
        }
    }

    #[test]
    fn a_name_is_forgotten_with_its_object_and_unknown_in_another() {
        for before in [0, 10, INLINE - 1, INLINE, INLINE + 5] {
            let text: String = (10..10 + before).map(|index| index.to_string()).collect::<String>() + "aa";
            let mut names = Names::new();
            for index in 0..before {
                let (from, tag) = (2 * index, Tag::of(&text[2 * index..2 * index + 2]));
                assert_eq!(names.add(0, &text, tag, from, 2), Ok(()));
            }
            let (outer, mark) = (2 * before, names.mark() + 1);
            assert_eq!(names.add(0, &text, Tag::of("a"), outer, 1), Ok(()));
            assert_eq!(names.add(mark, &text, Tag::of("a"), outer, 1), Ok(()), "another object");
            assert_eq!(names.add(mark, &text, Tag::of("a"), outer, 1), TWICE);
            names.forget(mark);
            assert_eq!(names.add(mark, &text, Tag::of("a"), outer, 1), Ok(()), "forgotten");
        }
    }

    #[test]
    fn names_with_the_same_beginning_are_different_names() {
        let raw = [
            "",
            "a",
            "b",
            "ab",
            "ba",
            "1234567",
            "12345678",
            "12345679",
            "1234567\0",
            "12345678abc",
            "12345678abd",
        ];
        assert!(add_all(&raw).iter().all(Result::is_ok));
    }

    #[test]
    fn an_escaped_name_equals_the_plain_one() {
        for pair in [
            ["alg", r"\u0061lg"],
            ["é-longer", r"\u00e9-longer"],
            ["😀", r"\ud83d\ude00"],
            [r"a\/b", "a/b"],
        ] {
            assert_eq!(add_all(&pair), [Ok(()), TWICE], "{pair:?}");
        }
    }

    #[test]
    fn the_number_of_open_names_is_bounded() {
        let owned: Vec<String> = (0..=MAX_MEMBERS).map(|index| format!("{index:05}")).collect();
        let raw: Vec<&str> = owned.iter().map(String::as_str).collect();
        let results = add_all(&raw);
        assert!(results[..MAX_MEMBERS].iter().all(Result::is_ok));
        assert_eq!(results[MAX_MEMBERS], Err(JsonError::TooManyMembers));
    }
}
