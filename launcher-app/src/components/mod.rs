//! Parts that several pages are made of, on native elements. May import [`crate::launcher`] and [`crate::model`].

pub mod data_section;
pub mod draw;
pub mod frame;
pub mod gate;
pub mod load;
pub mod page;
pub mod table;
pub mod trouble;
