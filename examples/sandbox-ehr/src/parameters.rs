//! Query strings and form bodies, with repeated parameters.

use std::collections::HashSet;

/// The parameters of a query string or a form body, in their order.
#[derive(Clone, Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// These parameters, followed by others.
    pub fn joined(&self, others: Self) -> Self {
        Self(self.0.iter().cloned().chain(others.0).collect())
    }

    pub fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of this name. An empty value counts as absent (RFC 6749, 3.1).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(candidate, value)| *candidate == name && !value.is_empty()).map(|(_, value)| value)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A name that occurs more than once, which OAuth forbids (RFC 6749, 3.1 and 3.2).
    pub fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.iter().map(|(name, _)| name).find(|name| !seen.insert(*name))
    }
}

/// `address` with these parameters added to its query.
pub fn with_query(address: &str, parameters: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}
