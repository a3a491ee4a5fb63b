//! What the elements of an HTML page mean, and which of them are kept.

use super::Page;
use super::style::TextStyle;
use super::tree::{Node, elements, line};
use super::walk::{Language, Walk};
use super::write::{Revision, Writer};

/// Elements that are kept.
const KEPT: &[&str] = &[
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "div",
    "span",
    "address",
    "blockquote",
    "pre",
    "code",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "caption",
    "colgroup",
    "col",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "sub",
    "sup",
    "small",
    "section",
    "article",
    "header",
    "footer",
    "main",
    "aside",
    "figure",
    "figcaption",
    "abbr",
    "q",
    "cite",
    "mark",
    "var",
    "samp",
    "kbd",
    "dfn",
    "time",
    "bdo",
    "bdi",
    "wbr",
    "ruby",
    "rt",
    "rp",
];

/// Elements that are replaced by another one.
const TAKEN_AS: &[(&str, &str)] = &[
    ("center", "div"),
    ("form", "div"),
    ("fieldset", "div"),
    ("legend", "div"),
    ("details", "div"),
    ("summary", "div"),
    ("dialog", "div"),
    ("nav", "div"),
    ("hgroup", "div"),
    ("search", "div"),
    ("label", "span"),
    ("button", "span"),
    ("tt", "code"),
    ("dir", "ul"),
    ("menu", "ul"),
    ("listing", "pre"),
    ("xmp", "pre"),
    ("plaintext", "pre"),
];

/// Elements with contents that browsers do not display.
const NEVER_DISPLAYED: &[&str] = &[
    "script", "style", "template", "title", "meta", "link", "base", "datalist", "param", "source", "track", "area",
    "noframes", "noembed",
];

/// Elements that cannot be shown, each with its name. Their fallback contents are shown.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("object", "An embedded file"),
    ("embed", "An embedded file"),
    ("applet", "An embedded file"),
    ("iframe", "An embedded page"),
    ("frame", "An embedded page"),
    ("audio", "A sound recording"),
    ("video", "A film"),
    ("canvas", "A drawing"),
    ("svg", "A drawing"),
    ("math", "A formula"),
];

/// Attributes that are kept.
const ATTRIBUTES: &[&str] =
    &["colspan", "rowspan", "span", "scope", "dir", "lang", "alt", "title", "start", "reversed", "value"];

/// An HTML page for the frame.
pub fn page<N: Node>(root: &N) -> Page {
    let mut walk = Walk::new(&Html);
    walk.write(root, 0);
    let (html, remarks) = walk.writer.finish();
    Page { html, remarks, embedded: Vec::new() }
}

/// The language HTML.
struct Html;

impl<N: Node> Language<N> for Html {
    fn is_never_displayed(&self, name: &str) -> bool {
        NEVER_DISPLAYED.contains(&name)
    }

    fn is_hidden(&self, node: &N, name: &str) -> bool {
        node.attribute("hidden").is_some() || (name == "dialog" && node.attribute("open").is_none())
    }

    fn revision(&self, _: &N, name: &str, style: TextStyle) -> Option<Revision> {
        match name {
            "del" => Some(Revision::Removed),
            "ins" => Some(Revision::Added),
            "s" | "strike" => Some(Revision::Struck),
            _ => style.is_struck.then_some(Revision::Struck),
        }
    }

    fn element(&self, node: &N, name: &str) -> Option<(&'static str, Vec<(&'static str, String)>)> {
        let same = KEPT.iter().find(|kept| **kept == name);
        let own = same.or_else(|| TAKEN_AS.iter().find(|(other, _)| *other == name).map(|(_, own)| own))?;
        Some((*own, attributes(node, own)))
    }

    fn write_special(&self, walk: &mut Walk<'_, N>, node: &N, name: &str, depth: usize) -> bool {
        let writer = &mut walk.writer;
        match name {
            "img" => write_picture(node, writer),
            "input" => write_field(node, writer),
            "textarea" => writer.within("pre", |writer| writer.text(&node.text())),
            "select" => write_choice(node, writer),
            "a" => {
                walk.write_contents(node, depth);
                write_address(node, "href", &mut walk.writer);
            }
            _ => {
                let Some((_, what)) = NOT_SHOWN.iter().find(|(own, _)| *own == name) else { return false };
                writer.not_shown(&format!("{what} is not shown here."));
                // The contents of an iframe are markup in a text node.
                return name == "iframe";
            }
        }
        true
    }
}

/// The attributes of an element of the page.
pub fn attributes<N: Node>(node: &N, name: &str) -> Vec<(&'static str, String)> {
    let mut attributes: Vec<_> =
        ATTRIBUTES.iter().filter_map(|attribute| Some((*attribute, node.attribute(attribute)?))).collect();
    if name == "table" {
        attributes.extend(
            [("border", "1"), ("cellpadding", "4"), ("cellspacing", "0")].map(|(name, value)| (name, value.to_owned())),
        );
    }
    attributes
}

/// Only a picture in a data URL is shown. Others would have to be fetched.
fn write_picture<N: Node>(node: &N, writer: &mut Writer) {
    let source = node.attribute("src").unwrap_or_default();
    let described = node.attribute("alt").map(|alt| alt.trim().to_owned()).filter(|alt| !alt.is_empty());
    if starts_with_ignoring_case(source.trim_start(), "data:image/") {
        return writer.open("img", &[("src", source.trim().to_owned()), ("alt", described.unwrap_or_default())]);
    }
    let is_dot = |side: &str| node.attribute(side).is_some_and(|length| ["0", "1", "1px"].contains(&length.trim()));
    match described {
        Some(described) => writer.not_shown(&format!("A picture is not shown here: {described}")),
        // Such a picture is invisible.
        None if is_dot("width") || is_dot("height") => {}
        None => writer.not_shown("A picture is not shown here."),
    }
}

/// The value of a form field.
fn write_field<N: Node>(node: &N, writer: &mut Writer) {
    let kind = node.attribute("type").unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "hidden" | "password" | "file" => {}
        "checkbox" | "radio" => writer.text(if node.attribute("checked").is_some() { "☒ " } else { "☐ " }),
        "image" => writer.not_shown("A picture is not shown here."),
        _ => writer.within("u", |writer| writer.text(&node.attribute("value").unwrap_or_default())),
    }
}

/// The selected option of a list.
fn write_choice<N: Node>(node: &N, writer: &mut Writer) {
    let mut options = elements(node, "option");
    options.extend(elements(node, "optgroup").iter().flat_map(|group| elements(group, "option")));
    let chosen: Vec<&N> = options.iter().filter(|option| option.attribute("selected").is_some()).collect();
    let first = options.first().filter(|_| chosen.is_empty() && node.attribute("multiple").is_none());
    let words: Vec<String> = chosen.into_iter().chain(first).filter_map(line).collect();
    writer.within("u", |writer| writer.text(&words.join(", ")));
}

/// The URL of a link, as text, because links do not work in the frame.
pub fn write_address<N: Node>(node: &N, attribute: &str, writer: &mut Writer) {
    let Some(address) = node.attribute(attribute).map(|address| address.trim().to_owned()) else { return };
    let is_plain =
        ["http:", "https:", "mailto:", "tel:"].iter().any(|scheme| starts_with_ignoring_case(&address, scheme));
    let is_said = line(node).is_some_and(|words| address.ends_with(&words));
    if is_plain && !is_said {
        writer.text(&format!(" ({address})"));
    }
}

fn starts_with_ignoring_case(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::markup::sample::Sample;

    fn shown(markup: &str) -> Page {
        Sample::read(&format!("<body>{markup}</body>"), |root| page(&root))
    }

    fn is_shown_as(cases: &[(&str, &str)]) {
        for (markup, expected) in cases {
            assert_eq!(shown(markup).html, *expected, "{markup}");
        }
    }

    #[test]
    fn l8_removed_and_added_text_is_marked() {
        is_shown_as(&[
            ("<del>Penicillin</del>", "<small>[removed: </small><del>Penicillin</del><small>]</small>"),
            ("<ins>Amoxicillin</ins>", "<small>[added: </small><ins>Amoxicillin</ins><small>]</small>"),
            ("<s>5 mg</s>", "<small>[crossed out: </small><s>5 mg</s><small>]</small>"),
            (
                "<span style=\"text-decoration: line-through\">5</span>",
                "<small>[crossed out: </small><s><span>5</span></s><small>]</small>",
            ),
            ("<b class=\"struck\">5</b>", "<small>[crossed out: </small><s><b>5</b></s><small>]</small>"),
            (
                "<ul style=\"text-decoration: line-through\"><li>a</li></ul>",
                "<ul><li><small>[crossed out: </small><s>a</s><small>]</small></li></ul>",
            ),
            ("<del>a <s>b</s></del>", "<small>[removed: </small><del>a b</del><small>]</small>"),
            (
                "<del>a<ins>b</ins></del>",
                "<small>[removed: </small><del>a<small>[added: </small><ins>b</ins><small>]</small></del><small>]</small>",
            ),
        ]);
        let remark = "Parts of this document were removed, crossed out or added later. Each is marked.";
        assert_eq!(shown("<strike>x</strike>").remarks, [remark]);
        assert_eq!(shown("<p>x</p>").remarks, Vec::<String>::new());
    }

    #[test]
    fn l8_hidden_parts_are_not_shown_and_are_reported() {
        let page = shown(
            "a<p hidden=\"\">b</p><p style=\"display:none\">c</p><i style=\"visibility:hidden\">d</i><p hidden=\"\"> </p><dialog>e</dialog>f",
        );
        assert_eq!(page.html, "af");
        assert_eq!(page.remarks, ["4 parts that the document itself hides are not shown."]);
    }

    #[test]
    fn l8_an_unsupported_element_is_reported_in_its_place() {
        is_shown_as(&[
            (
                "<object>It is <b>bad</b></object>",
                "<small>[An embedded file is not shown here.]</small>It is <b>bad</b>",
            ),
            ("<svg><text>Left</text></svg>", "<small>[A drawing is not shown here.]</small>Left"),
            ("<iframe src=\"x\">y</iframe>", "<small>[An embedded page is not shown here.]</small>"),
            ("<img src=\"http://x/y\" alt=\"Leg\"/>", "<small>[A picture is not shown here: Leg]</small>"),
            ("<img src=\"cid:1\"/>", "<small>[A picture is not shown here.]</small>"),
            ("<img src=\"http://x/y\" width=\"1\" height=\"1\"/>", ""),
        ]);
        assert_eq!(
            shown("<video/><img src=\"x\"/>").remarks,
            ["2 things in this document cannot be shown here. Each is marked in its place."]
        );
    }

    #[test]
    fn l8_form_values_and_line_breaks_stay() {
        is_shown_as(&[
            ("<input type=\"checkbox\" checked=\"\"/>Smoker<input type=\"radio\"/>", "☒ Smoker☐ "),
            ("<input value=\"120/80\"/><input type=\"hidden\" value=\"7\"/>", "<u>120/80</u>"),
            ("<select><option>No</option><option selected=\"\">Yes</option></select>", "<u>Yes</u>"),
            ("<select><optgroup><option>No</option></optgroup></select>", "<u>No</u>"),
            ("<textarea>a\nb</textarea>", "<pre>a\nb</pre>"),
            ("<p style=\"white-space: pre-line\">a\nb</p>", "<p>a<br>b</p>"),
            (
                "10<sup>9</sup> H<span style=\"vertical-align:sub\">2</span>O",
                "10<sup>9</sup> H<span><sub>2</sub></span>O",
            ),
            (
                "<noscript><p>x</p></noscript><details><summary>y</summary>z</details>",
                "<p>x</p><div><div>y</div>z</div>",
            ),
            ("<a href=\"https://x.example/\">Site</a> <a href=\"tel:5\">5</a>", "Site (https://x.example/) 5"),
        ]);
    }

    #[test]
    fn s7_active_elements_are_left_out_and_text_stays() {
        is_shown_as(&[
            ("<p onclick=\"x()\" style=\"color:red\" class=\"y\" id=\"z\">Walk</p>", "<p>Walk</p>"),
            ("a<script>y</script><style>p{}</style><title>T</title><template>t</template>b", "ab"),
            ("<a href=\"javascript:x\">go</a><base href=\"http://x\"/><link href=\"y\"/>", "go"),
            (
                "<img src=\"data:image/png;base64,AA==\" onerror=\"x\"/>",
                "<img src=\"data:image/png;base64,AA==\" alt=\"\">",
            ),
            ("<img src=\"data:text/html,x\" alt=\"q\"/>", "<small>[A picture is not shown here: q]</small>"),
            ("<td colspan=\"2\" bgcolor=\"red\">x</td>", "<td colspan=\"2\">x</td>"),
            (
                "<p title=\"a&lt;script>&quot;\">1 &lt; 2 &amp;amp; 3</p>",
                "<p title=\"a&lt;script&gt;&quot;\">1 &lt; 2 &amp;amp; 3</p>",
            ),
            (
                "<table><tr><th scope=\"row\">x</th></tr></table>",
                "<table border=\"1\" cellpadding=\"4\" cellspacing=\"0\"><tr><th scope=\"row\">x</th></tr></table>",
            ),
            ("<made-up>x</made-up>", "x"),
        ]);
    }

    #[test]
    fn l8_an_element_that_is_too_deep_is_reported_and_its_text_keeps_its_marks() {
        let words = "words <del>old <i>more</i></del><p hidden=\"\">template</p><script>x</script> end";
        let page = shown(&format!("{}{words}{}", "<div>".repeat(400), "</div>".repeat(400)));
        let (_, flat) = page
            .html
            .split_once("<small>[This part is nested too deep. Only its words are shown here:]</small>")
            .unwrap();
        let flat = flat.split_once("</div>").unwrap().0.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            flat,
            "words <small>[removed: </small><del>old </del><small>]</small> <small>[removed: </small><del>more</del><small>]</small> end"
        );
        assert_eq!(page.remarks.len(), 3, "{:?}", page.remarks);
    }
}
