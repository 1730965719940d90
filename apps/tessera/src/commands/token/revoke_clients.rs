//! Revokes the tokens of many clients, client by client.

use anyhow::Context;
use consumer_auth::ClientsOf;

use crate::commands::admin::Admin;
use crate::commands::change_log::HalfDone;
use crate::commands::patience::patiently;
use crate::commands::progress::Progress;

/// How many clients are read at once.
const PAGE: u32 = 500;

/// Revokes all tokens of these clients, and says how many clients there are. What was revoked stays so if it ends half
/// way; then it is to be called again. A token that a client gets meanwhile may go on: to leave none, disable the consumer
/// first.
pub async fn revoke_clients(admin: &Admin, of: &ClientsOf) -> anyhow::Result<u64> {
    let (mut revoked, mut after) = (0, None);
    let progress = Progress::counting("clients done");
    loop {
        let half_done = || {
            HalfDone(format!(
                "the tokens of {revoked} clients are revoked, and not of all: run it again"
            ))
        };
        let clients = patiently(async || admin.consumers().clients(of, after, PAGE).await).await;
        let clients = clients.with_context(half_done)?;
        for client in &clients {
            let half_done = || {
                HalfDone(format!(
                    "the tokens of {revoked} clients are revoked, and not of all: run it again"
                ))
            };
            let ended = patiently(async || admin.token_admin().end_sessions(*client, admin.now()).await).await;
            ended.with_context(half_done)?;
            revoked += 1;
            progress.at(revoked);
        }
        after = clients.last().copied();
        if after.is_none() {
            return Ok(revoked);
        }
    }
}
