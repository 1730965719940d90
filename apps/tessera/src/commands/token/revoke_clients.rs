//! Revokes the tokens of many clients, client by client.

use consumer_auth::ClientsOf;

use crate::commands::admin::Admin;
use crate::commands::patience::patiently;

/// How many clients are read at once.
const PAGE: u32 = 500;

/// Revokes all tokens of these clients, and says how many clients there are. What was revoked stays so if it ends half
/// way; then it is to be called again. A token that a client gets meanwhile may go on: to leave none, disable the consumer
/// first.
pub async fn revoke_clients(admin: &Admin, of: &ClientsOf) -> anyhow::Result<u64> {
    let (mut revoked, mut after) = (0, None);
    loop {
        let clients = patiently(async || admin.consumers().clients(of, after, PAGE).await).await?;
        for client in &clients {
            patiently(async || admin.token_admin().end_sessions(*client, admin.now()).await).await?;
            revoked += 1;
        }
        after = clients.last().copied();
        if after.is_none() {
            return Ok(revoked);
        }
    }
}
