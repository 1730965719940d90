//! One PEM block (RFC 7468).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::KeyError;
use super::secret::SecretBytes;

/// The bytes of the only block in `text`, which has this label. White space around the block is allowed; other text is
/// not, because it is more likely a mistake than a comment.
pub(super) fn decode(text: &str, label: &str) -> Result<SecretBytes, KeyError> {
    let body = text
        .trim()
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.strip_prefix(label))
        .and_then(|rest| rest.strip_prefix("-----"))
        .and_then(|rest| rest.strip_suffix("-----"))
        .and_then(|rest| rest.strip_suffix(label))
        .and_then(|rest| rest.strip_suffix("-----END "))
        .ok_or(KeyError::Pem)?;
    let digits = SecretBytes::new(body.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    STANDARD
        .decode(digits.expose())
        .map(SecretBytes::new)
        .map_err(|_| KeyError::Pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_block_with_the_expected_label_is_read() {
        let pem = "\n-----BEGIN PUBLIC KEY-----\r\nZm9v\r\nYmFy\r\n-----END PUBLIC KEY-----\n";
        assert_eq!(decode(pem, "PUBLIC KEY").unwrap().expose(), b"foobar");
        for bad in [
            pem.replace("PUBLIC", "PRIVATE"),
            pem.replace("END PUBLIC", "END PRIVATE"),
            pem.replace("YmFy", "YmF"),
            pem.replace("YmFy", "Ym-_"),
            pem.replace("Zm9v", "Proc-Type: 4,ENCRYPTED"),
            format!("{pem}{pem}"),
            format!("comment\n{pem}"),
            String::new(),
        ] {
            assert_eq!(decode(&bad, "PUBLIC KEY").err(), Some(KeyError::Pem), "{bad}");
        }
    }
}
