//! Signals that ask a run to end: SIGINT (Ctrl-C) and SIGTERM; Ctrl-C alone where there are no signals.

use std::io;

use futures::stream::{self, BoxStream, StreamExt as _};

/// From now on such signals no longer end the process by themselves; each is an item.
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

    /// The next one.
    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The next one.
    #[cfg(not(unix))]
    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
