//! FHIR requests with an access token, whoever's it is: their options and retries, redirects, the reading of responses, and the pages
//! of a search. May import `server/` for the exchange itself and `tasks/`; it knows neither sessions nor services.

pub(crate) mod options;
pub(crate) mod redirect;
pub(crate) mod response;
pub(crate) mod search;

pub use options::{Cache, RequestOptions, Retries};
pub use search::{Search, SearchProgress};
