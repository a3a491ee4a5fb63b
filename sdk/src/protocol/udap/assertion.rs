//! The assertion by which an app authenticates for a token (UDAP Security 2.0, constructing authentication token).

use super::LIFETIME;
use super::b2b::{B2bExtension, HL7_B2B};
use crate::json::ObjectWriter;
use crate::protocol::client_auth::ClientCredential;
use crate::protocol::secret::ClientAssertion;

/// The claims of an assertion as JSON text. `audience` is the token endpoint as the server wrote it, `jti` a string that is used once, and `now`
/// in seconds since 1970. `extension` is for client credentials only.
///
/// ```
/// use smartrust::protocol::udap::assertion::assertion_claims;
///
/// let claims = assertion_claims("c1", "https://ehr.example/token", "once", 1_700_000_000.0, None);
/// let expected = r#"{"iss":"c1","sub":"c1","aud":"https://ehr.example/token","iat":1700000000,"exp":1700000300,"jti":"once"}"#;
/// assert_eq!(claims, expected);
/// ```
pub fn assertion_claims(
    client_id: &str,
    audience: &str,
    jti: &str,
    now: f64,
    extension: Option<&B2bExtension>,
) -> String {
    let claims = ObjectWriter::new()
        .text("iss", client_id)
        .text("sub", client_id)
        .text("aud", audience)
        .optional_seconds("iat", Some(now))
        // Of whole seconds, so that no rounding makes it longer.
        .optional_seconds("exp", Some(now.trunc() + LIFETIME))
        .text("jti", jti);
    match extension {
        Some(extension) => {
            let extensions = ObjectWriter::new().raw(HL7_B2B, &extension.to_json()).finish();
            claims.raw("extensions", &extensions)
        }
        None => claims,
    }
    .finish()
}

/// The parameters of a token request: the assertion, and `udap=1`. There is no `client_id`, no secret and no header.
///
/// ```
/// use smartrust::protocol::backend::client_credentials_request;
/// use smartrust::protocol::udap::assertion::udap_credential;
/// use smartrust::protocol::{secret::ClientAssertion, token::TokenClient, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/token")?;
/// let client = TokenClient { endpoint, credential: udap_credential(&ClientAssertion::new("a.signed.jwt")) };
/// let form = client_credentials_request(&client, "system/Patient.rs").body.unwrap();
/// assert!(form.ends_with("client_assertion=a.signed.jwt&udap=1"));
/// # Ok::<(), smartrust::protocol::url::UrlError>(())
/// ```
pub fn udap_credential(assertion: &ClientAssertion) -> ClientCredential {
    let mut credential = ClientCredential::assertion(assertion);
    credential.parameters.push(("udap".to_owned(), "1".to_owned()));
    credential
}
