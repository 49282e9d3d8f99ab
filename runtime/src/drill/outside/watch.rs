//! Asking again and again, and since when each resolver answers with which site.

use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use holdfast_compiler::drill::{Asked, Heard, MOST_HEARD};
use tokio::time::Instant;

use super::place::Answer;
use super::{Ask, Place};
use crate::drill::session::now;

/// The time from one round of questions to the next: how exact the measured times are.
pub(in crate::drill) const PERIOD: Duration = Duration::from_secs(2);
/// How long after the cloud shows a change every resolver has it, besides the TTL: changes reach all name servers of Route 53 generally
/// within 60 seconds (Amazon Route 53 Developer Guide, "Creating records").
const SPREAD: Duration = Duration::from_secs(60);
/// How many questions are open at a time.
const AT_A_TIME: usize = 16;

/// Where users should be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::drill) enum Way {
    /// To the site that answers before the drill and after it.
    Home,
    /// To the standby.
    Away,
}

/// Records that are asked for in the course of a drill.
pub(in crate::drill) struct Watch {
    places: Vec<Place>,
    resolvers: Vec<(String, Arc<dyn Ask>)>,
    lines: Vec<Line>,
    began: Instant,
    /// When the evacuation was ordered, in milliseconds since the watch began.
    ordered: i64,
}

/// One record at one resolver.
#[derive(Debug, Default)]
struct Line {
    place: usize,
    resolver: usize,
    times: u64,
    silent: u64,
    heard: Vec<Heard>,
    more: u64,
    /// The last answer or silence.
    last: Option<Heard>,
    /// The site of the last answer. `None`: no answer yet.
    site: Option<Option<String>>,
    /// Since when all answers are of that site, in milliseconds since the watch began. A question without an answer changes nothing.
    since: i64,
    /// How many questions had no answer after that.
    silent_since: u64,
}

impl Line {
    fn hear(&mut self, answer: Answer, at: String, moment: i64) {
        self.times += 1;
        let heard = match answer {
            Ok((site, values)) => {
                if self.site.as_ref() != Some(&site) {
                    self.since = moment;
                    self.silent_since = 0;
                    self.site = Some(site.clone());
                }
                Heard { at, after: moment, site, values, silence: None }
            }
            Err(why) => {
                self.silent += 1;
                self.silent_since += 1;
                Heard { at, after: moment, site: None, values: Vec::new(), silence: Some(why) }
            }
        };
        let what = |heard: &Heard| (heard.values.clone(), heard.site.clone(), heard.silence.clone());
        if self.last.as_ref().map(what) != Some(what(&heard)) {
            if self.heard.len() < MOST_HEARD { self.heard.push(heard.clone()) } else { self.more += 1 }
        }
        self.last = Some(heard);
    }

    /// Since when it answers with a site. `None`: it does not, or nobody can tell.
    fn settled(&self, site: &str) -> Option<i64> {
        let is_silent = self.last.as_ref().is_none_or(|last| last.silence.is_some());
        let is_there = self.site.as_ref().and_then(Option::as_deref) == Some(site);
        (is_there && !is_silent).then_some(self.since)
    }
}

impl Watch {
    /// A watch of these records at these resolvers. Nobody is asked yet.
    pub(in crate::drill) fn new(places: Vec<Place>, resolvers: Vec<(String, Arc<dyn Ask>)>) -> Self {
        let pairs =
            (0..places.len()).flat_map(|place| (0..resolvers.len()).map(move |resolver| (place, resolver)));
        let lines = pairs.map(|(place, resolver)| Line { place, resolver, ..Line::default() }).collect();
        Self { places, resolvers, lines, began: Instant::now(), ordered: 0 }
    }

    /// The names of the resolvers.
    pub(in crate::drill) fn names(&self) -> String {
        self.resolvers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The records.
    pub(in crate::drill) fn records(&self) -> impl Iterator<Item = &str> {
        self.places.iter().map(|place| place.record.as_str())
    }

    /// Whether nobody is asked for anything.
    pub(in crate::drill) fn is_blind(&self) -> bool {
        self.lines.is_empty()
    }

    /// The evacuation is ordered now: times count from here.
    pub(in crate::drill) fn order(&mut self) {
        self.ordered = self.moment();
    }

    fn moment(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// Ask every resolver for every record, once.
    pub(in crate::drill) async fn look(&mut self) {
        let this = &*self;
        let questions = this.lines.iter().map(|line| async move {
            let answer = match (this.places.get(line.place), this.resolvers.get(line.resolver)) {
                (Some(place), Some((_, resolver))) => place.ask(resolver.as_ref()).await,
                _ => Err("it was not asked".to_owned()),
            };
            (answer, now(), this.moment())
        });
        let answers: Vec<_> = stream::iter(questions).buffered(AT_A_TIME).collect().await;
        for (line, (answer, at, moment)) in self.lines.iter_mut().zip(answers) {
            line.hear(answer, at, moment);
        }
    }

    /// Do something, and keep asking until it is done.
    pub(in crate::drill) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        if self.is_blind() {
            return work.await;
        }
        loop {
            let round = async {
                self.look().await;
                tokio::time::sleep(PERIOD).await;
            };
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = round => {}
            }
        }
    }

    /// Ask until every resolver answers as it should, or until every one would have to: the longest TTL and the time that a change takes to
    /// reach all name servers.
    pub(in crate::drill) async fn settle(&mut self, way: Way) {
        let ttl = self.places.iter().map(|place| place.ttl).max().unwrap_or_default();
        let until = Instant::now() + Duration::from_secs(ttl) + SPREAD;
        loop {
            self.look().await;
            if self.astray(way).is_empty() || Instant::now() >= until {
                return;
            }
            tokio::time::sleep(PERIOD).await;
        }
    }

    /// The lines of a service.
    fn lines_of(&self, service: &str) -> impl Iterator<Item = &Line> {
        let is_of =
            move |line: &&Line| self.places.get(line.place).is_some_and(|place| place.service == service);
        self.lines.iter().filter(is_of)
    }

    fn wanted(&self, line: &Line, way: Way) -> Option<(&Place, &str)> {
        let place = self.places.get(line.place)?;
        Some((place, if way == Way::Home { &place.home } else { &place.away }))
    }

    /// Each record that a resolver answers otherwise, with the service: as a clause.
    pub(in crate::drill) fn astray(&self, way: Way) -> Vec<(String, String)> {
        let one = |line: &Line| {
            let (place, site) = self.wanted(line, way)?;
            if line.settled(site).is_some() {
                return None;
            }
            let name = self.resolvers.get(line.resolver).map(|(name, _)| name.as_str()).unwrap_or_default();
            let said = line.last.as_ref().map_or_else(|| "nothing".to_owned(), Heard::said);
            let clause = format!("`{name}` answers `{}` with {said}, and not with {site}", place.record);
            Some((place.service.clone(), clause))
        };
        self.lines.iter().filter_map(one).collect()
    }

    /// The time from the order to evacuate until the last resolver answered for a service with the standby, and did so since: in seconds,
    /// rounded up.
    ///
    /// # Errors
    /// One of them does not: as a clause.
    pub(in crate::drill) fn rto(&self, service: &str) -> Result<u64, String> {
        if let Some((_, clause)) = self.astray(Way::Away).into_iter().find(|(of, _)| of == service) {
            return Err(clause);
        }
        let last = self.lines_of(service).map(|line| line.since.saturating_sub(self.ordered)).max();
        let last = last.ok_or_else(|| "no resolver was asked for it".to_owned())?;
        Ok(u64::try_from(last).unwrap_or_default().div_ceil(1000))
    }

    /// How far it is known that all resolvers stayed at the site of their last answer for a service: as a clause.
    pub(in crate::drill) fn stayed(&self, service: &str) -> String {
        let silent: u64 = self.lines_of(service).map(|line| line.silent_since).sum();
        match silent {
            0 => "as it did until the return".to_owned(),
            1 => "as every answer until the return did; 1 question had none".to_owned(),
            _ => format!("as every answer until the return did; {silent} questions had none"),
        }
    }

    /// Each record for which a resolver gave no answer now and then, as a sentence.
    pub(in crate::drill) fn silences(&self) -> Vec<String> {
        let of = |asked: &Asked| {
            format!(
                "{} gave no answer for {} to {} of {} questions",
                asked.resolver, asked.record, asked.silent, asked.times
            )
        };
        self.asked().iter().filter(|asked| asked.silent > 0).map(of).collect()
    }

    /// What was heard so far.
    pub(in crate::drill) fn asked(&self) -> Vec<Asked> {
        let of = |line: &Line| {
            let (place, (name, _)) = (self.places.get(line.place)?, self.resolvers.get(line.resolver)?);
            let since_order =
                |heard: &Heard| Heard { after: heard.after.saturating_sub(self.ordered), ..heard.clone() };
            Some(Asked {
                service: place.service.clone(),
                record: place.record.clone(),
                resolver: name.clone(),
                times: line.times,
                silent: line.silent,
                heard: line.heard.iter().map(since_order).collect(),
                more: line.more,
            })
        };
        self.lines.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests;
