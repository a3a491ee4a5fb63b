//! The pages of the site: the template `index.html` for each path, with the policy, the names of the files, and the markup that is shown
//! until the app is there.

use super::Configuration;
use super::hashed::HashedFiles;
use crate::hosting::Place;
use crate::templates;
use anyhow::{Context, Result};
use launcher_app::config::{LauncherConfig, SEARCHED_FROM};
use launcher_app::model::kept::{CANNOT_BE_KEPT, WHAT_KEEPING_MEANS};
use launcher_app::model::requested_scopes::{Item, RequestedScopes};
use minijinja::{Environment, Value, context};
use std::fs;
use std::path::Path;

/// The templates, which are no files of the site.
pub const TEMPLATES: [&str; 2] = ["index.html", "home.html"];

/// A page: its path within the site, its title, and what it says until the app is there.
struct Page {
    path: &'static str,
    title: &'static str,
    words: &'static str,
}

const HOME: Page = Page { path: "", title: "Start", words: "" };

/// The other pages. A host may serve `404.html` for any path, so it says no more than that something will come.
const OTHERS: [Page; 5] = [
    Page { path: "launch", title: "One moment", words: "Opening the record…" },
    Page { path: "code", title: "One moment", words: "Opening your record…" },
    Page { path: "record", title: "One moment", words: "One moment, please…" },
    Page { path: "session", title: "One moment", words: "One moment, please…" },
    Page { path: "404", title: "One moment", words: "One moment, please…" },
];

/// Writes the pages into a site. Each one is `x.html` for hosts that add the ending, and `x/index.html` for hosts that serve folders.
pub fn write(folder: &Path, configuration: &Configuration, files: &HashedFiles, site: &Path) -> Result<()> {
    let render = Renderer::new(folder, configuration, files)?;
    fs::write(site.join("index.html"), render.page(&HOME)?)?;
    for page in &OTHERS {
        let text = render.page(page)?;
        if page.path != "404" {
            fs::create_dir_all(site.join(page.path))?;
            fs::write(site.join(page.path).join("index.html"), &text)?;
        }
        fs::write(site.join(format!("{}.html", page.path)), text)?;
    }
    Ok(())
}

struct Renderer {
    templates: Environment<'static>,
    /// What is the same on every page.
    common: Value,
}

impl Renderer {
    fn new(folder: &Path, configuration: &Configuration, files: &HashedFiles) -> Result<Self> {
        let mut templates = templates::environment()?;
        for name in TEMPLATES {
            let file = folder.join(name);
            let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            templates.add_template_owned(name, text)?;
        }
        Ok(Self { templates, common: common(configuration, files) })
    }

    fn page(&self, page: &Page) -> Result<String> {
        let page = context! { title => page.title, words => page.words, is_home => page.path == HOME.path };
        Ok(self.templates.get_template("index.html")?.render(context! { page, ..self.common.clone() })?)
    }
}

fn common(configuration: &Configuration, files: &HashedFiles) -> Value {
    let launcher = &configuration.launcher;
    let LauncherConfig { title, connect, directory, opens_from_charts, .. } = launcher;
    let is_chosen = directory.is_none() || connect.len() == 1;
    let requested = RequestedScopes::read(launcher.usual_scope());
    let sentences = |items: &[Item]| items.iter().map(|item| item.sentence.clone()).collect::<Vec<_>>();
    // These contain no character that would end an attribute.
    let plain = |text: &str| Value::from_safe_string(text.to_owned());
    context! {
        path => plain(&configuration.hosting.path),
        policy => plain(&configuration.hosting.policy(Place::Page)),
        files => context! {
            boot => plain(&files.boot), glue => plain(&files.glue), wasm => plain(&files.wasm), style => plain(&files.style),
            icon => plain(&files.icon),
        },
        title => title,
        clinics => connect.iter().map(|choice| choice.label.clone()).collect::<Vec<_>>(),
        is_for_patients => launcher.is_open_to_patients(),
        has_list => directory.is_some(),
        is_chosen => is_chosen,
        has_search => connect.len() >= SEARCHED_FROM,
        opens_from_charts => opens_from_charts,
        can_keep => launcher.can_keep(),
        can_be_kept => is_chosen && connect.first().is_some_and(|choice| choice.can_be_kept),
        what_keeping_means => WHAT_KEEPING_MEANS,
        cannot_be_kept => CANNOT_BE_KEPT,
        summary => requested.summary(&[]),
        requested => context! {
            data => sentences(&requested.data),
            stay_connected => requested.stay_connected.as_ref().map(|item| item.sentence.clone()),
            fixed => sentences(&requested.fixed),
        },
    }
}
