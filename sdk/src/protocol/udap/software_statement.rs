//! The software statement, by which an app registers (UDAP Security 2.0, software statement).

use derive_setters::Setters;
use fluent_uri::Uri;

use super::LIFETIME;
use super::metadata::UdapMetadata;
use crate::error::{Error, Failure, UdapError};
use crate::json::{Json, ObjectWriter, array, quoted, strings};
use crate::protocol::encoding::base64url_decode;
use crate::protocol::url::Url;

/// What an app registers in a trust community. Start with one of the constructors, and set other members with the methods of their names.
///
/// ```
/// use smartrust::protocol::udap::software_statement::SoftwareStatement;
///
/// let statement = SoftwareStatement::service("Acme Exchange", "mailto:ops@acme.example", "system/*.rs");
/// assert_eq!(statement.grant_types, ["client_credentials"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Setters)]
#[setters(into, strip_option)]
#[non_exhaustive]
pub struct SoftwareStatement {
    /// The name that people see.
    pub client_name: String,
    /// How to contact the operator: URIs, of which at least one is an e-mail address (`mailto:`).
    pub contacts: Vec<String>,
    /// Either `authorization_code`, also with `refresh_token`, or `client_credentials`. Empty to cancel the registration.
    pub grant_types: Vec<String>,
    /// The scopes that the app may request, separated by spaces.
    pub scope: String,
    /// The redirect URIs, for `authorization_code` only.
    pub redirect_uris: Vec<String>,
    /// The URL of the app's picture, a PNG, JPG or GIF file, for `authorization_code` only.
    pub logo_uri: Option<String>,
    /// Certifications of the app, each a signed JWT.
    pub certifications: Vec<String>,
    /// Further claims that the community defines: name, and value as JSON text.
    pub extra_claims: Vec<(String, String)>,
}

/// The claims that every statement has, or that its other members decide.
const OWN_CLAIMS: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "jti",
    "client_name",
    "contacts",
    "grant_types",
    "scope",
    "redirect_uris",
    "logo_uri",
    "response_types",
    "token_endpoint_auth_method",
];

impl SoftwareStatement {
    /// A service that acts without a user (`client_credentials`). `contact` is a URI such as `mailto:ops@acme.example`.
    pub fn service(client_name: impl Into<String>, contact: impl Into<String>, scope: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            contacts: vec![contact.into()],
            grant_types: vec!["client_credentials".into()],
            scope: scope.into(),
            redirect_uris: Vec::new(),
            logo_uri: None,
            certifications: Vec::new(),
            extra_claims: Vec::new(),
        }
    }

    /// An app that users sign in to (`authorization_code`). With the scope `offline_access`, it also registers for refresh tokens.
    pub fn interactive(
        client_name: impl Into<String>,
        contact: impl Into<String>,
        scope: impl Into<String>,
        redirect_uri: impl Into<String>,
        logo_uri: impl Into<String>,
    ) -> Self {
        let service = Self::service(client_name, contact, scope);
        let lasts = service.scope.split_whitespace().any(|scope| scope == "offline_access");
        let grant_types = ["authorization_code"].into_iter().chain(lasts.then_some("refresh_token"));
        Self {
            grant_types: grant_types.map(str::to_owned).collect(),
            redirect_uris: vec![redirect_uri.into()],
            logo_uri: Some(logo_uri.into()),
            ..service
        }
    }

    /// The statement that cancels this registration (UDAP Security 2.0, modifying and cancelling registrations).
    pub fn cancellation(&self) -> Self {
        Self { grant_types: Vec::new(), redirect_uris: Vec::new(), logo_uri: None, ..self.clone() }
    }

    /// Whether it cancels a registration.
    pub fn is_cancellation(&self) -> bool {
        self.grant_types.is_empty()
    }

    /// Checks what every server would refuse, and what this server does not support. `host` is the server's host, for errors.
    ///
    /// ```
    /// use smartrust::memory::SerdeJson;
    /// use smartrust::protocol::udap::{metadata::UdapMetadata, software_statement::SoftwareStatement};
    ///
    /// let server = UdapMetadata::read(&serde_json::json!({"grant_types_supported": ["client_credentials"]}), None);
    /// let both = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs")
    ///     .grant_types(["client_credentials".to_owned(), "refresh_token".to_owned()]);
    /// let wrong = both.check(&SerdeJson, "ehr.example", &server).unwrap_err();
    /// assert!(wrong.message().contains("refresh_token"));
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] naming the wrong member, [`UdapError::Unsupported`] for a grant type that the server does not support,
    /// [`UdapError::CertificationRequired`], [`Error::Scope`] for wildcards that the server does not list.
    pub fn check<J: Json>(&self, json: &J, host: &str, server: &UdapMetadata) -> Result<(), Failure> {
        self.check_texts()?;
        self.check_grants()?;
        self.check_claims(json)?;
        if let Some(missing) = self.grant_types.iter().find(|grant| !server.supports_grant(grant)) {
            let problem = format!("it does not support the grant type {missing}");
            return Err(UdapError::Unsupported { host: host.into(), problem: problem.into() }.into());
        }
        let wildcards = server.unlisted_wildcards(&self.scope);
        if !wildcards.is_empty() {
            let problem = format!("{host} does not list these with wildcards: {}", wildcards.join(" "));
            return Err(Error::Scope { problem: problem.into() }.into());
        }
        let uris = self.missing_certifications(json, server.certifications_required.as_deref().unwrap_or_default());
        if uris.is_empty() || self.is_cancellation() {
            return Ok(());
        }
        Err(UdapError::CertificationRequired { host: host.into(), uris: uris.into() }.into())
    }

    fn check_texts(&self) -> Result<(), Failure> {
        let wrong = |member, problem| Err(Error::configuration(member, problem));
        if self.client_name.trim().is_empty() {
            return wrong("client_name", "it is empty");
        }
        if self.scope.split_whitespace().next().is_none() {
            return wrong("scope", "it is empty; name what the app may do, such as system/Patient.rs");
        }
        if !self.contacts.iter().any(|contact| is_email(contact)) {
            return wrong("contacts", "none is an e-mail address as a URI, such as mailto:ops@acme.example");
        }
        if self.contacts.iter().any(|contact| Uri::parse(contact.as_str()).is_err()) {
            return wrong("contacts", "one is not a URI; write an e-mail address as mailto:ops@acme.example");
        }
        Ok(())
    }

    fn check_grants(&self) -> Result<(), Failure> {
        let wrong = |member, problem| Err(Error::configuration(member, problem));
        let has = |grant: &str| self.grant_types.iter().any(|own| own == grant);
        let known = ["authorization_code", "refresh_token", "client_credentials"];
        if self.grant_types.iter().any(|grant| !known.contains(&grant.as_str())) {
            return wrong(
                "grant_types",
                "only authorization_code, refresh_token and client_credentials can be registered",
            );
        }
        match (has("authorization_code"), has("client_credentials")) {
            (true, true) => {
                return wrong(
                    "grant_types",
                    "authorization_code and client_credentials need a registration of their own",
                );
            }
            (false, _) if has("refresh_token") => {
                return wrong("grant_types", "refresh_token can only be registered with authorization_code");
            }
            (true, false) => return self.check_interactive(),
            _ => {}
        }
        if !self.redirect_uris.is_empty() {
            return wrong("redirect_uris", "only authorization_code has redirect URIs");
        }
        if self.logo_uri.is_some() {
            return wrong("logo_uri", "only authorization_code has a logo");
        }
        Ok(())
    }

    fn check_interactive(&self) -> Result<(), Failure> {
        let wrong = |member, problem| Err(Error::configuration(member, problem));
        let is_https = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "https");
        if self.redirect_uris.is_empty() {
            return wrong("redirect_uris", "there is none, and authorization_code needs one");
        }
        if !self.redirect_uris.iter().all(|uri| is_https(uri)) {
            return wrong("redirect_uris", "one is not an https URL without a fragment");
        }
        let Some(logo) = &self.logo_uri else {
            return wrong("logo_uri", "there is none, and authorization_code needs one");
        };
        let path = Url::parse(logo).map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
        let is_image = [".png", ".jpg", ".jpeg", ".gif"].iter().any(|ending| path.ends_with(ending));
        if !is_https(logo) || !is_image {
            return wrong("logo_uri", "it is not the https URL of a PNG, JPG or GIF file");
        }
        Ok(())
    }

    fn check_claims<J: Json>(&self, json: &J) -> Result<(), Failure> {
        match self
            .extra_claims
            .iter()
            .find(|(name, value)| OWN_CLAIMS.contains(&name.as_str()) || json.parse(value).is_none())
        {
            Some((name, _)) if OWN_CLAIMS.contains(&name.as_str()) => {
                Err(Error::configuration(name, "it is not an extra claim; set the member of the statement"))
            }
            Some((name, _)) => Err(Error::configuration(name, "the value of this extra claim is not JSON")),
            None => Ok(()),
        }
    }

    /// The required certifications that none of the configured ones is for (`certification_uris` in its claims).
    fn missing_certifications<J: Json>(&self, json: &J, required: &[String]) -> Vec<String> {
        let claims = |jwt: &String| {
            let payload = base64url_decode(jwt.split('.').nth(1)?)?;
            json.parse(std::str::from_utf8(&payload).ok()?)
        };
        let certified =
            self.certifications.iter().filter_map(claims).flat_map(|claims| strings(&claims, "certification_uris"));
        let certified: Vec<String> = certified.collect();
        required.iter().filter(|uri| !certified.contains(uri)).cloned().collect()
    }

    /// What it registers, as JSON text: equal for two statements that register the same.
    pub fn parameters(&self) -> String {
        let certifications = array(self.certifications.iter().map(|jwt| quoted(jwt)));
        self.write(ObjectWriter::new()).raw("certifications", &certifications).finish()
    }

    /// The claims as JSON text. `uri` is the app's, `audience` the registration endpoint as the server wrote it, `jti` a string that is used
    /// once, and `now` in seconds since 1970.
    ///
    /// ```
    /// use smartrust::protocol::udap::software_statement::SoftwareStatement;
    ///
    /// let statement = SoftwareStatement::service("Acme", "mailto:ops@acme.example", "system/Patient.rs");
    /// let claims = statement.claims("https://acme.example/app", "https://ehr.example/register", "once", 1_700_000_000.0);
    /// assert!(claims.starts_with(r#"{"iss":"https://acme.example/app","sub":"https://acme.example/app","aud":"#));
    /// ```
    pub fn claims(&self, uri: &str, audience: &str, jti: &str, now: f64) -> String {
        let claims = ObjectWriter::new()
            .text("iss", uri)
            .text("sub", uri)
            .text("aud", audience)
            .optional_seconds("iat", Some(now))
            // Of whole seconds, so that no rounding makes it longer.
            .optional_seconds("exp", Some(now.trunc() + LIFETIME))
            .text("jti", jti);
        self.write(claims).finish()
    }

    fn write(&self, claims: ObjectWriter) -> ObjectWriter {
        let list = |items: &[String]| array(items.iter().map(|item| quoted(item)));
        let mut claims = claims
            .text("client_name", &self.client_name)
            .raw("contacts", &list(&self.contacts))
            .raw("grant_types", &list(&self.grant_types))
            .text("token_endpoint_auth_method", "private_key_jwt")
            .text("scope", &self.scope)
            .optional_text("logo_uri", self.logo_uri.as_deref());
        if !self.redirect_uris.is_empty() {
            claims = claims.raw("redirect_uris", &list(&self.redirect_uris)).raw("response_types", r#"["code"]"#);
        }
        self.extra_claims.iter().fold(claims, |claims, (name, value)| claims.raw(name, value))
    }
}

fn is_email(contact: &str) -> bool {
    let address = contact.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    address.is_some_and(|(name, domain)| !name.is_empty() && domain.contains('.'))
}
