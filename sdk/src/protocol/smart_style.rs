//! How the pages of an EHR look (SMART App Launch 2.2, styling with `smart_style_url`). Every value is read into its parts, so that no
//! string of the EHR ends up in a style sheet.

use std::fmt;

use crate::json::JsonView;

/// The colors and sizes of an EHR's pages. A value that is missing or cannot be read is `None`.
///
/// ```
/// use smartrust::protocol::smart_style::SmartStyle;
///
/// let style = SmartStyle::read(&serde_json::json!({"color_highlight": "#0D4F7C", "dim_border_radius": "6px"}));
/// assert_eq!(style.color_highlight.unwrap().to_string(), "#0d4f7c");
/// assert_eq!(style.dim_border_radius, Some(6.0));
/// assert_eq!(style.color_text, None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct SmartStyle {
    /// The background of the page.
    pub color_background: Option<Color>,
    /// The color of errors.
    pub color_error: Option<Color>,
    /// The color of highlighted text and controls.
    pub color_highlight: Option<Color>,
    /// The color of the page behind a dialog.
    pub color_modal_backdrop: Option<Color>,
    /// The color of success.
    pub color_success: Option<Color>,
    /// The color of text.
    pub color_text: Option<Color>,
    /// The radius of corners, in CSS pixels.
    pub dim_border_radius: Option<f64>,
    /// The size of text, in CSS pixels.
    pub dim_font_size: Option<f64>,
    /// The usual distance between elements, in CSS pixels.
    pub dim_spacing_size: Option<f64>,
}

/// A color without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// From 0 to 255.
    pub red: u8,
    /// From 0 to 255.
    pub green: u8,
    /// From 0 to 255.
    pub blue: u8,
}

impl SmartStyle {
    /// Reads the document at `smart_style_url`.
    pub fn read<V: JsonView>(document: &V) -> Self {
        let color = |member| document.member_text(member).as_deref().and_then(Color::parse);
        let pixels = |member| document.member_text(member).as_deref().and_then(pixels);
        Self {
            color_background: color("color_background"),
            color_error: color("color_error"),
            color_highlight: color("color_highlight"),
            color_modal_backdrop: color("color_modal_backdrop"),
            color_success: color("color_success"),
            color_text: color("color_text"),
            dim_border_radius: pixels("dim_border_radius"),
            dim_font_size: pixels("dim_font_size"),
            dim_spacing_size: pixels("dim_spacing_size"),
        }
    }
}

impl Color {
    /// Reads a hexadecimal color with three or six digits, such as `#edeae3`.
    ///
    /// ```
    /// use smartrust::protocol::smart_style::Color;
    ///
    /// assert_eq!(Color::parse("#fa0"), Some(Color { red: 255, green: 170, blue: 0 }));
    /// assert_eq!(Color::parse("red; background: url(https://evil.example)"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let channel = |from: usize, count: usize| u8::from_str_radix(digits.get(from..from + count)?, 16).ok();
        match digits.len() {
            3 => {
                let doubled = |at| Some(channel(at, 1)? * 0x11);
                Some(Self { red: doubled(0)?, green: doubled(1)?, blue: doubled(2)? })
            }
            6 => Some(Self { red: channel(0, 2)?, green: channel(2, 2)?, blue: channel(4, 2)? }),
            _ => None,
        }
    }

    /// The contrast to another color, from 1 to 21 (WCAG 2.2, contrast ratio). Text needs at least 4.5.
    ///
    /// ```
    /// use smartrust::protocol::smart_style::Color;
    ///
    /// let (black, white) = (Color::parse("#000").unwrap(), Color::parse("#fff").unwrap());
    /// assert_eq!(black.contrast(white), 21.0);
    /// ```
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The mixture with another color; `share` is this color's part, from 0 to 1.
    ///
    /// ```
    /// use smartrust::protocol::smart_style::Color;
    ///
    /// let (black, white) = (Color::parse("#000").unwrap(), Color::parse("#fff").unwrap());
    /// assert_eq!(black.mixed_with(white, 0.2).to_string(), "#cccccc");
    /// ```
    #[must_use]
    pub fn mixed_with(self, other: Self, share: f64) -> Self {
        let share = share.clamp(0.0, 1.0);
        // A cast of a number that is out of range returns the nearest one.
        let mix = |one: u8, two: u8| (f64::from(one) * share + f64::from(two) * (1.0 - share)).round() as u8;
        Self { red: mix(self.red, other.red), green: mix(self.green, other.green), blue: mix(self.blue, other.blue) }
    }

    /// The relative luminance (WCAG 2.2).
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

/// `#` and six hexadecimal digits.
impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// A size in pixels, such as `6px`, which is not negative.
fn pixels(text: &str) -> Option<f64> {
    let number: f64 = text.trim().strip_suffix("px")?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap()
    }

    #[test]
    fn m6_the_values_of_the_standards_example_are_read() {
        // SMART App Launch 2.2, the example of the styling section.
        let style = SmartStyle::read(&json!({
            "color_background": "#edeae3", "color_error": "#9e2d2d", "color_highlight": "#69b5ce",
            "color_modal_backdrop": "", "color_success": "#498e49", "color_text": "#303030", "dim_border_radius": "6px",
            "dim_font_size": "13px", "dim_spacing_size": "20px", "font_family_body": "Georgia, Times, 'Times New Roman', serif"
        }));
        let colors = [style.color_background, style.color_error, style.color_highlight, style.color_success];
        assert_eq!(colors.map(|color| color.unwrap().to_string()), ["#edeae3", "#9e2d2d", "#69b5ce", "#498e49"]);
        assert_eq!(style.color_modal_backdrop, None);
        assert_eq!(
            [style.dim_border_radius, style.dim_font_size, style.dim_spacing_size],
            [Some(6.0), Some(13.0), Some(20.0)]
        );
    }

    #[test]
    fn s7_m6_a_value_that_is_more_than_a_color_or_a_size_is_left_out() {
        for text in [
            "red",
            "#12",
            "#12345",
            "#1234567",
            "#ggg",
            "#+1f2b3",
            "#123456;}",
            "rgb(1 2 3)",
            "url(//evil.example)",
            "#é1234",
        ] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
        for text in ["6", "6em", "-1px", "NaNpx", "infpx", "calc(1px)px", "6px; color: red", "px"] {
            assert_eq!(pixels(text), None, "{text}");
        }
        for document in [json!([]), json!("x"), json!({"color_text": 7, "dim_font_size": null})] {
            assert_eq!(SmartStyle::read(&document), SmartStyle::default());
        }
    }

    #[test]
    fn m6_contrast_is_that_of_wcag() {
        // Known pairs: #767676 is the lightest gray with 4.5 on white, #777777 fails.
        let white = color("#ffffff");
        assert!(color("#767676").contrast(white) >= 4.5);
        assert!(color("#777777").contrast(white) < 4.5);
        assert!((color("#ff0000").contrast(white) - 3.998).abs() < 0.001);
        assert_eq!(white.contrast(white), 1.0);
        assert_eq!(color("#123456").contrast(white), white.contrast(color("#123456")));
    }
}
