//! What can be wrong with resource servers.

use async_trait::async_trait;
use auth_core::{ChangeWatch, StoreError, Timestamp, TokenDigest};
use consumer_auth::{Audience, ResourceServer, ResourceServerStore, SecretRotation};

use super::{BrokenStore, Flaw};

#[async_trait]
impl ResourceServerStore for BrokenStore {
    async fn resource_servers(&self) -> Result<Vec<ResourceServer>, StoreError> {
        let mut all = self.inner.resource_servers().await?;
        for one in &mut all {
            match self.flaw {
                Flaw::EveryAudienceIsAll => one.audience = Audience::All,
                Flaw::RotationEndsTheSecretBefore => one.previous = None,
                _ => {}
            }
        }
        Ok(all)
    }

    async fn put_resource_server(
        &self,
        id: &str,
        secret: &TokenDigest,
        audience: &Audience,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let all = self.inner.resource_servers().await?;
        let was_disabled = all.iter().any(|one| one.id == id && one.disabled);
        self.inner.put_resource_server(id, secret, audience, now).await?;
        if was_disabled && self.has(Flaw::PutResourceServersStayDisabled) {
            self.inner.set_resource_server_disabled(id, true).await?;
        }
        Ok(())
    }

    async fn rotate_resource_server(&self, rotation: &SecretRotation) -> Result<bool, StoreError> {
        let mut rotation = rotation.clone();
        match self.flaw {
            Flaw::AnySecretOfAResourceServerRotates => {
                let all = self.inner.resource_servers().await?;
                if let Some(one) = all.into_iter().find(|one| one.id == rotation.key) {
                    rotation.from = one.secret;
                }
            }
            Flaw::ResourceServersHaveThreeSecrets => rotation.now = Timestamp::from_millis(i64::MAX),
            _ => {}
        }
        self.inner.rotate_resource_server(&rotation).await
    }

    async fn set_audience(&self, id: &str, audience: &Audience) -> Result<bool, StoreError> {
        if self.has(Flaw::AnAudienceEnables) {
            self.inner.set_resource_server_disabled(id, false).await?;
        }
        self.inner.set_audience(id, audience).await
    }

    async fn set_resource_server_disabled(&self, id: &str, disabled: bool) -> Result<bool, StoreError> {
        let disabled = disabled && !self.has(Flaw::ResourceServersAreNeverDisabled);
        self.inner.set_resource_server_disabled(id, disabled).await
    }

    fn watch_resource_servers(&self) -> ChangeWatch {
        self.flawed_watch(self.inner.watch_resource_servers())
    }
}
