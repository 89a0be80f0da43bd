//! One table at the end of a run.

use std::time::{Duration, Instant};

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
}

impl Report {
    /// Runs a step, says so, and goes on whatever comes of it.
    pub fn step(&mut self, name: &str, run: impl FnOnce() -> Result<(), String>) {
        self.step_or_skip(name, || run().map(|()| None));
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
        if failed > 0 { Err(format!("{failed} steps failed")) } else { Ok(()) }
    }
}
