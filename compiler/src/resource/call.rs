//! The API calls of a kind's driver. They determine the cost and speed of a run and the permissions that a
//! person needs. A driver can only make declared calls, because it refers to the declaration.

use serde_json::Value;

/// An operation of a cloud's API.
#[derive(Debug)]
pub struct Call {
    /// The service and operation, such as `queue:CreateTopic`.
    pub operation: &'static str,
    /// When it is made.
    pub made: &'static [Made],
    /// The permissions that it requires. Empty if everybody may call it.
    pub takes: &'static [Permission],
    /// Its own rate limit, if that is lower than the limit of the service.
    pub rate: Option<Rate>,
}

/// When a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// When objects of the policies are read.
    Observe,
    /// When all objects of an account are read.
    Survey,
    /// For every new object.
    Create,
    /// For a new object whose attribute is set to something other than the cloud's default.
    CreateUnless(&'static str),
    /// For an update of one of these attributes.
    Update(&'static [&'static str]),
    /// For every deleted object.
    Delete,
    /// For every atomic change of a batch.
    Change,
    /// During an apply, to find out the result of a call without a response, or to take over an existing
    /// object. Such calls are not paced, because the need for them is not known in advance.
    Recover,
    /// By a restore of data.
    Restore,
    /// Reading the journal.
    ReadJournal,
    /// Writing the journal.
    WriteJournal,
}

/// A permission.
#[derive(Debug, Clone, Copy)]
pub struct Permission {
    /// The action that is allowed, such as `queue:TagResource`.
    pub action: &'static str,
    /// The resources it is needed on.
    pub on: &'static Scope,
}

/// The resources that a permission applies to, in the provider's notation. Words in capitals, such as
/// `ACCOUNT`, are placeholders for the reader.
#[derive(Debug)]
pub struct Scope {
    /// A name, used as a sort key.
    pub name: &'static str,
    /// The resources of the policies of an estate.
    pub resource: &'static str,
    /// The resources for reading everything, if those are more.
    pub all: Option<&'static str>,
    /// A condition on the permission.
    pub condition: Option<fn() -> Value>,
}

/// A rate limit as a token bucket: at most `burst` calls at once, refilled by `rate` per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Refill in calls per second.
    pub rate: f64,
    /// The most calls at once.
    pub burst: f64,
}

impl Call {
    /// The service: the part before the colon.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.operation.split_once(':').map_or(self.operation, |(service, _)| service)
    }

    /// Whether the scheduler counts the call before it starts a step.
    #[must_use]
    pub fn is_paced(&self) -> bool {
        self.made.iter().any(|made| {
            matches!(
                made,
                Made::Create | Made::CreateUnless(_) | Made::Update(_) | Made::Delete | Made::Change
            )
        })
    }
}

impl Permission {
    /// A permission on a scope.
    #[must_use]
    pub const fn new(action: &'static str, on: &'static Scope) -> Self {
        Self { action, on }
    }
}

/// Declare the calls of a kind: a static for each, and `CALLS` with all of them.
///
/// ```text
/// calls! {
///     CREATE = "queue:CreateTopic", made [Made::Create], takes [on("queue:CreateTopic", &TOPICS)];
///     DELETE = "queue:DeleteTopic", made [Made::Delete], takes [on("queue:DeleteTopic", &TOPICS)], rate 1.0 / 5.0;
/// }
/// ```
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident = $operation:literal, made [$($made:expr),*], takes [$($takes:expr),*]
        $(, rate $rate:literal / $burst:literal)?;)*) => {
        $(
            #[doc = concat!("`", $operation, "`.")]
            $(#[$doc])*
            pub static $name: $crate::resource::Call = $crate::resource::Call {
                operation: $operation,
                made: &[$($made),*],
                takes: &[$($takes),*],
                rate: $crate::resource::calls!(@rate $($rate / $burst)?),
            };
        )*
        /// All calls of the kind.
        pub static CALLS: &[&$crate::resource::Call] = &[$(&$name),*];
    };
    (@rate) => { None };
    (@rate $rate:literal / $burst:literal) => {
        Some($crate::resource::Rate { rate: $rate, burst: $burst })
    };
}

pub(crate) use calls;
