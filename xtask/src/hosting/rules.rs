//! The `_headers` file, read as the hosts read it that know it.

use anyhow::{Context, Result};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The rules of a `_headers` file: headers by the path that they go with.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    /// A path, or the beginning of paths and `*`.
    pattern: String,
    headers: HeaderMap,
}

impl Rules {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// One sentence with the line that is wrong.
    pub fn read(text: &str) -> Result<Self> {
        let mut rules: Vec<Rule> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if line.starts_with('/') {
                rules.push(Rule { pattern: line.trim_end().to_owned(), headers: HeaderMap::new() });
                continue;
            }
            let wrong = || format!("_headers: this line is neither a path nor a header: {line}");
            let (name, value) = line.split_once(':').with_context(wrong)?;
            let rule = rules.last_mut().with_context(wrong)?;
            let name = HeaderName::try_from(name.trim()).with_context(wrong)?;
            rule.headers.append(name, HeaderValue::try_from(value.trim()).with_context(wrong)?);
        }
        Ok(Self(rules))
    }

    /// The headers that go with the file at a path.
    pub fn of(&self, path: &str) -> HeaderMap {
        let matching = self.0.iter().filter(|rule| match rule.pattern.strip_suffix('*') {
            Some(beginning) => path.starts_with(beginning),
            None => path == rule.pattern,
        });
        matching.flat_map(|rule| rule.headers.clone()).filter_map(|(name, value)| Some((name?, value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_go_with_the_paths_that_a_rule_names() {
        let rules = Rules::read("# of all\n/*\n  A: 1\n\n/x\n  B: two: parts\n").unwrap();
        assert_eq!(rules.of("/y").len(), 1);
        assert_eq!(
            (&rules.of("/x")["a"], &rules.of("/x")["b"]),
            (&"1".parse().unwrap(), &"two: parts".parse().unwrap())
        );
    }

    #[test]
    fn a_line_that_is_no_header_is_told() {
        for text in ["  A: 1\n", "/*\n  no header\n", "/*\n  a b: 1\n"] {
            assert!(Rules::read(text).is_err(), "{text}");
        }
    }
}
