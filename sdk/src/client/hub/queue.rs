//! The events that wait for the app, and the replies to those that it has had.

use std::collections::VecDeque;

use super::context::Turn;
use crate::json::JsonView;
use crate::protocol::fhircast::event::{HubEvent, ReplyStatus};
use crate::protocol::fhircast::name::EventKind;

/// How many events wait, at most.
const MOST_WAITING: usize = 64;
/// How many replies are remembered.
const MOST_REMEMBERED: usize = 256;

/// An event that waits for the app.
pub(super) struct Waiting<V> {
    pub event: HubEvent<V>,
    pub turn: Turn,
    /// When it arrived, in seconds since 1970.
    pub arrived: f64,
}

/// The events that wait, and the replies.
pub(super) struct Queue<V> {
    waiting: VecDeque<Waiting<V>>,
    replies: VecDeque<(String, ReplyStatus)>,
}

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), replies: VecDeque::new() }
    }
}

impl<V: JsonView> Queue<V> {
    /// Adds an event. Returns those that it replaces: if it opens something, earlier ones that open or close the same type of resource; and the
    /// oldest one if too many wait.
    pub fn push(&mut self, new: Waiting<V>) -> Vec<HubEvent<V>> {
        let is_replaced = |old: &Waiting<V>| {
            new.event.name.kind() == EventKind::Open
                && old.event.changes_context()
                && same_subject(old.event.name.subject(), new.event.name.subject())
        };
        let (mut replaced, kept): (Vec<_>, Vec<_>) = self.waiting.drain(..).partition(is_replaced);
        self.waiting.extend(kept);
        if self.waiting.len() >= MOST_WAITING {
            replaced.extend(self.waiting.pop_front());
        }
        self.waiting.push_back(new);
        replaced.into_iter().map(|waiting| waiting.event).collect()
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<Waiting<V>> {
        self.waiting.pop_front()
    }

    /// The reply to an event with this id, if one came before.
    pub fn reply_to(&self, id: &str) -> Option<ReplyStatus> {
        self.replies.iter().rev().find(|(known, _)| known == id).map(|(_, status)| *status)
    }

    /// Remembers the reply to an event.
    pub fn remember(&mut self, id: &str, status: ReplyStatus) {
        self.replies.retain(|(known, _)| known != id);
        if self.replies.len() >= MOST_REMEMBERED {
            self.replies.pop_front();
        }
        self.replies.push_back((id.to_owned(), status));
    }
}

fn same_subject(one: Option<&str>, other: Option<&str>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one.eq_ignore_ascii_case(other))
}
