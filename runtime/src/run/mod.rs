//! A run, from what was asked for to what came of it: who runs, whether it may, and how it goes.

pub mod runner;
