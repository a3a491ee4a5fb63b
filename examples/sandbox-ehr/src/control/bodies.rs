//! Bodies that fail while they are sent. Only the halved one is completely in memory.

use std::io;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::{iter, unfold};

/// Where a body ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The connection breaks after this number of bytes.
    Broken(usize),
    /// The body ends after this number of bytes, as if it were complete.
    Bytes(usize),
    /// The body ends after this number of lines.
    Lines(usize),
}

/// A response whose body fails before its first byte, so that the server closes the connection without a response.
pub fn broken() -> Response {
    Response::new(Body::from_stream(iter([failure()])))
}

fn failure() -> Result<Bytes, axum::Error> {
    Err(axum::Error::new(io::Error::from(io::ErrorKind::ConnectionAborted)))
}

/// The same response with the first half of its body.
pub async fn halved(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)))
}

/// The same response, with a body that ends there.
pub fn ended(response: Response, end: End) -> Response {
    changed(response, |body| {
        unfold(Some((body, end)), async |state| {
            let (mut body, end) = state?;
            let piece = match body.next().await? {
                Ok(piece) => piece,
                Err(error) => return Some((Err(error), None)),
            };
            let (kept, left) = cut(&piece, end);
            match left {
                Some(left) => Some((Ok(kept), Some((body, left)))),
                // The part before the end is sent separately, before the connection breaks.
                None if matches!(end, End::Broken(0)) => Some((failure(), None)),
                None if matches!(end, End::Broken(_)) => Some((Ok(kept), Some((body, End::Broken(0))))),
                None => Some((Ok(kept), None)),
            }
        })
    })
}

/// The part of a piece before the end, and the remaining distance to the end; `None` if it is reached.
fn cut(piece: &Bytes, end: End) -> (Bytes, Option<End>) {
    match end {
        End::Broken(bytes) | End::Bytes(bytes) => {
            let (kept, left) = (piece.slice(..bytes.min(piece.len())), bytes.saturating_sub(piece.len()));
            let next = if matches!(end, End::Broken(_)) { End::Broken(left) } else { End::Bytes(left) };
            (kept, (left > 0).then_some(next))
        }
        End::Lines(lines) => {
            let ends: Vec<usize> = (0..piece.len()).filter(|place| piece[*place] == b'\n').take(lines).collect();
            match ends.last() {
                Some(last) if ends.len() == lines => (piece.slice(..=*last), None),
                _ if lines == 0 => (Bytes::new(), None),
                _ => (piece.clone(), Some(End::Lines(lines - ends.len()))),
            }
        }
    }
}

/// The same response with a delay before each piece of its body.
pub fn halting(response: Response, pause: Duration) -> Response {
    changed(response, |body| {
        body.then(move |piece| async move {
            tokio::time::sleep(pause).await;
            piece
        })
    })
}

/// The same response with another body, which is made from its own.
fn changed<S>(response: Response, change: impl FnOnce(BodyDataStream) -> S) -> Response
where
    S: futures_util::Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
{
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::from_stream(change(body.into_data_stream())))
}
