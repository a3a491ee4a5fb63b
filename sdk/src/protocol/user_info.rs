//! UserInfo (OpenID Connect Core section 5.3).

use super::guard::Guard;
use super::http::{Body, Method, Request};
use super::secret::AccessToken;
use super::url::Url;
use crate::error::{Error, Failure};
use crate::json::JsonView;

/// A UserInfo response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserInfo<V> {
    /// The user's name at the issuer: the same as in the ID token.
    pub subject: String,
    /// The whole response, such as `name`, `email` and `fhirUser`.
    pub members: V,
}

/// Requests the claims about the user of an access token.
///
/// ```
/// use smartrust::protocol::user_info::{read_user_info, user_info_request};
/// use smartrust::protocol::{guard::Guard, http::Body, secret::AccessToken, url::Url};
///
/// let endpoint = Url::parse("https://ehr.example/userinfo")?;
/// let request = user_info_request(&endpoint, &AccessToken::new("a-token"), &Guard::new(endpoint.clone()))?;
/// assert_eq!(request.url, endpoint);
///
/// let response = Body::Json(serde_json::json!({"sub": "ada", "email": "ada@app.example"}));
/// assert_eq!(read_user_info(200, &response, "ada")?.subject, "ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::ForeignUrl`] if the guard does not allow the token at the endpoint.
pub fn user_info_request(endpoint: &Url, token: &AccessToken, guard: &Guard) -> Result<Request, Failure> {
    let mut request = Request::json(Method::Get, endpoint.clone(), None);
    guard.authorize(&mut request, token).map_err(|_| Error::ForeignUrl { origin: endpoint.origin().into() })?;
    Ok(request)
}

/// Reads the response, and compares its subject with the ID token's (OpenID Connect Core section 5.3.2).
///
/// For an example, see [`user_info_request`].
///
/// # Errors
/// [`Error::UserInfo`] for an error, a response that is not JSON, such as a signed JWT, and one about another user.
pub fn read_user_info<V: JsonView>(status: u16, body: &Body<V>, subject: &str) -> Result<UserInfo<V>, Failure> {
    let refuse = |problem: &str| Err(Error::UserInfo { status, problem: problem.into() }.into());
    let is_success = (200..300).contains(&status);
    match body {
        Body::Json(response) if is_success => match response.member_text("sub") {
            Some(found) if found == subject => Ok(UserInfo { subject: found, members: response.clone() }),
            Some(_) => refuse("it is about another user than the ID token: do not use it"),
            None => refuse("it has no sub"),
        },
        Body::Json(response) => match response.member_text("error") {
            Some(error) => refuse(&format!("the server refused it: {error}")),
            None => refuse("it has an error status"),
        },
        Body::Text(text) if is_success && is_jwt(text) => refuse(
            "it is a signed JWT, which is not supported: register the client without userinfo_signed_response_alg",
        ),
        _ if status == 0 || (300..400).contains(&status) => {
            refuse("it is a redirect, which is not followed with a token")
        }
        _ if is_success => refuse("it is not JSON"),
        _ => refuse("it has an error status"),
    }
}

fn is_jwt(text: &str) -> bool {
    let text = text.trim();
    matches!(text.split('.').count(), 3 | 5)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn problem(status: u16, body: Body<Value>) -> String {
        match read_user_info(status, &body, "u1").map_err(Error::from) {
            Err(Error::UserInfo { status: reported, problem }) if reported == status => problem.into(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn i11_the_token_is_only_sent_to_an_allowed_url_and_no_redirect_is_followed() {
        let endpoint = Url::parse("https://ehr.example/userinfo").unwrap();
        let mut guard = Guard::new(Url::parse("https://ehr.example/fhir").unwrap());
        let token = AccessToken::new("t");
        assert_eq!(user_info_request(&endpoint, &token, &guard).unwrap_err().code(), "foreign_url");
        guard.admit(endpoint.clone());
        let request = user_info_request(&endpoint, &token, &guard).unwrap();
        assert_eq!((request.method, request.authorization()), (Method::Get, Some("Bearer t")));
        assert_eq!((request.redirect, request.no_store), (super::super::http::Redirect::Manual, true));
    }

    #[test]
    fn i11_only_a_response_about_the_id_tokens_user_is_accepted() {
        let response = json!({"sub": "u1", "name": "Ada", "fhirUser": "Patient/1"});
        let read = read_user_info(200, &Body::Json(response.clone()), "u1").unwrap();
        assert_eq!(read, UserInfo { subject: "u1".into(), members: response });
        for other in [json!("u2"), json!("U1"), json!("u1 "), json!("")] {
            assert!(problem(200, Body::Json(json!({"sub": other}))).contains("another user"));
        }
        for none in [json!({}), json!({"sub": 1}), json!([]), json!("u1")] {
            assert!(problem(200, Body::Json(none)).contains("has no sub"));
        }
    }

    #[test]
    fn i11_the_error_of_a_response_that_is_not_json_describes_it() {
        assert!(problem(200, Body::Text("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2ln".into())).contains("signed JWT"));
        assert!(problem(200, Body::Text("<html>Log in</html>".into())).contains("not JSON"));
        assert!(problem(200, Body::Empty).contains("not JSON"));
        assert!(problem(0, Body::Empty).contains("redirect"));
        assert!(problem(302, Body::Empty).contains("redirect"));
        assert!(problem(401, Body::Json(json!({"error": "invalid_token", "sub": "u1"}))).contains("invalid_token"));
        assert!(problem(500, Body::Json(json!({"sub": "u1"}))).contains("error status"));
        assert!(problem(403, Body::Text("eyJ.eyJ.c2ln".into())).contains("error status"));
    }
}
