//! The regions of the public cloud, and the continents that they are in.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A continent: priority replication promises a time only within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continent {
    /// Asia.
    Asia,
    /// Europe.
    Europe,
    /// North America.
    NorthAmerica,
}

macro_rules! regions {
    ($($name:ident = $id:literal in $continent:ident),* $(,)?) => {
        /// A region of the public Azure cloud, by its programmatic name.
        ///
        /// Source: Azure reliability documentation, "Azure regions list": regions with availability zones.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[schemars(rename = "AzureRegion")]
        #[expect(missing_docs, reason = "the variants are the regions' own names")]
        pub enum Region {
            $(#[serde(rename = $id)] $name,)*
        }

        impl Region {
            /// The programmatic name, such as `westeurope`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }
        }

        /// The continent of the region with this name.
        #[must_use]
        pub fn continent(id: &str) -> Option<Continent> {
            match id {
                $($id => Some(Continent::$continent),)*
                _ => None,
            }
        }
    };
}

regions! {
    CentralIndia = "centralindia" in Asia, CentralUs = "centralus" in NorthAmerica,
    EastAsia = "eastasia" in Asia, EastUs = "eastus" in NorthAmerica, EastUs2 = "eastus2" in NorthAmerica,
    FranceCentral = "francecentral" in Europe, GermanyWestCentral = "germanywestcentral" in Europe,
    JapanEast = "japaneast" in Asia, KoreaCentral = "koreacentral" in Asia,
    NorthEurope = "northeurope" in Europe, SouthCentralUs = "southcentralus" in NorthAmerica,
    SoutheastAsia = "southeastasia" in Asia, SwedenCentral = "swedencentral" in Europe,
    UkSouth = "uksouth" in Europe, WestEurope = "westeurope" in Europe,
    WestUs2 = "westus2" in NorthAmerica, WestUs3 = "westus3" in NorthAmerica,
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
