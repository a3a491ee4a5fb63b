//! Several tabs of one session.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::super::server::*;
use super::support::*;
use crate::client::hub::{Decision, Hub, HubState, HubView, Notice};
use crate::client::session::Session;
use crate::memory::{MemoryPlatform, Reply};

/// Another tab of the same session, which has subscribed.
struct OtherTab {
    tab: MemoryPlatform,
    session: Session<MemoryPlatform>,
    hub: Hub<MemoryPlatform>,
    notices: Rc<RefCell<Vec<Notice<Value>>>>,
}

fn other_tab(stage: &Stage, decision: Decision) -> OtherTab {
    let tab = stage.tab.duplicate();
    let session = resume(&stage.world, &app(&tab)).unwrap().unwrap();
    assert_eq!(session.id(), stage.session.id());
    let (hub, notices) = (session.hub().unwrap(), Rc::default());
    subscribe(&stage.world, &tab, &hub, &notices, options(), 0, move |_| Ok(decision.clone())).unwrap();
    OtherTab { tab, session, hub, notices }
}

#[test]
fn x19_two_tabs_have_one_subscription_and_both_get_its_events() {
    let stage = new_stage();
    stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    assert_eq!(
        (stage.hub.count("subscribe"), stage.world.sockets().len(), other.hub.state()),
        (1, 1, HubState::Synced)
    );
    stage.send(&opens("a", 1, "p1"));
    assert_eq!((stage.notice_ids(), other.notices.borrow().len()), (vec!["a".to_owned()], 1));
    // One reply for both.
    assert_eq!(stage.replies(), [("a".into(), 200)]);
    stage.send(&closes("b", 2, "p1"));
    assert_eq!(other.hub.view(), HubView::Nothing);
}

#[test]
fn x19_a_tab_that_comes_later_learns_what_is_open() {
    let stage = new_stage();
    stage.subscribe_with(|_| Ok(Decision::Refuse("No.".into())));
    stage.send(&opens("a", 1, "p2"));
    let other = other_tab(&stage, Decision::Follow);
    stage.wait(1);
    assert_eq!(other.notices.borrow()[0].event.id, "a");
    // A tab without the WebSocket refuses by a SyncError.
    assert_eq!((other.hub.state(), stage.hub.posted.borrow().len()), (HubState::Behind, 1));
    let posted = &stage.hub.posted.borrow()[0];
    assert_eq!(posted["event"]["hub.event"], "SyncError");
}

#[test]
fn x19_when_the_tab_with_the_subscription_ends_the_other_one_subscribes() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    stage.world.run(async move { hub.unsubscribe().await }).unwrap();
    stage.wait(2);
    assert_eq!(
        (stage.hub.count("subscribe"), stage.hub.count("unsubscribe"), other.hub.state()),
        (2, 1, HubState::Synced)
    );
    stage.send(&opens("a", 1, "p1"));
    assert_eq!((other.notices.borrow().len(), stage.replies()), (1, vec![("a".into(), 200)]));
}

#[test]
fn x19_a_denial_ends_the_subscription_in_every_tab() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    stage.send(&json!({"hub.mode": "denied", "hub.topic": TOPIC}));
    stage.wait(30);
    assert_eq!((hub.state(), other.hub.state(), stage.hub.count("subscribe")), (HubState::Denied, HubState::Denied, 1));
}

#[test]
fn x19_x20_a_tab_without_the_subscription_that_is_restored_asks_for_the_state() {
    let stage = new_stage();
    stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    other.tab.leave();
    stage.world.settle();
    assert_eq!((other.hub.state(), stage.hub.count("unsubscribe")), (HubState::Connecting, 0));
    other.tab.restore();
    stage.wait(1);
    assert_eq!((other.hub.state(), stage.hub.count("subscribe")), (HubState::Synced, 1));
}

#[test]
fn x19_what_the_hub_says_is_open_reaches_every_tab_once() {
    let stage = new_stage();
    let stay = || Decision::Refuse("No.".into());
    stage.subscribe_with(move |_| Ok(stay()));
    let other = other_tab(&stage, stay());
    let open = json!({"context.type": "Patient", "context": patient_context("p2")});
    *stage.hub.current.borrow_mut() = Reply::json(200, &open);
    stage.socket().close(1006);
    stage.wait(5);
    assert_eq!((stage.notices.borrow().len(), other.notices.borrow().len()), (1, 1));
    assert_eq!((other.hub.state(), other.hub.view()), (HubState::Behind, HubView::Open));
    let later = other_tab(&stage, stay());
    stage.wait(1);
    assert_eq!((later.notices.borrow().len(), later.hub.state()), (1, HubState::Behind));
    // A tab that asks does not ask the users of the others again, and neither does the next connection, also of another tab.
    stage.socket().close(1006);
    stage.wait(5);
    let hub = stage.handle();
    stage.world.run(async move { hub.unsubscribe().await }).unwrap();
    stage.wait(5);
    assert_eq!(stage.hub.count("subscribe"), 4);
    assert_eq!((stage.notices.borrow().len(), other.notices.borrow().len(), later.notices.borrow().len()), (1, 1, 1));
}

#[test]
fn x18_x19_a_user_who_returns_to_another_tab_has_the_hub_asked() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    let says =
        |patient: &str| Reply::json(200, &json!({"context.type": "Patient", "context": patient_context(patient)}));
    *stage.hub.current.borrow_mut() = says("p1");
    stage.wait(10);
    *stage.hub.current.borrow_mut() = says("p2");
    other.tab.return_to_page();
    stage.wait(1);
    assert_eq!((stage.hub.count("current"), stage.hub.count("subscribe")), (2, 1));
    stage.wait(5);
    assert_eq!(stage.hub.count("subscribe"), 2);
    assert_eq!((hub.state(), other.hub.state()), (HubState::Behind, HubState::Behind));
}

#[test]
fn x19_x20_signing_out_in_one_tab_ends_the_subscription_in_all() {
    let stage = new_stage();
    let hub = stage.subscribe();
    let other = other_tab(&stage, Decision::Follow);
    let session = other.session.clone();
    stage.world.run(async move { session.sign_out().await }).unwrap().unwrap();
    stage.wait(30);
    assert_eq!((hub.state(), other.hub.state()), (HubState::Off, HubState::Off));
    assert_eq!((stage.hub.count("subscribe"), stage.hub.count("unsubscribe")), (1, 1));
    assert_eq!(stage.socket().closed_by_page(), Some(1000));
}

#[test]
fn x19_two_sessions_never_share_a_subscription() {
    let stage = new_stage();
    stage.subscribe();
    let tab = stage.world.tab("https://app.example/");
    let session = sign_in(&stage.server, &stage.world, &tab);
    assert_ne!(session.id(), stage.session.id());
    let (hub, notices) = (session.hub().unwrap(), Rc::default());
    subscribe(&stage.world, &tab, &hub, &notices, options(), 0, |_| Ok(Decision::Follow)).unwrap();
    assert_eq!((stage.hub.count("subscribe"), stage.world.sockets().len()), (2, 2));
    stage.world.sockets()[0].send(&opens("a", 1, "p1").to_string());
    stage.world.settle();
    assert_eq!((stage.notice_ids().len(), notices.borrow().len()), (1, 0));
}
