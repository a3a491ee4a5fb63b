//! Messages to the EHR's page.

use std::cell::RefCell;
use std::rc::Rc;

use super::server::*;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::session::Session;
use crate::error::Failure;
use crate::memory::{MemoryEhrWindow, MemoryPlatform, World};
use serde_json::{Value, json};

const EHR: &str = "https://ehr.example";
const HANDLE: &str = "very-secret-handle";

type Sent = Rc<RefCell<Option<Result<Option<Value>, Failure>>>>;

/// A session in a frame of the EHR.
struct Stage {
    world: World,
    tab: MemoryPlatform,
    session: Session<MemoryPlatform>,
    window: Rc<MemoryEhrWindow>,
    /// The payloads of earlier responses.
    earlier: Rc<RefCell<Vec<Option<Value>>>>,
}

fn signed_in(members: Value) -> Stage {
    let (server, world, tab) = stage();
    *server.members.borrow_mut() = members;
    let window = tab.show_in_ehr();
    let session = sign_in(&server, &world, &tab);
    world.settle();
    Stage { world, tab, session, window, earlier: Rc::default() }
}

fn in_ehr() -> Stage {
    signed_in(json!({"smart_web_messaging_handle": HANDLE, "smart_web_messaging_origin": EHR}))
}

impl Stage {
    /// Starts to send a message. Its outcome is known later.
    fn send(&self, message_type: &'static str, payload: &'static str, abort: &AbortSignal) -> Sent {
        let (sent, session, earlier, abort) =
            (Sent::default(), self.session.clone(), self.earlier.clone(), abort.clone());
        let outcome = sent.clone();
        let future = async move {
            let on_response = |payload| earlier.borrow_mut().push(payload);
            let result = match session.ehr() {
                Ok(ehr) => ehr.send(message_type, payload, &on_response, &abort).await,
                Err(failure) => Err(failure),
            };
            *outcome.borrow_mut() = Some(result);
        };
        crate::platform::Spawn::spawn(&self.tab, Box::pin(future));
        self.world.settle();
        sent
    }

    fn wait(&self, seconds: f64) {
        self.world.advance(seconds);
        self.world.settle();
    }

    fn done(&self) -> Sent {
        self.send("ui.done", "{}", &AbortSignal::never())
    }

    /// The id of the last message that the EHR got.
    fn id(&self) -> Value {
        self.window.posted().last().expect("a message").1["messageId"].clone()
    }

    fn respond(&self, origin: &str, response: Value) {
        self.window.send(origin, &response);
        self.world.settle();
    }
}

fn code(sent: &Sent) -> Option<&'static str> {
    sent.borrow().as_ref().map(|result| result.as_ref().map_or_else(|failure| failure.code(), |_| "fine"))
}

#[test]
fn m4_a_message_goes_to_the_origin_of_the_ehr_with_the_handle() {
    let stage = in_ehr();
    let sent = stage.send("scratchpad.delete", r#"{"location": "ServiceRequest/1"}"#, &AbortSignal::never());
    let [(origin, message)] = &stage.window.posted()[..] else { panic!("not one message") };
    assert_eq!(origin, EHR);
    assert_eq!(message["messagingHandle"], HANDLE);
    assert_eq!(message["messageType"], "scratchpad.delete");
    assert_eq!(message["payload"], json!({"location": "ServiceRequest/1"}));
    assert!(message["messageId"].as_str().unwrap().len() >= 20);
    let payload = json!({"status": "200 OK"});
    stage.respond(EHR, json!({"messageId": "x", "responseToMessageId": message["messageId"], "payload": payload}));
    assert_eq!(sent.borrow_mut().take(), Some(Ok(Some(payload))));
    assert_eq!(stage.window.listeners(), 0);
}

#[test]
fn m4_other_messages_are_no_response() {
    let stage = in_ehr();
    let (first, second) = (stage.done(), stage.done());
    stage.respond("https://evil.example", json!({"responseToMessageId": stage.id()}));
    stage.respond(EHR, json!({"responseToMessageId": "another"}));
    stage.respond(EHR, json!({"messageId": stage.id()}));
    stage.respond(EHR, json!("text"));
    assert_eq!((code(&first), code(&second)), (None, None));
    stage.respond(EHR, json!({"responseToMessageId": stage.id()}));
    assert_eq!((code(&first), code(&second)), (None, Some("fine")));
}

#[test]
fn m4_several_responses_are_awaited_each_for_ten_seconds() {
    let stage = in_ehr();
    let sent = stage.done();
    for number in [1, 2] {
        stage.wait(9.0);
        stage.respond(
            EHR,
            json!({"responseToMessageId": stage.id(), "additionalResponsesExpected": true, "payload": {"number": number}}),
        );
    }
    assert_eq!((code(&sent), stage.earlier.borrow().len()), (None, 2));
    stage.respond(EHR, json!({"responseToMessageId": stage.id(), "payload": {"number": 3}}));
    assert_eq!(sent.borrow_mut().take(), Some(Ok(Some(json!({"number": 3})))));
    assert_eq!(*stage.earlier.borrow(), [Some(json!({"number": 1})), Some(json!({"number": 2}))]);
}

#[test]
fn m4_without_a_response_in_ten_seconds_it_is_a_timeout() {
    let stage = in_ehr();
    let sent = stage.done();
    stage.wait(9.9);
    assert_eq!(code(&sent), None);
    stage.wait(0.2);
    assert_eq!(code(&sent), Some("timeout"));
}

#[test]
fn m4_an_aborted_call_waits_no_longer_and_later_ones_send_nothing() {
    let stage = in_ehr();
    let aborting = AbortHandle::new();
    let sent = stage.send("ui.done", "{}", &aborting.signal());
    aborting.abort();
    stage.world.settle();
    assert_eq!((code(&sent), stage.window.listeners()), (Some("aborted"), 0));
    let later = stage.send("ui.done", "{}", &aborting.signal());
    assert_eq!((code(&later), stage.window.posted().len()), (Some("aborted"), 1));
}

#[test]
fn m4_without_a_handle_or_a_page_of_the_ehr_nothing_is_sent() {
    for members in
        [json!({}), json!({"smart_web_messaging_handle": HANDLE}), json!({"smart_web_messaging_origin": EHR})]
    {
        let stage = signed_in(members);
        assert_eq!(code(&stage.done()), Some("messaging_unavailable"));
        assert!(stage.window.posted().is_empty());
    }
    let (server, world, tab) = stage();
    *server.members.borrow_mut() = json!({"smart_web_messaging_handle": HANDLE, "smart_web_messaging_origin": EHR});
    let session = sign_in(&server, &world, &tab);
    let alone = world.run(async move { session.ehr().unwrap().done(&AbortSignal::never()).await }).unwrap();
    assert_eq!(alone.unwrap_err().code(), "messaging_unavailable");
}

#[test]
fn m4_a_payload_is_an_object() {
    let stage = in_ehr();
    for payload in ["", "1", "[]", "{", "\"{}\""] {
        assert_eq!(
            code(&stage.send("ui.done", payload, &AbortSignal::never())),
            Some("invalid_configuration"),
            "{payload}"
        );
    }
    assert!(stage.window.posted().is_empty());
}

#[test]
fn m4_an_activity_is_launched_with_its_parameters() {
    let stage = in_ehr();
    let session = stage.session.clone();
    let parameters = r#"{"problemLocation":"Condition/1"}"#;
    let launch = async move {
        let launched =
            session.ehr().unwrap().launch_activity("problem-review", parameters, &AbortSignal::never()).await;
        assert_eq!(launched.unwrap_err().code(), "timeout");
    };
    crate::platform::Spawn::spawn(&stage.tab, Box::pin(launch));
    stage.world.settle();
    let message = stage.window.posted().pop().unwrap().1;
    assert_eq!(message["messageType"], "ui.launchActivity");
    let payload = json!({"activityType": "problem-review", "activityParameters": {"problemLocation": "Condition/1"}});
    assert_eq!(message["payload"], payload);
    stage.wait(11.0);
}

#[test]
fn m4_the_handle_is_stored_with_the_tokens_alone_and_in_no_context() {
    let stage = in_ehr();
    let context = stage.session.context();
    assert!(!format!("{context:?}{}", context.to_json()).contains(HANDLE));
    let with: Vec<_> = stage.tab.stored().into_iter().filter(|(_, text)| text.contains(HANDLE)).collect();
    assert!(with.len() == 1 && with[0].1.contains("access-1"), "{:?}", with.len());
    assert!(!format!("{:?}", stage.session.inner.record.borrow()).contains(HANDLE));
    // A reload has the handle from the store.
    let reloaded = resume(&stage.world, &app(&stage.tab)).unwrap().unwrap();
    assert!(reloaded.ehr().is_ok());
}

#[test]
fn m4_a_session_that_has_ended_sends_nothing() {
    let stage = in_ehr();
    let session = stage.session.clone();
    stage.world.run(async move { session.sign_out().await }).unwrap().unwrap();
    assert_eq!(code(&stage.done()), Some("signed_out"));
    assert!(stage.window.posted().is_empty());
}
