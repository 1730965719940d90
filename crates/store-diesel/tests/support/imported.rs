//! People whom an import has brought, and a node that accepts their tokens.
#![allow(dead_code, reason = "each test file uses some of it")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use auth_core::{
    AccountImport, Attributes, ImportMode, ImportOutcome, ImportedRecords, ImportedTokens, Lifetime, PresentedToken,
    RegistryLimits, Scopes, SecretKey, SignedImports, SystemEntropy, TokenRegistry, Verifier, VerifyError,
};
use permissions::{Role, RoleName};
use testkit::ManualClock;
use token_opaque::{OpaqueConfig, OpaqueIssuer};

use crate::support::Fresh;
use crate::support::things::{NOW, realm};

pub(crate) fn person(source_id: &str, login: &str) -> AccountImport {
    AccountImport {
        source_id: source_id.to_owned(),
        login: login.to_owned(),
        alias: None,
        role: Some("player".to_owned()),
        hash: Some("$2y$12$imported".to_owned()),
        peppers: None,
        disabled: false,
        attributes: Attributes::new(),
        created_at: NOW,
    }
}

pub(crate) async fn accounts(fresh: &Fresh, rows: &[AccountImport]) -> Vec<ImportOutcome> {
    let imports = fresh.store.imports();
    imports
        .import_accounts(&realm(), rows, ImportMode::Apply, NOW)
        .await
        .unwrap()
}

/// A node on this database: the flavour `device` with its own tokens and imported ones.
pub(crate) struct Node {
    pub(crate) registry: Arc<TokenRegistry>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) own: Arc<OpaqueIssuer>,
    pub(crate) issuer: ImportedTokens,
}

impl Node {
    pub(crate) fn of(fresh: &Fresh) -> Self {
        let clock = Arc::new(ManualClock::new());
        let limits = RegistryLimits {
            staleness: None,
            ..RegistryLimits::default()
        };
        let registry = Arc::new(TokenRegistry::new(fresh.store.tokens(), clock.clone(), limits));
        let config = OpaqueConfig {
            flavour: "device".into(),
            lifetime: Lifetime::UntilRevoked,
            key: SecretKey::from_bytes([1; 32]),
            idle: None,
        };
        let own = Arc::new(OpaqueIssuer::new(config, registry.clone(), Arc::new(SystemEntropy)));
        let records = ImportedRecords::new(fresh.store.imported_tokens(), registry.clone());
        let issuer = ImportedTokens::new(own.clone(), Arc::new(records)).unwrap();
        Self {
            registry,
            clock,
            own,
            issuer,
        }
    }

    /// The same with tokens that the other system has signed.
    pub(crate) fn with_signed(self, signed: Arc<dyn SignedImports>) -> Self {
        Self {
            issuer: self.issuer.with_signed(realm(), signed),
            ..self
        }
    }

    pub(crate) async fn verify(&self, text: &str) -> Result<Vec<String>, VerifyError> {
        let presented = PresentedToken::bearer(text).from_source(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let in_memory = self.issuer.verify_in_memory(&presented);
        let verified = self.issuer.verify(&presented).await;
        let rights =
            |verified: auth_core::VerifiedToken| verified.scopes().iter().map(|s| s.as_str().to_owned()).collect();
        if let Some(in_memory) = in_memory {
            assert_eq!(in_memory.is_ok(), verified.is_ok(), "{text}");
        }
        verified.map(rights)
    }
}

pub(crate) async fn with_role(fresh: &Fresh) {
    let role = Role {
        realm: realm(),
        name: RoleName::parse("player").unwrap(),
        permissions: Scopes::parse_list("read write").unwrap(),
    };
    fresh.store.roles().put(&role, NOW).await.unwrap();
    assert_eq!(accounts(fresh, &[person("1", "ann")]).await, [ImportOutcome::Added]);
}
