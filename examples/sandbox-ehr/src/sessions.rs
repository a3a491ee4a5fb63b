//! The users who are logged in, by cookie: patients at the portal and the provider at the chart, each with a separate cookie,
//! so that both can be logged in in one browser.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

use crate::config::Config;
use crate::oauth::grants::User;
use crate::oauth::random_secret;

const SESSION_SECONDS: u64 = 8 * 3600;

/// Where a log-in is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Portal,
    Chart,
}

/// A log-in.
#[derive(Clone, Debug)]
pub struct Session {
    pub user: User,
    /// It is in every form that changes something, so that no other page can send it.
    pub form_token: String,
    /// The topic of the apps that the user opens (FHIRcast).
    pub topic: String,
    expires: u64,
}

#[derive(Default)]
pub struct Sessions(HashMap<String, Session>);

impl Sessions {
    /// Starts a session. Returns the value of the `Set-Cookie` header.
    pub fn begin(&mut self, config: &Config, place: Place, user: User) -> String {
        let now = config.clock.seconds();
        self.0.retain(|_, session| session.expires > now);
        let id = random_secret();
        let session =
            Session { user, form_token: random_secret(), topic: random_secret(), expires: now + SESSION_SECONDS };
        self.0.insert(id.clone(), session);
        set_cookie(config, place, &id)
    }

    pub fn find(&self, config: &Config, place: Place, headers: &HeaderMap) -> Option<&Session> {
        let name = cookie_name(config, place);
        cookies(headers, &name)
            .find_map(|id| self.0.get(id))
            .filter(|session| session.expires > config.clock.seconds() && belongs(place, session.user))
    }

    /// Ends the sessions of a request. Returns them, and the `Set-Cookie` header that clears the cookie.
    pub fn end(&mut self, config: &Config, place: Place, headers: &HeaderMap) -> (Vec<Session>, String) {
        let name = cookie_name(config, place);
        let ended = cookies(headers, &name).filter_map(|id| self.0.remove(id)).collect();
        (ended, format!("{}; Max-Age=0", set_cookie(config, place, "")))
    }
}

fn belongs(place: Place, user: User) -> bool {
    match user {
        User::Patient(_) => place == Place::Portal,
        User::Provider => place == Place::Chart,
        User::Backend => false,
    }
}

/// Cookies ignore ports, so the port is part of the name: two sandboxes on one machine do not share cookies.
fn cookie_name(config: &Config, place: Place) -> String {
    let port: String =
        config.origin.rsplit(':').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    match place {
        Place::Portal => format!("wc_portal_{port}"),
        Place::Chart => format!("wc_chart_{port}"),
    }
}

fn set_cookie(config: &Config, place: Place, value: &str) -> String {
    let secure = if config.origin.starts_with("https:") { "; Secure" } else { "" };
    format!("{}={value}; Path=/webchart.cgi; HttpOnly; SameSite=Lax{secure}", cookie_name(config, place))
}

fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(candidate, _)| *candidate == name)
        .map(|(_, value)| value)
}
