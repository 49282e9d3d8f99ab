//! The list of kinds. A new kind is a line here, a file beside this one, and a file per cloud; leaving one
//! of them out does not compile.

use std::fmt;

use super::schema::KindSchema;
use super::{bucket, health_check, hosted_zone, record, replication, role, service};

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A hosted zone, which has to be there already.
    HostedZone,
    /// A bucket with its settings.
    Bucket,
    /// The role S3 replicates with.
    Role,
    /// A bucket's replication configuration.
    Replication,
    /// A health check.
    HealthCheck,
    /// One record of a failover pair.
    Record,
    /// A service as a whole: a milestone in the graph.
    Service,
}

impl Kind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::HostedZone,
        Self::Bucket,
        Self::Role,
        Self::Replication,
        Self::HealthCheck,
        Self::Record,
        Self::Service,
    ];

    /// What is generic code's whole knowledge of a kind.
    #[must_use]
    pub fn schema(self) -> &'static KindSchema {
        match self {
            Self::HostedZone => &hosted_zone::SCHEMA,
            Self::Bucket => &bucket::SCHEMA,
            Self::Role => &role::SCHEMA,
            Self::Replication => &replication::SCHEMA,
            Self::HealthCheck => &health_check::SCHEMA,
            Self::Record => &record::SCHEMA,
            Self::Service => &service::SCHEMA,
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.schema().name == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.schema().name)
    }
}

impl serde::Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.schema().name)
    }
}

impl<'de> serde::Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name)
            .ok_or_else(|| serde::de::Error::custom(format!("there is no kind of resource `{name}`")))
    }
}
