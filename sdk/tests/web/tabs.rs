//! Locks and messages between tabs. A second platform represents the other tab.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::{Either, select};
use js_sys::Reflect;
use smartrust::platform::{Channel, Lock};
use smartrust::web::{StoreChoice, WebPlatform};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::browser;

/// Two futures request the same lock. The second one waits, while a later one with another lock does not.
async fn lets_one_in_at_a_time(name: &str) {
    let (one, other) = (WebPlatform::default(), WebPlatform::default());
    let first = one.lock(name).await;
    let unrelated = format!("{name}, another");
    let second = match select(Box::pin(other.lock(name)), Box::pin(other.lock(&unrelated))).await {
        Either::Left(_) => panic!("both hold the lock"),
        Either::Right((_, second)) => second,
    };
    drop(first);
    let second = second.await;
    drop(second);
    let _third = one.lock(name).await;
}

#[wasm_bindgen_test]
async fn a_lock_has_one_holder_at_a_time_among_all_tabs() {
    lets_one_in_at_a_time("among tabs").await;

    let guard = WebPlatform::default().lock("seen by the browser").await;
    assert_eq!(browser::is_lock_held_among_tabs("seen by the browser").await.as_bool(), Some(true));
    drop(guard);
    let _again = WebPlatform::default().lock("seen by the browser").await;
}

#[wasm_bindgen_test]
async fn without_web_locks_a_lock_has_one_holder_at_a_time_within_the_page() {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).unwrap();
    let absent = browser::with(&navigator, "locks", &JsValue::UNDEFINED);
    lets_one_in_at_a_time("within the page").await;
    let guard = WebPlatform::default().lock("not seen by the browser").await;
    drop(absent);
    assert_eq!(browser::is_lock_held_among_tabs("not seen by the browser").await.as_bool(), Some(false));
    drop(guard);
}

#[wasm_bindgen_test]
async fn a_frame_without_web_locks_locks_within_the_page() {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).unwrap();
    let _forbidden = browser::without(&navigator, "locks");
    lets_one_in_at_a_time("in a frame").await;
}

/// Whether the browser lists the lock of a store that only one page has.
async fn is_stored_lock_seen(store: StoreChoice, name: &str) -> bool {
    let platform = WebPlatform::with_store(store);
    let guard = platform.lock_stored(name).await;
    let is_seen = browser::is_lock_held_among_tabs(name).await.as_bool().unwrap();
    let unrelated = format!("{name}, another");
    let second = match select(Box::pin(platform.lock_stored(name)), Box::pin(platform.lock_stored(&unrelated))).await {
        Either::Left(_) => panic!("both hold the lock"),
        Either::Right((_, second)) => second,
    };
    drop(guard);
    drop(second.await);
    is_seen
}

#[wasm_bindgen_test]
async fn c9_a_lock_is_shared_by_the_pages_that_share_the_store() {
    assert!(!is_stored_lock_seen(StoreChoice::Tab, "of the tab").await);
    assert!(!is_stored_lock_seen(StoreChoice::memory(), "of the page").await);
    assert!(is_stored_lock_seen(StoreChoice::Origin, "of the origin").await);
    assert!(is_stored_lock_seen(StoreChoice::Own(browser::store_of_promises()), "of the app").await);
}

#[wasm_bindgen_test]
async fn a_dropped_request_for_a_lock_does_not_block_the_others() {
    let platform = WebPlatform::default();
    let first = platform.lock("left").await;
    let Either::Right((_, waiting)) =
        select(Box::pin(platform.lock("left")), Box::pin(platform.lock("left, another"))).await
    else {
        panic!("both hold the lock")
    };
    drop(waiting);
    drop(first);
    let _next = platform.lock("left").await;
}

#[wasm_bindgen_test]
async fn a_message_reaches_the_other_tabs_and_not_its_sender() {
    let (one, other) = (WebPlatform::default(), WebPlatform::default());
    let (heard_by_one, heard_by_other) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
    let listener = |heard: &Rc<RefCell<Vec<String>>>| {
        let (tell, told) = browser::expected::<String>();
        let heard = heard.clone();
        let handler: Rc<dyn Fn(&str)> = Rc::new(move |message| {
            heard.borrow_mut().push(message.to_owned());
            tell(message.to_owned());
        });
        (handler, told)
    };
    let ((one_handler, one_told), (other_handler, other_told)) = (listener(&heard_by_one), listener(&heard_by_other));
    let _one_listens = one.subscribe("topic", one_handler);
    let _other_listens = other.subscribe("topic", other_handler);
    let _elsewhere = other.subscribe("another topic", Rc::new(|_| panic!("nobody spoke of this topic")));

    one.publish("topic", "question é");
    other_told.await.unwrap();
    other.publish("topic", "answer");
    one_told.await.unwrap();
    assert_eq!(*heard_by_other.borrow(), ["question é"]);
    assert_eq!(*heard_by_one.borrow(), ["answer"]);
}

#[wasm_bindgen_test]
async fn a_closed_channel_gets_no_messages() {
    let (one, other) = (WebPlatform::default(), WebPlatform::default());
    let (tell, told) = browser::expected::<String>();
    let left = other.subscribe("topic", Rc::new(|_| panic!("it has left")));
    let _speaks = one.subscribe("topic", Rc::new(|_| {}));
    drop(left);
    let _stays = other.subscribe("topic", Rc::new(move |message| tell(message.to_owned())));
    one.publish("topic", "hello");
    assert_eq!(told.await.unwrap().as_string().as_deref(), Some("hello"));
}

#[wasm_bindgen_test]
fn without_broadcast_channel_there_are_no_messages_and_no_panic() {
    let _absent = browser::with(&js_sys::global(), "BroadcastChannel", &JsValue::UNDEFINED);
    let platform = WebPlatform::default();
    let subscription = platform.subscribe("topic", Rc::new(|_| {}));
    assert!(subscription.is_none());
    platform.publish("topic", "hello");
}
