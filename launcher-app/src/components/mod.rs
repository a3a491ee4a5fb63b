//! Parts of pages, built from native elements. May import [`crate::launcher`] and [`crate::model`].

pub mod bytes;
pub mod clinics;
pub mod connect;
pub mod connections;
pub mod cover;
pub mod documents;
pub mod draw;
pub mod entries;
pub mod frame;
pub mod gate;
pub mod idle_warning;
pub mod keep;
pub mod load;
pub mod measured;
pub mod own_window;
pub mod page;
pub mod parsed;
pub mod people;
pub mod record_load;
pub mod record_part;
pub mod reports;
pub mod section;
pub mod sessions;
pub mod switcher;
pub mod table;
pub mod trouble;
