//! Which colors and sizes of an EHR the pages take. They replace the tokens of `style/tokens.css`. A color with which a text could not be
//! read is not taken (WCAG 2.2, 1.4.3).

use smartrust::protocol::smart_style::{Color, SmartStyle};

/// The contrast that text needs.
const READABLE: f64 = 4.5;
/// The part of a color in the background of a note with that color.
const SOFT: f64 = 0.12;
/// The smallest and largest distance between elements, in pixels.
const SPACING: (f64, f64) = (8.0, 24.0);
/// The largest radius of a corner, in pixels.
const LARGEST_RADIUS: f64 = 24.0;

/// What the pages take of an EHR's style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The value of `color-scheme`: the pages are as light or dark as the EHR's.
    pub color_scheme: &'static str,
    /// The names and values of tokens.
    pub tokens: Vec<(&'static str, String)>,
}

/// The launcher's own colors in a color scheme.
struct Scheme {
    name: &'static str,
    ground: Color,
    surface: Color,
    /// The colors of text.
    texts: &'static [(&'static str, Color)],
}

const LIGHT: Scheme = Scheme {
    name: "light",
    ground: rgb(0xf3f6f5),
    surface: rgb(0xffffff),
    texts: &[
        ("--ink", rgb(0x17272a)),
        ("--ink-soft", rgb(0x4d6064)),
        ("--accent", rgb(0x0b6761)),
        ("--good", rgb(0x1d6b3f)),
        ("--warn", rgb(0x8a4b08)),
        ("--bad", rgb(0xa3282d)),
    ],
};

const DARK: Scheme = Scheme {
    name: "dark",
    ground: rgb(0x0e1516),
    surface: rgb(0x172021),
    texts: &[
        ("--ink", rgb(0xe7eeec)),
        ("--ink-soft", rgb(0xa7b7b5)),
        ("--accent", rgb(0x6ed0c5)),
        ("--good", rgb(0x7fd3a0)),
        ("--warn", rgb(0xf0b978)),
        ("--bad", rgb(0xf59a97)),
    ],
};

const fn rgb(value: u32) -> Color {
    let [_, red, green, blue] = value.to_be_bytes();
    Color { red, green, blue }
}

/// The look for a style; `None` if nothing of it can be taken.
pub fn look(style: &SmartStyle) -> Option<Look> {
    let is_dark = style.color_background.is_some_and(|color| color.contrast(rgb(0xffffff)) > color.contrast(rgb(0)));
    let scheme = if is_dark { &DARK } else { &LIGHT };
    let is_readable_on = |ground: Color| scheme.texts.iter().all(|(_, text)| text.contrast(ground) >= READABLE);
    let ground = style.color_background.filter(|color| is_readable_on(*color));
    let backgrounds = [ground.unwrap_or(scheme.ground), scheme.surface];
    let soft = |color: Color| color.mixed_with(scheme.surface, SOFT);
    let is_readable = |color: &Color, more: Option<Color>| {
        backgrounds.into_iter().chain(more).all(|background| color.contrast(background) >= READABLE)
    };
    let text = style.color_text.filter(|color| is_readable(color, None));
    let tone = |color: Option<Color>| color.filter(|color| is_readable(color, Some(soft(*color))));
    let (highlight, good, bad) = (tone(style.color_highlight), tone(style.color_success), tone(style.color_error));
    let pixels = |size: f64| format!("{size}px");
    let tokens = [
        ("--ground", ground.map(|color| color.to_string())),
        ("--ink", text.map(|color| color.to_string())),
        ("--accent", highlight.map(|color| color.to_string())),
        ("--accent-strong", highlight.map(|color| color.to_string())),
        ("--accent-soft", highlight.map(|color| soft(color).to_string())),
        ("--on-accent", highlight.map(|_| scheme.surface.to_string())),
        ("--good", good.map(|color| color.to_string())),
        ("--bad", bad.map(|color| color.to_string())),
        ("--bad-soft", bad.map(|color| soft(color).to_string())),
        ("--radius", style.dim_border_radius.map(|size| pixels(size.min(LARGEST_RADIUS)))),
        ("--space", style.dim_spacing_size.map(|size| pixels(size.clamp(SPACING.0, SPACING.1)))),
    ];
    let tokens: Vec<_> = tokens.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    (!tokens.is_empty()).then_some(Look { color_scheme: scheme.name, tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::HashMap;

    const TOKENS: &str = include_str!("../../style/tokens.css");

    /// The tokens of a look.
    fn tokens(style: Value) -> HashMap<&'static str, String> {
        look(&SmartStyle::read(&style)).map(|look| look.tokens.into_iter().collect()).unwrap_or_default()
    }

    #[test]
    fn m6_the_own_colors_are_those_of_the_style_sheet() {
        let mut count = 0;
        for (scheme, position) in [(&LIGHT, 0), (&DARK, 1)] {
            let own = [("--ground", scheme.ground), ("--surface", scheme.surface)];
            for (name, color) in own.iter().chain(scheme.texts) {
                let value = TOKENS.split(&format!("\n  {name}: light-dark(")).nth(1).unwrap();
                let values: Vec<&str> = value.split(");").next().unwrap().split(", ").collect();
                assert_eq!(values[position], color.to_string(), "{name}");
                count += 1;
            }
        }
        assert_eq!(count, 16);
    }

    #[test]
    fn m6_each_token_is_one_of_the_style_sheet() {
        let all = json!({
            "color_background": "#eef2f5", "color_error": "#a3231b", "color_highlight": "#0d4f7c", "color_success": "#1f6b42",
            "color_text": "#1d2b36", "dim_border_radius": "6px", "dim_spacing_size": "16px"
        });
        let taken = tokens(all);
        assert_eq!(taken.len(), 11);
        for name in taken.keys() {
            assert!(TOKENS.contains(&format!("\n  {name}: ")), "{name}");
        }
        assert_eq!(taken["--ground"], "#eef2f5");
        assert_eq!(taken["--accent"], "#0d4f7c");
        assert_eq!(taken["--on-accent"], "#ffffff");
        assert_eq!(taken["--radius"], "6px");
    }

    #[test]
    fn m6_a_color_with_which_a_text_cannot_be_read_is_not_taken() {
        assert!(tokens(json!({"color_text": "#bbbbbb"})).is_empty());
        assert!(tokens(json!({"color_highlight": "#ffff00", "color_error": "#ff9999"})).is_empty());
        // The background is not taken either, if the launcher's own texts could not be read on it.
        assert!(tokens(json!({"color_background": "#8899aa"})).is_empty());
        assert!(tokens(json!({"color_background": "#808080", "color_text": "#ffffff"})).is_empty());
    }

    #[test]
    fn m6_the_pages_are_as_dark_as_the_ehr() {
        let dark = look(&SmartStyle::read(&json!({"color_background": "#101418", "color_text": "#f0f0f0"}))).unwrap();
        assert_eq!(dark.color_scheme, "dark");
        assert_eq!(dark.tokens, [("--ground", "#101418".to_owned()), ("--ink", "#f0f0f0".to_owned())]);
        let light = look(&SmartStyle::read(&json!({"dim_border_radius": "2px"}))).unwrap();
        assert_eq!(light.color_scheme, "light");
    }

    #[test]
    fn m6_sizes_have_limits() {
        let huge = tokens(json!({"dim_border_radius": "900px", "dim_spacing_size": "900px"}));
        assert_eq!([&huge["--radius"], &huge["--space"]], ["24px", "24px"]);
        let tiny = tokens(json!({"dim_border_radius": "0px", "dim_spacing_size": "0px"}));
        assert_eq!([&tiny["--radius"], &tiny["--space"]], ["0px", "8px"]);
    }
}
