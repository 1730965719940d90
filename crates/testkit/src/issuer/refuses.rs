//! Everything that was not issued is refused.

use super::fixture::{Harness, IssuerAssertions, recorded};
use crate::harness::Issued;
use crate::law::{LawResult, Unsupported};

/// A token with any single character changed is refused. Every position is tried, also with changes to bits that a lenient
/// decoder ignores.
pub async fn altered_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let bytes = token.text.as_bytes();
    for place in 0..bytes.len() {
        for change in [0x01, 0x02, 0x10] {
            let mut altered = bytes.to_vec();
            altered[place] ^= change;
            let Ok(altered) = String::from_utf8(altered) else {
                continue;
            };
            let what = format!("a token with byte {place} changed by {change:#x}");
            harness.refuses_text(&altered, token.key.as_deref(), &what).await;
        }
    }
    harness.accepts(&token, "unaltered").await;
    Ok(())
}

/// A part of a token is refused, and so is a token with anything added: text, blanks, quotes or the name of a scheme.
pub async fn truncated_or_extended_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let (text, key) = (token.text.as_str(), token.key.as_deref());
    for (place, _) in text.char_indices() {
        harness
            .refuses_text(&text[..place], key, &format!("the first {place} bytes of a token"))
            .await;
        if place > 0 {
            harness
                .refuses_text(&text[place..], key, &format!("a token without its first {place} bytes"))
                .await;
        }
    }
    for affix in [
        "A", "0", "=", "==", ".", "|", " ", "\t", "\n", "\r\n", "\0", "%00", ",", ";", "\u{feff}", "\u{200b}",
    ] {
        harness
            .refuses_text(
                &format!("{text}{affix}"),
                key,
                &format!("a token followed by {affix:?}"),
            )
            .await;
        harness
            .refuses_text(&format!("{affix}{text}"), key, &format!("a token after {affix:?}"))
            .await;
    }
    for (before, after) in [
        ("Bearer ", ""),
        ("\"", "\""),
        ("'", "'"),
        ("<", ">"),
        ("{\"token\":\"", "\"}"),
    ] {
        harness
            .refuses_text(
                &format!("{before}{text}{after}"),
                key,
                &format!("a token in {before}{after}"),
            )
            .await;
    }
    harness
        .refuses_text(&format!("{text}{text}"), key, "a token twice over")
        .await;
    harness
        .refuses_text(&format!("{text},{text}"), key, "two tokens in one text")
        .await;
    Ok(())
}

/// A token has one spelling: upper and lower case are different characters.
pub async fn another_case_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let key = token.key.as_deref();
    let text = &token.text;
    let mut spellings = vec![text.to_uppercase(), text.to_lowercase()];
    for (place, letter) in text.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()) {
        let swapped = match letter.is_ascii_uppercase() {
            true => letter.to_ascii_lowercase(),
            false => letter.to_ascii_uppercase(),
        };
        spellings.push(format!("{}{swapped}{}", &text[..place], &text[place + 1..]));
    }
    for spelling in spellings.iter().filter(|spelling| *spelling != text) {
        harness.refuses_text(spelling, key, "another spelling of a token").await;
    }
    Ok(())
}

/// Two tokens cannot be combined to a third: neither the start of one and the end of another, nor exchanged parts.
pub async fn parts_of_two_tokens_are_refused(harness: Harness) -> LawResult {
    let (one, other) = (harness.owner().await, harness.owner().await);
    let tokens = [
        harness.issued(&one).await,
        harness.issued(&other).await,
        harness.issued(&one).await,
    ];
    for (a, b) in [(0, 1), (1, 0), (0, 2), (2, 0)] {
        let (a, b): (&Issued, &Issued) = (&tokens[a], &tokens[b]);
        let (first, second) = (&a.text, &b.text);
        let ends = (1..first.len().min(second.len())).filter(|place| first.is_char_boundary(*place));
        let mut mixed: Vec<String> = ends
            .filter(|place| second.is_char_boundary(*place))
            .map(|place| format!("{}{}", &first[..place], &second[place..]))
            .collect();
        for separator in ['.', '|'] {
            mixed.extend(exchange_parts(first, second, separator));
        }
        for text in mixed.iter().filter(|text| *text != first && *text != second) {
            harness
                .refuses_text(text, a.key.as_deref(), "parts of two tokens")
                .await;
            harness
                .refuses_text(text, b.key.as_deref(), "parts of two tokens")
                .await;
        }
    }
    Ok(())
}

/// `first` with each part in turn replaced by the part of `second` at the same position.
fn exchange_parts(first: &str, second: &str, separator: char) -> Vec<String> {
    let parts = |text: &str| text.split(separator).map(str::to_owned).collect::<Vec<_>>();
    let (first, second) = (parts(first), parts(second));
    let places = 0..first.len().min(second.len());
    let exchanged = places.map(|place| {
        let mut mixed = first.clone();
        mixed[place].clone_from(&second[place]);
        mixed.join(&separator.to_string())
    });
    exchanged.collect()
}

/// Any text that is not a token is refused: empty and huge texts, control characters, other alphabets, texts of separators
/// only. None of them causes a server error, and none stops the verifier.
pub async fn hostile_text_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let token = harness.issued(&owner).await;
    let common = [
        "", " ", "\0", "\r\n", "\u{7f}", ".", "..", "...", "|", "||", "0|", "|0", "a.b.c", "e30.e30.", "null",
    ];
    let unusual = [
        "-1|x",
        "ñandú",
        "\u{202e}",
        "１|x",
        "' OR 1=1 --",
        "%s%n",
        "${jndi:x}",
        "../../etc/passwd",
        "{}",
        "[]",
    ];
    let mut texts: Vec<String> = [common.as_slice(), &unusual]
        .concat()
        .into_iter()
        .map(str::to_owned)
        .collect();
    for part in ["A", ".", "|", "[", "{\"a\":", "9", "é", "\u{1f511}", "="] {
        texts.push(part.repeat(100));
        texts.push(part.repeat(10_000));
        texts.push(part.repeat(1_000_000));
    }
    texts.push(format!("{}{}", token.text, "A".repeat(1_000_000)));
    texts.push(format!(
        "{}.{}.{}",
        "A".repeat(5000),
        "A".repeat(5000),
        "A".repeat(5000)
    ));
    for text in &texts {
        let shown: String = text.chars().take(20).collect();
        for key in [token.key.as_deref(), None, Some(text.as_str())] {
            harness
                .refuses_text(text, key, &format!("{shown:?}… ({} bytes)", text.len()))
                .await;
        }
    }
    harness.accepts(&token, "after all that").await;
    Ok(())
}

/// A token is valid at its own flavour only, also for the same owner, on the same store, under the same key.
pub async fn another_flavours_token_is_refused(harness: Harness) -> LawResult {
    let owner = harness.owner().await;
    let ours = harness.issued(&owner).await;
    let theirs = harness.issue_foreign(&owner).await?;
    let theirs = theirs.map_err(|_| Unsupported("the other flavour issues nothing"))?;
    let there = harness.verify_foreign(&theirs.text, theirs.key.as_deref()).await?;
    assert!(there.is_accepted(), "their token at their flavour: {there:?}");
    for key in [theirs.key.as_deref(), ours.key.as_deref()] {
        harness
            .refuses_text(&theirs.text, key, "their token at our flavour")
            .await;
        let there = harness.verify_foreign(&ours.text, key).await?;
        assert!(there.is_refused(), "our token at their flavour was answered {there:?}");
    }
    harness.accepts(&ours, "our token at our flavour").await;
    Ok(())
}

/// A token is refused once its session's number is another owner's, or another flavour's: the record decides whose a
/// session is, not the token. Numbers are given again after a restore from a backup.
pub async fn the_record_of_a_session_decides_whose_it_is(harness: Harness) -> LawResult {
    recorded(&harness)?;
    let (owner, other_owner) = (harness.owner().await, harness.owner().await);
    let another_owners = harness.issued(&other_owner).await;
    let another_flavours = harness.issue_foreign(&owner).await?.expect("the owner is entitled");
    for (session, whose) in [
        (another_owners, "another owner's"),
        (another_flavours, "another flavour's"),
    ] {
        let Ok(token) = harness.issue_naming(&owner, &session).await? else {
            continue;
        };
        // A token with a record of its own is not known by its session's number.
        if token.id == session.id {
            harness.rejects(&token, &format!("its session is {whose}")).await;
        }
    }
    Ok(())
}
