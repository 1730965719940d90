//! The signing keys of every flavour: made on first need, kept in the database under the master key, followed while the
//! server runs, so that a rotation by command reaches every node without a restart.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use auth_core::{Clock, Lifetime, SecretKey, Timestamp};
use store_diesel::{DieselStore, StoredKey, VaultStore};
use token_jwt::rotation::{self, KeyTimes};
use token_jwt::{Algorithm, JwtConfig, JwtIssuer, JwtKeys, Kid, Sealer, SigningKey, SystemRandom, UnixTime};

use crate::config::Flavour;
use crate::issuers::Parts;

/// The name under which a database remembers its master key, by a value that gives nothing of it away.
const CHECK: &str = "master_key_check";

/// The keys of one database.
#[derive(Debug)]
pub struct Keys {
    vault: Arc<dyn VaultStore>,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    random: SystemRandom,
    served: Mutex<Vec<Served>>,
}

/// An issuer that has its keys from here.
#[derive(Debug, Clone)]
struct Served {
    purpose: Purpose,
    issuer: Arc<JwtIssuer>,
    /// What its keys were made of.
    from: Vec<Fingerprint>,
}

/// Enough of a stored key to see that it has changed, or has come to sign, or has retired.
type Fingerprint = (String, rotation::KeyState);

/// What a key is for: one flavour and one algorithm. No two flavours share a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    pub flavour: String,
    pub algorithm: Algorithm,
}

impl Purpose {
    pub fn of(flavour: &Flavour) -> Self {
        Self {
            flavour: flavour.name.clone(),
            algorithm: flavour.algorithm,
        }
    }

    /// As it is stored, and bound into the encryption.
    pub fn text(&self) -> String {
        format!("{}/{}", self.flavour, self.algorithm.name())
    }
}

impl Keys {
    /// The keys in this database. Refused if they were stored under another master key; nothing is changed then.
    pub async fn open(store: &DieselStore, master: &SecretKey, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let check = check_value(master);
        let known = store.meta().put_if_absent(CHECK, check.expose()).await?;
        if known != check.expose() {
            bail!(
                "the master key is not the one this database was set up with; nothing was changed. \
                 Set TESSERA_MASTER_KEY or --master-key-file to the right one"
            );
        }
        Ok(Self {
            vault: store.vault(),
            sealer: Sealer::new(master.derive("signing keys").expose()),
            clock,
            random: SystemRandom::new(),
            served: Mutex::default(),
        })
    }

    /// Whether this is the master key that the database was set up with; `None`: with none yet. Changes nothing.
    pub async fn agrees(store: &DieselStore, master: &SecretKey) -> anyhow::Result<Option<bool>> {
        let known = store.meta().value(CHECK).await?;
        Ok(known.map(|known| known == check_value(master).expose()))
    }

    /// An issuer with this flavour's keys, which it keeps up to date from now on.
    pub async fn issuer(&self, flavour: &Flavour, config: JwtConfig, parts: &Parts) -> anyhow::Result<Arc<JwtIssuer>> {
        let purpose = Purpose::of(flavour);
        let mut stored = self.stored(&purpose).await?;
        if stored.is_empty() {
            let first = self.generate(&purpose)?;
            let now = self.clock.now();
            self.vault.put_first_key(&self.row(&purpose, &first, now, now)?).await?;
            stored = self.stored(&purpose).await?;
        }
        let keys = self.keys(&purpose, &stored)?;
        let issuer = Arc::new(JwtIssuer::new(config, keys, parts.clock.clone(), parts.entropy.clone()));
        self.served().push(Served {
            from: self.fingerprints(&stored),
            issuer: issuer.clone(),
            purpose,
        });
        Ok(issuer)
    }

    /// Gives every issuer the keys that its flavour now has, where they have changed.
    pub async fn reload(&self) -> anyhow::Result<()> {
        let all = self.vault.keys().await?;
        let served = self.served().clone();
        for one in &served {
            let stored = of_purpose(&all, &one.purpose);
            let from = self.fingerprints(&stored);
            if from != one.from {
                one.issuer.set_keys(self.keys(&one.purpose, &stored)?);
                tracing::info!(event = "keys_changed", flavour = one.purpose.flavour, keys = from.len());
                self.remember(&one.purpose, from);
            }
        }
        Ok(())
    }

    /// The keys of one purpose as stored, those that sign first first.
    pub async fn stored(&self, purpose: &Purpose) -> anyhow::Result<Vec<StoredKey>> {
        Ok(of_purpose(&self.vault.keys().await?, purpose))
    }

    /// The states of stored keys, now.
    pub fn states(&self, stored: &[StoredKey]) -> Vec<rotation::KeyState> {
        states(stored, self.clock.now())
    }

    /// Opens a stored key.
    pub fn open_key(&self, purpose: &Purpose, row: &StoredKey) -> anyhow::Result<SigningKey> {
        let opened = self.sealer.open(&row.name, &purpose.text(), &row.sealed);
        let secret = opened.with_context(|| format!("the signing key {} of {}", row.name, purpose.text()))?;
        let json = std::str::from_utf8(secret.expose()).context("a stored key is text")?;
        Ok(SigningKey::from_jwk(json, &self.random)?.with_kid(Kid::new(&row.name)?))
    }

    /// Adds a key by rotation: `publish` is for how long it is known before it signs; `None`: an emergency, the others end
    /// at once.
    pub async fn rotate(
        &self,
        purpose: &Purpose,
        key: Option<SigningKey>,
        publish: Option<Duration>,
        lifetime: Lifetime,
    ) -> anyhow::Result<StoredKey> {
        let life = match lifetime {
            Lifetime::Limited(life) => life,
            Lifetime::UntilRevoked => bail!("a flavour whose tokens never end cannot rotate its keys"),
        };
        let now = self.now();
        let plan = publish.map_or(rotation::emergency(now), |publish| {
            rotation::scheduled(now, publish, life)
        });
        let key = match key {
            Some(key) => key,
            None => self.generate(purpose)?,
        };
        let others = self.stored(purpose).await?;
        let row = self.row(purpose, &key, self.clock.now(), moment(plan.activates))?;
        if !self.vault.put_key_if_absent(&row).await? {
            bail!("there is a key named {} already", row.name);
        }
        for other in others {
            let end = moment(plan.others_retire);
            if other.retires_at.is_none_or(|retires| retires > end) {
                self.vault
                    .set_key_times(&other.name, other.activates_at, Some(end))
                    .await?;
            }
        }
        Ok(row)
    }

    /// Retires a key at a moment. Refused for the only key that signs.
    pub async fn retire(&self, purpose: &Purpose, kid: &str, at: Timestamp) -> anyhow::Result<()> {
        let mut stored = self.stored(purpose).await?;
        let Some(row) = stored.iter_mut().find(|row| row.name == kid) else {
            bail!("{} has no key named {kid}; see tessera key list", purpose.text());
        };
        row.retires_at = Some(at);
        let activates_at = row.activates_at;
        let then = UnixTime::from_millis(at.as_millis().max(self.clock.now().as_millis()));
        if rotation::signing(&times(&stored), then).is_none() {
            bail!("{kid} is the only key that signs for {}: rotate first", purpose.text());
        }
        self.vault.set_key_times(kid, activates_at, Some(at)).await?;
        Ok(())
    }

    fn generate(&self, purpose: &Purpose) -> anyhow::Result<SigningKey> {
        let algorithm = purpose.algorithm;
        if algorithm.family() == token_jwt::Family::Rsa {
            bail!(
                "flavour.{0}.algorithm = {1}: RSA keys are not made here; import one with: tessera key import --flavour {0}",
                purpose.flavour,
                algorithm.name()
            );
        }
        let key = SigningKey::generate(algorithm, &self.random).context("a signing key cannot be made")?;
        Ok(key.with_kid(Kid::random(&self.random)?))
    }

    fn row(
        &self,
        purpose: &Purpose,
        key: &SigningKey,
        created_at: Timestamp,
        activates_at: Timestamp,
    ) -> anyhow::Result<StoredKey> {
        let kid = key.kid().context("a key that is stored has a name")?;
        let secret = key.to_private_jwk();
        Ok(StoredKey {
            name: kid.as_str().to_owned(),
            purpose: purpose.text(),
            sealed: self.sealer.seal(kid.as_str(), &purpose.text(), &secret, &self.random)?,
            created_at,
            activates_at,
            retires_at: None,
        })
    }

    /// What an issuer works with: the key that signs, and all that verify.
    fn keys(&self, purpose: &Purpose, stored: &[StoredKey]) -> anyhow::Result<JwtKeys> {
        let times = times(stored);
        let signing = rotation::signing(&times, self.now());
        let signing = signing.with_context(|| format!("no key of {} signs: tessera key rotate", purpose.text()))?;
        let mut others = Vec::new();
        for (index, row) in stored.iter().enumerate() {
            if index != signing && times[index].verifies(self.now()) {
                others.push(self.open_key(purpose, row)?.verifying_key().clone());
            }
        }
        Ok(JwtKeys::new(self.open_key(purpose, &stored[signing])?, others)?)
    }

    fn fingerprints(&self, stored: &[StoredKey]) -> Vec<Fingerprint> {
        let names = stored.iter().map(|row| row.name.clone());
        names.zip(self.states(stored)).collect()
    }

    fn remember(&self, purpose: &Purpose, from: Vec<Fingerprint>) {
        if let Some(served) = self.served().iter_mut().find(|served| served.purpose == *purpose) {
            served.from = from;
        }
    }

    fn served(&self) -> std::sync::MutexGuard<'_, Vec<Served>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.clock.now().as_millis())
    }
}

/// The states of the stored keys of one purpose.
pub fn states(stored: &[StoredKey], now: Timestamp) -> Vec<rotation::KeyState> {
    rotation::states(&times(stored), UnixTime::from_millis(now.as_millis()))
}

fn check_value(master: &SecretKey) -> SecretKey {
    master.derive("master key check")
}

fn of_purpose(all: &[StoredKey], purpose: &Purpose) -> Vec<StoredKey> {
    let text = purpose.text();
    all.iter().filter(|row| row.purpose == text).cloned().collect()
}

fn times(stored: &[StoredKey]) -> Vec<KeyTimes> {
    let time = |at: Timestamp| UnixTime::from_millis(at.as_millis());
    let times = stored.iter().map(|row| KeyTimes {
        activates: time(row.activates_at),
        retires: row.retires_at.map(time),
    });
    times.collect()
}

fn moment(time: UnixTime) -> Timestamp {
    Timestamp::from_millis(time.millis())
}
