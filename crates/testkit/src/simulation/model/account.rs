//! Accounts and roles, as their operators know them.

use std::time::Duration;

use auth_core::Subject;

use super::Rights;
pub(crate) use super::register::Register;

/// A role.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) rights: Register<Rights>,
    /// Whether somebody is editing it.
    pub(crate) busy: bool,
}

/// An account.
pub(crate) struct Account {
    pub(crate) subject: Subject,
    /// The place of its role.
    pub(crate) role: Register<usize>,
    /// Its password, by the number that was given to it.
    pub(crate) password: Register<u64>,
    /// A hash of its password that somebody has read, perhaps long ago.
    pub(crate) seen_hash: Option<String>,
    pub(crate) state: State,
    /// Changes when a change of it begins or ends.
    epoch: u64,
    /// Whether somebody is changing it.
    busy: bool,
    /// How many sign-ins ended without an answer that says whether there is a session.
    pub(crate) uncertain_sign_ins: usize,
}

/// Whether an account may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Enabled,
    /// With the time at which that was acknowledged.
    Disabled(Duration),
    /// It is being changed, or a change had no answer.
    Unknown,
}

/// What was known of an account at the beginning of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    epoch: u64,
}

impl Account {
    pub(crate) fn new(subject: Subject, role: usize) -> Self {
        Self {
            subject,
            role: Register::new(role),
            password: Register::new(0),
            seen_hash: None,
            state: State::Enabled,
            epoch: 0,
            busy: false,
            uncertain_sign_ins: 0,
        }
    }

    /// Reserves it for a change. `false` if it is being changed.
    pub(crate) fn take(&mut self) -> bool {
        let free = !self.busy;
        self.busy = true;
        self.epoch += u64::from(free);
        free
    }

    /// The change is over.
    pub(crate) fn release(&mut self) {
        self.busy = false;
        self.epoch += 1;
    }

    pub(crate) fn standing(&self) -> Standing {
        Standing {
            state: self.state,
            epoch: self.epoch,
        }
    }

    /// What was known, if nothing has begun or ended since that could change it, and nothing is under way.
    pub(crate) fn unchanged(&self, since: Standing) -> Option<State> {
        (self.epoch == since.epoch && !self.busy).then_some(since.state)
    }
}
