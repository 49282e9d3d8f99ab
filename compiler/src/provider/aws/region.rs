//! The regions of the partition `aws`.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! regions {
    ($($name:ident = $id:literal),* $(,)?) => {
        /// A region of the partition `aws`.
        ///
        /// Source: AWS Account Management Reference Guide, "Enable or disable AWS Regions": first the regions
        /// enabled by default, then those that an account opts into.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[expect(missing_docs, reason = "the variants are the regions' own ids")]
        pub enum Region {
            $(#[serde(rename = $id)] $name,)*
        }

        impl Region {
            /// The id that AWS uses, such as `us-east-1`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// The region with this id.
            #[must_use]
            pub fn parse(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

regions! {
    ApNortheast1 = "ap-northeast-1", ApNortheast2 = "ap-northeast-2", ApNortheast3 = "ap-northeast-3",
    ApSouth1 = "ap-south-1", ApSoutheast1 = "ap-southeast-1", ApSoutheast2 = "ap-southeast-2",
    CaCentral1 = "ca-central-1", EuCentral1 = "eu-central-1", EuNorth1 = "eu-north-1",
    EuWest1 = "eu-west-1", EuWest2 = "eu-west-2", EuWest3 = "eu-west-3", SaEast1 = "sa-east-1",
    UsEast1 = "us-east-1", UsEast2 = "us-east-2", UsWest1 = "us-west-1", UsWest2 = "us-west-2",
    AfSouth1 = "af-south-1", ApEast1 = "ap-east-1", ApEast2 = "ap-east-2", ApSouth2 = "ap-south-2",
    ApSoutheast3 = "ap-southeast-3", ApSoutheast4 = "ap-southeast-4", ApSoutheast5 = "ap-southeast-5",
    ApSoutheast6 = "ap-southeast-6", ApSoutheast7 = "ap-southeast-7", CaWest1 = "ca-west-1",
    EuCentral2 = "eu-central-2", EuSouth1 = "eu-south-1", EuSouth2 = "eu-south-2",
    IlCentral1 = "il-central-1", MeCentral1 = "me-central-1", MeSouth1 = "me-south-1",
    MxCentral1 = "mx-central-1",
}

impl From<Region> for crate::provider::region::Region {
    fn from(region: Region) -> Self {
        Self { provider: &super::facts::FACTS, id: region.as_str() }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
