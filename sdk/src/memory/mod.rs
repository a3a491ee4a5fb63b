//! A platform in memory for tests: the test scripts the network and sets the clock.
//!
//! A [`World`] has what the tabs of one browser share: network, clock, locks, messages. A [`MemoryPlatform`] is one tab.
//! May import [`crate::platform`] and [`crate::protocol`]; only tests import it.

mod device;
mod ehr_window;
mod host;
mod http;
mod json;
mod opener;
mod page;
mod popup;
mod socket;
mod stored;
mod tab;
mod transitions;
mod web_sockets;
mod world;

pub use ehr_window::MemoryEhrWindow;
pub use http::{MemoryResponse, Reply};
pub use json::SerdeJson;
pub use popup::MemoryPopup;
pub use socket::MemorySocket;
pub use tab::MemoryPlatform;
pub use world::World;
