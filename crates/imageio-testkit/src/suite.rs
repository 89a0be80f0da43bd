//! Puts the rules together and runs them.

use std::path::PathBuf;
use std::sync::Arc;

use imageio_core::{PluginDescriptor, Registry};
use libtest_mimic::{Arguments, Failed, Trial};

use crate::manifest::{self, Bad, Good};
use crate::rules;

/// What a suite runs on.
#[derive(Debug, Clone)]
pub struct Suite {
    pub(crate) descriptor: &'static PluginDescriptor,
    pub(crate) registry: &'static Registry,
    corpus: PathBuf,
    bad: Option<PathBuf>,
}

impl Suite {
    /// A plugin, the crate's folder, and the folders of good and of bad files (`""` for none).
    pub fn new(descriptor: &'static PluginDescriptor, root: &str, corpus: &str, bad: &str) -> Self {
        let root = PathBuf::from(root);
        // Lives as long as the program: a suite runs once.
        let registry: &'static Registry = Box::leak(Box::new(Registry::empty()));
        registry.register(descriptor);
        Suite { descriptor, registry, corpus: root.join(corpus), bad: (!bad.is_empty()).then(|| root.join(bad)) }
    }
}

pub(crate) type Check = Result<(), Failed>;

/// A rule about the plugin as a whole.
pub(crate) type PluginRule = (&'static str, fn(&Suite, &[Good]) -> Check);
/// A rule about each good file.
pub(crate) type FileRule = (&'static str, fn(&Suite, &Good) -> Check);

/// Runs every rule, prints a JSON line with the counts, and ends the program.
#[allow(clippy::print_stdout, reason = "the runner's report goes to standard output")]
pub fn run(suite: Suite) {
    let arguments = Arguments::from_args();
    let listing = arguments.list;
    let id = suite.descriptor.id();
    let (trials, files, bad) = trials(suite);
    let total = trials.len();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !listing {
        println!(
            "{{\"conformance\":\"{id}\",\"files\":{files},\"bad\":{bad},\"rules\":{total},\"passed\":{},\"failed\":{}}}",
            conclusion.num_passed, conclusion.num_failed
        );
    }
    conclusion.exit();
}

fn trials(suite: Suite) -> (Vec<Trial>, usize, usize) {
    let suite = Arc::new(suite);
    let mut trials = Vec::new();
    let files = match manifest::good(&suite.corpus) {
        Ok(files) => files,
        Err(e) => {
            let message = e.to_string();
            trials.push(Trial::test("corpus::manifest", move || Err(Failed::from(message))));
            Vec::new()
        }
    };
    let enough = files.len() >= 3;
    trials.push(Trial::test("corpus::at_least_three_files", move || match enough {
        true => Ok(()),
        false => Err("a corpus has at least three files".into()),
    }));
    let all = Arc::new(files.clone());
    for (name, rule) in rules::plugin_rules() {
        let (suite, all) = (Arc::clone(&suite), Arc::clone(&all));
        trials.push(Trial::test(name, move || rule(&suite, &all)));
    }
    for (name, rule) in rules::file_rules() {
        for file in &files {
            let (suite, file) = (Arc::clone(&suite), file.clone());
            trials.push(Trial::test(format!("{name}::{}", file.name), move || rule(&suite, &file)));
        }
    }
    let bad: Vec<Bad> = match &suite.bad {
        None => Vec::new(),
        Some(folder) => match manifest::bad(folder) {
            Ok(bad) => bad,
            Err(e) => {
                let message = e.to_string();
                trials.push(Trial::test("bad::manifest", move || Err(Failed::from(message))));
                Vec::new()
            }
        },
    };
    for file in &bad {
        let (suite, file) = (Arc::clone(&suite), file.clone());
        trials.push(Trial::test(format!("bad::{}", file.name), move || rules::bad(&suite, &file)));
    }
    (trials, files.len(), bad.len())
}
