//! The shape of an e-mail address, as far as two spellings of one address must not become two people.

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// Reads an address: white space around it is dropped, nothing else is changed. `None` for what is no address.
///
/// The part before the `@` may be in any script; letter case and Unicode forms are folded where clients are looked
/// up. The domain is host-name text in ASCII (RFC 1123 section 2.1). An international one is therefore sent in its
/// ASCII form, `xn--…` (RFC 5890 section 2.3.2.1), so that there is one spelling of it; and no label may end in a
/// hyphen, as the forged `xn--example-` does, which decodes to plain `example`.
pub(super) fn parse(sent: &str) -> Option<String> {
    let address = sent.trim();
    let odd = |c: char| c.is_whitespace() || c.is_control();
    let (local, domain) = address.split_once('@')?;
    let good = address.len() <= MAX_BYTES
        && !local.is_empty()
        && !sent.chars().any(char::is_control)
        && !local.chars().any(odd)
        && domain.split('.').all(is_host_label);
    good.then(|| address.to_owned())
}

fn is_host_label(label: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(allowed) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_through_as_sent() {
        for address in [
            "andrew.wiggin@letsta.lk",
            "A+b'{}!@X-1.DK",
            "josé@example.com",
            "a@localhost",
            "a@xn--bcher-kva.example",
        ] {
            assert_eq!(parse(address).as_deref(), Some(address));
        }
        assert_eq!(parse("  a@b.dk ").as_deref(), Some("a@b.dk"));
    }

    #[test]
    fn what_is_no_address_or_has_a_second_spelling_is_none() {
        for address in [
            "",
            " ",
            "a",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c.dk",
            "a@b c",
            "a@b.",
            "a@.b",
            "a@b..c",
            "a@-b",
            "a@b-",
            "a@xn--example-.dk",
            "a@bücher.example",
            "a@b.dk\n",
            "\ta@b.dk",
            "a\0@b.dk",
            "a\u{a0}@b.dk",
            "a@b.dk,c@d.dk",
            "Name <a@b.dk>",
            "a@[127.0.0.1]",
        ] {
            assert_eq!(parse(address), None, "{address:?}");
        }
    }

    #[test]
    fn an_address_has_at_most_254_bytes() {
        let of = |local: usize| format!("{}@example.com", "a".repeat(local));
        assert!(parse(&of(254 - 12)).is_some());
        assert!(parse(&of(255 - 12)).is_none());
    }
}
