//! Pieces of the page that know no view.

pub mod card;
pub mod cells;
pub mod chart;
pub mod copy;
pub mod details;
pub mod documents;
pub mod events;
pub mod filter_bar;
pub mod help;
pub mod icons;
pub mod kinds;
pub mod legend;
pub mod lines;
pub mod notices;
pub mod plan;
pub mod range_strip;
pub mod recorder;
pub mod save_page;
pub mod saved_note;
pub mod share;
pub mod size;
pub mod sql;
pub mod status;
pub mod switch;
pub mod table;
pub mod welcome;
