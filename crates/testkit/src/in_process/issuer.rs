//! [`InProcess`] as a harness for laws about issuers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use auth_core::{Attributes, Clock, NewAccount, SessionRef, Sharing, Timestamp};

use super::node::{issuing, revocation};
use super::prints::prints;
use super::{InProcess, STALENESS, realm};
use crate::harness::{Issued, IssuerHarness, Issuing, Owner, Prints, Profile, Revocation, Verdict};
use crate::law::{Supported, Unsupported};

#[async_trait]
impl IssuerHarness for InProcess {
    fn profile(&self) -> Profile {
        Profile {
            capabilities: self.here.issuer.capabilities(),
            flavour: self.here.issuer.flavour().to_owned(),
            lifetime: self.here.issuer.lifetime(),
            many: self.many,
        }
    }

    async fn owner(&self) -> Owner {
        let number = self.owners.fetch_add(1, Ordering::SeqCst);
        let rights = ["write", "read", "delete"].map(str::to_owned).to_vec();
        let role = format!("holder-{number}");
        self.put_role(&role, &rights).await;
        let new = NewAccount {
            subject: None,
            realm: realm(),
            login: format!("owner-{number}@example.com"),
            alias: None,
            role: Some(role),
            attributes: Attributes::new(),
            created_at: self.clock.now(),
        };
        let subject = self.ports.accounts.create(new).await.expect("create an account");
        Owner {
            subject: subject.expect("a free name"),
            realm: realm().to_string(),
            rights,
        }
    }

    async fn issue(&self, owner: &Owner) -> Issuing {
        let token = issuing(self.here.issuer.issue(self.grant(owner).await).await)?;
        Ok(self.with_key(token.id, token))
    }

    async fn verify(&self, text: &str, key: Option<&str>) -> Verdict {
        self.here.verify(text, key).await
    }

    async fn revoke(&self, token: &Issued) -> Revocation {
        let id = token.id.expect("tokens in this process have an id");
        revocation(self.here.issuer.revoke(id).await)
    }

    fn now(&self) -> Supported<Timestamp> {
        Ok(self.clock.now())
    }

    async fn advance(&self, by: Duration) -> Supported<()> {
        self.clock.advance(by);
        self.sync_all().await;
        let _ = self.here.registry.store().purge(self.clock.now(), 1000).await;
        Ok(())
    }

    async fn set_disabled(&self, owner: &Owner, disabled: bool) -> Supported<()> {
        let set = self
            .ports
            .accounts
            .set_disabled(owner.subject, disabled, self.clock.now());
        assert!(set.await.expect("set_disabled"), "the owner has an account");
        self.here.sync().await;
        Ok(())
    }

    async fn change_password(&self, owner: &Owner) -> Supported<()> {
        let set = self
            .ports
            .passwords
            .set(owner.subject, "$2b$12$changed", true, self.clock.now());
        assert!(set.await.expect("set a password"), "the owner has an account");
        self.here.sync().await;
        Ok(())
    }

    async fn set_rights(&self, owner: &Owner, rights: &[String]) -> Supported<()> {
        let account = self.ports.accounts.find(owner.subject).await.expect("find an account");
        let role = account.and_then(|account| account.role);
        self.put_role(&role.expect("the owner has a role"), rights).await;
        self.here.sync().await;
        Ok(())
    }

    async fn issue_shared(&self, owner: &Owner) -> Supported<Issuing> {
        if !self.here.issuer.capabilities().recorded {
            return Err(Unsupported("the issuer stores no records to share"));
        }
        if self.here.issuer.capabilities().key_bound {
            return Err(Unsupported("a key belongs to one session"));
        }
        let mut grant = self.grant(owner).await;
        grant.sharing = Sharing::Shared;
        Ok(issuing(self.here.issuer.issue(grant).await))
    }

    async fn issue_outdated(&self, owner: &Owner) -> Supported<Issuing> {
        let grant = self.grant(owner).await;
        self.change_password(owner).await?;
        Ok(issuing(self.here.issuer.issue(grant).await))
    }

    async fn issue_within(&self, owner: &Owner, session: &Issued) -> Supported<Issuing> {
        if !self.here.issuer.capabilities().recorded {
            return Err(Unsupported("the issuer records no sessions"));
        }
        let mut grant = self.grant(owner).await;
        grant.session = Some(SessionRef {
            id: session.id.expect("tokens in this process have an id"),
            generation: grant.generation,
            subject: owner.subject,
        });
        let issued = issuing(self.here.issuer.issue(grant).await);
        Ok(issued.map(|token| self.with_key(session.id, token)))
    }

    async fn issue_naming(&self, owner: &Owner, session: &Issued) -> Supported<Issuing> {
        self.issue_within(owner, session).await
    }

    async fn refresh_token(&self, owner: &Owner) -> Supported<String> {
        let Some(sessions) = &self.here.sessions else {
            return Err(Unsupported("the issuer records no sessions to refresh"));
        };
        let signed_in = sessions.sign_in(self.grant(owner).await).await.expect("sign in");
        Ok(signed_in.refresh.expect("a service that refreshes").expose().to_owned())
    }

    async fn issue_foreign(&self, owner: &Owner) -> Supported<Issuing> {
        Ok(issuing(self.foreign.issuer.issue(self.grant(owner).await).await))
    }

    async fn verify_foreign(&self, text: &str, key: Option<&str>) -> Supported<Verdict> {
        Ok(self.foreign.verify(text, key).await)
    }

    async fn verify_elsewhere(&self, text: &str, key: Option<&str>) -> Supported<Verdict> {
        Ok(self.elsewhere.verify(text, key).await)
    }

    async fn sync_elsewhere(&self) -> Supported<()> {
        self.elsewhere.sync().await;
        Ok(())
    }

    async fn set_clock_elsewhere(&self, ahead: i64) -> Supported<()> {
        self.clock_elsewhere.set_ahead(ahead);
        self.elsewhere.sync().await;
        Ok(())
    }

    async fn stop_feed(&self, stopped: bool) -> Supported<()> {
        match stopped {
            true => self.clock.advance(STALENESS + Duration::from_millis(1)),
            false => self.sync_all().await,
        }
        Ok(())
    }

    async fn fail_store(&self, failing: bool) -> Supported<()> {
        self.store.fail_all(failing);
        Ok(())
    }

    async fn fail_entropy(&self, failing: bool) -> Supported<u64> {
        self.entropy.fail(failing);
        Ok(self.entropy.refused())
    }

    async fn store_calls(&self) -> Supported<u64> {
        Ok(self.store.calls())
    }

    async fn token_rows(&self) -> Supported<u64> {
        let store = self.here.registry.store();
        while store.purge(self.clock.now(), 1000).await.expect("purge") > 0 {}
        self.store_harness.token_rows().await
    }

    async fn stored_secrets(&self) -> Supported<Vec<Vec<u8>>> {
        Ok(self.store.secrets())
    }

    async fn prints(&self, owner: &Owner) -> Supported<Prints> {
        Ok(prints(self, owner).await)
    }
}
