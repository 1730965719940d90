//! What can be wrong with consumers and clients.

use async_trait::async_trait;
use auth_core::{FoldedLogin, StoreError, Subject, Timestamp, TokenDigest};
use consumer_auth::{Client, ClientsOf, Consumer, ConsumerStore, NewClient, Organisation, SecretRotation};

use super::{BrokenStore, Flaw};

#[async_trait]
impl ConsumerStore for BrokenStore {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        match self.flaw {
            Flaw::KeysInAnyCase => ConsumerStore::find(&self.inner, &key.to_lowercase()).await,
            Flaw::RotationEndsTheTokenBefore => {
                let found = ConsumerStore::find(&self.inner, key).await?;
                Ok(found.map(|consumer| Consumer {
                    previous: None,
                    ..consumer
                }))
            }
            Flaw::PutKeepsTheTokenBefore => {
                let found = ConsumerStore::find(&self.inner, key).await?;
                let kept = self.seen().previous;
                Ok(found.map(|consumer| Consumer {
                    previous: consumer.previous.or(kept),
                    ..consumer
                }))
            }
            _ => ConsumerStore::find(&self.inner, key).await,
        }
    }

    async fn organisations(&self, after: Option<i64>, limit: u32) -> Result<Vec<Organisation>, StoreError> {
        match self.flaw {
            Flaw::OrganisationsUnbounded => self.inner.organisations(after, u32::MAX).await,
            _ => self.inner.organisations(after, limit).await,
        }
    }

    async fn consumers(&self, after: Option<&str>, limit: u32) -> Result<Vec<Consumer>, StoreError> {
        match self.flaw {
            Flaw::ConsumersFromTheStart => self.inner.consumers(None, limit).await,
            _ => self.inner.consumers(after, limit).await,
        }
    }

    async fn find_client(&self, asked: &NewClient) -> Result<Option<Client>, StoreError> {
        match self.flaw {
            Flaw::FindingCreatesClients => self.inner.find_or_create_client(asked.clone()).await,
            _ => self.inner.find_client(asked).await,
        }
    }

    async fn find_or_create_client(&self, mut new: NewClient) -> Result<Option<Client>, StoreError> {
        let name = new.name.clone();
        let operator = {
            let mut seen = self.seen();
            let calls = seen.clients.entry(new.folded.as_str().to_owned()).or_default();
            *calls += 1;
            if self.has(Flaw::ClientsAreMadeTwice) && *calls == 2 {
                new.folded = FoldedLogin::parse(&format!("second-{}", new.email)).expect("a name");
                new.email = format!("second-{}", new.email);
            }
            seen.accounts
                .iter()
                .find(|account| account.login == new.email)
                .map(|account| account.subject)
        };
        match self.flaw {
            Flaw::LosesClientNames => new.name = String::new(),
            Flaw::OneOrganisation => {
                new.organisation = 171;
                new.consumer = "key-171".into();
            }
            Flaw::AnyConsumerGetsClients => new.consumer = format!("key-{}", new.organisation),
            _ => {}
        }
        let Some(mut client) = self.inner.find_or_create_client(new).await? else {
            return Ok(None);
        };
        match (self.flaw, operator) {
            (Flaw::OverwritesClients, _) => client.name = name,
            (Flaw::BarredClientsAreHidden, _) => client.disabled = false,
            (Flaw::ClientsAreOperators, Some(operator)) => client.subject = operator,
            (Flaw::RecordsWhoVouchedLater, _) => self.seen().unrecorded.push(client.subject),
            _ => {}
        }
        Ok(Some(client))
    }

    async fn clients(&self, of: &ClientsOf, after: Option<Subject>, limit: u32) -> Result<Vec<Subject>, StoreError> {
        let limit = if self.has(Flaw::ClientsUnbounded) {
            u32::MAX
        } else {
            limit
        };
        let mut clients = self.inner.clients(of, after, limit).await?;
        if self.has(Flaw::ForgetsWhoVouched) && matches!(of, ClientsOf::Consumer(_)) {
            clients.clear();
        }
        if self.has(Flaw::RecordsWhoVouchedLater) {
            let unrecorded = std::mem::take(&mut self.seen().unrecorded);
            clients.retain(|client| !unrecorded.contains(client));
        }
        Ok(clients)
    }

    async fn rotate_consumer(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        let mut rotation = rotation.clone();
        match self.flaw {
            Flaw::AnyTokenOfAConsumerRotates => {
                if let Some(consumer) = ConsumerStore::find(&self.inner, &rotation.key).await? {
                    rotation.from = consumer.token;
                }
            }
            Flaw::ConsumersHaveThreeTokens => rotation.now = Timestamp::from_millis(i64::MAX),
            _ => {}
        }
        self.inner.rotate_consumer(&rotation).await
    }

    async fn create_organisation(&self, organisation: &Organisation) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::NewOrganisationsReplace => self.inner.put_organisation(organisation).await.map(|()| true),
            _ => self.inner.create_organisation(organisation).await,
        }
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        self.inner.put_organisation(organisation).await
    }

    async fn create_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        match self.flaw {
            Flaw::NewConsumersReplace => self.inner.put_consumer(key, token, organisation, now).await,
            _ => self.inner.create_consumer(key, token, organisation, now).await,
        }
    }

    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let before = ConsumerStore::find(&self.inner, key).await?;
        self.seen().previous = before.as_ref().and_then(|consumer| consumer.previous);
        let put = self.inner.put_consumer(key, token, organisation, now).await?;
        if self.has(Flaw::ConsumersStayBarred) && before.is_some_and(|consumer| consumer.disabled) {
            self.inner.set_consumer_disabled(key, true).await?;
        }
        Ok(put || self.has(Flaw::TakesConsumersOver))
    }

    async fn set_consumer_disabled(&self, key: &str, disabled: bool) -> Result<bool, StoreError> {
        let disabled = disabled && !self.has(Flaw::ConsumersAreNeverBarred);
        self.inner.set_consumer_disabled(key, disabled).await
    }
}
