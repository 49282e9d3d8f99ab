//! Which sites are evacuated, according to the journal.

use holdfast_compiler::plan::Context;
use holdfast_compiler::posture::Posture;

use super::{Entry, Event};

/// The posture after the runs of this estate, cloud and account. An evacuation counts from the beginning of its run. A return
/// counts once its run is complete: until then the site counts as evacuated, so that nobody goes on with half a return, or
/// home after one that failed, without being asked again.
#[must_use]
pub fn posture(entries: &[Entry], context: &Context) -> Posture {
    let mut posture = Posture::default();
    let mut wanted: Option<&Posture> = None;
    for entry in entries {
        match &entry.event {
            Event::RunStarted(run) => {
                wanted = Some(&run.posture).filter(|_| run.context == *context);
                posture = wanted.map_or_else(|| posture.clone(), |wanted| posture.with(wanted));
            }
            Event::RunFinished { failed: 0, not_started: 0, .. } => {
                posture = wanted.take().cloned().unwrap_or(posture);
            }
            _ => {}
        }
    }
    posture
}

/// Whether a run after the entry with this hash, other than those of a plan, was for another posture.
#[must_use]
pub fn changed_since(entries: &[Entry], head: &str, context: &Context, plan: &str, was: &Posture) -> bool {
    let later = entries.iter().skip_while(|entry| entry.previous != head);
    later.into_iter().any(|entry| match &entry.event {
        Event::RunStarted(run) => run.context == *context && run.plan != plan && run.posture != *was,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::sample::context;
    use crate::journal::Run;

    fn after(runs: &[(&[&str], usize)]) -> Vec<String> {
        let mut entries = Vec::new();
        let mut add = |event| {
            let number = entries.len() as u64 + 1;
            entries.push(Entry { number, previous: String::new(), at: String::new(), event });
        };
        for (sites, failed) in runs {
            let posture = Posture::of(sites.iter().copied());
            let run = Run::new(context("acme"), posture, "p".to_owned(), 1, String::new());
            add(Event::RunStarted(Box::new(run)));
            let (done, failed) = (0, *failed);
            add(Event::RunFinished { done, failed, not_started: 0, interrupted: false, signature: None });
        }
        posture(&entries, &context("acme")).sites().map(str::to_owned).collect()
    }

    #[test]
    fn evacuation_counts_from_its_beginning_and_a_return_from_its_end() {
        assert_eq!(after(&[(&["oregon"], 1)]), ["oregon"]);
        assert!(after(&[(&["oregon"], 0), (&[], 0)]).is_empty());
        assert_eq!(after(&[(&["oregon"], 0), (&[], 1)]), ["oregon"]);
        assert_eq!(after(&[(&["oregon", "ireland"], 0), (&["ireland"], 2)]), ["ireland", "oregon"]);
        assert!(after(&[(&["oregon"], 0), (&[], 1), (&[], 0)]).is_empty());
    }
}
