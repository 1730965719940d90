//! What operators can do, and who may: the one table of acts.

use crate::operators::OperatorRole::{self, Operator, Owner, Viewer};

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = ($command:literal, $needs:expr, $care:ident, $done:literal),)+) => {
        /// Something that an operator does. Each is possible by a command as well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Act {
            $($(#[$doc])* $act,)+
        }

        impl Act {
            /// All of them.
            pub(super) const ALL: &[Self] = &[$(Self::$act,)+];

            fn rule(self) -> Rule {
                match self {
                    $(Self::$act => Rule { command: $command, needs: $needs, care: Care::$care, done: $done },)+
                }
            }
        }
    };
}

/// What is asked for before an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// One click: only for what ends one session.
    Plain,
    /// The operator's password, unless it was typed a short time ago.
    Password,
    /// The operator's password, always: a field of the form that the act itself checks.
    OwnPassword,
}

struct Rule {
    command: &'static str,
    needs: OperatorRole,
    care: Care,
    done: &'static str,
}

acts! {
    /// Another password of the operator's own.
    ChangeOwnPassword = ("operator set-password", Viewer, OwnPassword, "The password is changed. Your other sessions have ended."),
    /// Another session of the operator's own.
    EndOwnSession = ("token revoke", Viewer, Plain, "The session is ended."),
    /// An account with a password.
    CreateAccount = ("account add", Operator, Password, "The account is created."),
    /// An account that cannot sign in; its tokens are revoked.
    DisableAccount = ("account disable", Operator, Password, "The account is disabled, and its tokens are revoked."),
    /// An account that can sign in again.
    EnableAccount = ("account enable", Operator, Password, "The account is enabled. It has to sign in again."),
    /// What an account may do.
    SetAccountRole = ("account set-role", Operator, Password, "The role is changed. Active tokens follow it."),
    /// A new password for an account.
    SetAccountPassword = ("account set-password", Operator, Password, "The password is changed."),
    /// All tokens of an account.
    EndSessions = ("token revoke", Operator, Password, "All tokens of the account are revoked."),
    /// One session or device of an account.
    EndSession = ("token revoke", Operator, Plain, "The session is ended."),
    /// A person who administers the server.
    AddOperator = ("operator add", Owner, Password, "The operator is created."),
    /// What an operator may do.
    SetOperatorRole = ("operator set-role", Owner, Password, "The role is changed. The operator has to sign in again."),
    /// A new password for an operator.
    SetOperatorPassword = ("operator set-password", Owner, Password, "The password is changed."),
    /// An operator who cannot sign in.
    DisableOperator = ("operator disable", Owner, Password, "The operator is disabled, and signed out everywhere."),
    /// An operator who can sign in again.
    EnableOperator = ("operator enable", Owner, Password, "The operator is enabled."),
    /// All sessions of an operator.
    EndOperatorSessions = ("token revoke", Owner, Password, "All sessions of the operator are ended."),
    /// One session of an operator.
    EndOperatorSession = ("token revoke", Owner, Plain, "The session is ended."),
    /// A partner with a token.
    CreateConsumer = ("consumer put", Operator, Password, "The partner is created."),
    /// Another token for a partner; the one before is accepted for a while.
    RotateConsumer = ("consumer rotate", Operator, Password, "The partner has a new token."),
    /// A partner whose calls are refused.
    DisableConsumer = ("consumer disable", Operator, Password, "The partner is disabled."),
    /// A partner whose calls are accepted again.
    EnableConsumer = ("consumer enable", Operator, Password, "The partner is enabled."),
    /// An organisation, new or changed.
    PutOrganisation = ("organisation put", Operator, Password, "The organisation is saved."),
    /// A role, new or with other permissions.
    PutRole = ("role put", Owner, Password, "The role is saved. Active tokens follow it."),
    /// The next signing key of a flavour.
    RotateKey = ("key rotate", Owner, Password, "The new key is made and published."),
    /// A signing key that verifies nothing any more.
    RetireKey = ("key retire", Owner, Password, "The key is retired."),
}

impl Act {
    /// The command that does the same. The audit log has it behind `console`.
    pub(super) fn command(self) -> &'static str {
        self.rule().command
    }

    /// The least role that may.
    pub(super) fn needs(self) -> OperatorRole {
        self.rule().needs
    }

    /// Whether the password is asked for, unless it was typed a short time ago.
    pub(super) fn is_dangerous(self) -> bool {
        self.rule().care == Care::Password
    }

    /// What is said afterwards.
    pub(super) fn done(self) -> &'static str {
        self.rule().done
    }

    /// Whether this role may. The only place that decides it.
    pub(super) fn allows(self, role: OperatorRole) -> bool {
        role >= self.needs()
    }

    /// Its word in a cookie.
    pub(super) fn word(self) -> String {
        format!("{self:?}")
    }

    /// The act of this word.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|act| act.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_changes_only_what_is_the_viewers_own_and_an_owner_may_all() {
        for act in Act::ALL {
            let is_own = matches!(act, Act::ChangeOwnPassword | Act::EndOwnSession);
            assert!(act.allows(Viewer) == is_own && act.allows(Owner), "{act:?}");
            assert_eq!(Act::of_word(&act.word()), Some(*act));
        }
        assert_eq!(Act::of_word("Else"), None);
    }
}
