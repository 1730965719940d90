//! Clients that share an address, a network, or nothing that is known.

use std::time::Duration;

use auth_core::UNKNOWN_SOURCE;

use super::fixture::{Harness, MANY, REALM, address, answered, answered_names, in_network};
use crate::law::LawResult;
use crate::sign_in_harness::Guess;

/// Who has signed in from an address is not locked out by neighbours behind it, nor by guesses from elsewhere, however long
/// they go on. Their own guesses are limited as before.
pub async fn a_familiar_owner_is_not_locked_out(harness: Harness) -> LawResult {
    harness.account(REALM, "ann", None).await;
    harness.account(REALM, "cid", None).await;
    let right = async |name, from| harness.guess(REALM, name, true, from).await;
    assert_eq!(right("ann", address(1)).await, Guess::Right, "before");
    for hour in 0..3 {
        answered_names(&harness, MANY, |_| address(1)).await;
        answered(&harness, &["ann"], |n| address(1000 + n)).await;
        assert_eq!(
            right("cid", address(1)).await,
            Guess::Throttled,
            "an unfamiliar neighbour"
        );
        assert_eq!(
            right("ann", address(2)).await,
            Guess::Throttled,
            "an unfamiliar address"
        );
        assert_eq!(right("ann", address(1)).await, Guess::Right, "in hour {hour}");
        harness.pass(Duration::from_secs(60 * 60)).await;
    }
    let guesses = answered(&harness, &["ann"], |_| address(1)).await;
    assert!(guesses < MANY / 4, "{guesses} guesses from a familiar address");
    Ok(())
}

/// Guesses from the many /64 of one IPv6 network are limited together, the more loosely the wider the network is: for a
/// /64, a /56, a /48. Another network is not affected.
pub async fn the_networks_of_an_ipv6_network_are_limited_together(harness: Harness) -> LawResult {
    harness.account(REALM, "ann", None).await;
    let single = answered_names(&harness, 1000, |_| in_network(0, 1)).await;
    let site = answered_names(&harness, 1000, |n| in_network(n % 256, 2)).await;
    let whole = answered_names(&harness, 1000, |n| in_network(n * 16, 3)).await;
    let shown = format!("{single} from a /64, {site} from a /56, {whole} from a /48");
    assert!(0 < single && single < site && site < whole && whole < 1000, "{shown}");
    let guess = harness.guess(REALM, "ann", true, in_network(0, 4)).await;
    assert_eq!(guess, Guess::Right, "from another network");
    Ok(())
}

/// Requests whose address is unknown count as one client with the strictest limit, and are never familiar: nothing distinguishes
/// the owner from the attacker there.
pub async fn requests_of_unknown_source_are_one_client(harness: Harness) -> LawResult {
    harness.account(REALM, "ann", None).await;
    let right = async |from| harness.guess(REALM, "ann", true, from).await;
    let one_pair = answered(&harness, &["somebody"], |_| address(1)).await;
    assert_eq!(right(UNKNOWN_SOURCE).await, Guess::Right, "before");
    let together = answered_names(&harness, MANY, |_| UNKNOWN_SOURCE).await;
    assert!(
        0 < together && together <= one_pair,
        "{together} names, against {one_pair}"
    );
    assert_eq!(right(UNKNOWN_SOURCE).await, Guess::Throttled, "from the unknown source");
    assert_eq!(right(address(2)).await, Guess::Right, "from a known address");
    Ok(())
}
