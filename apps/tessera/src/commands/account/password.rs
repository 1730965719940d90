//! `tessera account set-password`.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::bail;
use clap::Args;
use serde_json::json;

use super::{Who, show};
use crate::commands::admin::Admin;
use crate::commands::input;
use crate::commands::report::Report;
use crate::options::Common;

/// Where an administrator's wish comes from, as far as the password threads care.
pub const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Give an account another password, read from the terminal or from standard input. Its sessions end, unless
/// `passwords.end_sessions` is off.
#[derive(Debug, Args)]
pub struct SetPassword {
    #[command(flatten)]
    who: Who,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// End its sessions whatever the settings say: for a password that others may know.
    #[arg(long)]
    end_sessions: bool,
}

impl SetPassword {
    pub fn run(self, common: &Common) -> anyhow::Result<()> {
        Admin::run(common, async |admin| {
            let account = self.who.find(admin).await?;
            if account.realm.organisation().is_some() {
                bail!(
                    "account {} is a client: it has no password, its consumers vouch for it",
                    account.subject
                );
            }
            let ends = self.end_sessions || admin.config.passwords.end_sessions;
            let password = input::new_password(self.password_stdin)?;
            admin
                .password_setter()?
                .set(account.subject, &password, ends, HERE)
                .await?;
            let sessions = if ends {
                "its sessions have ended"
            } else {
                "its sessions live on"
            };
            let line = format!("account {} has another password; {sessions}", show::named(&account));
            Ok(Report::new(
                line,
                json!({ "id": account.subject.0, "sessions_ended": ends }),
            ))
        })
    }
}
