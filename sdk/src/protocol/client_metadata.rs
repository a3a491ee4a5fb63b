//! Client metadata for registration (RFC 7591 section 2).

use derive_setters::Setters;

use super::scope::ScopeSet;
use crate::error::{Error, Failure};
use crate::json::{Json, JsonView, ObjectWriter, array, quoted};

/// How a client authenticates at the token endpoint (RFC 7591 section 2, `token_endpoint_auth_method`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenEndpointAuthMethod {
    /// `none`: a public client.
    None,
    /// `client_secret_basic`.
    ClientSecretBasic,
    /// `client_secret_post`.
    ClientSecretPost,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// Any other, as it is written.
    Other(String),
}

impl TokenEndpointAuthMethod {
    /// The name on the wire.
    pub fn name(&self) -> &str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::Other(name) => name,
        }
    }

    /// The method of a name.
    pub fn from_name(name: &str) -> Self {
        let known = [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt];
        known.into_iter().find(|method| method.name() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// The client's public keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientKeys {
    /// `jwks_uri`: the URL of a JWK Set, which can be rotated.
    Uri(String),
    /// `jwks`: a JWK Set as JSON text.
    Set(String),
}

/// A client's metadata. Start with one of the constructors and set the other members with the methods of their names. A list that
/// is `None` is left out, so that the server's default applies; an empty one is sent as it is.
///
/// ```
/// use smartrust::protocol::client_metadata::ClientMetadata;
///
/// let scope = "launch/patient openid fhirUser patient/*.rs";
/// let client = ClientMetadata::public("My app", "https://app.example/code", scope)
///     .client_uri("https://app.example")
///     .launch_uri("https://app.example/launch");
/// assert_eq!(client.grant_types, Some(vec!["authorization_code".to_owned()]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct ClientMetadata {
    /// The requested client id. Servers that issue ids ignore it; WebChart accepts it.
    pub client_id: Option<String>,
    /// The name that people see.
    pub client_name: Option<String>,
    /// A page about the client.
    pub client_uri: Option<String>,
    /// The URL of the client's picture.
    pub logo_uri: Option<String>,
    /// The URL of its terms of service.
    pub tos_uri: Option<String>,
    /// The URL of its privacy policy.
    pub policy_uri: Option<String>,
    /// How to contact the people who are responsible for it, usually e-mail addresses.
    pub contacts: Option<Vec<String>>,
    /// The redirect URIs.
    pub redirect_uris: Option<Vec<String>>,
    /// The URL that an EHR opens the app by. Not of RFC 7591; servers that do not know it leave it out.
    pub launch_uri: Option<String>,
    /// The scopes that the client may request, separated by spaces.
    pub scope: Option<String>,
    /// Grant types, such as `authorization_code`.
    pub grant_types: Option<Vec<String>>,
    /// Response types: `code`, or none for a backend service.
    pub response_types: Option<Vec<String>>,
    /// How it authenticates.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Its public keys.
    pub keys: Option<ClientKeys>,
    /// An identifier of the software in all its installations.
    pub software_id: Option<String>,
    /// The software's version.
    pub software_version: Option<String>,
    /// A software statement, a signed JWT (RFC 7591 section 2.3).
    pub software_statement: Option<String>,
}

/// A member that the server registered with another value than was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetadataChange {
    /// The member, such as `scope`.
    pub member: &'static str,
    /// The value that was sent; several values are separated by spaces.
    pub sent: Option<String>,
    /// The value that the server registered; `None` if its response has no such member.
    pub registered: Option<String>,
}

const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl ClientMetadata {
    /// A public client: it has no secret, and PKCE protects its codes. Every browser app without a key is one.
    pub fn public(client_name: impl Into<String>, redirect_uri: impl Into<String>, scope: impl Into<String>) -> Self {
        Self::interactive(client_name.into(), redirect_uri.into(), scope.into())
    }

    /// A client with a shared secret, which must stay on a server of the app's own. It authenticates by
    /// `client_secret_basic`, as the IG describes.
    pub fn confidential(
        client_name: impl Into<String>,
        redirect_uri: impl Into<String>,
        scope: impl Into<String>,
    ) -> Self {
        let client = Self::interactive(client_name.into(), redirect_uri.into(), scope.into());
        Self { token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic, ..client }
    }

    /// A client that authenticates with its own key.
    pub fn asymmetric(
        client_name: impl Into<String>,
        redirect_uri: impl Into<String>,
        scope: impl Into<String>,
        keys: ClientKeys,
    ) -> Self {
        let client = Self::interactive(client_name.into(), redirect_uri.into(), scope.into());
        Self { token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt, keys: Some(keys), ..client }
    }

    /// A backend service: no user, no redirect, and its own key (IG, backend services).
    pub fn backend(client_name: impl Into<String>, scope: impl Into<String>, keys: ClientKeys) -> Self {
        Self {
            redirect_uris: None,
            response_types: None,
            grant_types: Some(vec!["client_credentials".into()]),
            ..Self::asymmetric(client_name, "", scope, keys)
        }
    }

    fn interactive(client_name: String, redirect_uri: String, scope: String) -> Self {
        let scopes = ScopeSet::parse(&scope);
        let lasts = scopes.contains("offline_access") || scopes.contains("online_access");
        let grant_types = ["authorization_code"].into_iter().chain(lasts.then_some("refresh_token"));
        Self {
            client_id: None,
            client_name: Some(client_name),
            client_uri: None,
            logo_uri: None,
            tos_uri: None,
            policy_uri: None,
            contacts: None,
            redirect_uris: Some(vec![redirect_uri]),
            launch_uri: None,
            scope: Some(scope),
            grant_types: Some(grant_types.map(str::to_owned).collect()),
            response_types: Some(vec!["code".into()]),
            token_endpoint_auth_method: TokenEndpointAuthMethod::None,
            keys: None,
            software_id: None,
            software_version: None,
            software_statement: None,
        }
    }

    /// Checks for values that a server would refuse, and for private keys.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member: no redirect URI for a client that users sign in to, one that is relative
    /// or has a fragment, no keys for `private_key_jwt`, or private keys instead of public ones.
    pub fn check<J: Json>(&self, json: &J) -> Result<(), Failure> {
        let is_code = |grant: &String| grant == "authorization_code";
        let sends_users = self.grant_types.as_ref().is_none_or(|grants| grants.iter().any(is_code));
        let redirect_uris = self.redirect_uris.as_deref().unwrap_or_default();
        if sends_users && redirect_uris.is_empty() {
            return Err(Error::configuration("redirect_uris", "there is none, and an app with users needs one"));
        }
        if redirect_uris.iter().any(|uri| uri.contains('#') || !uri.contains(':')) {
            return Err(Error::configuration("redirect_uris", "one of them is relative or has a fragment (#)"));
        }
        match &self.keys {
            None if self.token_endpoint_auth_method == TokenEndpointAuthMethod::PrivateKeyJwt => {
                Err(Error::configuration("jwks", "there is none, and private_key_jwt needs a public key"))
            }
            Some(ClientKeys::Set(set)) => check_key_set(json, set),
            _ => Ok(()),
        }
    }

    /// The metadata as JSON text.
    pub fn to_json(&self) -> String {
        let mut writer = ObjectWriter::new();
        for (member, text) in self.texts() {
            writer = writer.optional_text(member, text);
        }
        for (member, items) in self.lists() {
            if let Some(items) = items {
                writer = writer.raw(member, &array(items.iter().map(|item| quoted(item))));
            }
        }
        match &self.keys {
            Some(ClientKeys::Set(set)) => writer.raw("jwks", set),
            _ => writer,
        }
        .finish()
    }

    /// Reads the metadata in a server's response. Without `token_endpoint_auth_method` it is `client_secret_basic` (RFC 7591
    /// section 2).
    pub fn read<V: JsonView>(response: &V) -> Self {
        let text = |name: &str| response.member_text(name);
        let list = |name: &str| response.member(name).map(|_| crate::json::list(response, name));
        let method = text("token_endpoint_auth_method");
        let set = || response.member("jwks").map(|set| ClientKeys::Set(set.to_json()));
        Self {
            client_id: text("client_id"),
            client_name: text("client_name"),
            client_uri: text("client_uri"),
            logo_uri: text("logo_uri"),
            tos_uri: text("tos_uri"),
            policy_uri: text("policy_uri"),
            contacts: list("contacts"),
            redirect_uris: list("redirect_uris"),
            launch_uri: text("launch_uri"),
            scope: text("scope"),
            grant_types: list("grant_types"),
            response_types: list("response_types"),
            token_endpoint_auth_method: method
                .map_or(TokenEndpointAuthMethod::ClientSecretBasic, |name| TokenEndpointAuthMethod::from_name(&name)),
            keys: text("jwks_uri").map(ClientKeys::Uri).or_else(set),
            software_id: text("software_id"),
            software_version: text("software_version"),
            software_statement: text("software_statement"),
        }
    }

    /// The differences of `registered` from this. Scopes and lists are compared without regard to their order; of a `jwks`
    /// only its presence.
    ///
    /// For an example, see [`RegistrationEndpoint::register`](crate::client::server::RegistrationEndpoint::register).
    pub fn changes(&self, registered: &Self) -> Vec<MetadataChange> {
        let texts = self.texts().into_iter().zip(registered.texts());
        let texts = texts.filter(|((member, sent), (_, held))| match *member {
            "client_id" => false,
            "scope" => sorted(sent.unwrap_or_default().split(' ')) != sorted(held.unwrap_or_default().split(' ')),
            _ => sent != held,
        });
        let texts = texts.map(|((member, sent), (_, held))| (member, sent.map(str::to_owned), held.map(str::to_owned)));
        let lists = self.lists().into_iter().zip(registered.lists());
        let items = |list: Option<&[String]>| sorted(list.unwrap_or_default().iter().cloned());
        let lists = lists.filter(|((_, sent), (_, held))| items(*sent) != items(*held));
        let joined = |list: Option<&[String]>| list.filter(|list| !list.is_empty()).map(|list| list.join(" "));
        let lists = lists.map(|((member, sent), (_, held))| (member, joined(sent), joined(held)));
        let has_set = |client: &Self| matches!(client.keys, Some(ClientKeys::Set(_)));
        let shown = |client: &Self| has_set(client).then(|| "a JWK Set".to_owned());
        let sets = (has_set(self) != has_set(registered)).then(|| ("jwks", shown(self), shown(registered)));
        texts
            .chain(lists)
            .chain(sets)
            .map(|(member, sent, registered)| MetadataChange { member, sent, registered })
            .collect()
    }

    fn texts(&self) -> [(&'static str, Option<&str>); 13] {
        let jwks_uri = match &self.keys {
            Some(ClientKeys::Uri(uri)) => Some(uri.as_str()),
            _ => None,
        };
        [
            ("client_id", self.client_id.as_deref()),
            ("client_name", self.client_name.as_deref()),
            ("client_uri", self.client_uri.as_deref()),
            ("logo_uri", self.logo_uri.as_deref()),
            ("tos_uri", self.tos_uri.as_deref()),
            ("policy_uri", self.policy_uri.as_deref()),
            ("launch_uri", self.launch_uri.as_deref()),
            ("scope", self.scope.as_deref()),
            ("token_endpoint_auth_method", Some(self.token_endpoint_auth_method.name())),
            ("jwks_uri", jwks_uri),
            ("software_id", self.software_id.as_deref()),
            ("software_version", self.software_version.as_deref()),
            ("software_statement", self.software_statement.as_deref()),
        ]
    }

    fn lists(&self) -> [(&'static str, Option<&[String]>); 4] {
        [
            ("contacts", self.contacts.as_deref()),
            ("redirect_uris", self.redirect_uris.as_deref()),
            ("grant_types", self.grant_types.as_deref()),
            ("response_types", self.response_types.as_deref()),
        ]
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

pub(super) fn check_key_set<J: Json>(json: &J, set: &str) -> Result<(), Failure> {
    let keys = json.parse(set).map(|set| set.member_items("keys")).unwrap_or_default();
    if keys.is_empty() {
        return Err(Error::configuration("jwks", "it is not a JWK Set with a key, as JSON text"));
    }
    if keys.iter().any(|key| PRIVATE_MEMBERS.iter().any(|member| key.member(member).is_some())) {
        return Err(Error::configuration("jwks", "it contains a private or shared key; use public keys only"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "client_metadata_tests.rs"]
mod tests;
