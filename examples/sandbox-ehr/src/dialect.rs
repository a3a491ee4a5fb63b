//! The servers that the sandbox can imitate: where their endpoints are, and how they differ.

use clap::ValueEnum;

/// The server that the sandbox imitates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// WebChart as described in its older documentation.
    #[default]
    Webchart,
    /// WebChart as documented in 2026: registration, revocation, user info, authorization by POST.
    #[value(name = "webchart-2026")]
    Webchart2026,
    /// HIEBus: endpoints only in the capability statement, v1 scopes, a token for everything.
    Hiebus,
    /// Epic: keys of several types, a separate issuer, searches that require a category, and clients that register their own key
    /// with an access token.
    Epic,
    /// A server in a trust community, as TEFCA's: apps register with a certificate of the sandbox's own authority.
    Tefca,
}

/// Where endpoints are, below the base. `None` is an endpoint that the server does not have.
pub struct Paths {
    pub authorize: &'static str,
    /// Another URL of the same endpoint.
    pub authenticate: Option<&'static str>,
    pub token: &'static str,
    pub introspect: Option<&'static str>,
    pub jwks: Option<&'static str>,
    pub userinfo: Option<&'static str>,
    pub revoke: Option<&'static str>,
    pub register: Option<&'static str>,
}

static WEBCHART: Paths = Paths {
    authorize: "/oauth/authorization/",
    authenticate: Some("/oauth/authenticate/"),
    token: "/oauth/token/",
    introspect: Some("/oauth/introspect/"),
    jwks: Some("/jwks/"),
    userinfo: None,
    revoke: None,
    register: None,
};
static WEBCHART_2026: Paths = Paths {
    authorize: "/authorize",
    authenticate: None,
    token: "/token",
    introspect: Some("/introspect"),
    jwks: Some("/jwks"),
    userinfo: Some("/userinfo"),
    revoke: Some("/revoke"),
    register: Some("/register"),
};
static HIEBUS: Paths = Paths {
    authorize: "/oauth/authorize",
    authenticate: None,
    token: "/oauth/token",
    introspect: None,
    jwks: None,
    userinfo: None,
    revoke: None,
    register: None,
};
static EPIC: Paths = Paths {
    authorize: "/oauth2/authorize",
    authenticate: None,
    token: "/oauth2/token",
    introspect: Some("/oauth2/introspect"),
    jwks: Some("/oauth2/jwks"),
    userinfo: None,
    revoke: None,
    register: Some("/oauth2/register"),
};

static TEFCA: Paths = Paths {
    authorize: "/authorize",
    authenticate: None,
    token: "/token",
    introspect: Some("/introspect"),
    jwks: Some("/jwks"),
    userinfo: Some("/userinfo"),
    revoke: Some("/revoke"),
    register: None,
};

impl Dialect {
    pub(crate) fn paths(self) -> &'static Paths {
        match self {
            Self::Webchart => &WEBCHART,
            Self::Webchart2026 => &WEBCHART_2026,
            Self::Hiebus => &HIEBUS,
            Self::Epic => &EPIC,
            Self::Tefca => &TEFCA,
        }
    }

    /// Whether there are `.well-known` documents.
    pub(crate) fn has_documents(self) -> bool {
        self != Self::Hiebus
    }

    /// Whether registration requires an access token that was issued for it (RFC 7591, appendix A.1.2).
    pub(crate) fn protects_registration(self) -> bool {
        self == Self::Epic
    }

    /// Whether a public client can get refresh tokens. At Epic, only a client that authenticates can; a public one registers its own key.
    pub(crate) fn has_refresh_tokens_for_public_clients(self) -> bool {
        self != Self::Epic
    }

    /// Whether the response for an unknown URL is the log-in page with status 200.
    pub(crate) fn hides_unknown_addresses(self) -> bool {
        matches!(self, Self::Webchart | Self::Webchart2026)
    }
}
