//! What became of a row, counted, with a line where it was not taken over as it is there.

use auth_core::ImportOutcome;

use super::disabled::Disabled;
use super::outcome::{Counts, Outcome};

/// Why a token is refused whose owner is not here.
pub const NO_OWNER: &str = "its owner was not imported: import the people first, or with it";

/// Counts a row of the other system.
pub fn count(
    outcome: &mut Outcome,
    counts: impl Fn(&mut Outcome) -> &mut Counts,
    name: &str,
    came: &ImportOutcome,
) -> anyhow::Result<()> {
    let reason = match came {
        ImportOutcome::Added => {
            counts(outcome).added += 1;
            return Ok(());
        }
        ImportOutcome::Present | ImportOutcome::OtherState | ImportOutcome::NewPepper(_) => {
            counts(outcome).present += 1;
            return Ok(());
        }
        ImportOutcome::Extended => {
            counts(outcome).present += 1;
            outcome.extended += 1;
            return Ok(());
        }
        ImportOutcome::RevokedHere => {
            counts(outcome).present += 1;
            outcome.revoked_here += 1;
            return outcome.note(
                name,
                "the token was revoked here, or ended more than a day ago, and stays so: its clients sign in again",
            );
        }
        ImportOutcome::OtherOwner => "the token was imported for another person".to_owned(),
        ImportOutcome::NameTaken => "an account of the realm has this name, and was not imported".to_owned(),
        ImportOutcome::OtherFlavour(other) => format!("the token was imported for the flavour {other} already"),
        ImportOutcome::NoOwner => NO_OWNER.to_owned(),
        ImportOutcome::OtherLogin => {
            "its key was imported with another login name: it was renamed there, or is of another installation"
                .to_owned()
        }
        ImportOutcome::OwnerDisabled => "its owner is disabled".to_owned(),
        other => format!("{other:?}"),
    };
    refuse(outcome, counts, name, &reason)
}

/// Counts a person, and says where the person is disabled here, or in one of the two systems only.
pub fn count_account(
    outcome: &mut Outcome,
    name: &str,
    disabled: Option<Disabled>,
    came: &ImportOutcome,
) -> anyhow::Result<()> {
    count(outcome, |o| &mut o.accounts, name, came)?;
    outcome.new_peppers += u64::from(matches!(came, ImportOutcome::NewPepper(_)));
    match (came, disabled) {
        (ImportOutcome::Added, Some(reason)) => outcome.came_disabled(name, reason),
        (ImportOutcome::OtherState | ImportOutcome::NewPepper(true), Some(reason)) => {
            let reason = reason.word();
            outcome.differs(
                name,
                &format!("is {reason} there now, and not disabled here: nothing was changed"),
            )
        }
        (ImportOutcome::OtherState | ImportOutcome::NewPepper(true), None) => {
            outcome.differs(name, "is disabled here, and may sign in there: nothing was changed")
        }
        _ => Ok(()),
    }
}

/// Counts a row that was refused, and says why.
pub fn refuse(
    outcome: &mut Outcome,
    counts: impl Fn(&mut Outcome) -> &mut Counts,
    name: &str,
    reason: &str,
) -> anyhow::Result<()> {
    counts(outcome).refused += 1;
    outcome.note(name, reason)
}
