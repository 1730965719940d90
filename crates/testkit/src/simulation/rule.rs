//! The rules by which every answer is judged.

use std::fmt;

/// A rule of the model. `docs/RELIABILITY.md` says what each of them means, and what breaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is shown as a sentence")]
pub enum Rule {
    RevocationsAreKept,
    LiveSessionsAreKept,
    OneSuccessor,
    RefreshTokensWorkOnce,
    GuessesRenewNothing,
    NoHalfSession,
    NoTokenOfADisabledAccount,
    NoSignInOfADisabledAccount,
    EnabledAccountsSignIn,
    OldPasswordsAreRefused,
    ThePasswordIsAccepted,
    NoRightThatItsOwnerLacks,
    TokensExpire,
    SessionsEnd,
    IdleSessionsEnd,
    SessionsHaveOneOwner,
    TokensAreTheirOwners,
    OneSignOutEnds,
    NoAnswerWithoutTheFeed,
    NoTokenOfAReplacedKey,
    QuietServersAnswer,
}

impl Rule {
    /// All rules.
    pub const ALL: [Self; 21] = [
        Self::RevocationsAreKept,
        Self::LiveSessionsAreKept,
        Self::OneSuccessor,
        Self::RefreshTokensWorkOnce,
        Self::GuessesRenewNothing,
        Self::NoHalfSession,
        Self::NoTokenOfADisabledAccount,
        Self::NoSignInOfADisabledAccount,
        Self::EnabledAccountsSignIn,
        Self::OldPasswordsAreRefused,
        Self::ThePasswordIsAccepted,
        Self::NoRightThatItsOwnerLacks,
        Self::TokensExpire,
        Self::SessionsEnd,
        Self::IdleSessionsEnd,
        Self::SessionsHaveOneOwner,
        Self::TokensAreTheirOwners,
        Self::OneSignOutEnds,
        Self::NoAnswerWithoutTheFeed,
        Self::NoTokenOfAReplacedKey,
        Self::QuietServersAnswer,
    ];
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RevocationsAreKept => "no revocation is forgotten",
            Self::LiveSessionsAreKept => "a live session is never lost",
            Self::OneSuccessor => "one successor",
            Self::RefreshTokensWorkOnce => "a refresh token works once",
            Self::GuessesRenewNothing => "a guess renews nothing",
            Self::NoHalfSession => "no half session",
            Self::NoTokenOfADisabledAccount => "no token of a disabled account",
            Self::NoSignInOfADisabledAccount => "nobody signs in to a disabled account",
            Self::EnabledAccountsSignIn => "an enabled account signs in",
            Self::OldPasswordsAreRefused => "an old password is refused",
            Self::ThePasswordIsAccepted => "the password is accepted",
            Self::NoRightThatItsOwnerLacks => "no right that its owner lacks",
            Self::TokensExpire => "a token expires",
            Self::SessionsEnd => "a session ends",
            Self::IdleSessionsEnd => "an idle session ends",
            Self::SessionsHaveOneOwner => "a session has one owner",
            Self::TokensAreTheirOwners => "a token is its owner's",
            Self::OneSignOutEnds => "one sign-out ends a session",
            Self::NoAnswerWithoutTheFeed => "no answer without the feed",
            Self::NoTokenOfAReplacedKey => "no token of a replaced key",
            Self::QuietServersAnswer => "a quiet server answers",
        })
    }
}
