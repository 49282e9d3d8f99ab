//! What is known around a plan, and not from the plan itself.

/// What a document says besides what is in the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// What distinguishes this comment from another one about the same estate. Not secret.
    pub name: String,
    /// The digest in hexadecimal: of the saved plan, which people approve, or else of the changes.
    pub digest: String,
    /// The file that the plan is saved in, as the user named it.
    pub file: Option<String>,
    /// The policies as the user named them. Empty for a saved plan, which contains them.
    pub paths: Vec<String>,
    /// The flags that the plan was made with and that are not in it, each as one word: `--cloud=local`.
    pub flags: Vec<String>,
    /// Those of them that an apply needs too: what the runner has.
    pub runner: Vec<String>,
    /// Whether the journal was not read, which knows the rule of the last run and which approvals were used.
    pub offline: bool,
    /// Who must approve it, and who did. Empty if nobody must.
    pub approvals: Vec<Given>,
    /// The approvals that do not count, each with its reason.
    pub not_counted: Vec<String>,
}

/// The approvals that one rule requires, and those that count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Whose rule it is: `the plan`, `the rule of the last run`, `the trust anchor`.
    pub whose: String,
    /// How many people must approve.
    pub required: usize,
    /// The people whose approvals count.
    pub people: Vec<String>,
}

impl Given {
    /// How many approvals are missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.required.saturating_sub(self.people.len())
    }
}

impl Around {
    /// How many approvals are missing, for the rule that lacks the most.
    #[must_use]
    pub fn missing_approvals(&self) -> usize {
        self.approvals.iter().map(Given::missing).max().unwrap_or_default()
    }
}
