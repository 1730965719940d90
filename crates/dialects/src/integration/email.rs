//! Checks e-mail addresses, so that two spellings of one address do not become two clients.

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;

/// Reads an address: removes white space around it, and changes nothing else. `None` if it is not an address.
///
/// The part before the `@` may be in any script; the look-up of clients folds letter case and Unicode forms. The
/// domain is a host name in ASCII (RFC 1123 section 2.1). An international domain therefore comes in its ASCII form,
/// `xn--…` (RFC 5890 section 2.3.2.1), so that it has one spelling. No label may end in a hyphen, as the forged
/// `xn--example-` does, which decodes to plain `example`.
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
    fn an_address_is_returned_as_sent() {
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
    fn an_invalid_address_or_one_with_a_second_spelling_is_none() {
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
