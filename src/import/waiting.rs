//! Reading that can wait for bytes that are on their way.
//!
//! A browser hands a worker what another one reads for it only between two tasks. So readers of long files are
//! futures: between records they give way while [`Source::is_coming`](crate::input::Source::is_coming), and whoever
//! polls them goes on when there is more. Nowhere else does anything come later, and [`now`] reads at once.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use super::ImportError;
use crate::document::Document;

/// A reading that may have to be polled several times.
pub type Importing<'a> = Pin<Box<dyn Future<Output = Result<Document, ImportError>> + 'a>>;

/// Runs `future` to its end: for sources that have all their bytes at hand.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Gives way once. Nothing wakes it: whoever polls knows when.
pub(super) async fn give_way() {
    let mut given = false;
    poll_fn(|_| if std::mem::replace(&mut given, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
