//! Grammar and seed to cases.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::case::{Case, Phase, Step};
use crate::class::Keys;
use crate::draw;
use crate::grammar::{Grammar, Part};
use crate::noise;
use crate::random::Random;
use crate::request::Form;

/// The case of a seed. One in three has connections that share their keys and send one request at
/// a time; in the others each has its own keys, and all send pipelines at once.
#[must_use]
pub(crate) fn generate(grammar: &Grammar, seed: u64) -> Case {
    let mut random = Random::new(seed);
    let connections = 1 + random.below(CONNECTIONS_MAX);
    let keys_of_a_kind = *random.pick(&[2, 5, 5, 8, 60]);
    let shares = random.one_in(3);
    let keys: Vec<Keys> = (0..connections)
        .map(|of| match shares {
            true => Keys::shared(keys_of_a_kind),
            false => Keys::of_connection(of, keys_of_a_kind),
        })
        .collect();
    let mut generator = Generator { grammar, keys, random };
    let phases = if shares {
        vec![generator.in_turn(SHARED_MAX, 20)]
    } else {
        let count = 1 + generator.random.below(PHASES_MAX);
        (0..count).flat_map(|_| [generator.together(), generator.in_turn(ALONE_MAX, 2)]).collect()
    };
    Case { seed, is_cut: !generator.random.one_in(4), connections, phases }
}

struct Generator<'a> {
    grammar: &'a Grammar,
    /// By connection.
    keys: Vec<Keys>,
    random: Random,
}

impl Generator<'_> {
    fn together(&mut self) -> Phase {
        let len_max = *self.random.pick(&[10, 40, 40, 150]);
        let pipelines = (0..self.keys.len())
            .map(|of| {
                let len = self.random.below(len_max + 1);
                let mut steps = Vec::with_capacity(len);
                while steps.len() < len {
                    let Some(more) = self.line(of, false, false) else { break };
                    steps.extend(more);
                }
                steps
            })
            .collect();
        Phase::Together(pipelines)
    }

    /// Requests of any kind, one in so many of those that look at what others have.
    fn in_turn(&mut self, len_max: usize, alone_one_in: usize) -> Phase {
        let len = self.random.below(len_max + 1);
        let mut steps = Vec::with_capacity(len);
        // What is left of each connection's line: the requests of several meet in between.
        let mut left: Vec<VecDeque<Step>> = self.keys.iter().map(|_| VecDeque::new()).collect();
        while steps.len() < len {
            let of = self.random.below(self.keys.len());
            if left[of].is_empty() {
                let alone = self.random.one_in(alone_one_in);
                let more = self.line(of, alone, true).or_else(|| self.line(of, !alone, true));
                let Some(more) = more else { break };
                left[of].extend(more);
            }
            steps.extend(left[of].pop_front().map(|step| (of, step)));
        }
        for (of, steps_left) in left.into_iter().enumerate() {
            steps.extend(steps_left.into_iter().map(|step| (of, step)));
        }
        Phase::InTurn(steps)
    }

    /// The requests of a line; none where no line is of that kind.
    fn line(&mut self, of: usize, alone: bool, may_touch_all: bool) -> Option<Vec<Step>> {
        let Self { grammar, keys, random } = self;
        let line = grammar.pick(alone, random)?;
        let mut steps = Vec::with_capacity(line.parts.len());
        let last = line.parts.len() - 1;
        for (at, part) in line.parts.iter().enumerate() {
            if part.is_random {
                for _ in 0..random.below(REQUESTS_MAX + 1) {
                    let Some(line) = grammar.pick_queueable(random) else { break };
                    let mut step = step(grammar, &line.parts[0], &keys[of], random);
                    noise::disturb(&mut step.words, &keys[of], may_touch_all, random);
                    steps.push(step);
                }
                continue;
            }
            let mut step = step(grammar, part, &keys[of], random);
            // A loop replaces its cursor, which must stay where it is; and what ends a line of
            // several requests ends it.
            if !part.checks.rule.is_loop() && (at == 0 || at < last) {
                noise::disturb(&mut step.words, &keys[of], may_touch_all, random);
            }
            steps.push(step);
        }
        Some(steps)
    }
}

/// A request as its part of a line says, in either form.
fn step(grammar: &Grammar, part: &Part, keys: &Keys, random: &mut Random) -> Step {
    let words = draw::words(part, grammar, keys, random);
    let form = if random.one_in(4) { Form::Inline } else { Form::Multibulk };
    Step { words, form, checks: Arc::clone(&part.checks) }
}

/// Requests for `{requests}`, at most.
const REQUESTS_MAX: usize = 8;
const CONNECTIONS_MAX: usize = 4;
const PHASES_MAX: usize = 3;
const ALONE_MAX: usize = 16;
const SHARED_MAX: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar() -> Grammar {
        let text = "SET {string} {value}\n9 GET {string}\nDBSIZE => alone\n";
        Grammar::parse("test.gen", text).expect("a grammar")
    }

    #[test]
    fn a_seed_determines_the_case() {
        for seed in 0..50 {
            assert_eq!(generate(&grammar(), seed), generate(&grammar(), seed));
            assert_ne!(generate(&grammar(), seed).seed, generate(&grammar(), seed + 1).seed);
        }
    }

    #[test]
    fn whole_databases_are_looked_at_only_while_others_rest() {
        let mut seen = 0;
        for seed in 0..200 {
            for phase in generate(&grammar(), seed).phases {
                match phase {
                    Phase::Together(pipelines) => {
                        assert!(pipelines.iter().flatten().all(|step| !step.checks.alone));
                    }
                    Phase::InTurn(steps) => {
                        seen += steps.iter().filter(|(_, step)| step.checks.alone).count();
                    }
                }
            }
        }
        assert!(seen > 100);
    }
}
