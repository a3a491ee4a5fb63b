//! Renames what a browser reports while it parses a document under a strict content security policy: `style`, and handlers
//! such as `onclick`. None of them has an effect there. Without such reports, a report of a violation means something. What is missed
//! here is reported, and has no effect either.

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// HTML.
    Html,
    /// XML, in which tags must match and attributes must have values.
    Xml,
}

/// A text with names replaced, and how to restore them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The text for the parser.
    pub text: String,
    /// The prefix of the replaced names. It occurs nowhere else.
    mark: String,
    syntax: Syntax,
}

impl Renamed {
    /// Renames.
    pub fn new(text: &str, syntax: Syntax) -> Self {
        let mut renamed = Self { text: String::with_capacity(text.len()), mark: unused_mark(text), syntax };
        let mut taken = 0;
        for (place, _) in text.match_indices(['<', ' ', '\t', '\n', '\r', '\u{c}', '"', '\'', '/']) {
            let Some((before, after)) = text.get(taken..place + 1).zip(text.get(place + 1..)) else { continue };
            if before.ends_with('<') {
                let (is_closing, name) = after.strip_prefix('/').map_or((false, after), |name| (true, name));
                if is_style_tag(name) {
                    renamed.text.push_str(before.strip_suffix('<').unwrap_or(before));
                    renamed.text.push_str(&renamed.style_tag(is_closing));
                    taken = place + 1 + usize::from(is_closing) + "style".len();
                }
            } else if is_loud_attribute(after) {
                renamed.text.push_str(before);
                renamed.text.push_str(&renamed.mark);
                taken = place + 1;
            }
        }
        renamed.text.push_str(text.get(taken..).unwrap_or_default());
        renamed
    }

    /// The new name of an attribute.
    pub fn attribute(&self, name: &str) -> String {
        format!("{}{name}", self.mark)
    }

    /// The new name of the element `style`. In HTML, it is one with contents that are not markup either.
    pub fn style_element(&self) -> String {
        match self.syntax {
            Syntax::Html => "noframes".to_owned(),
            Syntax::Xml => self.attribute("style"),
        }
    }

    fn style_tag(&self, is_closing: bool) -> String {
        let start = if is_closing { "</" } else { "<" };
        match self.syntax {
            Syntax::Html => format!("{start}noframes {}style=\"\" ", self.mark),
            Syntax::Xml => format!("{start}{}style", self.mark),
        }
    }

    /// Restores a text of the parsed document.
    pub fn restored(&self, text: String) -> String {
        if !text.contains(&self.mark) {
            return text;
        }
        let tags = text.replace(&self.style_tag(false), "<style").replace(&self.style_tag(true), "</style");
        tags.replace(&self.mark, "")
    }
}

/// A prefix that the text does not contain: its number is above all that the text has in such a place.
fn unused_mark(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let number = |after: &str| after.split_once(|end: char| !end.is_ascii_digit())?.0.parse::<u32>().ok();
    let largest = lower.split("kept").skip(1).filter_map(number).max();
    format!("kept{}-", largest.map_or(0, |largest| u64::from(largest) + 1))
}

fn is_style_tag(text: &str) -> bool {
    starts_with_name(text, "style").is_some_and(|after| after.starts_with(['>', '/']) || starts_with_space(after))
}

/// Whether an attribute starts here that browsers report.
fn is_loud_attribute(text: &str) -> bool {
    let rest = starts_with_name(text, "style").or_else(|| {
        let after = starts_with_name(text, "on")?;
        let name = after.find(|character: char| !character.is_ascii_alphanumeric())?;
        after.get(name..).filter(|_| name > 0)
    });
    rest.is_some_and(|rest| rest.trim_start().starts_with('='))
}

fn starts_with_name<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(rest)
}

fn starts_with_space(text: &str) -> bool {
    text.starts_with(|character: char| character.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s7_an_element_that_violates_the_policy_is_renamed() {
        for (html, expected) in [
            ("<p style='x' onclick=\"y\">", "<p kept0-style='x' kept0-onclick=\"y\">"),
            ("<P CLASS=a\nSTYLE = x/onLoad=y>", "<P CLASS=a\nkept0-STYLE = x/kept0-onLoad=y>"),
            ("<a b='c'style=d>", "<a b='c'kept0-style=d>"),
            ("<style>a{}</STYLE >", "<noframes kept0-style=\"\" >a{}</noframes kept0-style=\"\"  >"),
            ("<style/ a>", "<noframes kept0-style=\"\" / a>"),
            ("kept0-x <p style=a>", "kept0-x <p kept1-style=a>"),
            ("<stylesheet on=1 styles=2> on and on <", "<stylesheet on=1 styles=2> on and on <"),
            ("é style", "é style"),
        ] {
            assert_eq!(Renamed::new(html, Syntax::Html).text, expected, "{html}");
        }
        let xml = Renamed::new("<p style=\"a\"><style/><style x=\"y\"></style></p>", Syntax::Xml);
        assert_eq!(xml.text, "<p kept0-style=\"a\"><kept0-style/><kept0-style x=\"y\"></kept0-style></p>");
        assert_eq!((xml.style_element().as_str(), xml.attribute("style").as_str()), ("kept0-style", "kept0-style"));
    }

    #[test]
    fn l8_a_text_full_of_marks_is_read_once() {
        let text: String = (0..300_000).map(|number| format!("kept{number}-")).collect();
        let renamed = Renamed::new(&format!("{text}<p style=a>"), Syntax::Html);
        assert!(renamed.text.ends_with("<p kept300000-style=a>"));
        for (text, mark) in [
            ("KEPT4-", "kept5-style"),
            ("kept4294967295-", "kept4294967296-style"),
            ("kept99999999999999999999- kept", "kept0-style"),
            ("keptkept2-", "kept3-style"),
        ] {
            assert_eq!(Renamed::new(text, Syntax::Html).attribute("style"), mark, "{text}");
        }
    }

    #[test]
    fn l8_text_is_unchanged() {
        for syntax in [Syntax::Html, Syntax::Xml] {
            for text in ["my style = x, onset=2", "a <style b </style> c", "<style><style/>", "", "kept0- style="] {
                let renamed = Renamed::new(text, syntax);
                assert_eq!(renamed.restored(renamed.text.clone()), text, "{text}");
            }
        }
    }
}
