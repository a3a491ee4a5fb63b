//! The few properties of CSS that change what a document says: struck out, hidden, raised, lowered, line by line.

use super::tree::Node;

/// How an element looks, as far as its look says something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// A line runs through its words.
    pub is_struck: bool,
    /// A line runs below its words.
    pub is_underlined: bool,
    /// It is not displayed.
    pub is_hidden: bool,
    /// It is raised, such as the 2 of a square.
    pub is_raised: bool,
    /// It is lowered, such as the 2 of H2O.
    pub is_lowered: bool,
    /// Its line breaks count.
    pub keeps_lines: bool,
}

/// The properties that [`Look`] is read from.
pub const PROPERTIES: [&str; 6] =
    ["text-decoration", "text-decoration-line", "display", "visibility", "vertical-align", "white-space"];

impl Look {
    /// Reads how an element looks from its own `style`, else from the document's style sheets.
    pub fn of<N: Node>(node: &N) -> Self {
        let own = node.attribute("style").map(|style| declarations(&style)).unwrap_or_default();
        let value = |property: &str| {
            let own = own.iter().rev().find(|(name, _)| name == property).map(|(_, value)| value.clone());
            own.or_else(|| node.declared(property)).unwrap_or_default().to_ascii_lowercase()
        };
        // The shorthand sets the line, too: of the element's own two the last one counts, and then no style sheet.
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

/// On which screens the rules of a style sheet apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screens {
    /// On none: they are for printers, say.
    None,
    /// On some, such as those of phones.
    Some,
    /// On all.
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

    /// Whether rules that apply there decide about a property. What is hidden on some screens alone is shown.
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

    fn look(style: &str) -> Look {
        Sample::read(&format!("<p style=\"{style}\"/>"), |sample| Look::of(&sample))
    }

    #[test]
    fn l8_the_elements_own_decoration_counts_before_that_of_a_style_sheet() {
        let look =
            |style: &str| Sample::read(&format!("<p class=\"struck\" style=\"{style}\"/>"), |sample| Look::of(&sample));
        for (style, is_struck) in [
            ("", true),
            ("color: red", true),
            ("text-decoration: none", false),
            ("text-decoration-line: none", false),
            ("text-decoration-line: line-through; text-decoration: none", false),
            ("text-decoration: none; text-decoration-line: line-through", true),
        ] {
            assert_eq!(look(style).is_struck, is_struck, "{style}");
        }
    }

    #[test]
    fn l8_what_a_style_sheet_hides_on_some_screens_is_not_hidden() {
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
    fn l8_a_style_is_read_as_far_as_it_changes_what_is_said() {
        let none = Look::default();
        for (style, expected) in [
            ("color: red; font: 12px x", none),
            ("text-decoration: line-through", Look { is_struck: true, ..none }),
            ("TEXT-DECORATION-LINE:underline Line-Through", Look { is_struck: true, is_underlined: true, ..none }),
            ("/* text-decoration: */ text-decoration/**/: line-through red", Look { is_struck: true, ..none }),
            ("display:none !important", Look { is_hidden: true, ..none }),
            ("visibility: collapse", Look { is_hidden: true, ..none }),
            ("display: none; display: block", none),
            ("vertical-align: super", Look { is_raised: true, ..none }),
            ("vertical-align: sub", Look { is_lowered: true, ..none }),
            ("white-space: pre-wrap", Look { keeps_lines: true, ..none }),
            ("", none),
            (";;:;x", none),
            ("a: /*", none),
        ] {
            assert_eq!(look(style), expected, "{style}");
        }
    }
}
