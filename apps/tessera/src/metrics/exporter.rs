//! Brings everything that is counted onto one page.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, PasswordHasher, RefusalPace, Throttle, TokenRegistry, TokenService};
use keystore::Keyring;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, prometheus_text};
use prometheus_client::registry::Registry;

use super::logins::LoginCounts;
use super::numbers::Numbers;
use super::page::Page;
use super::process::Process;
use super::series;
use super::tally::Tally;
use crate::health::Health;
use crate::parts::StoreHealth;
use crate::server::{Slots, Tls};

/// What the page is made from.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) tally: Arc<Tally>,
    pub(crate) flavours: Vec<FlavourSource>,
    pub(crate) registry: Arc<TokenRegistry>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) hasher: Arc<PasswordHasher>,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) refusals: Arc<RefusalPace>,
    pub(crate) health: Arc<Health>,
    pub(crate) store: Arc<dyn StoreHealth>,
    pub(crate) connections: Arc<Slots>,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// When the server started (monotonic).
    pub(crate) started: Duration,
}

/// One flavour's part of it.
#[derive(Debug)]
pub(crate) struct FlavourSource {
    pub(crate) name: String,
    pub(crate) tokens: TokenService,
    pub(crate) logins: Arc<LoginCounts>,
}

/// Makes the page.
#[derive(Debug)]
pub(crate) struct Exporter {
    registry: Registry,
    sources: Arc<Sources>,
}

/// The sources, as a part of the page.
#[derive(Debug)]
struct Own(Arc<Sources>);

impl Exporter {
    pub(crate) fn new(sources: Sources) -> Self {
        let sources = Arc::new(sources);
        let mut registry = Registry::default();
        let own = registry.sub_registry_with_prefix("tessera");
        own.register_collector(Box::new(Own(sources.clone())));
        registry.register_collector(Box::new(Process));
        Self { registry, sources }
    }

    /// Everything, as of now, in Prometheus' text format 0.0.4.
    pub(crate) fn page(&self) -> String {
        let mut page = String::with_capacity(64 * 1024);
        // Writing to a String does not fail, and the sources only write.
        let _ = prometheus_text::encode(&mut page, &self.registry);
        page
    }

    /// Some of it, as numbers.
    pub(crate) fn numbers(&self) -> Numbers {
        self.sources.numbers()
    }
}

impl Collector for Own {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (sources, mut page) = (&*self.0, Page::new(encoder));
        series::tokens::write(sources, &mut page)?;
        series::checks::write(sources, &mut page)?;
        series::sign_ins::write(sources, &mut page)?;
        series::requests::write(sources, &mut page)?;
        series::registry::write(sources, &mut page)?;
        series::keys::write(sources, &mut page)?;
        series::node::write(sources, &mut page)
    }
}
