//! OAuth 2.0 on the wire: the request form, the errors, the answers, the metadata document.
//!
//! Pure: bytes and values in, values and bytes out.

pub mod error;
pub mod form;
pub mod metadata;
pub mod percent;
pub mod reason;
pub mod request;
pub mod response;
