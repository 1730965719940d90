//! How many guesses there are.

use super::fixture::{Harness, MANY, OTHER_REALM, REALM, address, answered};
use crate::law::LawResult;
use crate::sign_in_harness::Guess;

/// An account with a login and an alias allows as many guesses as one with a login only: from one address, and from any
/// number of them. During the lock the right password is refused with both names.
pub async fn names_of_one_account_share_their_guesses(harness: Harness) -> LawResult {
    harness.account(REALM, "one@example.com", None).await;
    harness.account(REALM, "two@example.com", Some("two")).await;
    let one = answered(&harness, &["one@example.com"], |_| address(1)).await;
    let two = answered(&harness, &["two@example.com", "two"], |_| address(2)).await;
    assert!(0 < one && one < MANY, "{one} guesses from one address");
    assert_eq!(two, one, "guesses from one address, with two names");
    for name in ["two@example.com", "two"] {
        let guess = harness.guess(REALM, name, true, address(2)).await;
        assert_eq!(guess, Guess::Throttled, "the right password for {name}");
    }
    let one = answered(&harness, &["one@example.com"], |n| address(1000 + n)).await;
    let two = answered(&harness, &["two", "two@example.com"], |n| address(2000 + n)).await;
    assert!(0 < one && one < MANY, "{one} guesses from many addresses");
    assert_eq!(two, one, "guesses from many addresses, with two names");
    for name in ["two@example.com", "two"] {
        let guess = harness.guess(REALM, name, true, address(3000)).await;
        assert_eq!(guess, Guess::Throttled, "the right password for {name} from elsewhere");
    }
    Ok(())
}

/// The same login in two realms is two accounts, and a name that no account has in either is two names: a lock in one
/// realm locks nobody in the other, from the same address or another one.
pub async fn a_name_in_another_realm_has_its_own_guesses(harness: Harness) -> LawResult {
    harness.account(REALM, "ann", None).await;
    harness.account(OTHER_REALM, "ann", None).await;
    for name in ["ann", "nobody"] {
        answered(&harness, &[name], |_| address(1)).await;
        answered(&harness, &[name], |n| address(1000 + n)).await;
        let here = harness.guess(REALM, name, false, address(3000)).await;
        assert_eq!(here, Guess::Throttled, "{name} in the realm that was attacked");
    }
    for from in [address(1), address(1000), address(3001)] {
        let guess = harness.guess(OTHER_REALM, "ann", true, from).await;
        assert_eq!(guess, Guess::Right, "from {from}");
        let guess = harness.guess(OTHER_REALM, "nobody", false, from).await;
        assert_eq!(guess, Guess::Wrong, "from {from}");
    }
    Ok(())
}

/// A name that no account has allows as many guesses as an account, so that the number does not show which accounts
/// exist.
pub async fn unknown_names_have_as_many_guesses_as_accounts(harness: Harness) -> LawResult {
    harness.account(REALM, "known", None).await;
    let known = answered(&harness, &["known"], |_| address(1)).await;
    let unknown = answered(&harness, &["unknown"], |_| address(2)).await;
    assert_eq!(unknown, known, "from one address");
    let known = answered(&harness, &["known"], |n| address(1000 + n)).await;
    let unknown = answered(&harness, &["unknown"], |n| address(2000 + n)).await;
    assert_eq!(unknown, known, "from many addresses");
    Ok(())
}

/// An attempt that is refused for its account reads nothing from the store, whichever name is used.
pub async fn a_refused_attempt_reads_nothing(harness: Harness) -> LawResult {
    harness.account(REALM, "ann@example.com", Some("ann")).await;
    answered(&harness, &["ann@example.com", "ann"], |_| address(1)).await;
    let before = harness.look_ups().await?;
    let names = ["ann@example.com", "ann"];
    assert_eq!(answered(&harness, &names, |_| address(1)).await, 0, "while locked");
    assert_eq!(harness.look_ups().await?, before, "look-ups for refused attempts");
    Ok(())
}
