//! Which page is at which address.

use super::acting::Acted;
use super::pages::{
    account, account_acts, accounts, audit, health, keys, me, operator_acts, operators, organisation_acts,
    partner_acts, partners, role_acts, roles,
};
use super::reply::{Reply, Trouble};
use super::visit::Visit;

/// The page at the address of this visit.
pub(super) async fn route(visit: &Visit<'_>) -> Result<Acted, Trouble> {
    let parts: Vec<&str> = visit.path.split('/').skip(1).collect();
    match parts.as_slice() {
        [] | [""] => Ok(Reply::See(visit.at("/accounts")).into()),
        ["accounts"] => accounts::list(visit).await,
        ["accounts", "new"] => account_acts::create(visit).await,
        ["accounts", number] => account::show(visit, number).await,
        ["accounts", number, "disable"] => account_acts::disable(visit, number).await,
        ["accounts", number, "enable"] => account_acts::enable(visit, number).await,
        ["accounts", number, "role"] => account_acts::set_role(visit, number).await,
        ["accounts", number, "password"] => account_acts::set_password(visit, number).await,
        ["accounts", number, "sign-out"] => account_acts::end_sessions(visit, number).await,
        ["accounts", number, "sessions", session, "end"] => account_acts::end_one(visit, number, session).await,
        ["me"] => me::show(visit).await,
        ["me", "password"] => me::change_password(visit).await,
        ["me", "sessions", session, "end"] => me::end_one(visit, session).await,
        ["operators"] => operators::list(visit).await,
        ["operators", "new"] => operator_acts::add(visit).await,
        ["operators", number] => operators::show(visit, number).await,
        ["operators", number, "disable"] => operator_acts::disable(visit, number).await,
        ["operators", number, "enable"] => operator_acts::enable(visit, number).await,
        ["operators", number, "role"] => operator_acts::set_role(visit, number).await,
        ["operators", number, "password"] => operator_acts::set_password(visit, number).await,
        ["operators", number, "sign-out"] => operator_acts::end_all(visit, number).await,
        ["operators", number, "sessions", session, "end"] => operator_acts::end_one(visit, number, session).await,
        ["partners"] => partners::list(visit).await,
        ["partners", "new"] => partner_acts::create(visit).await,
        ["partners", "rotate"] => partner_acts::rotate(visit).await,
        ["partners", "disable"] => partner_acts::disable(visit).await,
        ["partners", "enable"] => partner_acts::enable(visit).await,
        ["organisations"] => partners::organisations(visit).await,
        ["organisations", "new"] => organisation_acts::create(visit).await,
        ["organisations", "put"] => organisation_acts::change(visit).await,
        ["roles"] => roles::list(visit).await,
        ["roles", "new"] => role_acts::create(visit).await,
        ["roles", "put"] => role_acts::change(visit).await,
        ["keys"] => keys::list(visit).await,
        ["keys", "rotate"] => keys::rotate(visit).await,
        ["keys", "retire"] => keys::retire(visit).await,
        ["audit"] => audit::list(visit).await,
        ["health"] => health::show(visit).await,
        ["health", "numbers"] => health::numbers(visit).await,
        _ => Err(Trouble::NotFound),
    }
}
