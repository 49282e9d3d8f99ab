//! Single states: asking a person, changing records, waiting, and what stands behind them.

use serde_json::{Value, json};

use crate::printable::one_line;
use crate::provider::aws::export::Moves;

/// How often a call is tried again.
pub(super) const RETRIES: usize = 3;
/// The pause before the first further try, in seconds; each later one is twice as long. Throttled calls spread out.
const PAUSE: u64 = 2;
/// The time for one change of records, in seconds: Route 53 answers in seconds. While its control plane is out, a recovery must not
/// stand still for long.
const CHANGE: u64 = 20;
/// The seconds after which a change was made, or every try has failed: four tries and three pauses.
pub(super) const CHANGED: u64 = 4 * CHANGE + PAUSE + 2 * PAUSE + 4 * PAUSE;

/// Where a failed task leaves its error. The choices behind branches look there.
pub(super) const ERROR: &str = "$.error";
/// Where a change of records that failed leaves its error, if nobody is asked for anything behind it. The choice at the end looks there.
pub(super) const UNCHANGED: &str = "$.unchanged";

/// A person is asked, and has answered when their token comes back.
///
/// `topic`: the ARN, or `None` to take it from the input. The message is a template of `States.Format`, whose special characters are
/// escaped with a backslash (Amazon States Language, "Intrinsic functions").
pub(super) fn ask(text: &str, name: &str, topic: Option<&str>, region: &str, within: u64) -> Value {
    let answer = format!(
        "Step {name}. {text} WHEN IT IS DONE: aws stepfunctions send-task-success --region {region} --task-output \"{{}}\" --task-token "
    );
    let refuse = format!(
        " IF IT CANNOT BE DONE: aws stepfunctions send-task-failure --region {region} --error NotDone \
         --task-token "
    );
    let message = format!(
        "States.Format('{}{{}}{}{{}}', $$.Task.Token, $$.Task.Token)",
        escaped(&answer),
        escaped(&refuse)
    );
    let mut parameters = json!({"Message.$": message, "Subject": subject(name)});
    if let Some(all) = parameters.as_object_mut() {
        match topic {
            Some(topic) => all.insert("TopicArn".to_owned(), topic.into()),
            None => all.insert("TopicArn.$".to_owned(), "$.topic".into()),
        };
    }
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sns:publish.waitForTaskToken",
        "Parameters": parameters,
        "ResultPath": null,
        "TimeoutSeconds": within.max(1),
        "Retry": [retry(&["Sns.ThrottledException", "Sns.InternalErrorException", "Sns.SnsException", "Sns.SdkClientException"])],
    })
}

/// Records are changed in one request.
pub(super) fn change(moves: &Moves) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:route53:changeResourceRecordSets",
        "Parameters": {
            "HostedZoneId": moves.zone_id,
            "ChangeBatch": {"Comment": "holdfast", "Changes": moves.changes},
        },
        "ResultPath": null,
        "TimeoutSeconds": CHANGE,
        "Retry": [retry(&[
            "Route53.ThrottlingException",
            "Route53.PriorRequestNotCompleteException",
            "Route53.Route53Exception",
            "Route53.SdkClientException",
            // A control plane that does not answer. If the change was made all the same, the next try is refused, and counts as failed.
            "States.Timeout",
        ])],
    })
}

/// Nothing happens for so many seconds.
pub(super) fn wait(seconds: u64) -> Value {
    json!({"Type": "Wait", "Seconds": seconds})
}

fn retry(errors: &[&str]) -> Value {
    json!({
        "ErrorEquals": errors,
        "IntervalSeconds": PAUSE,
        "BackoffRate": 2,
        "MaxAttempts": RETRIES,
        "JitterStrategy": "FULL",
    })
}

/// Text inside the quotes of an intrinsic function: one line.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    let words: Vec<&str> = text.split(char::is_whitespace).collect();
    for c in one_line(&words.join(" ")).chars() {
        if matches!(c, '\'' | '{' | '}' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A subject of SNS: printable ASCII, fewer than 100 characters (Amazon SNS API Reference, `Publish`).
fn subject(name: &str) -> String {
    format!("Recovery: {name}").chars().take(99).collect()
}
