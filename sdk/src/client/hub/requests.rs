//! The requests to the hub, each with the session's token and a time limit.

use super::state::{HubInner, Value};
use crate::abort::AbortSignal;
use crate::client::server::transport::{DOCUMENT_TIMEOUT, JsonResponse, send, with_timeout};
use crate::error::{Error, Failure};
use crate::platform::{HttpResponse, Platform};
use crate::protocol::fhircast::current::{CurrentContext, read_current};
use crate::protocol::fhircast::event::NewEvent;
use crate::protocol::fhircast::subscription::{Accepted, Subscription, check_status, read_subscription};
use crate::protocol::http::Request;
use crate::protocol::redaction::Secrets;
use crate::protocol::secret::AccessToken;

impl<P: Platform> HubInner<P> {
    /// Adds the token to a request, which must be one to the hub.
    pub(super) fn authorize(&self, request: &mut Request, token: &AccessToken) -> Result<(), Failure> {
        let origin = request.url.origin().into();
        self.guard.authorize(request, token).map_err(|_| Error::ForeignUrl { origin }.into())
    }

    async fn authorized(&self, mut request: Request) -> Result<Request, Failure> {
        let token = self.session.token().await?;
        self.authorize(&mut request, &token)?;
        Ok(request)
    }

    /// Subscribes, or renews the subscription.
    pub(super) async fn subscribe(&self, subscription: &Subscription) -> Result<Accepted, Failure> {
        let token = self.session.token().await?;
        // The token of a renewal may be new, so its rest is known only now.
        let rest = self.session.expires_at().map(|expires_at| expires_at - self.platform.now());
        let mut request = self.hub.subscribe_request(&Subscription {
            lease_seconds: rest.filter(|rest| *rest > 0.0),
            ..subscription.clone()
        });
        self.authorize(&mut request, &token)?;
        let (request, never) = (&request, AbortSignal::never());
        let exchange = async {
            let response = self.platform.send(request, &never).await?;
            let location = response.header("Content-Location");
            Ok((JsonResponse::read(response, false, Secrets::of(request)).await?, location))
        };
        let exchange = with_timeout(&self.platform, &request.url, DOCUMENT_TIMEOUT, &never, exchange);
        let (response, location) = exchange.await?;
        response.read_by(|status, body| read_subscription(status, body, location.as_deref(), self.allow_insecure))
    }

    /// The failure without the topic, which is in the bodies and URLs of requests.
    fn without_topic(&self, failure: Failure) -> Failure {
        failure.without(&Secrets::of_topic(&self.hub.topic))
    }

    /// Sends an event.
    pub(super) async fn post(&self, event: &NewEvent) -> Result<(), Failure> {
        let request = self.authorized(self.hub.event_request(event)?).await?;
        let response = send(&self.platform, &request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await?;
        response.read_by(check_status).map_err(|failure| self.without_topic(failure))
    }

    /// Requests the current context, unless the hub is known not to support that.
    pub(super) async fn current(&self) -> Result<Option<CurrentContext<Value<P>>>, Failure> {
        if self.has_no_current.get() {
            return Err(Error::NotOffered { what: "reading the current context of the hub" }.into());
        }
        let request = self.authorized(self.hub.current_request()?).await?;
        let response = send(&self.platform, &request, DOCUMENT_TIMEOUT, &AbortSignal::never()).await?;
        let current = response.read_by(read_current).map_err(|failure| self.without_topic(failure));
        if matches!(&current, Err(failure) if matches!(**failure, Error::NotOffered { .. })) {
            self.has_no_current.set(true);
        }
        current
    }
}
