//! What can be wrong with consumers and clients.

use async_trait::async_trait;
use auth_core::{FoldedLogin, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Client, Consumer, ConsumerStore, NewClient, Organisation};

use super::{BrokenStore, Flaw};

#[async_trait]
impl ConsumerStore for BrokenStore {
    async fn find(&self, key: &str) -> Result<Option<Consumer>, StoreError> {
        match self.flaw {
            Flaw::KeysInAnyCase => ConsumerStore::find(&self.inner, &key.to_lowercase()).await,
            _ => ConsumerStore::find(&self.inner, key).await,
        }
    }

    async fn find_or_create_client(&self, mut new: NewClient) -> Result<Client, StoreError> {
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
            Flaw::OneOrganisation => new.organisation = 171,
            _ => {}
        }
        let mut client = self.inner.find_or_create_client(new).await?;
        match (self.flaw, operator) {
            (Flaw::OverwritesClients, _) => client.name = name,
            (Flaw::BarredClientsAreHidden, _) => client.disabled = false,
            (Flaw::ClientsAreOperators, Some(operator)) => client.subject = operator,
            _ => {}
        }
        Ok(client)
    }

    async fn put_organisation(&self, organisation: &Organisation) -> Result<(), StoreError> {
        self.inner.put_organisation(organisation).await
    }

    async fn put_consumer(
        &self,
        key: &str,
        token: &TokenDigest,
        organisation: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let before = ConsumerStore::find(&self.inner, key).await?;
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
