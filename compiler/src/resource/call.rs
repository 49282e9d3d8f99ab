//! The calls that a kind's driver makes. They determine what a run costs, how fast it may be, and which permissions a
//! person needs. A driver can only make a call that is declared, since it names the declaration.

use serde_json::Value;

/// An operation of a cloud's API.
#[derive(Debug)]
pub struct Call {
    /// Its name with its service, such as `queue:CreateTopic`.
    pub operation: &'static str,
    /// When it is made.
    pub made: &'static [Made],
    /// The permissions that it takes. Nothing where everybody may.
    pub takes: &'static [Permission],
    /// How often it may be called, where that is less than its service allows in all.
    pub rate: Option<Rate>,
}

/// When a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// Looking at things that policies are about.
    Observe,
    /// Looking at everything there is.
    Survey,
    /// For every new thing.
    Create,
    /// For a new thing that wants an attribute to be otherwise than a new thing has it.
    CreateUnless(&'static str),
    /// For an update of one of these attributes.
    Update(&'static [&'static str]),
    /// For every thing that is deleted.
    Delete,
    /// For every atomic change of a batch.
    Change,
    /// During an apply, to find out what became of a call without an answer, or to take over what is there. It is not
    /// paced: nobody knows in advance that it will be needed.
    Recover,
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
    /// What it is needed on.
    pub on: &'static Scope,
}

/// What a permission is given on, in the provider's own notation. `ACCOUNT` and other words in capitals are filled in by
/// the reader of the documentation.
#[derive(Debug)]
pub struct Scope {
    /// A name for it, to sort by.
    pub name: &'static str,
    /// The resources that the policies of an estate are about.
    pub resource: &'static str,
    /// The same for who looks at everything, where that is more.
    pub all: Option<&'static str>,
    /// A condition.
    pub condition: Option<fn() -> Value>,
}

/// How fast a service may be called: it holds `burst` calls in reserve and gains `rate` a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Calls gained per second.
    pub rate: f64,
    /// The most calls at once.
    pub burst: f64,
}

impl Call {
    /// The service that it belongs to: the part before the colon.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.operation.split_once(':').map_or(self.operation, |(service, _)| service)
    }

    /// Whether the scheduler counts it before it starts a step.
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
    /// A permission on something.
    #[must_use]
    pub const fn new(action: &'static str, on: &'static Scope) -> Self {
        Self { action, on }
    }
}

/// Declare the calls of a kind: a static each, and `CALLS`, which is all of them.
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
        /// All of them.
        pub static CALLS: &[&$crate::resource::Call] = &[$(&$name),*];
    };
    (@rate) => { None };
    (@rate $rate:literal / $burst:literal) => {
        Some($crate::resource::Rate { rate: $rate, burst: $burst })
    };
}

pub(crate) use calls;
