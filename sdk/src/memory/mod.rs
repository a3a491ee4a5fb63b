//! A platform in memory, for tests on the host: a network that the test answers, a clock that the test turns.
//!
//! A [`World`] is what the tabs of one browser share: network, clock, locks, messages. A [`MemoryPlatform`] is one tab.
//! May import [`crate::platform`] and [`crate::protocol`]; nothing in the crate imports it but tests.

mod host;
mod http;
mod json;
mod opener;
mod page;
mod popup;
mod tab;
mod world;

pub use http::{MemoryResponse, Reply};
pub use json::SerdeJson;
pub use popup::MemoryPopup;
pub use tab::MemoryPlatform;
pub use world::World;
