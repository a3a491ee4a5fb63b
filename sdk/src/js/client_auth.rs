//! Client authentication that JSON cannot represent: a key, or a callback of the app.

use js_sys::Function;
use wasm_bindgen::prelude::*;

use super::client_key::read_client_key;
use super::value::{object, text};
use crate::client::server::config_json::members;
use crate::error::{Error, Failure};
use crate::platform::JsonView;
use crate::protocol::client_assertion::PrivateKeyJwt;
use crate::protocol::client_auth::{
    AuthenticationCallback, AuthenticationRequest, ClientAuthentication, ClientCredential,
};
use crate::web::{JsonValue, WebPlatform, settle};

#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    type SmartError;
    #[wasm_bindgen(method, getter)]
    fn code(this: &SmartError) -> String;
    #[wasm_bindgen(method, getter)]
    fn message(this: &SmartError) -> String;
}

/// Reads the members `key` and `authenticate` of a server's configuration.
pub(super) fn read_authentication(server: &JsonValue) -> Result<Option<ClientAuthentication>, Failure> {
    let method = server.member_text("tokenEndpointAuthMethod");
    match (server.member("key"), server.member("authenticate")) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(Error::configuration("key", "authenticate is set, too; set only one of the two")),
        (Some(key), None) if method.as_deref().is_none_or(|method| method == "private_key_jwt") => {
            read_key(&key).map(Some)
        }
        (None, Some(callback)) if method.is_none() => read_callback(callback).map(Some),
        _ => Err(Error::configuration("tokenEndpointAuthMethod", "it does not go with key or authenticate")),
    }
}

fn read_key(key: &JsonValue) -> Result<ClientAuthentication, Failure> {
    let string = |name: &str| key.inherited(name).and_then(|member| member.text());
    let platform = WebPlatform::default();
    let method = PrivateKeyJwt {
        key: read_client_key(key)?,
        kid: string("kid"),
        jku: string("jku"),
        issuer: string("issuer"),
        extra_claims: members(key, "claims", |value| Some(value.to_json()))?,
    };
    method.authentication(&platform)
}

fn read_callback(callback: JsonValue) -> Result<ClientAuthentication, Failure> {
    let callback: Function =
        callback.into_js().dyn_into().map_err(|_| Error::configuration("authenticate", "it is not a function"))?;
    Ok(ClientAuthentication::Callback(AuthenticationCallback::new(move |request| {
        let callback = callback.clone();
        Box::pin(async move {
            call(&callback, &request).await.map_err(|thrown| {
                let problem = match thrown.dyn_ref::<SmartError>() {
                    Some(error) => {
                        let message = error.message();
                        format!("the app's own callback failed ({}: {})", error.code(), message.trim_end_matches('.'))
                    }
                    // Another error message may contain a secret of the app.
                    None => "the app's own callback failed".to_owned(),
                };
                Error::ClientAuthentication { problem: problem.into() }.into()
            })
        })
    })))
}

/// The credential that the callback returns, or what it throws. The error is `undefined` if it returns something else.
async fn call(callback: &Function, request: &AuthenticationRequest) -> Result<ClientCredential, JsValue> {
    let request = object(&[("endpoint", text(request.endpoint.as_str())), ("clientId", text(&request.client_id))]);
    let returned = callback.call1(&JsValue::UNDEFINED, &request)?;
    let credential = JsonValue::from_js(settle(&returned).await?);
    Ok(ClientCredential {
        parameters: members(&credential, "parameters", JsonView::text).map_err(|_| JsValue::UNDEFINED)?,
        authorization: credential.member_text("authorization"),
    })
}
