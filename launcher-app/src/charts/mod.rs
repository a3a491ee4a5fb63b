//! Charts as own SVG, each with a table behind it. [`scale`] is arithmetic and tested on the host; the rest draws.

pub mod line;
pub mod scale;
