//! A failing case made small: phases, connections, requests, the cuts, then words.
//!
//! Whatever is left out or simplified, the case must still fail in the same way: the attempt runs
//! it anew, on servers that start empty. The number of attempts is bounded.

use crate::case::{Case, Phase, Step};
use crate::mismatch::Mismatch;
use crate::request::Form;
use crate::word::Role;

/// The smaller case, how it fails, and after how many attempts.
pub(crate) fn shrink(
    case: Case,
    mismatch: Box<Mismatch>,
    attempt: &mut dyn FnMut(&Case) -> Option<Box<Mismatch>>,
) -> (Case, Box<Mismatch>, usize) {
    let mut search = Search { case, mismatch, attempt, attempts: 0, slow: 0 };
    search.remove_cuts();
    loop {
        let before = search.case.clone();
        search.remove_phases();
        search.remove_connections();
        search.remove_requests();
        search.remove_words();
        search.simplify_words();
        if search.case == before || !search.has_attempts() {
            return (search.case, search.mismatch, search.attempts);
        }
    }
}

struct Search<'a> {
    case: Case,
    mismatch: Box<Mismatch>,
    attempt: &'a mut dyn FnMut(&Case) -> Option<Box<Mismatch>>,
    attempts: usize,
    /// Of those, the ones that failed by waiting.
    slow: usize,
}

impl Search<'_> {
    fn has_attempts(&self) -> bool {
        self.attempts < ATTEMPTS_MAX && self.slow < SLOW_ATTEMPTS_MAX
    }

    /// Takes the case if it differs and fails too.
    fn try_case(&mut self, case: Case) -> bool {
        if !self.has_attempts() || case == self.case {
            return false;
        }
        self.attempts += 1;
        let Some(mismatch) = (self.attempt)(&case) else { return false };
        self.slow += usize::from(mismatch.is_slow());
        if !mismatch.is_like(&self.mismatch) {
            return false;
        }
        (self.case, self.mismatch) = (case, mismatch);
        true
    }

    fn remove_cuts(&mut self) {
        self.try_case(Case { is_cut: false, ..self.case.clone() });
    }

    fn remove_phases(&mut self) {
        for at in (0..self.case.phases.len()).rev() {
            let mut smaller = self.case.clone();
            smaller.phases.remove(at);
            self.try_case(smaller);
        }
    }

    fn remove_connections(&mut self) {
        for of in 0..self.case.connections {
            let mut smaller = self.case.clone();
            for phase in &mut smaller.phases {
                match phase {
                    Phase::Together(pipelines) => pipelines[of].clear(),
                    Phase::InTurn(steps) => steps.retain(|(by, _)| *by != of),
                }
            }
            self.try_case(smaller);
        }
    }

    /// Leaves out runs of requests, of half of a list first, then of shorter ones.
    fn remove_requests(&mut self) {
        for (phase, of) in lists(&self.case) {
            let mut len = list_len(&self.case, phase, of).div_ceil(2);
            while len > 0 {
                let mut from = 0;
                while from < list_len(&self.case, phase, of) && self.has_attempts() {
                    let mut smaller = self.case.clone();
                    remove(&mut smaller, phase, of, from, len);
                    if !self.try_case(smaller) {
                        from += len;
                    }
                }
                len /= 2;
            }
        }
    }

    /// Leaves out words behind the name, halves first. Of requests that run at once with others
    /// those up to the last key stay: another word in its place could be the key of several.
    fn remove_words(&mut self) {
        for number in 0..self.case.len() {
            let at_once = self.case.is_at_once(number);
            let step = step_mut(&mut self.case, number);
            let names = step.words.iter().take_while(|word| word.role == Role::Name).count();
            let keys = step.words.iter().rposition(|word| word.role == Role::Key);
            let first = names.max(keys.filter(|_| at_once).map_or(0, |at| at + 1));
            let mut len = (step.words.len() - first).div_ceil(2);
            while len > 0 {
                let mut from = first;
                while from < step_mut(&mut self.case, number).words.len() && self.has_attempts() {
                    let mut smaller = self.case.clone();
                    let words = &mut step_mut(&mut smaller, number).words;
                    words.drain(from..words.len().min(from + len));
                    if !self.try_case(smaller) {
                        from += len;
                    }
                }
                len /= 2;
            }
        }
    }

    /// Puts plainer words for those that are there.
    fn simplify_words(&mut self) {
        for number in 0..self.case.len() {
            let mut smaller = self.case.clone();
            step_mut(&mut smaller, number).form = Form::Multibulk;
            self.try_case(smaller);
            for at in 0..step_mut(&mut self.case, number).words.len() {
                let word = step_mut(&mut self.case, number).words[at].clone();
                for bytes in plainer(&word.bytes, word.role) {
                    let mut smaller = self.case.clone();
                    step_mut(&mut smaller, number).words[at].bytes = bytes;
                    if self.try_case(smaller) {
                        break;
                    }
                }
            }
        }
    }
}

/// What may stand for a word, the plainest first. A key keeps its start, which says whose it is.
fn plainer(bytes: &[u8], role: Role) -> Vec<Vec<u8>> {
    let half = bytes[..bytes.len() / 2].to_vec();
    let mut candidates = match role {
        Role::Name | Role::Option => vec![bytes.to_ascii_uppercase()],
        Role::Key => vec![bytes.iter().copied().take_while(u8::is_ascii_graphic).take(8).collect()],
        Role::Value => vec![b"1".to_vec(), b"v".to_vec(), half],
        Role::Cursor => Vec::new(),
    };
    // A word that is as plain already stays as it is: otherwise there would be no end.
    let at = candidates.iter().position(|plain| plain == bytes);
    candidates.truncate(at.unwrap_or(candidates.len()));
    candidates
}

/// Phase and connection of every list of requests.
fn lists(case: &Case) -> Vec<(usize, usize)> {
    let lists_of = |(number, phase): (usize, &Phase)| {
        let count = match phase {
            Phase::Together(pipelines) => pipelines.len(),
            Phase::InTurn(_) => 1,
        };
        (0..count).map(move |of| (number, of)).collect::<Vec<_>>()
    };
    case.phases.iter().enumerate().flat_map(lists_of).collect()
}

fn list_len(case: &Case, phase: usize, of: usize) -> usize {
    match &case.phases[phase] {
        Phase::Together(pipelines) => pipelines[of].len(),
        Phase::InTurn(steps) => steps.len(),
    }
}

fn remove(case: &mut Case, phase: usize, of: usize, from: usize, len: usize) {
    match &mut case.phases[phase] {
        Phase::Together(pipelines) => {
            let steps = &mut pipelines[of];
            steps.drain(from..steps.len().min(from + len));
        }
        Phase::InTurn(steps) => {
            steps.drain(from..steps.len().min(from + len));
        }
    }
}

fn step_mut(case: &mut Case, number: usize) -> &mut Step {
    let steps = case.phases.iter_mut().flat_map(|phase| {
        let steps: Vec<&mut Step> = match phase {
            Phase::Together(pipelines) => pipelines.iter_mut().flatten().collect(),
            Phase::InTurn(steps) => steps.iter_mut().map(|(_, step)| step).collect(),
        };
        steps
    });
    steps.into_iter().nth(number).expect("a number below the case's length")
}

const ATTEMPTS_MAX: usize = 600;

/// Each takes as long as a reply is waited for.
const SLOW_ATTEMPTS_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::generate;
    use crate::grammar::Grammar;
    use crate::mismatch::MismatchKind;
    use crate::request::Request;

    fn requests(case: &Case) -> Vec<Request> {
        let mut case = case.clone();
        (0..case.len()).map(|number| step_mut(&mut case, number).request()).collect()
    }

    /// A case that fails where a SET of a long value comes before a GET of the same key.
    fn fails(case: &Case) -> Option<Box<Mismatch>> {
        let requests = requests(case);
        let name = |request: &Request| request.words[0].to_ascii_uppercase();
        let wrong = requests.iter().enumerate().any(|(at, set)| {
            name(set) == b"SET"
                && set.words.get(2).is_some_and(|value| value.len() > 40)
                && requests[at..]
                    .iter()
                    .any(|get| name(get) == b"GET" && get.words.get(1) == set.words.get(1))
        });
        let kind = MismatchKind::Replies { ours: Vec::new(), theirs: Vec::new() };
        let request = Request::from_line("GET");
        wrong.then(|| Box::new(Mismatch { phase: None, connection: 0, request, kind }))
    }

    #[test]
    fn what_does_not_matter_goes() {
        let text = "SET {string} {value} [NX | XX]\nGET {string}\nDEL {any}\n";
        let grammar = Grammar::parse("test.gen", text).expect("a grammar");
        let mut shrunk = 0;
        for seed in 0..60 {
            let case = generate(&grammar, seed);
            let Some(mismatch) = fails(&case) else { continue };
            let (case, _, attempts) = shrink(case, mismatch, &mut fails);
            let requests = requests(&case);
            assert_eq!(requests.len(), 2, "{case}");
            assert!(requests.iter().all(|request| request.form == Form::Multibulk), "{case}");
            assert_eq!(requests[0].words.len(), 3, "{case}");
            assert!((41..82).contains(&requests[0].words[2].len()), "{case}");
            assert!(attempts <= ATTEMPTS_MAX && fails(&case).is_some());
            shrunk += 1;
        }
        assert!(shrunk > 10);
    }

    #[test]
    fn attempts_that_wait_are_few() {
        let grammar = Grammar::parse("test.gen", "GET {string}").expect("a grammar");
        let mut attempts = 0;
        let mut slow = |_: &Case| {
            attempts += 1;
            let source = std::io::ErrorKind::TimedOut.into();
            let kind = MismatchKind::Broken { side: crate::mismatch::Side::Ours, source };
            let request = Request::from_line("GET");
            Some(Box::new(Mismatch { phase: None, connection: 0, request, kind }))
        };
        let case = generate(&grammar, 3);
        let mismatch = slow(&case).expect("a mismatch");
        shrink(case, mismatch, &mut slow);
        assert!(attempts <= SLOW_ATTEMPTS_MAX + 1);
    }
}
