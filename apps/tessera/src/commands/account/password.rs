//! `tessera account set-password`.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{AccountSelector, show};
use crate::acts;
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::report::Report;
use crate::options::Common;

/// The source address of administrators' requests, for the queue of the password threads.
pub const SOURCE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Change an account's password. The new one is read from the terminal or from standard input. Revokes its sessions,
/// unless `passwords.end_sessions` is off.
#[derive(Debug, Args)]
pub struct SetPassword {
    #[command(flatten)]
    account: AccountSelector,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Revoke its sessions in any case, for a password that others may know.
    #[arg(long)]
    end_sessions: bool,
}

impl SetPassword {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.account.find_to_change(admin).await?;
            if account.realm.organisation().is_some() {
                bail!(
                    "account {} is a client: it has no password, its consumers sign it in",
                    account.subject
                );
            }
            let revoke = self.end_sessions || admin.config.passwords.end_sessions;
            let password = input::new_password(self.password_stdin)?;
            let setter = admin.password_setter()?;
            acts::account::set_password(&setter, &account, &password, revoke, SOURCE).await?;
            let sessions = if revoke {
                "its sessions are revoked"
            } else {
                "its sessions stay active"
            };
            let line = format!("account {}: password changed; {sessions}", show::describe(&account));
            Ok(Report::new(
                line,
                json!({ "id": account.subject.0, "sessions_ended": revoke }),
            ))
        })
    }
}
