//! The person's side: answer what a drill asks, and sign it.

use std::path::{Path, PathBuf};

use holdfast_compiler::drill::{Answer, script};
use holdfast_compiler::printable::one_line;
use jiff::Timestamp;

use super::known::Known;
use super::statement::{Slip, Statement};
use super::{MAX_BYTES, Names, folder, refused};
use crate::approval::{self, Namespace, SignError, SigningKey};
use crate::drill::DrillError;
use crate::drill::session::find;
use crate::estate::{EstateError, Policies, Selection, load};
use crate::files;

/// A word that somebody gives.
#[derive(Debug, Clone)]
pub struct Confirmation {
    /// The name of the drill.
    pub drill: String,
    /// The id of the question.
    pub question: String,
    /// The answer.
    pub answer: Answer,
    /// Who signs. `None`: the name that the list of signers has for the key.
    pub signer: Option<String>,
    /// The key. `None`: one of ssh-agent.
    pub key: Option<SigningKey>,
    /// The folder with the questions. `None`: the one beside the policies.
    pub words: Option<PathBuf>,
}

/// A word that was signed.
#[derive(Debug)]
pub struct Signed {
    /// The path of the statement.
    pub path: PathBuf,
    /// Whether it was verified as the drill will verify it. Without a list of signers here, only the drill can.
    pub verified: bool,
}

/// Answer a question of a drill that is being held, and write the two files. `show` is called with the statement before it is signed;
/// it can decline.
///
/// # Errors
/// Nobody asks that, what is asked is not what these policies ask, or the key may not sign.
pub fn confirm(
    policies: &Policies,
    selection: &Selection,
    order: &Confirmation,
    show: &dyn Fn(&Statement) -> Result<(), DrillError>,
) -> Result<Signed, DrillError> {
    let policy = &policies.compiled.policy;
    let drill = find(policy, &order.drill)?;
    let not = |message: String, cure: &str| DrillError::NotReady(vec![refused(message, cure)]);
    let asked = script(policy, drill).questions.into_iter().find(|one| one.id == order.question);
    let asked = asked.ok_or_else(|| {
        DrillError::Usage(format!(
            "the drill `{}` has no question `{}`: `holdfast drill run {} PATH --dry-run` lists them",
            drill.name, order.question, drill.name
        ))
    })?;
    let home = load::home(&policies.sources.place(policy.estate_span).file);
    let folder = folder(order.words.as_deref(), &home);
    let names = Names::of(policy.estate.as_str(), drill.name.as_str(), &asked.id);
    let laid_out = || files::absent(files::read_inside(&folder, Path::new(&names.slip), MAX_BYTES));
    // A folder that nobody has made yet has no questions either.
    let asks = if files::is_folder(&folder) { laid_out()? } else { None };
    let slip = asks.clone().ok_or_else(|| {
        not(
            format!("no drill asks `{}` now: {} has no such question", asked.id, folder.display()),
            "give your word while `holdfast drill run --wait` waits for it; name its folder with `--words` if it is another one",
        )
    })?;
    let slip = Slip::parse(&slip).ok_or_else(|| {
        not(format!("the question {} is not in its exact form", names.slip), "hold the drill again")
    })?;
    let is_ours = slip.estate == policy.estate.as_str()
        && slip.drill == drill.name.as_str()
        && slip.question == asked.id
        && slip.asks == one_line(&asked.asks);
    if !is_ours {
        return Err(not(
            format!("what is asked as `{}` is not what these policies ask: {}", asked.id, slip.asks),
            "pass the policies with which the drill is held, or stop the drill: somebody changed the question",
        ));
    }
    let trust = selection.trust().map_err(EstateError::from)?;
    let known = match Known::of(trust.as_ref(), policies) {
        Err(finding) if trust.is_some() => return Err(DrillError::NotReady(vec![finding])),
        known => known,
    };
    let signers = known.as_ref().ok().map(|known| &known.signers);
    let key = order.key.as_ref();
    let public = approval::public_key(key, signers).map_err(unsigned)?;
    let listed = || signers?.principal_of(&public, Namespace::Word);
    let signer = order.signer.as_deref().or_else(listed).ok_or_else(|| {
        not(
            "no list of signers has exactly one name for this key".to_owned(),
            "name yourself: `--as PRINCIPAL`",
        )
    })?;
    let now = Timestamp::now();
    let statement = Statement {
        slip,
        yes: order.answer.yes,
        note: order.answer.note.as_deref().map(one_line).unwrap_or_default(),
        signer: signer.to_owned(),
        at: Timestamp::from_second(now.as_second()).unwrap_or(now),
    };
    show(&statement)?;
    let text = statement.text();
    let signature = approval::sign(Namespace::Word, text.as_bytes(), key, &public).map_err(unsigned)?;
    if let Ok(known) = &known {
        // Refuse now what the drill would not count.
        known.verify(&statement, &signature, now).map_err(|finding| DrillError::NotReady(vec![finding]))?;
    }
    // It may have ended while the key was touched.
    if laid_out()? != asks {
        return Err(not(
            format!("the drill no longer asks `{}`: your word was not given", asked.id),
            "give your word while `holdfast drill run --wait` waits for it",
        ));
    }
    let path = folder.join(&names.word);
    // The drill looks for the statement, so the signature is there before it.
    files::remove(&path)?;
    files::write(&folder.join(&names.signature), signature.as_bytes())?;
    files::write(&path, text.as_bytes())?;
    Ok(Signed { path, verified: known.is_ok() })
}

fn unsigned(error: SignError) -> DrillError {
    DrillError::Usage(error.to_string())
}
