//! Charts in SVG, each with a table. [`scale`] is arithmetic; the rest renders.

pub mod line;
pub mod scale;
