//! The classes that the npm package wraps.
