//! Messages between tabs by BroadcastChannel. If the host does not have it, none are sent.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use super::WebPlatform;
use super::global::member;
use super::host::{Callback, callback};
use crate::platform::Channel;

/// The open channels. A message is sent with the channel that listens to its topic, so that this tab does not receive it.
pub(super) type Channels = RefCell<Vec<Weak<OpenChannel>>>;

/// A channel that is open until this is dropped.
pub struct OpenChannel {
    channel: BroadcastChannel,
    _listener: Callback,
}

impl Drop for OpenChannel {
    fn drop(&mut self) {
        self.channel.close();
    }
}

impl Channel for WebPlatform {
    type Subscription = Option<Rc<OpenChannel>>;

    fn subscribe(&self, topic: &str, handler: Rc<dyn Fn(&str)>) -> Self::Subscription {
        let channel = BroadcastChannel::new(topic).ok()?;
        let listener = callback(move |event: JsValue| {
            if let Some(text) = event.unchecked_into::<MessageEvent>().data().as_string() {
                handler(&text);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        // In Node, an open channel would keep the process alive.
        if let Some(unref) = member::<Function>(&channel, "unref") {
            let _ = unref.call0(&channel);
        }
        let open = Rc::new(OpenChannel { channel, _listener: listener });
        let mut channels = self.inner.channels.borrow_mut();
        channels.retain(|channel| channel.strong_count() > 0);
        channels.push(Rc::downgrade(&open));
        Some(open)
    }

    fn publish(&self, topic: &str, message: &str) {
        let channels = self.inner.channels.borrow();
        let listening = channels.iter().filter_map(Weak::upgrade).find(|open| open.channel.name() == topic);
        if let Some(open) = listening {
            // This fails only if the channel is closed.
            let _ = open.channel.post_message(&JsValue::from_str(message));
        }
    }
}
