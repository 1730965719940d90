//! The one address that a verifier calls, and everything that bounds a call.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_NONE_MATCH};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::error::SetupError;

/// One address of a server. Redirects are not followed.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    url: Url,
    most_bytes: usize,
}

/// How it is called.
#[derive(Clone, Debug)]
pub(crate) struct CallLimits {
    /// How long a call may take in all.
    pub(crate) timeout: Duration,
    /// The longest body of an answer.
    pub(crate) most_bytes: usize,
    /// Root certificates in PEM, in place of the machine's.
    pub(crate) roots: Option<String>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Why there is no answer. The text is for logs; it names no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it did not answer in time")]
    TooSlow,
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    #[error("its answer is not UTF-8")]
    NotText,
}

impl Server {
    pub(crate) fn new(url: &str, limits: &CallLimits) -> Result<Self, SetupError> {
        let url = allowed(url)?;
        if limits.timeout.is_zero() {
            return Err(SetupError::Setting {
                setting: "the timeout",
                allowed: "is longer than zero",
            });
        }
        let encrypted = url.scheme() == "https";
        let mut client = Client::builder()
            .tls_backend_preconfigured(tls(encrypted, limits.roots.as_deref())?)
            .redirect(Policy::none())
            .referer(false)
            .timeout(limits.timeout)
            .user_agent(concat!("tessera-auth-remote/", env!("CARGO_PKG_VERSION")));
        if !encrypted {
            // A proxy for plain HTTP would read what was meant to stay on this machine.
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| SetupError::Tls(cause(&error)))?;
        let most_bytes = limits.most_bytes;
        Ok(Self {
            client,
            url,
            most_bytes,
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// `GET`, with the tag of what is known already.
    pub(crate) async fn get(&self, known: Option<&HeaderValue>) -> Result<Answer, CallError> {
        let mut request = self.client.get(self.url.clone());
        if let Some(tag) = known {
            request = request.header(IF_NONE_MATCH, tag.clone());
        }
        self.call(request).await
    }

    /// `POST` of a form. Repeated once where the connection broke before an answer: what is asked changes nothing.
    pub(crate) async fn post(&self, authorization: &HeaderValue, form: &str) -> Result<Answer, CallError> {
        let request = || {
            self.client
                .post(self.url.clone())
                .header(AUTHORIZATION, authorization.clone())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.to_owned())
        };
        match self.call(request()).await {
            Err(CallError::Unreachable(_)) => self.call(request()).await,
            other => other,
        }
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, CallError> {
        let sent = request.header(ACCEPT, "application/json").send().await;
        let mut response = sent.map_err(|error| call_error(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| call_error(&error))? {
            if body.len() + chunk.len() > self.most_bytes {
                return Err(CallError::TooLong(self.most_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: String::from_utf8(body).map_err(|_| CallError::NotText)?,
        })
    }
}

/// An address with TLS, or on this machine.
///
/// # Security
/// Without TLS an attacker on the path could put keys of their own into a key set, or make any token active.
fn allowed(text: &str) -> Result<Url, SetupError> {
    let refused = |why| SetupError::Url {
        url: text.split('@').next_back().unwrap_or_default().to_owned(),
        why,
    };
    let url = Url::parse(text).map_err(|_| refused("is no URL: https://host/path is"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("has a user or password before the host: leave them out"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(refused(
            "does not begin with https://; http:// is for this machine alone (127.0.0.1, [::1], localhost)",
        )),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// TLS by rustls with ring. Without encryption no certificate is needed.
fn tls(encrypted: bool, pem: Option<&str>) -> Result<ClientConfig, SetupError> {
    let builder = ClientConfig::builder_with_provider(ring::default_provider().into());
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SetupError::Tls(error.to_string()))?;
    let roots = match encrypted {
        true => roots(pem)?,
        false => RootCertStore::empty(),
    };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn roots(pem: Option<&str>) -> Result<RootCertStore, SetupError> {
    let unusable = |why: &str| SetupError::Tls(why.to_owned());
    let certificates = match pem {
        Some(pem) => CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| unusable("the root certificates are not PEM"))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err(unusable(
            "there are no root certificates to verify the server by (Debian: ca-certificates)",
        )),
        _ => Ok(roots),
    }
}

fn call_error(error: &reqwest::Error) -> CallError {
    match error.is_timeout() {
        true => CallError::TooSlow,
        false => CallError::Unreachable(cause(error)),
    }
}

/// The innermost reason, which says what happened. It names no URL.
fn cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tls_or_this_machine() {
        for good in [
            "https://auth.example/oauth/introspect",
            "http://127.0.0.1:8080/x",
            "http://[::1]/x",
            "http://localhost:1/x",
        ] {
            assert!(allowed(good).is_ok(), "{good}");
        }
        for bad in [
            "http://auth.example/x",
            "http://127.0.0.1.example/x",
            "http://localhost.example/x",
            "http://10.0.0.1/x",
            "http://0.0.0.0/x",
            "ftp://127.0.0.1/x",
            "file:///etc/keys.json",
            "127.0.0.1:8080",
            "",
        ] {
            assert!(allowed(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_printing_it() {
        let error = allowed("https://user:canary@auth.example/x").unwrap_err();
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
