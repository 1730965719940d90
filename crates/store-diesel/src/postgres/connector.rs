//! Making one connection, with the settings that each must have.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use auth_core::StoreError;
use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::task::AbortHandle;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::listener::{Listener, ListenerConnection, carry};
use super::{pooler, tls};
use crate::error::DbError;
use crate::options::ConnectError;
use crate::url::PostgresUrl;

/// The oldest server that has what the migrations use.
const OLDEST: i32 = 12;

/// Asks the server for messages in English: of most errors the library reports the text alone, and no code. That takes
/// a right, which a superuser has or was granted by one; a user without it causes no error in the server's log.
const ENGLISH: &str = "DO $$ BEGIN
    PERFORM set_config('lc_messages', 'C', false);
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END $$";

/// Makes connections to one server.
pub(super) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    settings: String,
    /// Whether a pooler is in between that lends out its connections for one transaction each: a session is another
    /// client's next. `None`: nobody has looked.
    is_pooled: Arc<OnceLock<bool>>,
    /// What receives notices on each connection, once it is set.
    listener: OnceLock<Arc<Listener>>,
}

/// A connection, with the task that carries its bytes. Dropped, it ends at once; the server takes back what was not
/// committed.
pub(super) struct Lane {
    pub(super) conn: AsyncPgConnection,
    carrier: Carrier,
}

/// The same below the query builder.
pub(super) struct Bare {
    pub(super) client: Client,
    carrier: Carrier,
}

/// The task that carries a connection's bytes, until this is dropped.
struct Carrier(AbortHandle);

impl Connector {
    pub(super) fn new(url: PostgresUrl, deadline: Duration) -> Result<Self, ConnectError> {
        Ok(Self {
            tls: tls::maker(&url.tls)?,
            config: with_defaults(url.config),
            settings: settings(deadline),
            is_pooled: Arc::default(),
            listener: OnceLock::new(),
        })
    }

    /// One that leads the same way, and need not look for itself; but with its own listener.
    pub(super) fn twin(&self) -> Self {
        Self {
            config: self.config.clone(),
            tls: self.tls.clone(),
            settings: self.settings.clone(),
            is_pooled: self.is_pooled.clone(),
            listener: OnceLock::new(),
        }
    }

    /// Looks for a pooler in between. From now on each connection takes that into account.
    ///
    /// # Errors
    /// When nothing answers, or there is one that we cannot work through.
    pub(super) async fn look_for_pooler(&self) -> Result<(), ConnectError> {
        let is_pooled = pooler::lends_for_transactions(self).await?;
        let _ = self.is_pooled.set(is_pooled);
        Ok(())
    }

    pub(super) fn is_pooled(&self) -> bool {
        self.is_pooled.get().copied().unwrap_or_default()
    }

    /// Has each connection listen from now on.
    pub(super) fn listen(&self, listener: Arc<Listener>) {
        let _ = self.listener.set(listener);
    }

    /// Another connection. Must be called on the runtime that is to carry it.
    pub(super) async fn connect(&self) -> Result<Lane, StoreError> {
        let part = self.listener.get().map(|listener| listener.clone().of_new_connection());
        let number = part.as_ref().map(ListenerConnection::connection);
        let Bare { client, carrier } = self.connect_bare(part).await?;
        let mut lane = Lane {
            conn: AsyncPgConnection::try_from(client)
                .await
                .map_err(|_| StoreError::Unavailable("a new connection was lost".to_owned()))?,
            carrier,
        };
        // Otherwise the user's defaults count.
        if !self.is_pooled() {
            let set = lane.conn.batch_execute(&self.settings).await;
            set.map_err(|error| StoreError::from(DbError::from(error)))?;
            // Without that permission the connection is used anyway.
            let _asked = lane.conn.batch_execute(ENGLISH).await;
        }
        if let (Some(listener), Some(number)) = (self.listener.get(), number) {
            listener.clone().listen(number, &mut lane.conn).await;
        }
        Ok(lane)
    }

    /// A connection without any settings.
    pub(super) async fn connect_bare(&self, part: Option<ListenerConnection>) -> Result<Bare, StoreError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await.map_err(failed)?;
        let carrier = Carrier(tokio::spawn(carry(connection, part)).abort_handle());
        Ok(Bare { client, carrier })
    }
}

impl Lane {
    /// Whether the server has gone away, as far as this connection has noticed.
    pub(super) fn is_closed(&self) -> bool {
        self.carrier.0.is_finished()
    }

    /// Refuses a server that cannot hold our tables, or would not hold our texts.
    pub(super) async fn refuse_unfit(&mut self) -> Result<(), ConnectError> {
        let conn = &mut self.conn;
        let info = sql::<(Text, Text)>("current_setting('server_version'), current_setting('server_encoding')");
        let info: (String, String) = diesel::select(info)
            .get_result(conn)
            .await
            .map_err(ConnectError::of_database)?;
        let (version, encoding) = info;
        let major = version.split(|c: char| !c.is_ascii_digit()).next();
        let major: i32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
        if major < OLDEST {
            return Err(ConnectError::Unavailable(format!(
                "PostgreSQL {version} is older than {OLDEST}"
            )));
        }
        match encoding.as_str() {
            "UTF8" => Ok(()),
            _ => Err(ConnectError::Unavailable(format!(
                "the database is encoded in {encoding}, not UTF8"
            ))),
        }
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the URL leaves open: short waits for a peer that is dead or not there.
fn with_defaults(mut config: Config) -> Config {
    if config.get_application_name().is_none() {
        config.application_name("tessera");
    }
    // A standby gets what was revoked late, or never.
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(10));
    }
    config
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(2);
    config
}

/// The settings of each session. The server gives up on a statement before we give up on the server, so that its outcome
/// is clear; what was answered is on the server's disk, whatever its default.
fn settings(deadline: Duration) -> String {
    let half = (deadline / 2).as_millis();
    let whole = deadline.as_millis();
    format!(
        "SET statement_timeout = {half};
         SET lock_timeout = {half};
         SET idle_in_transaction_session_timeout = {whole};
         SET default_transaction_isolation = 'read committed';
         SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
}

/// The library's message and that of its cause. Neither holds the password.
fn failed(error: tokio_postgres::Error) -> StoreError {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    let text = format!("{error}{}", cause.unwrap_or_default());
    match error.code() {
        Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy(text),
        _ => StoreError::Unavailable(text),
    }
}
