//! One table at the end of a run.

use std::time::{Duration, Instant};

use crate::skips::Skips;

/// What became of a step.
pub enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// Steps with what became of them.
#[derive(Default)]
pub struct Report {
    rows: Vec<(String, Duration, Outcome)>,
    skips: Skips,
}

impl Report {
    /// Runs a step, says so, and goes on whatever comes of it.
    pub fn step(&mut self, name: &str, run: impl FnOnce() -> Result<(), String>) {
        self.step_or_skip(name, || run().map(|()| None));
    }

    /// As [`step`](Self::step), for steps whose tests may skip checks, which are counted.
    pub fn step_with_skips(&mut self, name: &str, run: impl FnOnce(&mut Skips) -> Result<(), String>) {
        let mut skips = Skips::new();
        self.step(name, || run(&mut skips));
        for (reason, n) in skips {
            *self.skips.entry(reason).or_default() += n;
        }
    }

    /// As [`step`](Self::step), for steps that may find what they need missing: `Some(reason)` skips.
    pub fn step_or_skip(&mut self, name: &str, run: impl FnOnce() -> Result<Option<String>, String>) {
        println!("\n==> {name}");
        let start = Instant::now();
        let outcome = match run() {
            Ok(None) => Outcome::Passed,
            Ok(Some(reason)) => {
                println!("skipped: {reason}");
                Outcome::Skipped(reason)
            }
            Err(why) => {
                println!("FAILED: {why}");
                Outcome::Failed(why)
            }
        };
        self.rows.push((name.to_owned(), start.elapsed(), outcome));
    }

    /// Prints the table; an error if anything failed.
    pub fn finish(self) -> Result<(), String> {
        let (mut passed, mut failed, mut skipped) = (0, 0, 0);
        println!("\n{:<16} {:>7}  outcome", "step", "seconds");
        for (name, took, outcome) in &self.rows {
            let words = match outcome {
                Outcome::Passed => {
                    passed += 1;
                    "passed".to_owned()
                }
                Outcome::Failed(why) => {
                    failed += 1;
                    format!("FAILED: {why}")
                }
                Outcome::Skipped(reason) => {
                    skipped += 1;
                    format!("skipped: {reason}")
                }
            };
            println!("{name:<16} {:>7.1}  {words}", took.as_secs_f64());
        }
        println!("\nsteps: {passed} passed, {failed} failed, {skipped} skipped");
        println!("checks skipped within them: {}", self.skips.values().sum::<usize>());
        for (reason, n) in &self.skips {
            println!("  {n:>4} × {reason}");
        }
        if failed > 0 { Err(format!("{failed} steps failed")) } else { Ok(()) }
    }
}
