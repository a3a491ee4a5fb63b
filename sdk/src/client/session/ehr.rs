//! Messages to the EHR's page (SMART Web Messaging).

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use futures_util::future::{Either, select};

use super::handle::Session;
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::fhir::response::Value;
use crate::client::server::transport::random_string;
use crate::error::{Error, Failure};
use crate::json::ObjectWriter;
use crate::platform::Platform;
use crate::protocol::messaging::{MessageResponse, MessagingChannel, unavailable};

/// How long to wait for a response, in milliseconds.
const RESPONSE_TIMEOUT: u32 = 10_000;

/// The page of the EHR that shows the app in a frame, or that opened it (SMART Web Messaging).
///
/// ```no_run
/// # use smartrust::{Failure, Session, abort::AbortSignal, platform::Platform};
/// use smartrust::platform::JsonView;
///
/// # async fn example<P: Platform>(session: &Session<P>) -> Result<(), Failure> {
/// let (ehr, never) = (session.ehr()?, AbortSignal::never());
/// let draft = r#"{"resource": {"resourceType": "ServiceRequest", "status": "draft"}}"#;
/// if let Some(created) = ehr.send("scratchpad.create", draft, &|_| {}, &never).await? {
///     println!("{:?} {:?}", created.member_text("status"), created.member_text("location"));
/// }
/// ehr.done(&never).await?;
/// # Ok(())
/// # }
/// ```
pub struct Ehr<P: Platform> {
    session: Session<P>,
    channel: MessagingChannel,
}

/// The responses that have arrived, and what ends the wait for the next one.
struct Inbox<V> {
    responses: VecDeque<MessageResponse<V>>,
    arrival: AbortHandle,
}

impl<P: Platform> Session<P> {
    /// The EHR's page, to which the app sends messages. Nothing is sent yet.
    ///
    /// For an example, see [`Ehr`].
    ///
    /// # Errors
    /// [`Error::MessagingUnavailable`] if the token response has no `smart_web_messaging_handle` or no
    /// `smart_web_messaging_origin`; [`Error::Url`] and [`Error::InsecureUrl`] for an origin that cannot be used; the reason, if the
    /// session has ended.
    pub fn ehr(&self) -> Result<Ehr<P>, Failure> {
        self.inner.check_active()?;
        let grant = self.inner.record.borrow().messaging.clone();
        let grant = grant.ok_or_else(|| {
            unavailable("the token response has no smart_web_messaging_handle: request a scope such as messaging/ui")
        })?;
        let channel = grant.channel(self.inner.connection.server.record.allow_insecure_http)?;
        Ok(Ehr { session: self.clone(), channel })
    }
}

impl<P: Platform> Ehr<P> {
    /// Sends a message of a type, such as `scratchpad.create`, with the JSON text of an object as its payload. Returns the payload of the
    /// last response. `on_response` is called with that of each earlier one, if the EHR sends several.
    ///
    /// # Errors
    /// [`Error::MessagingUnavailable`] if the page is neither in a frame nor opened by another page; [`Error::Timeout`] if the EHR does
    /// not respond within ten seconds, or does not send the next response; [`Error::Configuration`] for a payload that is not an object;
    /// [`Error::Aborted`]; the reason, if the session has ended.
    pub async fn send(
        &self,
        message_type: &str,
        payload: &str,
        on_response: &dyn Fn(Option<Value<P>>),
        abort: &AbortSignal,
    ) -> Result<Option<Value<P>>, Failure> {
        let Self { session, channel } = self;
        session.inner.check_active()?;
        if abort.is_aborted() {
            return Err(Error::Aborted.into());
        }
        let platform = &session.inner.platform;
        let id = random_string::<16>(platform)?;
        let is_object = payload.trim_ascii_start().starts_with('{');
        let message = is_object.then(|| platform.parse(&channel.request(&id, message_type, payload))).flatten();
        let message = message.ok_or_else(|| Error::configuration("payload", "it is not a JSON object"))?;
        let inbox = Rc::new(RefCell::new(Inbox { responses: VecDeque::new(), arrival: AbortHandle::new() }));
        let receiving = inbox.clone();
        let receive = move |message: Value<P>| {
            if let Some(response) = MessageResponse::read(&message, &id) {
                let mut inbox = receiving.borrow_mut();
                inbox.responses.push_back(response);
                inbox.arrival.abort();
            }
        };
        let alone = || unavailable("the page is neither in a frame of the EHR nor opened by it");
        let _listener = platform.listen_to_ehr(&channel.origin, Rc::new(receive)).ok_or_else(alone)?;
        platform.post_to_ehr(&channel.origin, &message).map_err(|_| alone())?;
        loop {
            let response = inbox.borrow_mut().responses.pop_front();
            match response {
                Some(response) if response.is_followed => on_response(response.payload),
                Some(response) => return Ok(response.payload),
                None => self.wait(&inbox, abort).await?,
            }
        }
    }

    /// Tells the EHR to close the app (`ui.done`). The payload of the response has a `status`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn done(&self, abort: &AbortSignal) -> Result<Option<Value<P>>, Failure> {
        self.send("ui.done", "{}", &|_| {}, abort).await
    }

    /// Asks the EHR to show another activity, such as `problem-review`, without closing the app (`ui.launchActivity`). `parameters` is the
    /// JSON text of an object. The payload of the response has a `status`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn launch_activity(
        &self,
        activity_type: &str,
        parameters: &str,
        abort: &AbortSignal,
    ) -> Result<Option<Value<P>>, Failure> {
        let payload = ObjectWriter::new().text("activityType", activity_type).raw("activityParameters", parameters);
        self.send("ui.launchActivity", &payload.finish(), &|_| {}, abort).await
    }

    /// Waits for the next response.
    async fn wait(&self, inbox: &RefCell<Inbox<Value<P>>>, abort: &AbortSignal) -> Result<(), Failure> {
        let arrived = {
            let mut inbox = inbox.borrow_mut();
            inbox.arrival = AbortHandle::new();
            inbox.arrival.signal()
        };
        let over = select(arrived.aborted(), abort.aborted());
        match select(over, Box::pin(self.session.inner.platform.sleep(RESPONSE_TIMEOUT))).await {
            Either::Left((Either::Left(_), _)) => Ok(()),
            Either::Left((Either::Right(_), _)) => Err(Error::Aborted.into()),
            Either::Right(_) => Err(Error::Timeout { host: self.channel.origin.as_str().into() }.into()),
        }
    }
}

impl<P: Platform> fmt::Debug for Ehr<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Ehr").field("channel", &self.channel).finish_non_exhaustive()
    }
}
