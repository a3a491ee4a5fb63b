//! The `_headers` file of a static site, as Netlify and Cloudflare Pages read it.

use axum::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The rules of a `_headers` file: headers by path.
#[derive(Clone, Debug, Default)]
pub struct HeaderRules(Vec<Rule>);

#[derive(Clone, Debug)]
struct Rule {
    /// A path, or the start of paths with `*`.
    pattern: String,
    headers: HeaderMap,
}

impl HeaderRules {
    /// Reads a file: a pattern on its own line and, indented below it, a header on each line.
    ///
    /// # Errors
    /// The line that is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut rules: Vec<Rule> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
            if !line.starts_with(char::is_whitespace) {
                rules.push(Rule { pattern: line.trim().to_owned(), headers: HeaderMap::new() });
                continue;
            }
            let header = line.split_once(':').and_then(|(name, value)| {
                Some((name.trim().parse::<HeaderName>().ok()?, HeaderValue::from_str(value.trim()).ok()?))
            });
            let (Some(rule), Some((name, value))) = (rules.last_mut(), header) else {
                return Err(line.trim().to_owned());
            };
            rule.headers.insert(name, value);
        }
        Ok(Self(rules))
    }

    /// The headers for a path. If several rules set a header, the last one counts.
    pub fn headers_for(&self, path: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let matches = |rule: &&Rule| match rule.pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == rule.pattern,
        };
        for (name, value) in self.0.iter().filter(matches).flat_map(|rule| &rule.headers) {
            headers.insert(name, value.clone());
        }
        headers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_apply_to_the_paths_that_match_a_rule() {
        let rules = HeaderRules::read("# all\n/*\n  # remark\n  A: 1\n\n/x\n  B: two: parts\n").unwrap();
        assert_eq!(rules.headers_for("/y").len(), 1);
        let headers = rules.headers_for("/x");
        assert_eq!((&headers["a"], &headers["b"]), (&"1".parse().unwrap(), &"two: parts".parse().unwrap()));
    }

    #[test]
    fn k5_a_damaged_file_is_refused() {
        for damaged in ["  X-A: b", "/*\n  no header", "/*\n  a b: c"] {
            assert!(HeaderRules::read(damaged).is_err(), "{damaged}");
        }
    }
}
