//! Runs several futures concurrently.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// A future that may borrow from its caller.
pub(crate) type LocalWork<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Waits for all futures. The results have the order of the futures.
pub(crate) async fn join_all<T>(futures: Vec<LocalWork<'_, T>>) -> Vec<T> {
    let mut running: Vec<(LocalWork<'_, T>, Option<T>)> = futures.into_iter().map(|future| (future, None)).collect();
    poll_fn(|context| {
        let mut all_done = true;
        for (future, result) in running.iter_mut().filter(|(_, result)| result.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *result = Some(value),
                Poll::Pending => all_done = false,
            }
        }
        if all_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, result)| result).collect()
}
