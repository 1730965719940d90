//! The vocabulary: what happened, and why something was revoked.

use std::fmt;

macro_rules! words {
    ($(#[$of:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its word, as it is stored. It never changes.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What happened. A new event is one line here, and one call of [`Provenance::entry`](super::Provenance::entry) in each
    /// store.
    AuditEvent {
        /// A sign-in, or a refresh of an opaque token, issued a token. A sign-in that succeeded is this entry.
        TokenIssued = "token_issued",
        /// A token expires earlier than it would have: another one takes its place, or its owner wanted it so.
        TokenShortened = "token_shortened",
        /// A refresh token was used, and replaced by its successor.
        TokenRefreshed = "token_refreshed",
        /// A token or session was revoked. The detail is the [`Cause`].
        TokenRevoked = "token_revoked",
        /// A used refresh token was presented again: two parties held it. Its session was revoked.
        RefreshReused = "refresh_reused",
        /// All tokens of one account were revoked.
        SessionsEnded = "sessions_ended",
        /// All tokens of all accounts were revoked.
        AllSessionsEnded = "all_sessions_ended",
        /// So many sign-ins were refused in a while, for one reason. Not in a transaction with anything.
        SignInsRefused = "sign_ins_refused",
        /// An account was created. The detail has its role, and what its attributes are called.
        AccountCreated = "account_created",
        /// An account was disabled, and its tokens were revoked.
        AccountDisabled = "account_disabled",
        /// An account was enabled.
        AccountEnabled = "account_enabled",
        /// An account got another role, or none.
        AccountRoleSet = "account_role_set",
        /// The names of an account were stored in another form.
        AccountNamesFolded = "account_names_folded",
        /// An account got other attributes.
        AccountAttributesSet = "account_attributes_set",
        /// A password was set by an administrator.
        PasswordSet = "password_set",
        /// A password was changed, by a caller who knew the old one.
        PasswordChanged = "password_changed",
        /// A right password was hashed again, at the configured cost.
        PasswordUpgraded = "password_upgraded",
        /// A role was created or got other permissions. The detail has the role's name, and how many permissions and which.
        RolePut = "role_put",
        /// An organisation was created or changed. The detail has its name, subdomain and offset.
        OrganisationPut = "organisation_put",
        /// A consumer was created, or got another token.
        ConsumerPut = "consumer_put",
        /// A consumer got a second token, and the one before is accepted for a while.
        ConsumerRotated = "consumer_rotated",
        /// A consumer was disabled.
        ConsumerDisabled = "consumer_disabled",
        /// A consumer was enabled.
        ConsumerEnabled = "consumer_enabled",
        /// A consumer vouched for a client for the first time; where the client was new, it was created.
        ClientVouched = "client_vouched",
        /// A resource server was created, or got another secret and audience.
        ResourceServerPut = "resource_server_put",
        /// A resource server got a second secret, and the one before is accepted for a while.
        ResourceServerRotated = "resource_server_rotated",
        /// A resource server may ask about other flavours.
        ResourceServerAudienceSet = "resource_server_audience_set",
        /// A resource server was disabled.
        ResourceServerDisabled = "resource_server_disabled",
        /// A resource server was enabled.
        ResourceServerEnabled = "resource_server_enabled",
        /// A flavour got its first signing key.
        KeyAdded = "key_added",
        /// A flavour got another signing key, and its others retire.
        KeyRotated = "key_rotated",
        /// A signing key retires.
        KeyRetired = "key_retired",
        /// Signing keys were replaced at once: the old ones verify nothing.
        KeysReplaced = "keys_replaced",
        /// The secret of a key that retired long ago was erased.
        KeyErased = "key_erased",
        /// One more master key opens the database.
        MasterKeyAccepted = "master_key_accepted",
        /// One master key opens the database, and those that did before no longer do.
        MasterKeysRetired = "master_keys_retired",
        /// The database got another master key and another root key, and its signing keys were sealed under that.
        MasterKeyChanged = "master_key_changed",
        /// The chain of seals was begun anew by an administrator.
        AuditRestarted = "audit_restarted",
        /// Everything was copied into this database from another one.
        DataCopied = "data_copied",
        /// Accounts or tokens were taken over from another system; the detail says how many.
        MovedIn = "moved_in",
        /// Everything in this database was written into a file.
        DataExported = "data_exported",
        /// Everything was read into this database from a file.
        DataImported = "data_imported",
    }
}

words! {
    /// Why a token was revoked.
    Cause {
        /// Its bearer signed out, or had it revoked.
        SignOut = "sign_out",
        /// A used refresh token was presented again.
        Reuse = "reuse",
        /// Its owner holds as many tokens as allowed, and a newer one took its place.
        Displaced = "displaced",
        /// A client had it revoked at the revocation endpoint (RFC 7009).
        RevocationRequest = "revocation_request",
        /// Somebody reported that it leaked.
        Leaked = "leaked",
        /// Its owner replaced the token that it had taken the place of, once more.
        Replaced = "replaced",
    }
}
