//! The stream of one connection: reads strictly, and notes when the client sends and when it does not take.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Framing;
use super::transport::Transport;
use super::watch::Watch;

/// A client's stream under watch.
#[derive(Debug)]
pub(super) struct ClientStream {
    transport: Transport,
    watch: Rc<Watch>,
    framing: Framing,
    refused: bool,
}

impl ClientStream {
    pub(super) fn new(transport: Transport, watch: Rc<Watch>) -> Self {
        Self {
            transport,
            watch,
            framing: Framing::default(),
            refused: false,
        }
    }

    pub(super) fn watch(&self) -> Rc<Watch> {
        self.watch.clone()
    }
}

impl AsyncRead for ClientStream {
    /// The byte that makes a request ambiguous is replaced by NUL, which the HTTP library takes nowhere in a head and
    /// answers by 400. What follows is not read.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.refused {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.transport).poll_read(cx, buffer);
        let received = buffer.filled_mut().get_mut(before..).unwrap_or_default();
        if received.is_empty() {
            return read;
        }
        self.watch.received();
        if let Err(good) = self.framing.read(received) {
            self.refused = true;
            if let Some(ambiguous) = received.get_mut(good) {
                *ambiguous = b'\0';
            }
            buffer.set_filled(before + good + 1);
        }
        read
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.transport).poll_write(cx, bytes);
        if written.is_pending() {
            self.watch.write_waits();
        }
        written
    }

    /// The HTTP library flushes when it has nothing more to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.transport).poll_flush(cx);
        match flushed {
            // What is encrypted may still wait for the client to take it.
            Poll::Pending => self.watch.write_waits(),
            Poll::Ready(_) => self.watch.all_written(),
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.transport).poll_shutdown(cx)
    }
}
