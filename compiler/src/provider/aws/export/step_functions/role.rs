//! The role that the state machine takes: what it calls, and nothing else.

use serde_json::{Value, json};

use crate::provider::aws::export::Moves;

/// Its permissions. `topic`: whether people are asked, and through which topic; without one it is named when the machine is started.
///
/// The conditions of Route 53 are those of the Service Authorization Reference, "Actions, resources, and condition keys for Amazon
/// Route 53".
pub(super) fn policy<'m>(
    moves: impl Iterator<Item = &'m Moves>,
    topic: Option<Option<&str>>,
    region: &str,
    account: &str,
) -> Value {
    let mut statements: Vec<Value> = moves
        .enumerate()
        .map(|(nth, moves)| {
            json!({
                "Sid": format!("MoveTraffic{}", nth + 1),
                "Effect": "Allow",
                "Action": "route53:ChangeResourceRecordSets",
                "Resource": format!("arn:aws:route53:::hostedzone/{}", moves.zone_id),
                "Condition": {"ForAllValues:StringEquals": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": moves.names,
                    "route53:ChangeResourceRecordSetsRecordTypes": moves.types,
                    "route53:ChangeResourceRecordSetsActions": moves.actions,
                }},
            })
        })
        .collect();
    if let Some(topic) = topic {
        let resource = topic.map_or_else(|| format!("arn:aws:sns:{region}:{account}:*"), str::to_owned);
        statements.push(
            json!({"Sid": "AskPeople", "Effect": "Allow", "Action": "sns:Publish", "Resource": resource}),
        );
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// Who may take it: Step Functions, for machines of this account and region (AWS Step Functions Developer Guide, "Creating an IAM role for
/// your state machine").
pub(super) fn trust(region: &str, account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "states.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": format!("arn:aws:states:{region}:{account}:stateMachine:*")},
            },
        }],
    })
}
