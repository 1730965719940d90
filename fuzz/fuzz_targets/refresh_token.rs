//! Only a refresh token of the family rotates or revokes it; a text with only the right first half does not.
//!
//! The first byte of the input says whether the rest is presented as it is, or as the second half of a token whose first
//! half is the live family's.
#![no_main]

use std::sync::{Arc, LazyLock};

use auth_core::{
    AccountStore, Attributes, Generation, Grant, Lifetime, NewAccount, Realm, RefreshError, RefreshPolicy, Refreshing,
    RegistryLimits, Scopes, SecretKey, Subject, SystemClock, SystemEntropy, Timestamp, TokenRegistry, TokenService,
};
use libfuzzer_sys::fuzz_target;
use store_memory::MemoryStore;
use token_opaque::{OpaqueConfig, OpaqueIssuer};
use tokio::runtime::{Builder, Runtime};

struct Family {
    runtime: Runtime,
    service: TokenService,
    live: String,
}

static FAMILY: LazyLock<Family> = LazyLock::new(family);

fuzz_target!(|input: &[u8]| {
    let Some((&form, rest)) = input.split_first() else {
        return;
    };
    let presented = match form & 1 {
        0 => String::from_utf8_lossy(rest).into_owned(),
        _ => FAMILY.live[..32].to_owned() + &hexadecimal(rest),
    };
    if presented == FAMILY.live {
        return;
    }
    let refreshed = FAMILY.runtime.block_on(FAMILY.service.refresh(&presented));
    match refreshed {
        Err(RefreshError::Malformed) => assert!(!has_the_form(&presented)),
        Err(RefreshError::Unknown) => assert!(has_the_form(&presented)),
        other => panic!("{other:?}"),
    }
});

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn has_the_form(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn family() -> Family {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let store = Arc::new(MemoryStore::new());
    let clock = Arc::new(SystemClock::new());
    let limits = RegistryLimits {
        staleness: None,
        ..RegistryLimits::default()
    };
    let registry = Arc::new(TokenRegistry::new(store.clone(), clock, limits));
    let entropy = Arc::new(SystemEntropy);
    let config = OpaqueConfig {
        flavour: "fuzz".into(),
        lifetime: Lifetime::UntilRevoked,
        idle: None,
        key: SecretKey::from_bytes([1; 32]),
    };
    let issuer = Arc::new(OpaqueIssuer::new(config, registry.clone(), entropy.clone()));
    let refreshing = Refreshing {
        policy: RefreshPolicy::default(),
        seal: SecretKey::from_bytes([2; 32]),
    };
    let service = TokenService::new(issuer, registry, entropy, Some(refreshing)).expect("opaque tokens are recorded");
    let live = runtime.block_on(async {
        let subject = AccountStore::create(&*store, account())
            .await
            .expect("a store")
            .expect("a free name");
        let grant = Grant::new(subject, Generation(0), realm(), Scopes::none());
        let signed_in = service.sign_in(grant).await.expect("a session");
        signed_in.refresh.expect("a refresh token").expose().to_owned()
    });
    Family { runtime, service, live }
}

fn realm() -> Realm {
    Realm::parse("fuzz").expect("a good name")
}

fn account() -> NewAccount {
    NewAccount {
        subject: Some(Subject(1)),
        realm: realm(),
        login: "owner".into(),
        alias: None,
        role: None,
        attributes: Attributes::new(),
        created_at: Timestamp::from_seconds(0),
    }
}
