//! E-mail addresses of clients.

use auth_core::{FoldedLogin, InvalidName};

/// An e-mail address as given, with the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldedEmail {
    typed: String,
    folded: FoldedLogin,
}

impl FoldedEmail {
    /// Folds an address as given, trimmed.
    ///
    /// # Errors
    /// [`InvalidName`] if no client can have it (see [`FoldedLogin::parse`]).
    pub fn parse(typed: &str) -> Result<Self, InvalidName> {
        let folded = FoldedLogin::parse(typed)?;
        let typed = typed.trim().to_owned();
        Ok(Self { typed, folded })
    }

    /// The address as given, trimmed.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// The form in which addresses are compared.
    pub(crate) fn folded(&self) -> &FoldedLogin {
        &self.folded
    }
}
