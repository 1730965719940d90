//! The harness of the laws: it sends requests to one node or the other.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use auth_core::{RefreshPolicy, Subject, TokenId};
use serde_json::json;
use store_diesel::DieselStore;
use testkit::{
    Accepted, Expiry, Issued, IssuerHarness, Issuing, NotIssued, Owner, Profile, Renewal, Revocation, ServiceHarness,
    Session, Supported, Unsupported, Verdict,
};
use tokio::task::block_in_place;

use super::mounted_flavour::{DEVICE, MountedFlavour};
use super::world::{self, PASSWORD, World};
use crate::support::client::{Connection, Request, Response};
use crate::support::dialect::Dialect;
use crate::support::jws;
use crate::support::server::Server;
use crate::support::sign_in::client;

/// One flavour behind a socket.
pub struct Http {
    flavour: &'static MountedFlavour,
    world: &'static World,
    store: DieselStore,
    notes: Mutex<Notes>,
    /// The client address of this harness, in `X-Forwarded-For`: the failures of one law do not lock another one.
    address: String,
}

/// The issued refresh tokens.
#[derive(Default)]
struct Notes {
    logins: HashMap<Subject, String>,
    /// The refresh token that came with an access token.
    beside: HashMap<String, String>,
    /// The successor of a refresh token.
    next: HashMap<String, String>,
    issued: Vec<TokenId>,
}

/// An address that no other client has.
fn address() -> String {
    let number = world::next();
    format!("10.{}.{}.{}", number / 65536 % 256, number / 256 % 256, number % 256)
}

impl Http {
    pub async fn new(flavour: &'static MountedFlavour) -> Self {
        let world = block_in_place(World::shared);
        Self {
            flavour,
            world,
            store: world.store().await,
            notes: Mutex::default(),
            address: address(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn post(&self, node: &Server, path: &str, body: &serde_json::Value) -> Response {
        let request = Request::post(path).json(body).coming_from(&self.address);
        block_in_place(|| node.send(&request))
    }

    fn sign_in_at(&self, flavour: &str, owner: &Owner) -> Result<Session, NotIssued> {
        let login = self.notes().logins[&owner.subject].clone();
        let body = self.flavour.sign_in(&login, PASSWORD);
        let response = self.post(&self.world.here, &self.flavour.path(flavour), &body);
        match response.status {
            200 => Ok(self.session(&response)),
            401 | 404 => Err(NotIssued::NotEntitled),
            429 | 503 => Err(NotIssued::Unavailable),
            _ => panic!("{response:?}"),
        }
    }

    /// The tokens of an answer; notes its refresh token.
    fn session(&self, response: &Response) -> Session {
        let body = response.json();
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let (token, refresh) = (
            text("token").expect("a token"),
            text("refreshToken").unwrap_or_default(),
        );
        let id = id_of(&token);
        let mut notes = self.notes();
        notes.beside.insert(token.clone(), refresh.clone());
        notes.issued.extend(id);
        let token = Issued {
            text: token,
            key: text("key"),
            id,
            expiry: Expiry::NotReported,
        };
        Session {
            token,
            refresh,
            number: None,
        }
    }

    fn verdict(&self, node: &Server, flavour: &str, text: &str, key: Option<&str>) -> Verdict {
        let Some(headers) = self.flavour.present(text, key) else {
            return Verdict::Unpresentable;
        };
        let request = Request::get("/auth/verify").headers(headers);
        match block_in_place(|| try_send(node, &request)) {
            Some(response) if response.status == 200 && response.header("X-Auth-Flavour") != Some(flavour) => {
                Verdict::Rejected
            }
            Some(response) if response.status == 200 => Verdict::Accepted(accepted(&response)),
            Some(response) if response.status == 401 => Verdict::Rejected,
            Some(response) if response.status == 503 => Verdict::Unavailable,
            // Too long for a request head, or not allowed in one.
            None => Verdict::Unpresentable,
            Some(response) if matches!(response.status, 400 | 431) => Verdict::Unpresentable,
            Some(response) => panic!("{response:?}"),
        }
    }

    fn refresh_at(&self, node: &Server, flavour: &str, text: &str) -> Renewal {
        // A law may guess more often than one source may.
        let request = Request::post(&self.flavour.path(flavour)).json(json!({"refreshToken": text}));
        let request = request.coming_from(&address());
        let response = block_in_place(|| node.send(&request));
        match response.status {
            200 => {
                let session = self.session(&response);
                self.notes().next.insert(text.to_owned(), session.refresh.clone());
                Renewal::Renewed(session)
            }
            400 | 401 | 413 => Renewal::Refused,
            503 => Renewal::Unavailable,
            _ => panic!("{response:?}"),
        }
    }

    /// Ends a session of a dialect without a sign-out: the reuse of a refresh token revokes its session.
    fn end_by_reuse(&self, token: &Issued) -> Revocation {
        let beside = self.notes().beside[&token.text].clone();
        let current = self.latest(&beside);
        for _ in 0..2 {
            match self.refresh_at(&self.world.here, self.flavour.name, &self.latest(&current)) {
                Renewal::Renewed(_) => {}
                Renewal::Refused => return Revocation::Rejected,
                Renewal::Unavailable => return Revocation::Unavailable,
            }
        }
        match self.refresh_at(&self.world.here, self.flavour.name, &current) {
            Renewal::Refused => Revocation::Done,
            Renewal::Unavailable => Revocation::Unavailable,
            Renewal::Renewed(_) => panic!("a reuse was answered with a successor"),
        }
    }

    fn latest(&self, refresh: &str) -> String {
        let notes = self.notes();
        let mut current = refresh;
        while let Some(next) = notes.next.get(current) {
            current = next;
        }
        current.to_owned()
    }

    async fn wait_until_synced(&self) {
        self.world.wait_until_synced(&self.world.here, &self.store).await;
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Http({})", self.flavour.name)
    }
}

/// The answer; `None` if the server closes the connection without one.
fn try_send(node: &Server, request: &Request) -> Option<Response> {
    let mut connection = Connection::open(node.address()).ok()?;
    connection.write(&request.bytes(node.address()));
    connection.receive().ok()
}

fn accepted(response: &Response) -> Accepted {
    let header = |name: &str| response.header(name).expect("an identity header").to_owned();
    Accepted {
        subject: Subject(header("X-Auth-Subject").parse().expect("a number")),
        flavour: header("X-Auth-Flavour"),
        realm: header("X-Auth-Realm"),
        rights: header("X-Auth-Permissions")
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        expiry: Expiry::NotReported,
    }
}

/// The record of a token, from its text.
fn id_of(token: &str) -> Option<TokenId> {
    let number = match token.split_once('|') {
        Some((id, _)) => id.to_owned(),
        None => jws::claims(token)["sid"].as_str()?.split('.').next()?.to_owned(),
    };
    number.parse().ok().map(TokenId)
}

#[async_trait]
impl IssuerHarness for Http {
    fn profile(&self) -> Profile {
        Profile {
            capabilities: self.flavour.capabilities(),
            flavour: self.flavour.name.into(),
            lifetime: self.flavour.lifetime,
            many: 12,
        }
    }

    async fn owner(&self) -> Owner {
        let rights = ["leer", "escribir", "borrar"].map(str::to_owned).to_vec();
        let (subject, login) = world::person(&self.store, &rights).await;
        self.notes().logins.insert(subject, login);
        Owner {
            subject,
            realm: world::realm().to_string(),
            rights,
        }
    }

    async fn issue(&self, owner: &Owner) -> Issuing {
        self.sign_in_at(self.flavour.name, owner).map(|session| session.token)
    }

    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict {
        self.verdict(&self.world.here, self.flavour.name, text, key)
    }

    async fn revoke(&self, token: &Issued) -> Revocation {
        let Some(path) = self.flavour.end_path() else {
            return self.end_by_reuse(token);
        };
        let headers = self
            .flavour
            .present(&token.text, token.key.as_deref())
            .expect("it was issued");
        let response = block_in_place(|| self.world.here.send(&Request::post(&path).headers(headers)));
        match response.status {
            200 => Revocation::Done,
            401 => Revocation::Rejected,
            503 => Revocation::Unavailable,
            _ => panic!("{response:?}"),
        }
    }

    async fn set_disabled(&self, owner: &Owner, disabled: bool) -> Supported<()> {
        let set = self
            .store
            .accounts()
            .set_disabled(owner.subject, disabled, world::now())
            .await;
        assert!(set.expect("the store answers"));
        self.wait_until_synced().await;
        Ok(())
    }

    async fn change_password(&self, owner: &Owner) -> Supported<()> {
        world::change_password(&self.store, owner.subject).await;
        self.wait_until_synced().await;
        Ok(())
    }

    async fn set_rights(&self, owner: &Owner, rights: &[String]) -> Supported<()> {
        let login = self.notes().logins[&owner.subject].clone();
        world::put_role(&self.store, &login, rights).await;
        self.wait_until_synced().await;
        Ok(())
    }

    async fn issue_within(&self, _: &Owner, session: &Issued) -> Supported<Issuing> {
        if self.flavour.dialect != Dialect::Mechanics {
            return Err(Unsupported("a session has one token"));
        }
        let beside = self.notes().beside[&session.text].clone();
        let refresh = self.latest(&beside);
        match self.refresh_at(&self.world.here, self.flavour.name, &refresh) {
            Renewal::Renewed(next) => Ok(Ok(next.token)),
            Renewal::Refused => Ok(Err(NotIssued::NotEntitled)),
            Renewal::Unavailable => Ok(Err(NotIssued::Unavailable)),
        }
    }

    async fn refresh_token(&self, owner: &Owner) -> Supported<String> {
        let session = self.sign_in_at(self.flavour.name, owner).expect("entitled");
        match session.refresh.is_empty() {
            true => Err(Unsupported("nothing is refreshed")),
            false => Ok(session.refresh),
        }
    }

    async fn issue_foreign(&self, owner: &Owner) -> Supported<Issuing> {
        Ok(self
            .sign_in_at(self.flavour.foreign, owner)
            .map(|session| session.token))
    }

    async fn verify_foreign(&self, text: &str, key: Option<&str>) -> Supported<Verdict> {
        Ok(self.verdict(&self.world.here, self.flavour.foreign, text, key))
    }

    async fn verify_elsewhere(&self, text: &str, key: Option<&str>) -> Supported<Verdict> {
        Ok(self.verdict(&self.world.elsewhere, self.flavour.name, text, key))
    }

    async fn sync_elsewhere(&self) -> Supported<()> {
        self.world.wait_until_synced(&self.world.elsewhere, &self.store).await;
        Ok(())
    }

    async fn stored_secrets(&self) -> Supported<Vec<Vec<u8>>> {
        let ids = self.notes().issued.clone();
        let mut secrets = Vec::new();
        for id in ids {
            let Some(record) = self.store.tokens().find(id).await.expect("the store answers") else {
                continue;
            };
            let digests = [record.digest, record.key].into_iter().flatten();
            secrets.extend(digests.map(|digest| digest.as_bytes().to_vec()));
        }
        Ok(secrets)
    }
}

#[async_trait]
impl ServiceHarness for Http {
    fn policy(&self) -> RefreshPolicy {
        RefreshPolicy::default()
    }

    fn rounds(&self) -> usize {
        2
    }

    fn rotations(&self) -> usize {
        100
    }

    async fn sign_in(&self, owner: &Owner) -> Result<Session, NotIssued> {
        self.sign_in_at(self.flavour.name, owner)
    }

    async fn refresh(&self, text: &str) -> Renewal {
        self.refresh_at(&self.world.here, self.flavour.name, text)
    }

    fn signs_out(&self) -> Supported<()> {
        Err(Unsupported("the dialect has no log-out"))
    }

    async fn session_number(&self, token: &Issued) -> Supported<TokenId> {
        let headers = self.flavour.present(&token.text, token.key.as_deref());
        let request = Request::get("/auth/verify").headers(headers.expect("it was issued"));
        let response = block_in_place(|| self.world.here.send(&request));
        let number = response.header("X-Auth-Token-Id").expect("the token is live");
        Ok(TokenId(number.parse().expect("a number")))
    }

    async fn sign_out(&self, token: &Issued) -> Revocation {
        self.end_by_reuse(token)
    }

    async fn refresh_elsewhere(&self, text: &str) -> Supported<Renewal> {
        Ok(self.refresh_at(&self.world.elsewhere, self.flavour.name, text))
    }

    async fn refresh_foreign(&self, text: &str) -> Supported<Renewal> {
        Ok(self.refresh_at(&self.world.here, self.flavour.foreign, text))
    }
}

/// The integration dialect: its accounts are clients, and all its tokens are shared.
#[derive(Debug)]
pub struct OfClients(Http);

impl OfClients {
    pub async fn new() -> Self {
        Self(Http::new(&DEVICE).await)
    }

    fn token_of(&self, owner: &Owner) -> Issued {
        let email = self.0.notes().logins[&owner.subject].clone();
        let text = block_in_place(|| client(&self.0.world.here, &email));
        Issued {
            id: id_of(&text),
            text,
            key: None,
            expiry: Expiry::Never,
        }
    }
}

#[async_trait]
impl IssuerHarness for OfClients {
    fn profile(&self) -> Profile {
        Profile {
            flavour: "integration".into(),
            ..self.0.profile()
        }
    }

    async fn owner(&self) -> Owner {
        let email = format!("client-{}@laws.example", world::next());
        let token = block_in_place(|| client(&self.0.world.here, &email));
        let Verdict::Accepted(accepted) = self.verify(&token, None).await else {
            panic!("a client's token is good");
        };
        self.0.notes().logins.insert(accepted.subject, email);
        Owner {
            subject: accepted.subject,
            realm: accepted.realm,
            rights: Vec::new(),
        }
    }

    async fn issue(&self, owner: &Owner) -> Issuing {
        Ok(self.token_of(owner))
    }

    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict {
        self.0.verdict(&self.0.world.here, "integration", text, key)
    }

    async fn revoke(&self, token: &Issued) -> Revocation {
        let id = token.id.expect("an opaque token has its number");
        let ended = self
            .0
            .store
            .tokens()
            .revoke(id, world::now())
            .await
            .expect("the store answers");
        self.0.wait_until_synced().await;
        if ended { Revocation::Done } else { Revocation::Rejected }
    }

    async fn change_password(&self, owner: &Owner) -> Supported<()> {
        world::change_password(&self.0.store, owner.subject).await;
        self.0.wait_until_synced().await;
        Ok(())
    }

    async fn issue_shared(&self, owner: &Owner) -> Supported<Issuing> {
        Ok(Ok(self.token_of(owner)))
    }
}
