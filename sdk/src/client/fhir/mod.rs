//! FHIR requests with an access token, of a session or a service: options, retries, redirects, responses, and the pages of a search. May
//! import `server/` for sending requests, and `tasks/`, but neither sessions nor services.

pub(crate) mod client;
pub(crate) mod options;
pub(crate) mod redirect;
pub(crate) mod response;
pub(crate) mod search;

pub use options::{Cache, RequestOptions, Retries};
pub use search::{Search, SearchProgress};
