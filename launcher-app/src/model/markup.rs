//! Marked-up documents as pages for a closed frame. The frame alone keeps everything in a document from running; here
//! only what is worth reading is taken over, so that nothing is even tried.

/// Elements that are taken over.
const KEPT: &str = "p br hr h1 h2 h3 h4 h5 h6 div span address blockquote pre code ul ol li dl dt dd table caption thead \
    tbody tfoot tr th td b strong i em u s sub sup small section article header footer img abbr q cite";
/// Elements whose contents are left out with them.
const LEFT_OUT: &str =
    "script style title template noscript iframe object svg math textarea select audio video frameset";
/// Attributes that are taken over.
const KEPT_ATTRIBUTES: &str = "colspan rowspan scope dir lang alt title start";
/// Elements of a clinical document's narrative, with those of a page (CDA R2, narrative block).
const NARRATIVE: [(&str, &str); 4] = [("paragraph", "p"), ("list", "ul"), ("item", "li"), ("content", "span")];

enum Token<'a> {
    Text(&'a str),
    Open { name: String, attributes: Vec<(String, &'a str)>, is_empty: bool },
    Close(String),
}

/// An HTML page without what could run or fetch.
pub fn page(html: &str) -> String {
    let mut page = String::new();
    let mut left_out: Option<String> = None;
    for token in tokens(html) {
        match (&left_out, token) {
            (Some(name), Token::Close(closed)) if *name == closed => left_out = None,
            (Some(_), _) => {}
            (None, Token::Open { name, is_empty: false, .. }) if named_in(LEFT_OUT, &name).is_some() => {
                left_out = Some(name);
            }
            (None, token) => write(&mut page, &token),
        }
    }
    page
}

/// The titles and narratives of a clinical document's sections (C-CDA); `None` where it has none.
pub fn clinical_document(xml: &str) -> Option<String> {
    let mut page = String::new();
    let mut sections = 0_usize;
    let mut within: Option<String> = None;
    for token in tokens(xml) {
        match (&within, token) {
            (Some(name), Token::Close(closed)) if *name == closed => {
                page.push_str(if closed == "title" { "</h2>" } else { "</div>" });
                within = None;
            }
            (Some(_), token) => write(&mut page, &token),
            (None, Token::Open { name, is_empty: false, .. }) if name == "section" => sections += 1,
            (None, Token::Close(name)) if name == "section" => sections = sections.saturating_sub(1),
            (None, Token::Open { name, is_empty: false, .. })
                if sections > 0 && ["title", "text"].contains(&&*name) =>
            {
                page.push_str(if name == "title" { "<h2>" } else { "<div>" });
                within = Some(name);
            }
            (None, _) => {}
        }
    }
    (!page.is_empty()).then_some(page)
}

/// A picture as a page. A picture runs no script, whatever is in it.
pub fn picture(content_type: &str, base64: &str, title: &str) -> String {
    let is_base64 = |character: &char| character.is_ascii_alphanumeric() || "+/=".contains(*character);
    let data: String = base64.chars().filter(is_base64).collect();
    format!("<img alt=\"{}\" width=\"100%\" src=\"data:{content_type};base64,{data}\">", escaped(title))
}

fn write(page: &mut String, token: &Token) {
    match token {
        Token::Text(text) => page.push_str(text),
        Token::Open { name, attributes, .. } => {
            let Some(name) = own_name(name) else { return };
            page.push('<');
            page.push_str(name);
            for (attribute, value) in attributes {
                let is_picture = name == "img" && attribute == "src" && value.trim_start().starts_with("data:image/");
                if is_picture || named_in(KEPT_ATTRIBUTES, attribute).is_some() {
                    page.push_str(&format!(" {attribute}=\"{}\"", value.replace('<', "&lt;").replace('"', "&quot;")));
                }
            }
            page.push('>');
        }
        Token::Close(name) => {
            if let Some(name) = own_name(name) {
                page.push_str(&format!("</{name}>"));
            }
        }
    }
}

fn own_name(name: &str) -> Option<&'static str> {
    let narrative = NARRATIVE.iter().find(|(own, _)| *own == name).map(|(_, other)| *other);
    narrative.or_else(|| named_in(KEPT, name))
}

fn named_in(names: &'static str, name: &str) -> Option<&'static str> {
    names.split(' ').find(|listed| *listed == name)
}

/// Takes a text apart. Comments and declarations are left out; what is no tag is text.
fn tokens(markup: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = markup;
    while let Some((text, after)) = rest.split_once('<') {
        tokens.push(Token::Text(text));
        rest = if let Some(comment) = after.strip_prefix("!--") {
            comment.split_once("-->").map_or("", |(_, rest)| rest)
        } else if after.starts_with(['!', '?']) {
            after.split_once('>').map_or("", |(_, rest)| rest)
        } else if after.starts_with(|first: char| first == '/' || first.is_ascii_alphabetic()) {
            let (tag, rest) = tag(after);
            tokens.push(tag);
            rest
        } else {
            tokens.push(Token::Text("&lt;"));
            after
        };
    }
    tokens.push(Token::Text(rest));
    tokens
}

/// A tag, and what comes after it.
fn tag(text: &str) -> (Token<'_>, &str) {
    let (text, is_closing) = text.strip_prefix('/').map_or((text, false), |text| (text, true));
    let (name, mut rest) = split(text, |character| character.is_ascii_whitespace() || "/>".contains(character));
    // A namespace's prefix says nothing here.
    let name = name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
    let mut attributes = Vec::new();
    let mut is_empty = false;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            rest = after;
            break;
        }
        if let Some(after) = rest.strip_prefix('/') {
            (rest, is_empty) = (after, true);
            continue;
        }
        if rest.is_empty() {
            break;
        }
        is_empty = false;
        let (attribute, after) = attribute(rest);
        attributes.push(attribute);
        rest = after;
    }
    (if is_closing { Token::Close(name) } else { Token::Open { name, attributes, is_empty } }, rest)
}

/// An attribute, and what comes after it. At least one character is taken.
fn attribute(text: &str) -> ((String, &str), &str) {
    let skipped = text.chars().next().map_or(0, char::len_utf8);
    let ends = |character: char| character.is_ascii_whitespace() || "=/>".contains(character);
    let length = text.get(skipped..).and_then(|rest| rest.find(ends)).map_or(text.len(), |length| length + skipped);
    let (name, rest) = text.split_at(length);
    let name = name.to_ascii_lowercase();
    let Some(value) = rest.trim_start().strip_prefix('=') else { return ((name, ""), rest) };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            let (value, rest) = quoted.split_once(quote).unwrap_or((quoted, ""));
            return ((name, value), rest);
        }
    }
    let (value, rest) = split(value, |character| character.is_ascii_whitespace() || character == '>');
    ((name, value), rest)
}

fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s7_what_runs_or_fetches_is_left_out_and_words_stay() {
        for (html, expected) in [
            ("<p onclick='x()' style=\"color:red\">Walk</p>", "<p>Walk</p>"),
            ("a<script>if (a<b) '</p>'</script>b", "ab"),
            ("a<SCRIPT src=x></SCRIPT >b", "ab"),
            ("<head><title>T</title><style>p{}</style><meta charset=x></head><body>b</body>", "b"),
            ("<svg onload=x><script>y</script></svg>c", "c"),
            ("<img src=http://x/y onerror=z alt=Leg>", "<img alt=\"Leg\">"),
            ("<img src='data:image/png;base64,AA=='>", "<img src=\"data:image/png;base64,AA==\">"),
            ("<img src='data:text/html,x'>", "<img>"),
            ("<a href=\"javascript:x\">go</a><iframe src=x>y</iframe>", "go"),
            ("<td colspan=2 bgcolor=red>x</td>", "<td colspan=\"2\">x</td>"),
            ("<!doctype html><!-- <p> --><br/>1 < 2 &amp; 3", "<br>1 &lt; 2 &amp; 3"),
            ("<p title=\"a<script>\">x", "<p title=\"a&lt;script>\">x"),
        ] {
            assert_eq!(page(html), expected, "{html}");
        }
    }

    #[test]
    fn broken_markup_ends_without_harm() {
        for html in
            ["<", "</", "<p", "<p a=", "<p a=\"", "<p =>", "<p / a", "<!--", "<!x", "<script>x", "<é>", "<p é=\"x\">"]
        {
            assert!(!page(html).contains("script"), "{html}");
        }
    }

    #[test]
    fn s7_a_clinical_document_is_its_sections_titles_and_narratives() {
        let xml = "<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'><title>Whole</title><component><section>\
                   <code code='x'/><title>Plan</title><text><paragraph>Walk &amp; rest</paragraph><list><item>daily</item>\
                   </list><script>x</script></text><entry><act><text>coded</text></act></entry></section></component>\
                   <cda:section><cda:text>More<br/></cda:text></cda:section></ClinicalDocument>";
        let shown = clinical_document(xml).unwrap();
        assert!(shown.starts_with("<h2>Plan</h2><div><p>Walk &amp; rest</p><ul><li>daily</li></ul>"), "{shown}");
        assert!(
            shown.ends_with("<div>More<br></div>") && !shown.contains("script") && !shown.contains("Whole"),
            "{shown}"
        );
        assert_eq!(clinical_document("<other><text>x</text></other>"), None);
    }

    #[test]
    fn s7_a_picture_cannot_leave_its_place() {
        assert_eq!(
            picture("image/png", "AA==\"><script>", "a \"b\" <c>"),
            "<img alt=\"a &quot;b&quot; &lt;c>\" width=\"100%\" src=\"data:image/png;base64,AA==script\">"
        );
    }
}
