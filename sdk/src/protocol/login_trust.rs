//! The settings by which an administrator registers an app manually in WebChart, if the app cannot register itself: in the Login
//! Trusts editor, and by SQL, as the editor has no checkbox for FHIR.
//!
//! They follow the vendor's public OAuth 2.0 tutorial, which has two editions. What the tutorial does not specify:
//!
//! - Its newer edition has SQL for `JWKS`, `PKCE` and `SECRET`, and its older one for `PEM`, with the
//!   launch URL in `login_url`, where the newer uses `logout_url`. A `PEM` statement here sets both.
//! - It has the digest `SHA1` for `PEM` and none for the other formats, and no column for it.
//! - Its newer statements also set `encryption_public_key`, `encryption_private_key` and `encryption_key_format`: keys of the
//!   EHR's own, which no app can know. The administrator fills them in, as a comment in the statement says.

use super::client_metadata::{ClientKeys, ClientMetadata, TokenEndpointAuthMethod};
use crate::error::{Error, Failure};

/// The option by which a login trust serves FHIR (`allowed_options`).
pub const FHIR_OPTION: u32 = 8_388_608;

/// How a login trust knows the app (`key_format`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFormat {
    /// `PEM`: by this public key, in PEM (SPKI, `-----BEGIN PUBLIC KEY-----`).
    Pem(String),
    /// `JWKS`: by the public keys at this URL.
    Jwks(String),
    /// `PKCE`: a public client.
    Pkce,
    /// `SECRET`: by a secret that the app and the EHR share. The strings here have no room for it.
    Secret,
}

impl KeyFormat {
    /// The format's name in the editor.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pem(_) => "PEM",
            Self::Jwks(_) => "JWKS",
            Self::Pkce => "PKCE",
            Self::Secret => "SECRET",
        }
    }
}

/// A login trust: a client's registration in WebChart's terms.
///
/// ```
/// use smartrust::protocol::client_metadata::ClientMetadata;
/// use smartrust::protocol::login_trust::LoginTrust;
///
/// let metadata = ClientMetadata::public("Mum's app", "https://app.example/code", "launch/patient openid patient/*.rs");
/// let trust = LoginTrust::new("my-app", &metadata, None)?;
/// assert!(trust.text().contains("Key format: PKCE"));
/// assert!(trust.sql().contains("'Mum''s app'"));
/// # Ok::<(), smartrust::Failure>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginTrust {
    /// The domain, which is the client id.
    pub domain: String,
    /// The name that people see.
    pub description: String,
    /// The URL that the EHR opens the app by.
    pub launch_uri: Option<String>,
    /// The redirect URIs.
    pub redirect_uris: Vec<String>,
    /// How the app is known.
    pub key_format: KeyFormat,
    /// The digest that is chosen beside a `PEM` key.
    pub digest: String,
}

impl LoginTrust {
    /// The login trust for a client. Its key format follows from the client's authentication; for a client with keys, pass its
    /// `public_key_pem`, or else the URL of its keys.
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the member: no client id, a key that is not a public one in PEM, keys of which there is
    /// neither a PEM nor a URL, a way of authenticating that the editor does not know, or a string with a line break or
    /// another control character, which the editor does not accept.
    pub fn new(client_id: &str, metadata: &ClientMetadata, public_key_pem: Option<&str>) -> Result<Self, Failure> {
        let key_format = match (&metadata.token_endpoint_auth_method, public_key_pem, &metadata.keys) {
            (TokenEndpointAuthMethod::None, ..) => KeyFormat::Pkce,
            (TokenEndpointAuthMethod::ClientSecretBasic | TokenEndpointAuthMethod::ClientSecretPost, ..) => {
                KeyFormat::Secret
            }
            (TokenEndpointAuthMethod::PrivateKeyJwt, Some(pem), _) => KeyFormat::Pem(read_public_key(pem)?),
            (TokenEndpointAuthMethod::PrivateKeyJwt, None, Some(ClientKeys::Uri(uri))) => KeyFormat::Jwks(uri.clone()),
            (TokenEndpointAuthMethod::PrivateKeyJwt, None, _) => {
                let problem = "the editor needs a public key in PEM or the URL of a JWK Set, and there is neither";
                return Err(Error::configuration("jwks_uri", problem));
            }
            (TokenEndpointAuthMethod::Other(_), ..) => {
                return Err(Error::configuration("token_endpoint_auth_method", "the editor does not support it"));
            }
        };
        if client_id.is_empty() {
            return Err(Error::configuration("client_id", "it is empty; choose one, which becomes the domain"));
        }
        let trust = Self {
            domain: client_id.to_owned(),
            description: metadata.client_name.clone().unwrap_or_else(|| client_id.to_owned()),
            launch_uri: metadata.launch_uri.clone(),
            redirect_uris: metadata.redirect_uris.clone().unwrap_or_default(),
            key_format,
            digest: "SHA1".to_owned(),
        };
        trust.check_lines()?;
        Ok(trust)
    }

    fn check_lines(&self) -> Result<(), Failure> {
        let jwks_uri = match &self.key_format {
            KeyFormat::Jwks(uri) => Some(("jwks_uri", uri)),
            _ => None,
        };
        let lines = [("client_id", &self.domain), ("client_name", &self.description)];
        let launch_uri = self.launch_uri.iter().map(|uri| ("launch_uri", uri));
        let redirect_uris = self.redirect_uris.iter().map(|uri| ("redirect_uris", uri));
        let mut lines = lines.into_iter().chain(launch_uri).chain(redirect_uris).chain(jwks_uri);
        match lines.find(|(_, text)| text.chars().any(char::is_control)) {
            Some((member, _)) => Err(Error::configuration(member, "it has a line break or another control character")),
            None => Ok(()),
        }
    }

    /// The editor's fields, a line each, for a person to copy.
    pub fn text(&self) -> String {
        let mut lines = vec![
            format!("Domain (client id): {}", self.domain),
            format!("Description: {}", self.description),
            format!("Launch URL: {}", self.launch_uri.as_deref().unwrap_or("none")),
        ];
        lines.extend(self.redirect_uris.iter().map(|uri| format!("Redirect URL: {uri}")));
        lines.push(format!("Key format: {}", self.key_format.name()));
        match &self.key_format {
            KeyFormat::Pem(pem) => lines.extend([format!("Digest: {}", self.digest), format!("Public key:\n{pem}")]),
            KeyFormat::Jwks(uri) => lines.push(format!("JWKS URL: {uri}")),
            KeyFormat::Pkce => lines.push("Key: none, as the app is a public client".to_owned()),
            KeyFormat::Secret => lines.push("Secret: the client secret on the app's server".to_owned()),
        }
        lines.push(format!("Allowed options: {FHIR_OPTION} (FHIR; it has no checkbox, so it is set by SQL)"));
        lines.join("\n") + "\n"
    }

    /// The SQL statements for the login trust and its redirect URLs, for an administrator to read and run.
    ///
    /// Strings are quoted so that it makes no difference how the database reads a backslash. A secret is not included: the
    /// administrator sets the variable `@client_secret` first.
    pub fn sql(&self) -> String {
        let launch = self.launch_uri.as_deref().map(quoted);
        let mut columns = vec![
            ("domain", quoted(&self.domain)),
            ("description", quoted(&self.description)),
            ("allowed_options", FHIR_OPTION.to_string()),
        ];
        columns.extend(launch.iter().map(|launch| ("logout_url", launch.clone())));
        match &self.key_format {
            KeyFormat::Pem(pem) => {
                columns.extend(launch.map(|launch| ("login_url", launch)));
                columns.push(("public_key", quoted(pem)));
            }
            KeyFormat::Jwks(uri) => columns.push(("login_fail_url", quoted(uri))),
            KeyFormat::Pkce => {}
            KeyFormat::Secret => columns.push(("private_key", "@client_secret".to_owned())),
        }
        columns.push(("key_format", quoted(self.key_format.name())));
        let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let mut statements = Vec::new();
        if self.key_format == KeyFormat::Secret {
            statements.push("-- Set @client_secret to the client secret before you run this.".to_owned());
        }
        statements.push(
            "-- Systems in which the EHR has a key pair for each login trust also set encryption_public_key,\n\
             -- encryption_private_key and encryption_key_format here."
                .to_owned(),
        );
        statements.push(insert("login_trusts", &names, &[values]));
        let redirect = |uri: &String| vec![quoted(&self.domain), "5".to_owned(), quoted("redirect_uri"), quoted(uri)];
        let redirects: Vec<_> = self.redirect_uris.iter().map(redirect).collect();
        if !redirects.is_empty() {
            let names = ["domain", "trans_type", "trans_from", "trans_to"];
            statements.push(insert("login_trusts_translations", &names, &redirects));
        }
        statements.join("\n") + "\n"
    }
}

fn insert(table: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| format!("  ({})", row.join(", "))).collect();
    format!("INSERT INTO {table}\n  ({})\nVALUES\n{};", columns.join(", "), rows.join(",\n"))
}

/// A string as an SQL literal. Quotes are doubled, and so are backslashes: if a backslash is an escape, it escapes itself, and if it
/// is not, the string means the same.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn read_public_key(pem: &str) -> Result<String, Failure> {
    let pem = pem.trim().replace("\r\n", "\n");
    let body = pem.strip_prefix("-----BEGIN PUBLIC KEY-----\n");
    let body = body.and_then(|rest| rest.strip_suffix("\n-----END PUBLIC KEY-----"));
    let is_base64 = |body: &str| {
        !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\n".contains(&byte))
    };
    match body {
        Some(body) if is_base64(body) => Ok(pem),
        _ => Err(Error::configuration("public_key_pem", "it is not a public key in PEM (-----BEGIN PUBLIC KEY-----)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REDIRECT: &str = "https://app.example/code";
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nAQAB+/0=\nAQAB\n-----END PUBLIC KEY-----";

    fn metadata() -> ClientMetadata {
        ClientMetadata {
            launch_uri: Some("https://app.example/launch".into()),
            ..ClientMetadata::public("Mum's app", REDIRECT, "openid")
        }
    }

    fn with_keys() -> ClientMetadata {
        let keys = ClientKeys::Uri("https://app.example/jwks.json".into());
        ClientMetadata {
            token_endpoint_auth_method: TokenEndpointAuthMethod::PrivateKeyJwt,
            keys: Some(keys),
            ..metadata()
        }
    }

    fn trust(metadata: &ClientMetadata, pem: Option<&str>) -> LoginTrust {
        LoginTrust::new("my-app", metadata, pem).unwrap()
    }

    #[test]
    fn g3_the_editors_fields_are_strings_of_the_registration() {
        assert_eq!(
            trust(&metadata(), None).text(),
            "Domain (client id): my-app\nDescription: Mum's app\nLaunch URL: https://app.example/launch\n\
             Redirect URL: https://app.example/code\nKey format: PKCE\nKey: none, as the app is a public client\n\
             Allowed options: 8388608 (FHIR; it has no checkbox, so it is set by SQL)\n"
        );
        let text = trust(&with_keys(), Some(PEM)).text();
        assert!(text.contains(&format!("Key format: PEM\nDigest: SHA1\nPublic key:\n{PEM}\n")), "{text}");
        let text = trust(&with_keys(), None).text();
        assert!(text.contains("Key format: JWKS\nJWKS URL: https://app.example/jwks.json\n"), "{text}");
    }

    #[test]
    fn g3_the_sql_is_the_documented_statement() {
        let metadata =
            ClientMetadata { redirect_uris: Some(vec![REDIRECT.into(), "https://b.example/".into()]), ..metadata() };
        let sql = trust(&metadata, None).sql();
        assert!(
            sql.contains(
                "INSERT INTO login_trusts\n  (domain, description, allowed_options, logout_url, key_format)\nVALUES\n  \
                 ('my-app', 'Mum''s app', 8388608, 'https://app.example/launch', 'PKCE');\n"
            ),
            "{sql}"
        );
        assert!(
            sql.ends_with(
                "INSERT INTO login_trusts_translations\n  (domain, trans_type, trans_from, trans_to)\nVALUES\n  \
                 ('my-app', 5, 'redirect_uri', 'https://app.example/code'),\n  \
                 ('my-app', 5, 'redirect_uri', 'https://b.example/');\n"
            ),
            "{sql}"
        );
        let sql = trust(&with_keys(), None).sql();
        assert!(sql.contains("logout_url, login_fail_url, key_format)"), "{sql}");
        assert!(sql.contains("'https://app.example/launch', 'https://app.example/jwks.json', 'JWKS')"), "{sql}");
        let sql = trust(&with_keys(), Some(PEM)).sql();
        assert!(sql.contains("logout_url, login_url, public_key, key_format)"), "{sql}");
        assert!(sql.contains(&format!("'{PEM}', 'PEM')")), "{sql}");
    }

    /// The string of the literal that begins a statement's rest, as a database reads it with or without escapes.
    fn literal(sql: &str, backslash_escapes: bool) -> (String, &str) {
        let mut text = String::new();
        let mut rest = sql.strip_prefix('\'').unwrap().char_indices();
        loop {
            match rest.next().unwrap() {
                (_, '\\') if backslash_escapes => text.push(rest.next().unwrap().1),
                (_, '\'') if rest.as_str().starts_with('\'') => text.push(rest.next().unwrap().1),
                (_, '\'') => return (text, rest.as_str()),
                (_, other) => text.push(other),
            }
        }
    }

    #[test]
    fn g3_a_quote_or_backslash_in_a_name_does_not_end_its_literal() {
        for name in
            ["O'Hara", "'", "''", "\\", "\\'", "'); DROP TABLE login_trusts; -- ", "\\'); DROP TABLE x; --", "a\\\\'b"]
        {
            let metadata = ClientMetadata { client_name: Some(name.into()), ..metadata() };
            let sql = trust(&metadata, None).sql();
            let (_, rest) = sql.split_once("('my-app', ").unwrap();
            let (read, after) = literal(rest, true);
            assert_eq!(read, name);
            assert!(after.starts_with(", 8388608, "), "{sql}");
            assert!(literal(rest, false).1.starts_with(", 8388608, "), "{sql}");
        }
    }

    #[test]
    fn g3_a_secret_is_mentioned_and_never_written() {
        let method = TokenEndpointAuthMethod::ClientSecretPost;
        let trust = trust(&ClientMetadata { token_endpoint_auth_method: method, ..metadata() }, None);
        assert!(trust.text().contains("Key format: SECRET\n"));
        assert!(trust.sql().contains("@client_secret, 'SECRET')"), "{}", trust.sql());
        assert!(trust.sql().starts_with("-- Set @client_secret"));
    }

    #[test]
    fn g3_the_error_of_an_unsupported_member_names_it() {
        let wrong = |client_id: &str, metadata: &ClientMetadata, pem: Option<&str>| match LoginTrust::new(
            client_id, metadata, pem,
        )
        .map_err(Error::from)
        {
            Err(Error::Configuration(wrong)) => wrong.member,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong("", &metadata(), None), "client_id");
        assert_eq!(wrong("my\napp", &metadata(), None), "client_id");
        let broken = ClientMetadata { client_name: Some("a\n-- b".into()), ..metadata() };
        assert_eq!(wrong("my-app", &broken, None), "client_name");
        let broken = ClientMetadata { redirect_uris: Some(vec!["https://app.example/\0".into()]), ..metadata() };
        assert_eq!(wrong("my-app", &broken, None), "redirect_uris");
        let keyless = ClientMetadata { keys: None, ..with_keys() };
        assert_eq!(wrong("my-app", &keyless, None), "jwks_uri");
        let other = TokenEndpointAuthMethod::Other("tls_client_auth".into());
        let other = ClientMetadata { token_endpoint_auth_method: other, ..metadata() };
        assert_eq!(wrong("my-app", &other, None), "token_endpoint_auth_method");
        for pem in [
            "",
            "AQAB",
            "-----BEGIN RSA PRIVATE KEY-----\nAQAB\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAQ'AB\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAQAB\n-----END PUBLIC KEY-----\n-----BEGIN PRIVATE KEY-----\nA\n-----END PUBLIC KEY-----",
        ] {
            assert_eq!(wrong("my-app", &with_keys(), Some(pem)), "public_key_pem", "{pem}");
        }
    }
}
