//! stub
use crate::pki::TrustList;
/// stub
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct Error;
/// stub
#[derive(Debug)]
pub struct Loaded {
    /// l
    pub list: TrustList,
    /// w
    pub warnings: Vec<String>,
}
/// stub
pub fn load(_: &std::path::Path) -> Result<Loaded, Error> {
    Err(Error)
}
