//! The app: reads its configuration, then shows the page of the URL's path in place of the page's own markup.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::components::Router;
use leptos_router::hooks::use_location;
use leptos_router::location::{BrowserUrl, LocationProvider};
use smartrust::platform::Json;
use smartrust::web::WebPlatform;
use smartrust::{Error, Failure};

use crate::components::cover::{chart_state, cover, covered};
use crate::components::draw::{element, link, nothing, reactive};
use crate::components::frame::{footer, header};
use crate::components::idle_warning::idle_warning;
use crate::components::page::provide_last_path;
use crate::components::trouble::trouble_panel;
use crate::config::{LauncherConfig, wrong};
use crate::launcher::Launcher;
use crate::model::trouble::{Audience, Trouble};
use crate::shell::Shell;
use crate::{pages, place};

const CONFIGURATION: &str = "launcher.config.json";

/// The launcher, as soon as its configuration is loaded.
#[component]
pub fn App() -> impl IntoView {
    let ready: RwSignal<Option<Result<Launcher, Failure>>> = RwSignal::new(None);
    let owner = Owner::current().unwrap_or_default();
    spawn_local(async move {
        let config = configuration().await;
        // The app owns what all pages share.
        ready.set(Some(owner.with(|| config.and_then(start))));
    });
    reactive(move || {
        let Some(ready) = ready.get() else { return nothing() };
        // This part is rendered before the next paint, so the page does not blink.
        let shell = Shell::remove();
        Effect::new(move |_| shell.restore_focus());
        match ready {
            Ok(launcher) => view! { <Pages launcher/> }.into_any(),
            Err(error) => unconfigured(&error),
        }
    })
}

fn start(config: LauncherConfig) -> Result<Launcher, Failure> {
    let launcher = Launcher::new(config)?;
    launcher.watch_use();
    launcher.watch_connections();
    launcher.watch_style();
    Ok(launcher)
}

#[component]
fn Pages(launcher: Launcher) -> impl IntoView {
    provide_context(launcher);
    provide_last_path();
    view! {
        <Router base=place::base()>
            {frame()}
        </Router>
    }
}

fn frame() -> Vec<AnyView> {
    let pathname = use_location().pathname;
    let browser = use_context::<BrowserUrl>();
    Effect::new(move |_| {
        pathname.track();
        // A router without routes does not know when a page is rendered. It changes the URL only after this call.
        if let Some(browser) = &browser {
            browser.ready_to_complete();
        }
    });
    let page = reactive(move || page_at(place::within_app(&place::base(), &pathname.get())));
    vec![header(), chart_state(), covered(page), cover(), footer(), idle_warning()]
}

/// The page of a path. Five fixed paths need no table of routes, and the router's table would add much code.
fn page_at(path: &str) -> AnyView {
    match path {
        "" => pages::home::home(),
        "/launch" => pages::entry::launch(),
        "/code" => pages::entry::code(),
        "/record" => pages::record::record(),
        "/session" => pages::session::session(),
        _ => pages::not_found::not_found(),
    }
}

fn unconfigured(error: &Error) -> AnyView {
    let again = link("button", "/", "Load again");
    let panel = trouble_panel(Trouble::of(error, Audience::Patient), vec![again]);
    element("main", &[("class", "page")], vec![panel])
}

async fn configuration() -> Result<LauncherConfig, Failure> {
    let wrong = |problem: &str| wrong(CONFIGURATION, problem);
    let response = Request::get(&place::on_host("/launcher.config.json"))
        .send()
        .await
        .map_err(|_| wrong("it could not be fetched"))?;
    if !response.ok() {
        return Err(wrong(&format!("the server responded with status {}", response.status())));
    }
    let text = response.text().await.map_err(|_| wrong("it could not be read"))?;
    let value = WebPlatform::default().parse(&text).ok_or_else(|| wrong("it is not JSON"))?;
    LauncherConfig::read(&value)
}
