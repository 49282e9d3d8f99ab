//! The longest way through a recovery, whatever order people choose.
//!
//! A node begins when the nodes before it are done, and when its worker is free. A *worker* does one thing at a time: a
//! person one step, a throughput one restore's worth of data. Nobody idles while something can begin, but of several things
//! any may come first. While a node waits for its worker, the worker does things that come neither before nor after that
//! node. Each of them happens once. So along one path the wait is at most the sum of all things that some node of the path
//! can wait for: the path *covers* them. The bound is the path with the largest sum of its own nodes and of what it covers.
//! It is never below a schedule without idling (the argument of Graham's bound for list scheduling; R. L. Graham, "Bounds
//! on Multiprocessing Timing Anomalies", SIAM J. Appl. Math. 17, 1969), and shortening anything never makes it larger.

use std::cmp::Reverse;

use super::{Assurance, Bound, Term};
use crate::units::Duration;

/// A node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node(usize);

/// Something that happens once and delays whoever waits for it.
#[derive(Debug)]
struct Load {
    /// What it is for a path that waits for it.
    waits: Vec<Term>,
    /// How much of it there is.
    size: (bool, Duration),
    /// A larger load that includes it.
    within: Option<usize>,
}

#[derive(Debug)]
struct Point {
    before: Vec<Node>,
    /// What it is for a path that leads through it.
    terms: Vec<Term>,
    /// Its own load.
    load: usize,
    /// Everything that a path through it can wait for.
    covers: Set,
    /// The nodes that come before it, directly or not.
    ancestors: Set,
    ways: Vec<Way>,
}

/// A path, and what it covers.
#[derive(Debug, Clone)]
struct Way {
    covers: Set,
    nodes: Vec<usize>,
}

/// A set of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Set(Vec<u64>);

impl Set {
    fn insert(&mut self, nth: usize) {
        if self.0.len() <= nth / 64 {
            self.0.resize(nth / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(nth / 64) {
            *word |= 1 << (nth % 64);
        }
    }

    fn contains(&self, nth: usize) -> bool {
        self.0.get(nth / 64).is_some_and(|word| word & (1 << (nth % 64)) != 0)
    }

    fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(word, more)| *word |= more);
    }

    fn has_all_of(&self, other: &Self) -> bool {
        other
            .0
            .iter()
            .enumerate()
            .all(|(nth, word)| word & !self.0.get(nth).copied().unwrap_or_default() == 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        let bits = |(nth, word): (usize, &u64)| {
            let word = *word;
            (0..64).filter(move |bit| word & (1 << bit) != 0).map(move |bit| nth * 64 + bit)
        };
        self.0.iter().enumerate().flat_map(bits)
    }
}

/// How many paths to a node are kept apart. Beyond that, paths are joined: the bound stays a bound, but may grow.
const APART: usize = 12;

/// A recovery as a graph.
#[derive(Debug, Default)]
pub(super) struct Paths {
    points: Vec<Point>,
    loads: Vec<Load>,
}

impl Paths {
    /// Adds a node after others. `waits` is what it is for a path that leads elsewhere and waits for it.
    pub(super) fn add(&mut self, before: Vec<Node>, terms: Vec<Term>, waits: Vec<Term>) -> Node {
        let load = self.load(waits, None);
        let mut ancestors = Set::default();
        for node in &before {
            ancestors.insert(node.0);
            if let Some(point) = self.points.get(node.0) {
                ancestors.add(&point.ancestors);
            }
        }
        if let Some(own) = self.loads.get_mut(load) {
            own.size = Bound::of(terms.clone()).rank();
        }
        let mut covers = Set::default();
        covers.insert(load);
        self.points.push(Point { before, terms, load, covers, ancestors, ways: Vec::new() });
        Node(self.points.len() - 1)
    }

    /// Adds a load that is no node. `within`: a node whose load includes it.
    pub(super) fn load(&mut self, waits: Vec<Term>, within: Option<Node>) -> usize {
        let within = within.and_then(|node| self.points.get(node.0)).map(|point| point.load);
        self.add_load(waits, within)
    }

    fn add_load(&mut self, waits: Vec<Term>, within: Option<usize>) -> usize {
        let size = Bound::of(waits.clone()).rank();
        self.loads.push(Load { waits, size, within });
        self.loads.len() - 1
    }

    /// A load like another one, at most this long.
    pub(super) fn shorter(&mut self, load: usize, most: Duration) -> usize {
        let Some(found) = self.loads.get(load).filter(|load| !load.size.0 && load.size.1 > most) else {
            return load;
        };
        let waits = found.waits.iter().map(|term| Term { value: term.value.map(|_| most), ..term.clone() });
        let waits = waits.collect();
        self.add_load(waits, Some(load))
    }

    /// A node can wait for a load.
    pub(super) fn covers(&mut self, node: Node, load: usize) {
        if let Some(point) = self.points.get_mut(node.0) {
            point.covers.insert(load);
        }
    }

    /// A node can wait for another node.
    pub(super) fn waits_for(&mut self, node: Node, other: Node) {
        if let Some(load) = self.points.get(other.0).map(|point| point.load) {
            self.covers(node, load);
        }
    }

    /// Whether a node comes before another one, directly or not.
    pub(super) fn is_before(&self, node: Node, other: Node) -> bool {
        self.points.get(other.0).is_some_and(|point| point.ancestors.contains(node.0))
    }

    /// Whether neither of two nodes comes before the other.
    pub(super) fn are_apart(&self, one: Node, other: Node) -> bool {
        one != other && !self.is_before(one, other) && !self.is_before(other, one)
    }

    /// How much a node takes by itself.
    pub(super) fn size(&self, node: Node) -> (bool, Duration) {
        self.points.get(node.0).map_or((false, Duration::default()), |point| self.size_of(point.load))
    }

    /// How much a load is.
    pub(super) fn size_of(&self, load: usize) -> (bool, Duration) {
        self.loads.get(load).map_or((false, Duration::default()), |load| load.size)
    }

    /// Finds the ways to every node. Nodes are added after those before them, so one pass is enough.
    pub(super) fn solve(&mut self) {
        for nth in 0..self.points.len() {
            let Some(point) = self.points.get(nth) else { continue };
            let mut ways: Vec<Way> = Vec::new();
            let before = point.before.iter().filter_map(|node| self.points.get(node.0));
            for way in before.flat_map(|before| &before.ways) {
                let mut way = way.clone();
                way.covers.add(&point.covers);
                way.nodes.push(nth);
                ways.push(way);
            }
            if ways.is_empty() {
                ways.push(Way { covers: point.covers.clone(), nodes: vec![nth] });
            }
            let ways = self.few(ways);
            if let Some(point) = self.points.get_mut(nth) {
                point.ways = ways;
            }
        }
    }

    /// Without the ways that another one covers; if many are left, the shortest are joined.
    fn few(&self, mut ways: Vec<Way>) -> Vec<Way> {
        // Of equal ways the one with more nodes, so that the report tells more.
        ways.sort_by_cached_key(|way| Reverse((self.sum(&way.covers), way.nodes.len())));
        let (mut kept, mut kept_count): (Vec<Way>, usize) = (Vec::new(), 0);
        for way in ways {
            if kept.iter().any(|other| other.covers.has_all_of(&way.covers)) {
                continue;
            }
            match kept.last_mut() {
                Some(last) if kept_count >= APART => last.covers.add(&way.covers),
                _ => {
                    kept.push(way);
                    kept_count += 1;
                }
            }
        }
        kept
    }

    /// How long a set of loads takes. A load within another one counts once.
    fn sum(&self, loads: &Set) -> (bool, Duration) {
        let counted =
            loads.iter().filter_map(|nth| self.loads.get(nth)).filter(|load| !self.is_within(load, loads));
        counted
            .fold((false, Duration::default()), |sum, load| (sum.0 || load.size.0, sum.1.plus(load.size.1)))
    }

    /// The longest way to the beginning of a node.
    pub(super) fn begin(&self, node: Node) -> Bound {
        let Some(point) = self.points.get(node.0) else { return Bound::default() };
        let ways = point.ways.iter().map(|way| {
            let mut way = way.clone();
            way.nodes.pop();
            let mut covers = Set::default();
            way.covers.iter().filter(|load| *load != point.load).for_each(|load| covers.insert(load));
            Way { covers, ..way }
        });
        let longest = ways.max_by_key(|way| self.sum(&way.covers));
        Bound::of(longest.map(|way| self.terms(&way)).unwrap_or_default())
    }

    /// The longest way through everything.
    pub(super) fn longest(&self) -> Bound {
        let ways = self.points.iter().flat_map(|point| &point.ways);
        let longest = ways.max_by_key(|way| (self.sum(&way.covers), way.nodes.len()));
        let terms = longest.map(|way| self.terms(way)).unwrap_or_default();
        Bound { terms, beside: self.assurance() }
    }

    /// The lowest assurance of everything that happens.
    fn assurance(&self) -> Option<Assurance> {
        let terms = self.points.iter().flat_map(|point| &point.terms);
        let waits = self.loads.iter().flat_map(|load| &load.waits);
        terms.chain(waits).map(|term| term.assurance).min()
    }

    /// The terms of a way, in the order in which they happen. A thing that it covers stands before the first node that can
    /// wait for it.
    fn terms(&self, way: &Way) -> Vec<Term> {
        let mut open = way.covers.clone();
        let mut terms = Vec::new();
        let through = |load: usize| {
            way.nodes.iter().any(|nth| self.points.get(*nth).is_some_and(|point| point.load == load))
        };
        for point in way.nodes.iter().filter_map(|nth| self.points.get(*nth)) {
            let waits = open.iter().filter(|load| point.covers.contains(*load) && !through(*load));
            let waits: Vec<usize> = waits.collect();
            terms.extend(self.waits(&waits, &way.covers));
            terms.extend(point.terms.iter().cloned());
            let mut rest = Set::default();
            let done = |load: &usize| waits.contains(load) || *load == point.load;
            open.iter().filter(|load| !done(load)).for_each(|load| rest.insert(load));
            open = rest;
        }
        // What a way covers that was joined with others, and what only its end could have waited for.
        let rest: Vec<usize> = open.iter().filter(|load| !through(*load)).collect();
        terms.extend(self.waits(&rest, &way.covers));
        terms
    }

    fn waits(&self, loads: &[usize], covers: &Set) -> Vec<Term> {
        let loads = loads.iter().filter_map(|nth| self.loads.get(*nth));
        loads
            .filter(|load| !self.is_within(load, covers))
            .flat_map(|load| load.waits.iter().cloned())
            .collect()
    }

    /// Whether a set has a load that includes this one, directly or not.
    fn is_within(&self, load: &Load, loads: &Set) -> bool {
        let parent = |load: &Load| load.within.and_then(|nth| Some((nth, self.loads.get(nth)?)));
        std::iter::successors(parent(load), |(_, larger)| parent(larger)).any(|(nth, _)| loads.contains(nth))
    }
}
