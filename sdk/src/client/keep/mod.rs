//! Connections that last: a browser stays connected with its own key, without a token on the device. A launch prepares the connection, the
//! redirect completes it, and a later visit opens it without the user. All are methods of [`SmartApp`](crate::SmartApp). May import everything
//! else in `client/` but `launch/`, which imports this.

mod connection;
mod disconnect;
mod prepare;
mod register;

pub use connection::Connection;
pub use disconnect::{Deletion, Disconnection};
pub use prepare::Keep;
