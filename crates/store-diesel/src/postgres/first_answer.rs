//! One read in two ways, of which the second is tried when the first is late.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use auth_core::StoreError;
use futures_util::future::{Either, select};
use tokio::time::timeout;

/// A read of one row takes a few milliseconds; what has not come within this time waits for something.
const LATE: Duration = Duration::from_millis(100);

/// The first answer of the two. `second` begins when `first` has failed, or is late.
pub(super) async fn first_answer<R>(
    first: impl Future<Output = Result<R, StoreError>>,
    second: impl Future<Output = Result<R, StoreError>>,
) -> Result<R, StoreError> {
    let (mut first, second) = (pin!(first), pin!(second));
    match timeout(LATE, first.as_mut()).await {
        Ok(Ok(answer)) => return Ok(answer),
        Ok(Err(_)) => return second.await,
        Err(_) => {}
    }
    match select(first, second).await {
        Either::Left((Ok(answer), _)) | Either::Right((Ok(answer), _)) => Ok(answer),
        Either::Left((Err(_), second)) => second.await,
        Either::Right((Err(_), first)) => first.await,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::FutureExt;
    use tokio::time::sleep;

    use super::*;

    type Answer = Result<u32, ()>;

    async fn after(milliseconds: u64, answer: Answer) -> Result<u32, StoreError> {
        sleep(Duration::from_millis(milliseconds)).await;
        answer.map_err(|()| StoreError::Unavailable("it failed".to_owned()))
    }

    /// What comes of two reads that take so long, and whether the second was begun.
    async fn outcome(first: (u64, Answer), second: (u64, Answer)) -> (Answer, bool) {
        let begun = Cell::new(false);
        let second = after(second.0, second.1);
        let noted = async {
            begun.set(true);
            second.await
        };
        let answer = first_answer(after(first.0, first.1), noted).await;
        (answer.map_err(drop), begun.get())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_counts() {
        assert_eq!(outcome((99, Ok(1)), (0, Ok(2))).await, (Ok(1), false), "it was in time");
        assert_eq!(outcome((500, Ok(1)), (10, Ok(2))).await, (Ok(2), true), "it was late");
        assert_eq!(
            outcome((120, Ok(1)), (500, Ok(2))).await,
            (Ok(1), true),
            "the second was later"
        );
        assert_eq!(outcome((10, Err(())), (10, Ok(2))).await, (Ok(2), true), "it failed");
        assert_eq!(
            outcome((500, Err(())), (900, Ok(2))).await,
            (Ok(2), true),
            "it failed late"
        );
        assert_eq!(
            outcome((500, Ok(1)), (10, Err(()))).await,
            (Ok(1), true),
            "the second failed"
        );
        assert_eq!(
            outcome((500, Err(())), (10, Err(()))).await,
            (Err(()), true),
            "both failed"
        );
        let never = first_answer(std::future::pending(), after(10, Ok(2)));
        assert!(never.await.is_ok());
        assert!(
            first_answer(after(10, Ok(1)), std::future::pending())
                .now_or_never()
                .is_none()
        );
    }
}
