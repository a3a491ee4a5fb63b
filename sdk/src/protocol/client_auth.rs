//! How a client proves who it is at the token endpoint (RFC 6749 section 2.3).

use super::encoding::{base64, percent_encode};
use super::http::Request;
use super::secret::ClientSecret;
use super::url::Url;

/// A client's way of authenticating (`token_endpoint_auth_method`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// `none`: a public client, as every browser app without a key is.
    #[default]
    None,
    /// `client_secret_post`: the secret stands in the body. Not for a browser, where everybody can read it.
    ClientSecretPost(ClientSecret),
    /// `client_secret_basic`: the secret stands in the `Authorization` header. Not for a browser.
    ClientSecretBasic(ClientSecret, BasicEncoding),
}

/// How id and secret are written into a `Basic` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BasicEncoding {
    /// Form-encoded first, as RFC 6749 section 2.3.1 asks.
    #[default]
    Form,
    /// As they are, for servers that compare them so.
    Raw,
}

impl ClientAuthentication {
    /// Whether it rests on a shared secret.
    pub fn has_secret(&self) -> bool {
        *self != Self::None
    }

    /// A form for the token endpoint that is authenticated in this way. `client_id` is in the body for a public client
    /// and for `client_secret_post`, and is left out otherwise.
    pub fn request(&self, endpoint: Url, client_id: &str, form: &[(&str, &str)]) -> Request {
        let mut form = form.to_vec();
        match self {
            Self::None => {
                form.push(("client_id", client_id));
                Request::form(endpoint, &form)
            }
            Self::ClientSecretPost(secret) => {
                form.push(("client_id", client_id));
                form.push(("client_secret", secret.expose()));
                Request::form(endpoint, &form)
            }
            Self::ClientSecretBasic(secret, encoding) => {
                let mut request = Request::form(endpoint, &form);
                let pair = match encoding {
                    BasicEncoding::Form => [percent_encode(client_id), percent_encode(secret.expose())].join(":"),
                    BasicEncoding::Raw => [client_id, secret.expose()].join(":"),
                };
                request.set_basic(&base64(pair.as_bytes()));
                request
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(authentication: &ClientAuthentication) -> Request {
        let endpoint = Url::parse("https://ehr.example/token").unwrap();
        authentication.request(endpoint, "my app", &[("grant_type", "refresh_token")])
    }

    #[test]
    fn k1_client_id_is_in_the_body_of_public_and_secret_post_only() {
        let public = request(&ClientAuthentication::None);
        assert_eq!(public.body.as_deref(), Some("grant_type=refresh_token&client_id=my%20app"));
        assert_eq!(public.authorization(), None);

        let post = request(&ClientAuthentication::ClientSecretPost(ClientSecret::new("s&cret")));
        assert_eq!(post.body.as_deref(), Some("grant_type=refresh_token&client_id=my%20app&client_secret=s%26cret"));
        assert_eq!(post.authorization(), None);

        let basic = request(&basic("s:cret", BasicEncoding::Form));
        assert_eq!(basic.body.as_deref(), Some("grant_type=refresh_token"));
        // base64 of "my%20app:s%3Acret"
        assert_eq!(basic.authorization(), Some("Basic bXklMjBhcHA6cyUzQWNyZXQ="));
    }

    fn basic(secret: &str, encoding: BasicEncoding) -> ClientAuthentication {
        ClientAuthentication::ClientSecretBasic(ClientSecret::new(secret), encoding)
    }

    #[test]
    fn k2_basic_is_form_encoded_first_or_raw_on_demand() {
        let header = |encoding| request(&basic("s/c+r:é", encoding)).authorization().map(str::to_owned);
        // base64 of "my%20app:s%2Fc%2Br%3A%C3%A9" and of "my app:s/c+r:é", by coreutils' base64.
        assert_eq!(header(BasicEncoding::Form).unwrap(), "Basic bXklMjBhcHA6cyUyRmMlMkJyJTNBJUMzJUE5");
        assert_eq!(header(BasicEncoding::Raw).unwrap(), "Basic bXkgYXBwOnMvYytyOsOp");
    }

    #[test]
    fn s3_a_request_prints_no_secret() {
        let post = request(&ClientAuthentication::ClientSecretPost(ClientSecret::new("hidden-secret")));
        let basic = request(&basic("hidden-secret", BasicEncoding::Form));
        for printed in [format!("{post:?}"), format!("{basic:?}")] {
            assert!(!printed.contains("hidden") && !printed.contains("bXkl"), "{printed}");
        }
    }
}
