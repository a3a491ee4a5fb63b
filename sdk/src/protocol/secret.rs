//! Types for values that must not be printed. Each formats as `[redacted]`.

use std::fmt;

/// What a secret is formatted as.
pub const REDACTED: &str = "[redacted]";

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Wraps a string.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The string itself. The caller must take care where it goes.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(REDACTED)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(REDACTED)
            }
        }
    )+};
}

secret! {
    /// An access token (RFC 6749 section 1.4).
    AccessToken,
    /// A refresh token (RFC 6749 section 1.5).
    RefreshToken,
    /// An ID token, a compact JWS (OpenID Connect Core section 2).
    IdToken,
    /// An authorization code (RFC 6749 section 1.3.1).
    AuthorizationCode,
    /// A PKCE code verifier (RFC 7636 section 4.1).
    CodeVerifier,
    /// A client secret (RFC 6749 section 2.3.1).
    ClientSecret,
    /// A registration access token (RFC 7592 section 3).
    RegistrationAccessToken,
    /// An assertion that a client's key signed (RFC 7523 section 2.2).
    ClientAssertion,
    /// The topic of a hub's session: whoever knows it can subscribe to it (FHIRcast 3, session discovery).
    HubTopic,
    /// The handle by which an EHR's page recognizes the app's messages (SMART Web Messaging).
    MessagingHandle,
    /// The resource of an app state, whose values may be keys (SMART App Launch 2.2, app state).
    AppStateJson,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_a_secret_is_never_printed() {
        let token = AccessToken::new("very-secret");
        assert_eq!(format!("{token} {token:?} {:?}", Some(&token)), "[redacted] [redacted] Some([redacted])");
        assert_eq!(token.expose(), "very-secret");
    }
}
