//! Drawing without a canvas: painters make a [`Scene`], a display list in CSS pixels, which the page
//! plays on a canvas and [`svg`] writes as text. One painter, two outputs: golden tests are native.

pub mod chart;
pub mod colours;
pub mod difference;
pub mod flame;
pub mod flame_chart;
pub mod heat;
pub mod measure;
pub mod minimap;
pub mod overview;
pub mod pareto;
pub mod scene;
pub mod strip;
pub mod sunburst;
pub mod svg;
pub mod timeline;
pub mod waterfall;

pub use colours::Theme;
pub use measure::Measure;
pub use scene::{Item, Scene};
