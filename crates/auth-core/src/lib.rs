#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod audit;
mod contract;
#[cfg(feature = "passwords")]
mod passwords;
mod sessions;
#[cfg(feature = "test-support")]
pub mod testing;

pub use audit::{
    Actor, AuditAnchor, AuditCursor, AuditEntry, AuditEvent, AuditFilter, AuditKey, AuditMark, AuditMarks,
    AuditOutcome, AuditRow, AuditSeal, AuditSealer, AuditStore, AuditVerifier, Cause, Fault, FaultKind, InvalidAnchor,
    Provenance, SealError, Sealed, SealedEntry, SettledEntries, UnsealedEntries, UnsealedLinks, UnsignedMark,
    Verdict as AuditVerdict,
};
pub use contract::account::{Account, Attributes, Generation, NewAccount, Realm, Subject};
pub use contract::account_store::{AccountStore, Demoted, Demotion, DemotionOutcome, NameKind, NamePage, NamedAccount};
pub use contract::change_watch::{ChangeNotices, ChangeWatch};
pub use contract::client_network::{ClientNetwork, UNKNOWN_SOURCE, WiderNetwork};
pub use contract::clock::{CLOCK_SKEW, Clock, SystemClock, Timestamp};
pub use contract::durations::{DurationCounts, Durations};
pub use contract::entropy::{Entropy, EntropyError, SystemEntropy, random_bytes};
pub use contract::error::{
    IssueError, IssuerSetupError, RefreshError, Rejection, RevokeError, StoreError, Unavailable, VerifyError,
};
pub use contract::invalid_name::InvalidName;
pub use contract::issuer::{Capabilities, Issuer, Verification, Verifier, verify};
pub use contract::peppers::{NoPeppers, PepperOpener};
pub use contract::refresh_state::{RefreshState, Selector};
pub use contract::scope::{Scope, Scopes};
pub use contract::secret::{PlainToken, SecretKey, TokenDigest};
pub use contract::signed_claims::{ClaimsProfile, SignedClaims, SubjectClaim, UnsignedToken};
pub use contract::token::{
    FlavourName, Grant, IssuedToken, Lifetime, PresentedToken, Replaced, SessionRef, Sharing, TokenId,
};
pub use contract::token_store::{
    Change, FeedEntry, FeedState, IdleLife, NewToken, RefreshSession, Replacement, TokenRecord, TokenStore,
};
pub use contract::verified_token::{VerifiedParts, VerifiedToken};
pub use sessions::imported::{
    AccountImport, ImportMode, ImportOutcome, ImportStore, ImportedDigest, ImportedRecords, ImportedToken,
    ImportedTokenStore, ImportedTokens, MalformedDigest, NotRecorded, SignedArrival, SignedImport, SignedImports,
    TokenImport, UnacceptableText, key_number,
};
pub use sessions::key_bound::KeyBound;
pub use sessions::refresh::RefreshPolicy;
pub use sessions::registry::{PurgePace, RegistryCounters, RegistryLimits, TokenRegistry};
pub use sessions::service::{Refreshing, SignedIn, TokenCounters, TokenService};
pub use sessions::token_admin::{TokenAdminStore, TokenSummary};
pub use sessions::tracked::Tracked;
pub use sessions::unknown_tokens::{UnknownRead, UnknownTokens};

#[cfg(feature = "passwords")]
pub use passwords::{
    authenticator::PasswordAuthenticator,
    change::{PasswordChange, PasswordSetter, SetPasswordError},
    foreign_hash::{ForeignHash, ForeignHashError},
    hashing::{
        Busy, HashCost, HashCostError, HashEngine, HashError, HashingCounters, HashingOptions, HashingPlace,
        PasswordHasher, Verdict,
    },
    login_name::FoldedLogin,
    password_store::{PasswordRecord, PasswordStore},
    policy::{PasswordPolicy, PolicyViolation},
    refusal_pace::{LateRefusal, RefusalLimits, RefusalPace},
    sign_in_error::SignInError,
    stored_password::{Preparation, StoredPassword, UnusableHash},
    throttle::{Allowance, AllowanceError, Attempt, Throttle, ThrottleCounters, ThrottleLimits, Throttled},
};
