//! The command-line options of the sandbox.

use std::time::Duration;

use crate::{
    AppAddress, BulkExport, ClientKeys, ClientSecret, Config, DEFAULT_PATIENTS, DEFAULT_SEED, Dialect, FileAccess,
};

/// Options for [`clap`], to be applied to a [`Config`].
#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// Registers your app at this URL as the public client my-app, and links to it from the charts
    #[arg(long, value_name = "URL")]
    my_app: Option<AppAddress>,
    /// The server that the sandbox EHR imitates
    #[arg(long, value_enum, default_value_t)]
    dialect: Dialect,
    /// Adds an iss to the redirect to the app (RFC 9207)
    #[arg(long)]
    issuer_on_redirect: bool,
    /// The seed of the population
    #[arg(long, value_name = "SEED", default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// The number of patients
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_PATIENTS)]
    patients: u32,
    /// The lifetime of access tokens, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_ttl: u64,
    /// The number of status requests until an export is complete
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().polls)]
    bulk_polls: u32,
    /// The seconds between two such requests
    #[arg(long, value_name = "SECONDS", default_value_t = BulkExport::default().retry_after.as_secs())]
    bulk_retry_after: u64,
    /// The number of files for each resource type
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().files_per_type)]
    bulk_files: u32,
    /// The number of files on a page of the manifest; with 0, there is one page unless the client allows more
    #[arg(long, value_name = "COUNT", default_value_t = BulkExport::default().files_per_page)]
    bulk_page: u32,
    /// Whether the files of an export need the access token, and how the manifest's requiresAccessToken is written
    #[arg(long, value_enum, default_value_t)]
    bulk_file_access: FileAccess,
    /// Adds a file of errors to every export
    #[arg(long)]
    bulk_errors: bool,
    /// The delay of every response, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// The secret of the client MIE-localhost-secret; by default, a random one that is not shown
    #[arg(long, value_name = "SECRET", env = "SANDBOX_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// The public keys of the client MIE-localhost-key, which exists only with them: a file with a JSON Web Key Set, or its http URL
    #[arg(long, value_name = "FILE|URL")]
    client_jwks: Option<ClientKeys>,
    /// Adds the control API, which tests use to cause faults; never where others can reach the port
    #[arg(long)]
    control: bool,
}

impl Options {
    /// Sets the options in a configuration.
    pub fn apply(&self, config: &mut Config) {
        if let Some(address) = &self.my_app {
            config.add_my_app(address);
        }
        config.dialect = self.dialect;
        config.issuer_on_redirect = self.issuer_on_redirect;
        config.seed = self.seed;
        config.patients = self.patients;
        config.token_ttl = Duration::from_secs(self.token_ttl);
        config.bulk.polls = self.bulk_polls;
        config.bulk.retry_after = Duration::from_secs(self.bulk_retry_after);
        config.bulk.files_per_type = self.bulk_files;
        config.bulk.files_per_page = self.bulk_page;
        config.bulk.file_access = self.bulk_file_access;
        config.bulk.has_errors = self.bulk_errors;
        config.latency = Duration::from_millis(self.latency);
        config.control = self.control;
        if let Some(secret) = &self.client_secret {
            config.set_client_secret(ClientSecret::new(secret.clone()));
        }
        if let Some(keys) = &self.client_jwks {
            config.set_client_keys(keys.clone());
        }
    }
}
