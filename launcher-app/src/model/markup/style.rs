//! The CSS properties that change the meaning of a document: struck out, hidden, superscript, subscript, line breaks.

use super::tree::Node;

/// The style of an element, as far as it has a meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextStyle {
    /// Struck out.
    pub is_struck: bool,
    /// Underlined.
    pub is_underlined: bool,
    /// It is not displayed.
    pub is_hidden: bool,
    /// Superscript.
    pub is_raised: bool,
    /// Subscript.
    pub is_lowered: bool,
    /// Its line breaks are kept.
    pub keeps_lines: bool,
}

/// The properties that [`TextStyle`] is read from.
pub const PROPERTIES: [&str; 6] =
    ["text-decoration", "text-decoration-line", "display", "visibility", "vertical-align", "white-space"];

impl TextStyle {
    /// Reads the style of an element from its `style` attribute, otherwise from the document's style sheets.
    pub fn of<N: Node>(node: &N) -> Self {
        let own = node.attribute("style").map(|style| declarations(&style)).unwrap_or_default();
        let value = |property: &str| {
            let own = own.iter().rev().find(|(name, _)| name == property).map(|(_, value)| value.clone());
            own.or_else(|| node.declared(property)).unwrap_or_default().to_ascii_lowercase()
        };
        // The shorthand sets the line, too. The last of both in the attribute counts, and then no style sheet.
        let lines = ["text-decoration", "text-decoration-line"];
        let decoration = match own.iter().rev().find(|(name, _)| lines.contains(&name.as_str())) {
            Some((_, value)) => value.to_ascii_lowercase(),
            None => lines.map(value).join(" "),
        };
        let (align, space) = (value("vertical-align"), value("white-space"));
        Self {
            is_struck: decoration.contains("line-through"),
            is_underlined: decoration.contains("underline"),
            is_hidden: value("display").starts_with("none")
                || ["hidden", "collapse"].iter().any(|hidden| value("visibility").starts_with(hidden)),
            is_raised: align.starts_with("super"),
            is_lowered: align.starts_with("sub"),
            keeps_lines: space.starts_with("pre") || space.starts_with("break-spaces"),
        }
    }
}

/// The screens that the rules of a style sheet apply to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screens {
    /// None, for example printers only.
    None,
    /// Some, such as phones.
    Some,
    /// All.
    All,
}

impl Screens {
    /// Reads a list of media queries (Media Queries Level 4), such as `screen and (max-width: 600px), print`.
    pub fn of(media: &str) -> Self {
        media.split(',').map(Self::of_query).max().unwrap_or(Self::All)
    }

    fn of_query(query: &str) -> Self {
        let query = query.to_ascii_lowercase().replace('(', " (");
        let words: Vec<&str> = query.split_whitespace().filter(|word| *word != "only").collect();
        let is_of_screens = |kind: &str| ["all", "screen"].contains(&kind);
        match words.as_slice() {
            [] => Self::All,
            ["not", kind] if kind.starts_with(|first: char| first.is_alphabetic()) => {
                if is_of_screens(kind) {
                    Self::None
                } else {
                    Self::All
                }
            }
            [kind] if is_of_screens(kind) => Self::All,
            ["not", ..] => Self::Some,
            [kind, ..] if kind.starts_with('(') || is_of_screens(kind) => Self::Some,
            _ => Self::None,
        }
    }

    /// Whether rules for these screens count for a property. What is hidden on some screens only is shown.
    pub fn decide(self, property: &str) -> bool {
        match property {
            "display" | "visibility" => self == Self::All,
            _ => self != Self::None,
        }
    }
}

/// The declarations of a `style` attribute: names in lower case, and values.
fn declarations(style: &str) -> Vec<(String, String)> {
    let mut bare = String::new();
    let mut rest = style;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    let declaration = |text: &str| {
        let (name, value) = text.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    bare.split(';').filter_map(declaration).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::markup::sample::Sample;

    fn read(style: &str) -> TextStyle {
        Sample::read(&format!("<p style=\"{style}\"/>"), |sample| TextStyle::of(&sample))
    }

    #[test]
    fn l8_the_elements_own_decoration_counts_before_that_of_a_style_sheet() {
        let read = |style: &str| {
            Sample::read(&format!("<p class=\"struck\" style=\"{style}\"/>"), |sample| TextStyle::of(&sample))
        };
        for (style, is_struck) in [
            ("", true),
            ("color: red", true),
            ("text-decoration: none", false),
            ("text-decoration-line: none", false),
            ("text-decoration-line: line-through; text-decoration: none", false),
            ("text-decoration: none; text-decoration-line: line-through", true),
        ] {
            assert_eq!(read(style).is_struck, is_struck, "{style}");
        }
    }

    #[test]
    fn l8_an_element_that_a_style_sheet_hides_on_some_screens_is_shown() {
        for (media, screens) in [
            ("", Screens::All),
            ("all", Screens::All),
            ("Screen", Screens::All),
            ("only screen", Screens::All),
            ("print, screen", Screens::All),
            ("not print", Screens::All),
            ("only screen and (max-width: 600px)", Screens::Some),
            ("(max-width:600px)", Screens::Some),
            ("screen and(min-width:1px)", Screens::Some),
            ("not screen and (color)", Screens::Some),
            ("not (hover)", Screens::Some),
            ("not screen", Screens::None),
            ("not all", Screens::None),
            ("print", Screens::None),
            ("print and (color), speech", Screens::None),
        ] {
            assert_eq!(Screens::of(media), screens, "{media}");
        }
        assert!(Screens::All.decide("display") && !Screens::Some.decide("visibility"));
        assert!(Screens::Some.decide("text-decoration") && !Screens::None.decide("text-decoration"));
    }

    #[test]
    fn l8_the_properties_of_a_style_that_change_the_meaning_are_read() {
        let none = TextStyle::default();
        for (style, expected) in [
            ("color: red; font: 12px x", none),
            ("text-decoration: line-through", TextStyle { is_struck: true, ..none }),
            ("TEXT-DECORATION-LINE:underline Line-Through", TextStyle { is_struck: true, is_underlined: true, ..none }),
            ("/* text-decoration: */ text-decoration/**/: line-through red", TextStyle { is_struck: true, ..none }),
            ("display:none !important", TextStyle { is_hidden: true, ..none }),
            ("visibility: collapse", TextStyle { is_hidden: true, ..none }),
            ("display: none; display: block", none),
            ("vertical-align: super", TextStyle { is_raised: true, ..none }),
            ("vertical-align: sub", TextStyle { is_lowered: true, ..none }),
            ("white-space: pre-wrap", TextStyle { keeps_lines: true, ..none }),
            ("", none),
            (";;:;x", none),
            ("a: /*", none),
        ] {
            assert_eq!(read(style), expected, "{style}");
        }
    }
}
