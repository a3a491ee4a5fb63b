//! Documents that the browser parses. A parsed document has no window: nothing in it runs, and nothing is fetched.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{CssMediaRule, CssRuleList, CssStyleRule, CssStyleSheet, Document, DomParser, Element, SupportedType};

use crate::model::markup::renamed::{Renamed, Syntax};
use crate::model::markup::style::{PROPERTIES, Screens};
use crate::model::markup::tree::Node;

/// A node of a parsed document.
#[derive(Clone)]
pub struct Parsed {
    node: web_sys::Node,
    shared: Rc<Shared>,
}

/// Data that all nodes of a document share.
struct Shared {
    renamed: Renamed,
    rules: Vec<Rule>,
}

/// The parts of a style rule that are used.
struct Rule {
    selector: String,
    screens: Screens,
    declared: Vec<(&'static str, String)>,
}

/// Parses HTML. The browser accepts any text.
pub fn html(text: &str) -> Option<Parsed> {
    parse(text, Syntax::Html, SupportedType::TextHtml)
}

/// Parses XML; `None` if it is not well-formed.
pub fn xml(text: &str) -> Option<Parsed> {
    parse(text, Syntax::Xml, SupportedType::ApplicationXml)
}

/// Parses XHTML; as HTML if it is not well-formed.
pub fn xhtml(text: &str) -> Option<Parsed> {
    parse(text, Syntax::Xml, SupportedType::ApplicationXhtmlXml).or_else(|| html(text))
}

fn parse(text: &str, syntax: Syntax, kind: SupportedType) -> Option<Parsed> {
    let renamed = Renamed::new(text, syntax);
    let parser = DomParser::new().ok()?;
    let (document, root) = match syntax {
        Syntax::Xml if !renamed.text.contains("<!DOCTYPE") => parse_within(&parser, &renamed.text, kind)?,
        _ => {
            let document = parser.parse_from_string(&renamed.text, kind).ok()?;
            // The browser inserts this element if the text is not well-formed.
            if syntax == Syntax::Xml && document.get_elements_by_tag_name("parsererror").length() > 0 {
                return None;
            }
            let root = document.document_element()?;
            (document, root)
        }
    };
    let styles = document.get_elements_by_tag_name(&renamed.style_element());
    let mut rules = Vec::new();
    for style in (0..styles.length()).filter_map(|index| styles.item(index)) {
        let screens = Screens::of(&style.get_attribute("media").unwrap_or_default());
        let sheet = style.text_content().and_then(|text| sheet(&renamed.restored(text)));
        if let Some(all) = sheet.and_then(|sheet| sheet.css_rules().ok()) {
            read_rules(&all, screens, &mut rules);
        }
    }
    Some(Parsed { node: root.into(), shared: Rc::new(Shared { renamed, rules }) })
}

/// Parses XML as the contents of an element. If it is not well-formed, the result is then an error, and not a document of the browser
/// with styles that the content security policy blocks.
fn parse_within(parser: &DomParser, text: &str, kind: SupportedType) -> Option<(Document, Element)> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let declaration = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>"));
    let contents = declaration.map_or(text, |(_, rest)| rest);
    let document = parser.parse_from_string("<all/>", kind).ok()?;
    let all = document.document_element()?;
    js_sys::Reflect::set(&all, &"innerHTML".into(), &contents.into()).ok()?;
    let root = all.first_element_child().filter(|_| all.child_element_count() == 1)?;
    Some((document, root))
}

/// A style sheet that is not attached to a document.
fn sheet(text: &str) -> Option<CssStyleSheet> {
    let sheet = CssStyleSheet::new().ok()?;
    sheet.replace_sync(text).ok()?;
    Some(sheet)
}

/// Collects the rules with a property that changes the meaning of text, in their order.
fn read_rules(all: &CssRuleList, screens: Screens, rules: &mut Vec<Rule>) {
    for rule in (0..all.length()).filter_map(|index| all.item(index)) {
        if let Some(rule) = rule.dyn_ref::<CssStyleRule>() {
            let style = rule.style();
            let value = |property| style.get_property_value(property).ok().filter(|value| !value.is_empty());
            let declared: Vec<_> =
                PROPERTIES.into_iter().filter_map(|property| Some((property, value(property)?))).collect();
            if !declared.is_empty() {
                rules.push(Rule { selector: rule.selector_text(), screens, declared });
            }
        } else if let Some(rule) = rule.dyn_ref::<CssMediaRule>() {
            read_rules(&rule.css_rules(), screens.min(Screens::of(&rule.media().media_text())), rules);
        }
    }
}

impl Parsed {
    fn element(&self) -> Option<&Element> {
        self.node.dyn_ref()
    }
}

impl Node for Parsed {
    fn name(&self) -> Option<String> {
        let name = self.element()?.local_name().to_ascii_lowercase();
        Some(if name == self.shared.renamed.style_element() { "style".to_owned() } else { name })
    }

    fn is_text(&self) -> bool {
        [web_sys::Node::TEXT_NODE, web_sys::Node::CDATA_SECTION_NODE].contains(&self.node.node_type())
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let renamed = &self.shared.renamed;
        let value = match name {
            "style" => self.element()?.get_attribute(&renamed.attribute(name)),
            _ => self.element()?.get_attribute(name),
        };
        Some(renamed.restored(value?))
    }

    fn children(&self) -> Vec<Self> {
        let mut children = Vec::new();
        let mut next = self.node.first_child();
        while let Some(node) = next {
            next = node.next_sibling();
            children.push(Self { node, shared: self.shared.clone() });
        }
        children
    }

    fn text(&self) -> String {
        self.shared.renamed.restored(self.node.text_content().unwrap_or_default())
    }

    fn declared(&self, property: &str) -> Option<String> {
        let element = self.element()?;
        // The last rule counts. Specificity would rarely decide otherwise.
        let value = |rule: &Rule| {
            if !rule.screens.decide(property) {
                return None;
            }
            let (_, value) = rule.declared.iter().find(|(name, _)| *name == property)?;
            element.matches(&rule.selector).is_ok_and(|matches| matches).then(|| value.clone())
        };
        self.shared.rules.iter().rev().find_map(value)
    }
}
