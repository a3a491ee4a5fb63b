//! Reads a service's configuration from JSON or a JavaScript object: the members of [`BackendConfig`] in camelCase.

use super::backend_config::BackendConfig;
use crate::client::server::config_json::{
    AUTHENTICATION_MEMBERS, ReadAuthentication, authentication, flag, optional, required, strings,
};
use crate::client::server::config_names::refuse_unknown;
use crate::error::Failure;
use crate::platform::JsonView;

const MEMBERS: [&str; 7] =
    ["fhirBase", "discoveryBase", "tokenEndpoint", "clientId", "scope", "fileOrigins", "allowInsecureHttp"];

impl BackendConfig {
    /// Reads a service's configuration. `own_authentication` as for [`SmartAppConfig`](crate::SmartAppConfig).
    pub(crate) fn read_with<V: JsonView>(
        value: &V,
        own_authentication: &ReadAuthentication<V>,
    ) -> Result<Self, Failure> {
        refuse_unknown(value, &[&MEMBERS, &AUTHENTICATION_MEMBERS[..]].concat())?;
        Ok(Self {
            fhir_base: required(value, "fhirBase")?,
            discovery_base: optional(value, "discoveryBase")?,
            token_endpoint: optional(value, "tokenEndpoint")?,
            client_id: required(value, "clientId")?,
            authentication: authentication(value, own_authentication)?,
            scope: required(value, "scope")?,
            file_origins: strings(value, "fileOrigins")?,
            allow_insecure_http: flag(value, "allowInsecureHttp")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use serde_json::{Value, json};

    #[test]
    fn b1_a_services_configuration_names_its_wrong_member() {
        let service = json!({
            "fhirBase": "https://ehr.example/fhir", "clientId": "service", "scope": "system/*.rs",
            "fileOrigins": ["https://storage.example"],
        });
        let read = |service: &Value| BackendConfig::read_with(service, &|_| Ok(None));
        assert_eq!(read(&service).unwrap().file_origins, ["https://storage.example"]);
        for (name, value) in [("redirectUri", json!("x")), ("scope", Value::Null), ("fileOrigins", json!("x"))] {
            let mut wrong = service.clone();
            wrong[name] = value;
            let Error::Configuration(found) = read(&wrong).unwrap_err().into() else { panic!("{name}") };
            assert_eq!(found.member, name);
        }
    }
}
