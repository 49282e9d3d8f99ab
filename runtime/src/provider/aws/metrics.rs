//! The figures of CloudWatch that a status reads: as many in a call as it takes, for each region and each span of time.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric as Asked, MetricDataQuery, MetricStat, ScanBy, StatusCode,
};
use futures::{StreamExt, stream};
use holdfast_compiler::provider::aws::GET_METRICS;
use holdfast_compiler::provider::aws::cloudwatch::{MOST_METRICS, metric};
use holdfast_compiler::signals::{Counts, SeenSignals, Signal};

use super::clients::Clients;
use super::driver::{AT_A_TIME, why};
use super::error::{Named, fault};
use crate::cloud::{Class, CloudError};

/// What the signals measure now. What a region does not answer is not known, with the reason.
pub(super) async fn read(clients: &Clients, signals: &BTreeSet<Signal>) -> SeenSignals {
    let mut groups: BTreeMap<(&str, i64), Vec<&Signal>> = BTreeMap::new();
    for signal in signals {
        groups.entry((&signal.region, metric(signal.counts).window)).or_default().push(signal);
    }
    let calls = groups.iter().flat_map(|((region, window), signals)| {
        signals.chunks(MOST_METRICS).map(move |signals| (*region, *window, signals))
    });
    let reads = calls.map(|(region, window, signals)| async move {
        let found = clients.reach.ask(&GET_METRICS, region, figures(clients, region, window, signals)).await;
        let found = found.map_err(|error| match error.class {
            Class::Denied => error.to_string(),
            _ => why(&error),
        });
        let each = signals.iter().enumerate().map(|(nth, signal)| {
            let figure = found.as_ref().map_err(Clone::clone);
            let figure = figure.and_then(|all| match all.get(&nth) {
                Some(Ok(values)) => Ok(value(signal.counts, values)),
                Some(Err(why)) => Err(why.clone()),
                None => Ok(None),
            });
            ((*signal).clone(), figure)
        });
        each.collect::<Vec<_>>()
    });
    let read: Vec<Vec<_>> =
        stream::iter(reads.collect::<Vec<_>>()).buffer_unordered(AT_A_TIME).collect().await;
    read.into_iter().flatten().collect()
}

/// The figures of each signal by its number, the newest first.
type Figures = BTreeMap<usize, Result<Vec<f64>, String>>;

async fn figures(
    clients: &Clients,
    region: &str,
    window: i64,
    signals: &[&Signal],
) -> Result<Figures, CloudError> {
    let client = clients.cloudwatch(region);
    let now = jiff::Timestamp::now().as_second();
    let queries: Vec<MetricDataQuery> =
        signals.iter().enumerate().map(|(nth, signal)| query(nth, signal)).collect();
    let mut all = Figures::new();
    let mut next: Option<String> = None;
    loop {
        let request = client.get_metric_data().set_metric_data_queries(Some(queries.clone()));
        // The end is exclusive, and figures are of whole minutes.
        let (start, end) = (DateTime::from_secs(now - window), DateTime::from_secs(now + 60));
        let request = request.start_time(start).end_time(end);
        let request = request.scan_by(ScanBy::TimestampDescending).set_next_token(next.clone());
        let page = request.send().await.named(&GET_METRICS)?;
        for result in page.metric_data_results() {
            let nth = result.id().and_then(|id| id.strip_prefix('m')?.parse().ok());
            let nth =
                nth.ok_or_else(|| fault(&GET_METRICS, "BadAnswer", "a figure that nobody asked for"))?;
            let figures = all.entry(nth).or_insert_with(|| Ok(Vec::new()));
            match result.status_code() {
                Some(StatusCode::Complete | StatusCode::PartialData) | None => {
                    if let Ok(figures) = figures {
                        figures.extend(result.values());
                    }
                }
                Some(other) => *figures = Err(format!("CloudWatch says {other}")),
            }
        }
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

fn query(nth: usize, signal: &Signal) -> MetricDataQuery {
    let metric = metric(signal.counts);
    let dimensions =
        signal.about.iter().map(|(name, value)| Dimension::builder().name(*name).value(value).build());
    let asked = Asked::builder()
        .namespace(metric.namespace)
        .metric_name(metric.name)
        .set_dimensions(Some(dimensions.collect()))
        .build();
    let stat = MetricStat::builder().metric(asked).period(metric.period).stat(metric.statistic).build();
    MetricDataQuery::builder().id(format!("m{nth}")).metric_stat(stat).return_data(true).build()
}

/// One figure of several, the newest first.
fn value(counts: Counts, figures: &[f64]) -> Option<u64> {
    let figure = match counts {
        Counts::Healthy | Counts::Objects => figures.first().copied(),
        Counts::FailedCopies => (!figures.is_empty()).then(|| figures.iter().sum()),
        Counts::Behind | Counts::Pending | Counts::PendingBytes => figures.iter().copied().reduce(f64::max),
    };
    // A count that is no number is none.
    figure.filter(|figure| *figure >= 0.0).and_then(|figure| format!("{figure:.0}").parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figure_of_several_is_the_worst_the_sum_or_the_newest() {
        assert_eq!(value(Counts::Behind, &[3.0, 900.4, 7.0]), Some(900));
        assert_eq!(value(Counts::FailedCopies, &[3.0, 0.0, 7.0]), Some(10));
        assert_eq!(value(Counts::Healthy, &[0.0, 1.0]), Some(0));
        for counts in [Counts::Behind, Counts::FailedCopies, Counts::Healthy] {
            assert_eq!(value(counts, &[]), None);
        }
        assert_eq!(value(Counts::Behind, &[f64::NAN]), None);
        assert_eq!(value(Counts::Pending, &[-1.0]), None);
    }
}
