use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::app::SmartApp;
use crate::client::launch::LaunchOptions;
use crate::client::session::Session;
use crate::error::Failure;
use crate::memory::{MemoryPlatform, MemoryPopup, World};
use crate::platform::{Clock, Popups, Spawn, Timer};
use crate::protocol::encoding::form_pairs;
use std::cell::RefCell;
use std::rc::Rc;

type Outcome = Rc<RefCell<Option<Result<Session<MemoryPlatform>, Failure>>>>;

/// Starts a launch in a window, which is then at the authorization endpoint.
fn begin(world: &World, app: &Rc<SmartApp<MemoryPlatform>>, abort: &AbortSignal) -> (MemoryPopup, Outcome) {
    let popup = app.open_popup().unwrap();
    let outcome = Outcome::default();
    let (app, popup_of_launch, slot, abort) = (app.clone(), popup.clone(), outcome.clone(), abort.clone());
    popup.tab.spawn(Box::pin(async move {
        let session = app.launch_in_popup(popup_of_launch, LaunchOptions::default(), &abort).await;
        *slot.borrow_mut() = Some(session);
    }));
    world.settle();
    (popup, outcome)
}

fn error(outcome: &Outcome) -> Option<&'static str> {
    outcome.borrow().as_ref().and_then(|outcome| outcome.as_ref().err().map(|failure| failure.code()))
}

/// The window's page at the redirect URI calls `resume()`, as every page does.
fn resume_in(world: &World, popup: &MemoryPopup, redirect: &str) -> Result<bool, &'static str> {
    popup.tab.visit(redirect);
    resume(world, &app(&popup.tab)).map(|session| session.is_some()).map_err(|error| error.code())
}

#[test]
fn a9_the_popup_sends_the_redirect_and_the_page_has_the_session() {
    for is_severed in [false, true] {
        let (server, world, tab) = stage();
        let app = app(&tab);
        let (popup, outcome) = begin(&world, &app, &AbortSignal::never());
        let redirect = redirect(&server, &popup.tab);
        if is_severed {
            popup.sever();
        }
        assert_eq!(resume_in(&world, &popup, &redirect), Ok(false), "the window itself has no session");
        let session = outcome.borrow_mut().take().unwrap().ok().unwrap();
        assert_eq!(session.patient().as_deref(), Some("p1"));
        assert!(popup.is_closed());
        assert_eq!(token_requests(&world).len(), 1);
        assert!(popup.tab.stored().values().all(|text| !text.contains("access-1")));
        assert_eq!(location(&tab), "https://app.example/", "the page itself went nowhere");
    }
}

#[test]
fn a9_only_the_redirect_of_this_launch_is_accepted() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    let (popup, outcome) = begin(&world, &app, &AbortSignal::never());
    let redirect = redirect(&server, &popup.tab);
    for forged in
        ["https://app.example/code?code=evil&state=other.popup", "https://app.example/code", "not an address", ""]
    {
        popup.tab.post_to_opener(forged);
    }
    world.settle();
    assert!(outcome.borrow().is_none());
    assert!(token_requests(&world).is_empty());
    resume_in(&world, &popup, &redirect).unwrap();
    assert!(outcome.borrow().as_ref().unwrap().is_ok());
    assert_eq!(field(&token_requests(&world)[0], "code").as_deref(), Some("the-code"));
}

#[test]
fn a9_a_popup_that_seems_closed_may_still_complete_the_launch() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    let (popup, outcome) = begin(&world, &app, &AbortSignal::never());
    let redirect = redirect(&server, &popup.tab);
    popup.sever();
    world.advance(5.0);
    world.settle();
    assert!(outcome.borrow().is_none());
    resume_in(&world, &popup, &redirect).unwrap();
    assert!(outcome.borrow().as_ref().unwrap().is_ok());
}

#[test]
fn a9_a_closed_popup_is_a_typed_error_after_ten_seconds() {
    let (_, world, tab) = stage();
    let app = app(&tab);
    let began = tab.now();
    let popup = app.open_popup().unwrap();
    let launched = popup.clone();
    let closing = popup.clone();
    let clock = tab.clone();
    tab.spawn(Box::pin(async move {
        clock.sleep(1_000).await;
        closing.leave();
    }));
    let outcome = world
        .run(async move { app.launch_in_popup(launched, LaunchOptions::default(), &AbortSignal::never()).await.err() });
    assert_eq!(outcome.unwrap().unwrap().code(), "popup_closed");
    assert!((10.0..12.0).contains(&(tab.now() - began)), "{}", tab.now() - began);
}

#[test]
fn a9_an_aborted_launch_closes_its_popup() {
    let (_, world, tab) = stage();
    let abort = AbortHandle::new();
    let (popup, outcome) = begin(&world, &app(&tab), &abort.signal());
    abort.abort();
    world.settle();
    assert_eq!(error(&outcome), Some("aborted"));
    assert!(popup.is_closed());
}

#[test]
fn a9_a_redirect_that_no_page_confirms_is_an_error_and_is_not_exchanged() {
    let (server, world, tab) = stage();
    let app = app(&tab);
    let abort = AbortHandle::new();
    let (popup, _) = begin(&world, &app, &abort.signal());
    let redirect = redirect(&server, &popup.tab);
    abort.abort();
    world.settle();
    assert_eq!(resume_in(&world, &popup, &redirect), Err("state_mismatch"));
    assert!(token_requests(&world).is_empty());
    let address = location(&popup.tab);
    assert!(form_pairs(address.split_once('?').map_or("", |(_, query)| query)).is_empty(), "{address}");
}

#[test]
fn a11_a_popup_that_could_not_reach_the_page_is_not_navigated() {
    let world = Server::new().world();
    let tab = world.tab("http://localhost:8080/");
    let mut record = record();
    record.redirect_uri = "http://127.0.0.1:8080/code".into();
    let (popup, outcome) = begin(&world, &app_with(&tab, record), &AbortSignal::never());
    assert_eq!(error(&outcome), Some("invalid_configuration"));
    assert!(popup.is_closed());
    assert!(world.requests().is_empty());
}
