//! How a session begins: the authorization request, in the page or in a popup, the redirect, and a pasted token. All are methods of
//! [`SmartApp`](crate::SmartApp). May import everything else in `client/`; nothing there imports it.

mod again;
mod authorize;
mod callback;
mod pasted;
mod popup;
mod resume;

pub use again::LaunchAgainOptions;
pub use authorize::{AuthorizationMethod, LaunchOptions};
pub use pasted::PastedTokenOptions;
