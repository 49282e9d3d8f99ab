//! What a command writes: the first of it is kept, and the rest is read and dropped, so that a full pipe does not hold the command.

use std::sync::{Arc, Mutex};
use std::time::Duration as Time;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Child;
use tokio::task::JoinSet;

/// The most bytes that are kept.
const MOST: usize = 1_000;
/// How long is read once the command has ended: a child that left its process group can keep the pipes open.
const AFTER: Time = Time::from_secs(1);

/// The output of a command. Dropping it ends the reading.
pub(super) struct Output {
    readers: JoinSet<()>,
    kept: Arc<Mutex<Vec<u8>>>,
}

impl Output {
    /// Read what a command writes to its output and its error output, in the order in which it arrives.
    pub(super) fn of(child: &mut Child) -> Self {
        let (mut readers, kept) = (JoinSet::new(), Arc::new(Mutex::new(Vec::new())));
        if let Some(stream) = child.stdout.take() {
            readers.spawn(read(stream, kept.clone()));
        }
        if let Some(stream) = child.stderr.take() {
            readers.spawn(read(stream, kept.clone()));
        }
        Self { readers, kept }
    }

    /// What it wrote, as the end of a sentence: `: fine`. Empty if it wrote nothing.
    pub(super) async fn said(mut self) -> String {
        let all = async { while self.readers.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(AFTER, all).await;
        let kept = self.kept.lock().map(|kept| kept.clone()).unwrap_or_default();
        let text = String::from_utf8_lossy(kept.get(..MOST).unwrap_or(&kept)).trim().to_owned();
        match text.is_empty() {
            true => String::new(),
            false if kept.len() > MOST => format!(": {text}…"),
            false => format!(": {text}"),
        }
    }
}

async fn read(mut stream: impl AsyncRead + Unpin, kept: Arc<Mutex<Vec<u8>>>) {
    let mut part = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut part).await {
        let Ok(mut kept) = kept.lock() else { return };
        // One byte more than is kept tells that there was more.
        let room = (MOST + 1).saturating_sub(kept.len()).min(count);
        kept.extend(part.iter().take(room));
    }
}
