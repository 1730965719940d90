//! Shared by all administrators' commands. They work directly on the database, also while servers run on it.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::Context;
use auth_core::{
    AccountStore, Clock, Entropy, HashCost, HashingOptions, PasswordHasher, PasswordPolicy, PasswordSetter,
    PasswordStore, Timestamp, TokenAdminStore,
};
use consumer_auth::{ConsumerStore, ResourceServerStore};
use permissions::RoleStore;
use store_diesel::DieselStore;

use super::change_log;
use super::database::open_existing;
use super::report::Report;
use crate::commands;
use crate::config::Config;
use crate::options::Common;
use crate::parts::Stores;

/// The settings, their database, and the clock.
pub struct Admin {
    pub config: Config,
    pub store: DieselStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Admin {
    /// Opens the database, runs the action, logs what it changed, and prints its report.
    pub fn run(common: &Common, action: impl AsyncFnOnce(&Self) -> anyhow::Result<Report>) -> anyhow::Result<()> {
        let config = common.load_config()?;
        let outcome = commands::runtime()?.block_on(async {
            let store = open_existing(&config).await?;
            let admin = Self::of(common, config, store);
            let outcome = change_log::provenance(common).scope(action(&admin)).await;
            anyhow::Ok(outcome)
        })?;
        change_log::finish(common, outcome)
    }

    /// The same of a database that is open.
    pub fn of(common: &Common, config: Config, store: DieselStore) -> Self {
        Self {
            config,
            store,
            clock: common.builder().clock_handle(),
            entropy: common.builder().entropy_handle(),
        }
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    pub fn entropy(&self) -> Arc<dyn Entropy> {
        self.entropy.clone()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The ports of the database, for acts.
    pub fn stores(&self) -> Stores {
        Stores::from(&self.store)
    }

    pub fn accounts(&self) -> Arc<dyn AccountStore> {
        self.store.accounts()
    }

    pub fn passwords(&self) -> Arc<dyn PasswordStore> {
        self.store.passwords()
    }

    pub fn token_admin(&self) -> Arc<dyn TokenAdminStore> {
        self.store.token_admin()
    }

    pub fn roles(&self) -> Arc<dyn RoleStore> {
        self.store.roles()
    }

    pub fn consumers(&self) -> Arc<dyn ConsumerStore> {
        self.store.consumers()
    }

    pub fn resource_servers(&self) -> Arc<dyn ResourceServerStore> {
        self.store.resource_servers()
    }

    /// Sets passwords, hashed with the configured cost.
    pub fn password_setter(&self) -> anyhow::Result<PasswordSetter> {
        let options = HashingOptions {
            cost: HashCost::new(self.config.passwords.cost)?,
            threads: Some(NonZeroUsize::MIN),
            ..HashingOptions::default()
        };
        let hasher = PasswordHasher::start(options, self.clock.clone(), self.entropy.clone());
        let hasher = Arc::new(hasher.context("the password thread cannot start")?);
        Ok(PasswordSetter::new(
            self.passwords(),
            hasher,
            self.clock.clone(),
            PasswordPolicy::default(),
        ))
    }
}
