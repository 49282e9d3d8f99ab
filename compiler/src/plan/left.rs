//! What no policy declares and stays.

use serde::Serialize;

use crate::resource::Address;

/// What no policy declares and stays: an object, or an attribute of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The resource it was made for.
    pub address: Address,
    /// The attribute whose value stays, if the resource itself is declared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// Why it stays.
    pub reason: String,
}

impl Left {
    /// `aws.bucket.a.b.c stays, although …`
    pub(super) fn in_words(&self) -> String {
        let Self { address, attribute, reason } = self;
        match attribute {
            Some(name) => {
                format!("The `{name}` of {address} stays, although no policy asks for it: {reason}.")
            }
            None => format!("{address} stays, although no policy declares it any more: {reason}."),
        }
    }

    /// An object that stays.
    pub(super) fn object(address: &Address, reason: String) -> Self {
        Self { address: address.clone(), attribute: None, reason }
    }
}
