//! Generated tables; `cargo x ucd` makes them and says how.
pub mod codecs;
pub mod multibyte;
pub mod names;
pub mod normal;
pub mod old;
pub mod props;
