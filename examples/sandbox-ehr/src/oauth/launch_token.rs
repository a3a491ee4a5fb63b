//! The `launch` value of an EHR launch: a JWT signed by the system, for one provider, one patient and one client.

use serde::{Deserialize, Serialize};

use super::random_secret;
use crate::config::{Config, LaunchApp};
use crate::people::Population;

const TYP: &str = "launch+jwt";
const LIFETIME_SECONDS: u64 = 300;

/// The claims of a launch token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    iat: u64,
    exp: u64,
    jti: String,
    patient: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    encounter: Option<String>,
    display: Display,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_context: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<String>,
}

/// How the chart shows an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Display {
    /// In the chart's own tab, or in its own window.
    Window,
    /// In a frame, below the chart's own patient banner.
    Frame,
}

/// The context that a launch passes to the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchContext {
    /// `Practitioner/…` of the provider who clicked.
    pub provider: String,
    pub patient: u32,
    pub encounter: Option<String>,
    pub display: Display,
    /// The context that a task passes to the app.
    pub app_context: Option<String>,
    /// What the user wants to do.
    pub intent: Option<String>,
}

/// A parsed launch value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    pub context: LaunchContext,
    /// Its ID, so that it is used only once.
    pub id: String,
    /// In seconds.
    pub expires: u64,
}

/// A token for this app in this context, valid for five minutes.
pub fn issue(config: &Config, app: &LaunchApp, context: &LaunchContext) -> jsonwebtoken::errors::Result<String> {
    let now = config.clock.seconds();
    let claims = Claims {
        iss: config.base(),
        aud: app.client_id.clone(),
        sub: context.provider.clone(),
        iat: now,
        exp: now + LIFETIME_SECONDS,
        jti: random_secret(),
        patient: context.patient,
        encounter: context.encounter.clone(),
        display: context.display,
        app_context: context.app_context.clone(),
        intent: context.intent.clone(),
    };
    config.key.sign(TYP, &claims)
}

/// The context of a launch token that this EHR issued for this client; the error says what is wrong with it.
pub fn read(config: &Config, population: &Population, client_id: &str, token: &str) -> Result<Launch, &'static str> {
    let claims: Claims = config.key.verify(TYP, token).ok_or("The launch value was not made by this EHR.")?;
    if claims.iss != config.base() || !population.has(claims.patient) {
        return Err("The launch value was not made by this EHR.");
    }
    if claims.aud != client_id {
        return Err("The launch value was made for another client.");
    }
    if claims.exp <= config.clock.seconds() {
        return Err("The launch value has expired: open the app from the chart again.");
    }
    let context = LaunchContext {
        provider: claims.sub,
        patient: claims.patient,
        encounter: claims.encounter,
        display: claims.display,
        app_context: claims.app_context,
        intent: claims.intent,
    };
    Ok(Launch { context, id: claims.jti, expires: claims.exp })
}
