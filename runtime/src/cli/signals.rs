//! The signals that stop a run: SIGINT (Ctrl-C) and SIGTERM; on Windows only Ctrl-C.

use std::io;

use futures::stream::{self, BoxStream, StreamExt as _};

/// A stream of signals. From now on they no longer end the process; each is one item.
pub(super) fn listen() -> io::Result<BoxStream<'static, ()>> {
    let signals = Signals::listen()?;
    let each = stream::unfold(signals, |mut signals| async move {
        signals.next().await;
        Some(((), signals))
    });
    Ok(each.boxed())
}

#[derive(Debug)]
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "the same everywhere")]
    fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Wait for the next signal.
    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Wait for the next signal.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
