//! Recovery points: which one serves a moment, and what is known of a restore from it.
//!
//! A snapshot is the data of the moment when its backup began. A continuous recovery point serves every second of a window.

/// What a vault keeps of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// What the provider calls it: an ARN on AWS.
    pub id: String,
    /// The name of its vault.
    pub vault: String,
    /// The id of the region of its vault.
    pub region: String,
    /// When it was made, or began, in milliseconds since 1970-01-01 UTC.
    pub made: i64,
    /// The moments that a continuous one serves, first and last. `None`: it is a snapshot.
    pub window: Option<(i64, i64)>,
    /// Whether it holds everything.
    pub whole: Whole,
    /// Why nobody can tell which moment a restore of it gives back, so that it serves none. `None`: that is known.
    pub unservable: Option<String>,
    /// How many bytes it holds, if the provider says it.
    pub bytes: Option<u64>,
}

/// Whether a recovery point holds everything, as far as the job that made it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// The job ended with success.
    Yes,
    /// It lacks something, or cannot be restored, for this reason.
    No(String),
    /// Nobody can tell, for this reason.
    Unknown(String),
}

/// The recovery point that serves a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The recovery point.
    pub point: RecoveryPoint,
    /// The moment that is restored: that of the snapshot, or the one that was asked for.
    pub as_of: i64,
    /// The ones that are nearer to the moment and were not chosen, with the reason, newest first.
    pub passed: Vec<(RecoveryPoint, String)>,
}

/// What became of the job that restores a recovery point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSeen {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: JobState,
    /// What the provider says about it.
    pub said: Option<String>,
    /// How much of it is done, as the provider says it: `42.5%`.
    pub done: Option<String>,
    /// How long it took, in milliseconds, if it is over and the provider says it.
    pub milliseconds: Option<u64>,
    /// When it ended, in milliseconds since 1970-01-01 UTC, if it is over and the provider says it.
    pub ended: Option<i64>,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits, or runs.
    Running,
    /// It ended. That does not mean that every object is restored.
    Completed,
    /// It was stopped.
    Aborted,
    /// It failed.
    Failed,
}

impl JobState {
    /// A word for people and programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Aborted => "aborted",
            Self::Failed => "failed",
        }
    }
}

impl Whole {
    /// A word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No(_) => "no",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl RecoveryPoint {
    /// The moment that a restore of this point gives back when another one is asked for. `None`: it has nothing of a moment so early,
    /// its window does not reach it, or it serves none.
    #[must_use]
    pub fn as_of(&self, moment: i64) -> Option<i64> {
        match self.window {
            _ if self.unservable.is_some() => None,
            Some((first, last)) => (first..=last).contains(&moment).then_some(moment),
            None => (self.made <= moment).then_some(self.made),
        }
    }
}

/// The recovery point that serves a moment: the newest one at or before it that is not known to lack something. A continuous one that
/// reaches the moment comes first.
///
/// # Errors
/// None serves it: all of them, with the reason, newest first.
pub fn choose_point(points: Vec<RecoveryPoint>, moment: i64) -> Result<Chosen, Vec<(RecoveryPoint, String)>> {
    let mut points = points;
    // The id decides between points of one second, so that the answer is always the same.
    points.sort_by(|one, other| {
        let by = |point: &RecoveryPoint| (point.as_of(moment), point.made);
        by(other).cmp(&by(one)).then_with(|| one.id.cmp(&other.id))
    });
    let mut passed = Vec::new();
    for point in points {
        match (point.as_of(moment), &point.whole) {
            (Some(as_of), Whole::Yes | Whole::Unknown(_)) => {
                // What is newer than the moment does not interest anybody once there is one before it.
                passed.retain(|(other, _): &(RecoveryPoint, String)| other.as_of(moment).is_some());
                return Ok(Chosen { point, as_of, passed });
            }
            (Some(_), Whole::No(why)) => {
                let why = why.clone();
                passed.push((point, why));
            }
            (None, _) => {
                let why = match (&point.unservable, point.window) {
                    (Some(why), _) => why.as_str(),
                    (None, None) => "it is newer than the moment",
                    (None, Some((first, _))) if moment < first => "its window begins after the moment",
                    (None, Some(_)) => "its window does not reach the moment yet",
                };
                let why = why.to_owned();
                passed.push((point, why));
            }
        }
    }
    Err(passed)
}

/// The recovery point with an id, whatever it may lack.
///
/// # Errors
/// There is none, or it has nothing of the moment: all of them, with the reason.
pub fn named_point(
    points: Vec<RecoveryPoint>,
    id: &str,
    moment: i64,
) -> Result<Chosen, Vec<(RecoveryPoint, String)>> {
    let (found, others): (Vec<_>, Vec<_>) = points.into_iter().partition(|point| point.id == id);
    match found.into_iter().next() {
        Some(point) => match point.as_of(moment) {
            Some(as_of) => Ok(Chosen { point, as_of, passed: Vec::new() }),
            None => choose_point(vec![point], moment),
        },
        None => Err(others.into_iter().map(|point| (point, "it has another name".to_owned())).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    fn point(id: &str, made: i64, whole: Whole) -> RecoveryPoint {
        RecoveryPoint {
            id: id.to_owned(),
            vault: "vault".to_owned(),
            region: "region".to_owned(),
            made,
            window: None,
            whole,
            unservable: None,
            bytes: None,
        }
    }

    fn lacks() -> Whole {
        Whole::No("its job ended with issues".to_owned())
    }

    #[test]
    fn newest_whole_one_before_the_moment_is_chosen_and_partial_ones_are_told() {
        let points = vec![
            point("old", DAY, Whole::Yes),
            point("new", 2 * DAY, Whole::Unknown("nobody has looked".to_owned())),
            point("partial", 3 * DAY, lacks()),
            point("later", 5 * DAY, Whole::Yes),
        ];
        let chosen = choose_point(points.clone(), 4 * DAY).unwrap();
        assert_eq!((chosen.point.id.as_str(), chosen.as_of), ("new", 2 * DAY));
        let passed: Vec<&str> = chosen.passed.iter().map(|(point, _)| point.id.as_str()).collect();
        assert_eq!(passed, ["partial"], "a later one is of no interest");
        assert_eq!(choose_point(points.clone(), 2 * DAY).unwrap().as_of, 2 * DAY, "its own second counts");
        let none = choose_point(points.clone(), DAY - 1).unwrap_err();
        assert_eq!(none.len(), 4);
        assert!(none.iter().all(|(_, why)| why == "it is newer than the moment"), "{none:?}");
        // One that lacks something is restored if it is named.
        assert_eq!(named_point(points.clone(), "partial", 4 * DAY).unwrap().as_of, 3 * DAY);
        assert!(named_point(points.clone(), "later", 4 * DAY).is_err(), "it has nothing of the moment");
        assert!(named_point(points, "missing", 4 * DAY).is_err());
        assert_eq!(choose_point(vec![point("partial", DAY, lacks())], DAY).unwrap_err().len(), 1);
    }

    /// Without the time that it reaches to, a restore of it would give back nobody knows what.
    #[test]
    fn one_that_serves_no_moment_is_not_chosen_even_by_its_name() {
        let unservable = Some("it is continuous and has stopped".to_owned());
        let stopped = RecoveryPoint { unservable, ..point("stopped", 2 * DAY, Whole::Yes) };
        let points = vec![point("old", DAY, Whole::Yes), stopped];
        assert_eq!(choose_point(points.clone(), 3 * DAY).unwrap().point.id, "old");
        let none = named_point(points, "stopped", 3 * DAY).unwrap_err();
        let said: Vec<&str> = none.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(said, ["it is continuous and has stopped"]);
    }

    #[test]
    fn continuous_one_serves_every_moment_of_its_window() {
        let window = Some((2 * DAY, 4 * DAY));
        let continuous = RecoveryPoint { window, ..point("continuous", DAY, Whole::Yes) };
        let points = vec![point("snapshot", 3 * DAY, Whole::Yes), continuous];
        let chosen = |moment| {
            let chosen = choose_point(points.clone(), moment).unwrap();
            (chosen.point.id, chosen.as_of)
        };
        assert_eq!(chosen(4 * DAY), ("continuous".to_owned(), 4 * DAY));
        assert_eq!(chosen(3 * DAY + 1), ("continuous".to_owned(), 3 * DAY + 1));
        assert_eq!(
            chosen(4 * DAY + 1),
            ("snapshot".to_owned(), 3 * DAY),
            "its window does not reach that far"
        );
        let early = choose_point(points.clone(), 2 * DAY - 1).unwrap_err();
        assert!(early.iter().any(|(_, why)| why == "its window begins after the moment"), "{early:?}");
    }
}
