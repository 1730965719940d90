//! The collector that the environment names, and the HTTP client for it.

use std::env::VarError;
use std::ops::RangeInclusive;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use reqwest::Url;
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// The variables that name the collector. The first is for traces alone, and has the whole path.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];

/// What sends spans to the collector; `None` where none is named, or the environment switches it off.
pub(super) fn exporter() -> anyhow::Result<Option<SpanExporter>> {
    if is_off()? {
        return Ok(None);
    }
    let Some((name, text)) = first_of(&ENDPOINTS)? else {
        return Ok(None);
    };
    let url = checked(name, &text)?;
    refuse_other_protocols()?;
    let timeout = Duration::from_millis(number(&TIMEOUTS, 10_000, 1..=60_000)?);
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(timeout)
        .with_http_client(client(url.scheme() == "https", timeout)?);
    Ok(Some(exporter.build()?))
}

/// How spans wait to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// The most that wait, those on their way included.
    pub(super) places: usize,
    /// How long one waits at most, unless a batch is full before or the one before is still on its way.
    pub(super) delay: Duration,
}

pub(super) fn waiting() -> anyhow::Result<Waiting> {
    let places = number(&["OTEL_BSP_MAX_QUEUE_SIZE"], 2048, 1..=100_000)?;
    let delay = number(&["OTEL_BSP_SCHEDULE_DELAY"], 5_000, 10..=60_000)?;
    Ok(Waiting {
        places: usize::try_from(places)?,
        delay: Duration::from_millis(delay),
    })
}

fn is_off() -> anyhow::Result<bool> {
    let is =
        |name, wanted: &str| Ok::<_, anyhow::Error>(variable(name)?.is_some_and(|it| it.eq_ignore_ascii_case(wanted)));
    Ok(is("OTEL_SDK_DISABLED", "true")? || is("OTEL_TRACES_EXPORTER", "none")?)
}

/// # Security
/// A URL is written into logs, so it may have no password.
fn checked(name: &str, text: &str) -> anyhow::Result<Url> {
    let shown = text.split('@').next_back().unwrap_or_default();
    let refused = |why: &str| anyhow!("{name} = {shown}: {why}");
    let url = Url::parse(text).map_err(|_| refused("is no URL; http://127.0.0.1:4318 is one"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused(
            "has a user or password before the host; put what identifies this server into OTEL_EXPORTER_OTLP_HEADERS",
        ));
    }
    match url.scheme() {
        "http" | "https" => Ok(url),
        _ => Err(refused("begins with neither http:// nor https://")),
    }
}

fn refuse_other_protocols() -> anyhow::Result<()> {
    match first_of(&PROTOCOLS)? {
        Some((name, other)) if other != "http/protobuf" => bail!("{name} = {other}: allowed is http/protobuf"),
        _ => Ok(()),
    }
}

/// A client that follows no redirect: the headers for the collector may have a key.
fn client(encrypted: bool, timeout: Duration) -> anyhow::Result<Client> {
    let mut client = Client::builder()
        .tls_backend_preconfigured(tls(encrypted)?)
        .redirect(Policy::none())
        .referer(false)
        .timeout(timeout);
    if !encrypted {
        // A proxy for plain HTTP would read what is meant for a collector near by.
        client = client.no_proxy();
    }
    client.build().context("the client for the OpenTelemetry collector")
}

/// TLS by rustls with ring, and the system's certificates. Without encryption none is needed.
fn tls(encrypted: bool) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if encrypted {
        let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            bail!("there are no root certificates to verify the OpenTelemetry collector by (Debian: ca-certificates)");
        }
    }
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn number(names: &[&'static str], default: u64, allowed: RangeInclusive<u64>) -> anyhow::Result<u64> {
    let Some((name, text)) = first_of(names)? else {
        return Ok(default);
    };
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.with_context(|| format!("{name} = {text}: allowed is {} to {}", allowed.start(), allowed.end()))
}

/// The first of the variables that has a value, and its name.
fn first_of(names: &[&'static str]) -> anyhow::Result<Option<(&'static str, String)>> {
    for name in names {
        if let Some(value) = variable(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}

/// An empty one is none, as the specification has it.
fn variable(name: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(name) {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not Unicode"),
    }
}
