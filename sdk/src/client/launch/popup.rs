//! A launch in a popup window, which sends the redirect to the page that opened it.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::{Either, select};

use super::authorize::{LaunchMode, LaunchOptions};
use crate::abort::{AbortHandle, AbortSignal};
use crate::client::app::SmartApp;
use crate::client::session::Session;
use crate::error::{Error, Failure};
use crate::platform::Platform;
use crate::protocol::callback::Callback;

/// The suffix of a state whose redirect belongs to the page that opened the window.
pub(super) const POPUP: &str = ".popup";

/// The message by which the page confirms that it has received the redirect.
const RECEIVED: &str = "taken";

/// How often the page checks whether the window is closed, in milliseconds.
const POLL_INTERVAL: u32 = 500;

/// In how many checks in a row the window must seem closed, with the focus on the page, until the launch ends. A server's page with
/// a Cross-Origin-Opener-Policy makes its window seem closed while the user still sees it.
const CLOSED_POLLS: u32 = 20;

/// How long a window waits until its page confirms the redirect, in milliseconds.
const DELIVERY_TIMEOUT: u32 = 2_000;

impl<P: Platform> SmartApp<P> {
    /// Opens the window for [`Self::launch_in_popup`]. Call it in a click handler before any `await`: otherwise the browser blocks
    /// the window.
    ///
    /// ```no_run
    /// # use smartrust::{Failure, SmartApp, abort::AbortSignal, platform::Platform};
    /// use smartrust::client::launch::LaunchOptions;
    ///
    /// # async fn example<P: Platform>(app: &SmartApp<P>) -> Result<(), Failure> {
    /// // Before any await, so that the browser does not block the window.
    /// let popup = app.open_popup()?;
    /// let session = app.launch_in_popup(popup, LaunchOptions::default(), &AbortSignal::never()).await?;
    /// println!("{:?} has signed in", session.fhir_user());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::PopupBlocked`].
    pub fn open_popup(&self) -> Result<P::Popup, Failure> {
        self.platform().open_popup().map_err(|_| Error::PopupBlocked.into())
    }

    /// Launches in a popup window and returns the new session. The page in the window, at the redirect URI, calls [`Self::resume`] as
    /// usual: it sends the redirect to this page and closes the window.
    ///
    /// For an example, see [`Self::open_popup`].
    ///
    /// # Errors
    /// As [`Self::authorization_url`] and [`Self::resume`]; [`Error::PopupClosed`] ten seconds after the user has closed the window;
    /// [`Error::Aborted`].
    pub async fn launch_in_popup(
        &self,
        popup: P::Popup,
        options: LaunchOptions,
        abort: &AbortSignal,
    ) -> Result<Session<P>, Failure> {
        let redirect = self.await_redirect(&popup, options, abort).await;
        self.platform().close_popup(&popup);
        self.complete(redirect?).await
    }

    async fn await_redirect(
        &self,
        popup: &P::Popup,
        options: LaunchOptions,
        abort: &AbortSignal,
    ) -> Result<Callback, Failure> {
        let state = [&self.random_string()?, POPUP].concat();
        let platform = self.platform();
        let url = self.authorization_url_of(&state, &options, LaunchMode::Popup).await?;
        let taken: Rc<RefCell<Option<Callback>>> = Rc::default();
        let arrival = AbortHandle::new();
        let arrived = arrival.signal();
        let topic = topic(&state);
        let take = {
            let (taken, platform, topic) = (taken.clone(), platform.clone(), topic.clone());
            Rc::new(move |url: &str| {
                let Ok(Some(callback)) = Callback::read(url) else { return };
                if callback.state.as_deref() == Some(&state) && taken.borrow().is_none() {
                    *taken.borrow_mut() = Some(callback);
                    platform.publish(&topic, RECEIVED);
                    arrival.abort();
                }
            })
        };
        let _subscription = platform.subscribe(&topic, take.clone());
        let _listener = platform.listen_to_popup(popup, take);
        platform.navigate_popup(popup, url.as_str()).map_err(|_| Error::PopupClosed)?;
        let mut closed_polls = 0;
        while closed_polls < CLOSED_POLLS {
            let over = select(arrived.aborted(), abort.aborted());
            if let Either::Left((Either::Right(_), _)) = select(over, Box::pin(platform.sleep(POLL_INTERVAL))).await {
                return Err(Error::Aborted.into());
            }
            if let Some(callback) = taken.borrow_mut().take() {
                return Ok(callback);
            }
            closed_polls = if platform.is_popup_closed(popup) { closed_polls + 1 } else { 0 };
        }
        Err(Error::PopupClosed.into())
    }
}

/// Sends a redirect's URL to the page that opened this window. That page closes the window, or lets it close itself.
pub(super) async fn deliver_to_opener<P: Platform>(platform: &P, state: &str, url: &str) -> Result<(), Failure> {
    let arrival = AbortHandle::new();
    let taken = arrival.signal();
    let on_reply = move |reply: &str| {
        if reply == RECEIVED {
            arrival.abort();
        }
    };
    let topic = topic(state);
    let _subscription = platform.subscribe(&topic, Rc::new(on_reply));
    platform.publish(&topic, url);
    platform.post_to_opener(url);
    match select(taken.aborted(), Box::pin(platform.sleep(DELIVERY_TIMEOUT))).await {
        Either::Left(_) => {
            platform.close();
            Ok(())
        }
        Either::Right(_) => Err(Error::StateMismatch.into()),
    }
}

fn topic(state: &str) -> String {
    ["smartrust.popup.", state].concat()
}
