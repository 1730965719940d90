//! The rule of [`FoldedLogin`](super::FoldedLogin), step by step.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The name as it is compared; `None` if it is blank or refused.
pub(super) fn fold(typed: &str) -> Option<String> {
    let text = match typed.is_ascii() {
        true => Cow::Borrowed(typed),
        false => typed.chars().flat_map(ordinary_width).nfc().collect(),
    };
    let text = text.trim();
    if text.is_empty() || text.chars().any(is_invisible) {
        return None;
    }
    match text.rsplit_once('@') {
        Some((local, domain)) if !domain.is_empty() => Some(format!("{}@{}", letters(local)?, domain_form(domain)?)),
        _ => letters(text),
    }
}

/// Case first: `ſ` is a lower-case `s`, and so the same name; what is left of compatibility characters is refused.
fn letters(text: &str) -> Option<String> {
    // Most names need no table.
    if text.is_ascii() {
        return Some(text.to_ascii_lowercase());
    }
    by_the_tables(text)
}

fn by_the_tables(text: &str) -> Option<String> {
    let folded = text.chars().map(fold_case);
    match folded.clone().any(has_compatibility_form) {
        true => None,
        false => Some(folded.nfc().collect()),
    }
}

/// UTS 46 in its ASCII form. What it would leave out in silence was refused before.
fn domain_form(domain: &str) -> Option<String> {
    idna::domain_to_ascii(domain).ok().filter(|ascii| !ascii.is_empty())
}

/// The block of full-width and half-width forms, and the wide space.
fn ordinary_width(c: char) -> impl Iterator<Item = char> {
    let is_of_another_width = matches!(c, '\u{ff00}'..='\u{ffef}' | '\u{3000}');
    let ordinary = is_of_another_width.then(|| std::iter::once(c).nfkc());
    let itself = (!is_of_another_width).then_some(c);
    ordinary.into_iter().flatten().chain(itself)
}

fn has_compatibility_form(c: char) -> bool {
    !std::iter::once(c).nfkc().eq(std::iter::once(c).nfc())
}

fn fold_case(c: char) -> char {
    let folded = unicode_case_mapping::case_folded(c);
    folded.and_then(|folded| char::from_u32(folded.get())).unwrap_or(c)
}

/// Whether nothing, or nothing certain, is shown for it.
fn is_invisible(c: char) -> bool {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    let category = c.general_category();
    matches!(
        category,
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned
    ) || is_ignorable_mark(c)
}

/// What Unicode's `Default_Ignorable_Code_Point` has beside the categories above: fillers and variation selectors.
fn is_ignorable_mark(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::{by_the_tables, fold, letters, ordinary_width};

    #[test]
    fn ascii_is_folded_as_by_the_tables() {
        for c in '\0'..='\u{7f}' {
            let text = c.to_string();
            assert_eq!(letters(&text), by_the_tables(&text), "{c:?}");
            assert!(text.chars().flat_map(ordinary_width).nfc().eq([c]), "{c:?}");
        }
    }

    #[test]
    fn names_that_look_alike_are_one_or_refused() {
        let plain = fold("sam@example.com");
        for one in [
            "ｓａｍ＠ｅｘａｍｐｌｅ．ｃｏｍ",
            " SAM@ＥXAMPLE.com\u{3000}",
            "sam@ⓔxample。com",
            "ſam@example.com",
        ] {
            assert_eq!(fold(one), plain, "{one}");
        }
        for refused in [
            "ﬁona",
            "①@example.com",
            "𝐬am@example.com",
            "sa\u{200b}m@example.com",
            "sa\u{ad}m@example.com",
            "sam@exam\u{200d}ple.com",
            "sam@exam\u{ad}ple.com",
            "\u{202e}mas@example.com",
            "sam\u{2066}@example.com",
            "sam\u{fe0f}@example.com",
            "sam\u{34f}@example.com",
            "\u{3164}",
            "\u{ffa0}",
            "\u{feff}sam",
            "\u{e000}sam",
            "sa\u{2028}m",
            "sa\u{a0}m",
        ] {
            assert_eq!(fold(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_domain_has_one_spelling() {
        let one = fold("x@münchen.de");
        for spelling in ["x@xn--mnchen-3ya.de", "X@MÜNCHEN.DE", "x@mu\u{308}nchen。de"] {
            assert_eq!(fold(spelling), one, "{spelling}");
        }
        assert_ne!(fold("x@munchen.de"), one);
        assert_ne!(fold("x@strasse.de"), fold("x@straße.de"), "two domains since 2010");
        assert_eq!(one.as_deref(), Some("x@xn--mnchen-3ya.de"));
        assert_eq!(fold("x@xn--a"), None, "no Punycode");
    }

    #[test]
    fn what_is_no_address_is_a_name_all_the_same() {
        for name in [
            "root",
            "100@mydomain.com",
            "@nick",
            "nick@",
            "a@b@c",
            "a b",
            "x@under_score",
            "x@[10.0.0.1]",
        ] {
            assert_eq!(fold(name).as_deref(), Some(name), "{name}");
        }
        for script in ["иван@example.com", "用户", "أحمد", "θσ@example.com", "josé"] {
            assert_eq!(fold(script).as_deref(), Some(script), "{script}");
        }
    }

    #[test]
    fn folding_is_idempotent_for_every_character() {
        let is_idempotent = |text: String| {
            let once = fold(&text);
            assert!(once.is_none() || once.as_deref().and_then(fold) == once, "{text:?}");
        };
        for c in '\u{1}'..='\u{1ffff}' {
            is_idempotent(c.to_string());
        }
        for c in '\u{1}'..='\u{24ff}' {
            is_idempotent(format!("x@{c}.example"));
        }
    }
}
