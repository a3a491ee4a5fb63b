//! Work under way: shared by several callers, or several at once. Imports nothing else of `client/`.

pub(crate) mod flight;
pub(crate) mod side_by_side;
