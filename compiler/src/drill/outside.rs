//! What resolvers answered for a record in the course of a drill: asked from outside, whatever the control plane of the cloud said.

use serde::{Deserialize, Serialize};

/// The most answers of one resolver for one record that a drill keeps. All of them are looked at; the later ones are only counted.
pub const MOST_HEARD: usize = 100;

/// A record, as one resolver answered for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The service.
    pub service: String,
    /// The record.
    pub record: String,
    /// The resolver: address and port.
    pub resolver: String,
    /// How often it was asked.
    pub times: u64,
    /// How often it gave no answer.
    pub silent: u64,
    /// Each answer that differed from the one before it, oldest first: at most [`MOST_HEARD`].
    pub heard: Vec<Heard>,
    /// How many more there were.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub more: u64,
}

/// What a resolver answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// When the answer came (RFC 3339, UTC).
    pub at: String,
    /// Milliseconds since the order to evacuate; negative before it.
    pub after: i64,
    /// The site whose endpoint was answered. `None`: no endpoint of the policies, or no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// What was answered: addresses or a host name. Empty: there is no such record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Heard {
    /// The answer as a clause: `192.0.2.10 (virginia)`.
    #[must_use]
    pub fn said(&self) -> String {
        match (&self.silence, &self.site) {
            (Some(why), _) => format!("nothing: {why}"),
            (None, _) if self.values.is_empty() => "that there is no such record".to_owned(),
            (None, Some(site)) => format!("{} ({site})", self.values.join(", ")),
            (None, None) => format!("{}, which is no endpoint of the policies", self.values.join(", ")),
        }
    }
}
