//! Reads a Bundle entry by entry, because all the values of a Bundle of 90 MB would need a gigabyte.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use smartrust::fhir::directory::DirectoryReader;
use std::fmt;

/// Reads the entries of a Bundle into the reader.
pub fn read(text: &[u8], reader: &mut DirectoryReader) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    BundleSeed(reader).deserialize(&mut deserializer)?;
    deserializer.end()
}

struct BundleSeed<'a>(&'a mut DirectoryReader);

impl<'de> DeserializeSeed<'de> for BundleSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for BundleSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a Bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut is_bundle, mut has_entries) = (false, false);
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "resourceType" => is_bundle = members.next_value::<String>()? == "Bundle",
                "timestamp" => self.0.set_date(members.next_value::<String>()?),
                "entry" => {
                    has_entries = true;
                    members.next_value_seed(EntriesSeed(self.0))?;
                }
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        match (is_bundle, has_entries) {
            (true, true) => Ok(()),
            (true, false) => Err(Error::custom("the Bundle has no entry")),
            (false, _) => Err(Error::custom("its resourceType is not Bundle")),
        }
    }
}

struct EntriesSeed<'a>(&'a mut DirectoryReader);

impl<'de> DeserializeSeed<'de> for EntriesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for EntriesSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the entries of a Bundle")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        while let Some(entry) = entries.next_element::<Value>()? {
            self.0.read_entry(&entry);
        }
        Ok(())
    }
}
