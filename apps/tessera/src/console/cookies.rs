//! The two cookies of a session: its token, and the moments that decide how long it may go on (RFC 6265); and a third one, for a minute:
//! what was done, for the page that is shown next.

use actix_web::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse};

use super::origin::Origins;

/// The name of the session's token.
const TOKEN: &str = "tessera-console";

/// The name of its moments.
const TIMES: &str = "tessera-console-times";

/// The name of what was done.
const DONE: &str = "tessera-console-done";

/// How long the next page may take, in seconds.
const NEXT_PAGE: u32 = 60;

/// The cookies of a request.
#[derive(Debug)]
pub(super) struct Presented {
    pub(super) token: String,
    pub(super) times: String,
}

/// Both cookies; `None` where one is missing, or there several times.
pub(super) fn presented(request: &HttpRequest, origins: &Origins) -> Option<Presented> {
    let value = |name| the_one(request.headers(), &full(name, origins)).map(str::to_owned);
    Some(Presented {
        token: value(TOKEN)?,
        times: value(TIMES)?,
    })
}

/// The word of what was done, if this is the page that was to be shown afterwards. It only chooses one of the console's own
/// sentences.
pub(super) fn done(request: &HttpRequest, origins: &Origins) -> Option<String> {
    let value = the_one(request.headers(), &full(DONE, origins))?;
    let (word, path) = value.split_once(':')?;
    (path == request.path()).then(|| word.to_owned())
}

/// Keeps the word of what was done for the page at this address.
pub(super) fn set_done(answer: &mut HttpResponse, word: &str, address: &str, origins: &Origins) {
    let path = address.split('?').next().unwrap_or_default();
    set(
        answer,
        DONE,
        &format!("{word}:{path}"),
        origins,
        &format!("; Max-Age={NEXT_PAGE}"),
    );
}

/// Has the browser forget what was done: it has been said.
pub(super) fn remove_done(answer: &mut HttpResponse, origins: &Origins) {
    set(answer, DONE, "", origins, "; Max-Age=0");
}

/// Gives the browser a session's token. The cookie ends with the browser; the token ends by itself.
pub(super) fn set_token(answer: &mut HttpResponse, token: &str, origins: &Origins) {
    set(answer, TOKEN, token, origins, "");
}

/// Gives the browser a session's moments.
pub(super) fn set_times(answer: &mut HttpResponse, times: &str, origins: &Origins) {
    set(answer, TIMES, times, origins, "");
}

/// Has the browser forget both.
pub(super) fn remove(answer: &mut HttpResponse, origins: &Origins) {
    for name in [TOKEN, TIMES] {
        set(answer, name, "", origins, "; Max-Age=0");
    }
}

/// No script reads it, no other site's page has it sent, and where the connection is encrypted, it goes over no other one.
fn set(answer: &mut HttpResponse, name: &str, value: &str, origins: &Origins, more: &str) {
    let name = full(name, origins);
    let secure = if origins.is_secure() { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    // The values are made here, of visible ASCII characters.
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}

/// Behind `__Host-`, where the connection is encrypted: then no other host and no unencrypted page can have set it.
fn full(name: &str, origins: &Origins) -> String {
    match origins.is_secure() {
        true => format!("__Host-{name}"),
        false => name.to_owned(),
    }
}

fn the_one<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let cookies = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|one| one.trim().split_once('='));
    let mut found = cookies.filter(|(have, _)| *have == name);
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        lines
            .iter()
            .for_each(|line| headers.append(COOKIE, HeaderValue::from_static(line)));
        the_one(&headers, TOKEN).map(str::to_owned)
    }

    #[test]
    fn one_cookie_of_a_name_counts_and_of_two_none() {
        assert_eq!(read(&["a=b; tessera-console=1|x; c=d"]).as_deref(), Some("1|x"));
        assert_eq!(read(&["a=b", "tessera-console=1|x"]).as_deref(), Some("1|x"));
        assert_eq!(read(&["tessera-console=1; tessera-console=2"]), None);
        assert_eq!(read(&["tessera-console=1", "tessera-console=2"]), None);
        for other in ["", "tessera-console", "xtessera-console=1", "TESSERA-CONSOLE=1", ";;="] {
            assert_eq!(read(&[other]), None, "{other}");
        }
    }
}
