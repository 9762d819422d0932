//! Templates to words.

use crate::class::Keys;
use crate::grammar::{Choice, Grammar, Node, Part, Repeat};
use crate::random::Random;
use crate::word::{Role, Word};

/// Draws the words of one request.
pub(crate) fn words(part: &Part, grammar: &Grammar, keys: &Keys, random: &mut Random) -> Vec<Word> {
    let mut draw = Draw { grammar, keys, random, words: Vec::new() };
    draw.sequence(&part.sequence);
    let mut words = draw.words;
    words.iter_mut().take(part.name_words).for_each(|word| word.role = Role::Name);
    words
}

struct Draw<'a> {
    grammar: &'a Grammar,
    keys: &'a Keys,
    random: &'a mut Random,
    words: Vec<Word>,
}

impl Draw<'_> {
    /// Options that stand side by side come in any order.
    fn sequence(&mut self, mut nodes: &[Node]) {
        while let Some(node) = nodes.first() {
            let is_optional = |node: &&Node| matches!(node, Node::Optional(_));
            let options = nodes.iter().take_while(is_optional).count();
            let (now, rest) = nodes.split_at(options.max(1));
            nodes = rest;
            if options < 2 {
                self.node(node);
                continue;
            }
            let mut now: Vec<&Node> = now.iter().collect();
            self.random.shuffle(&mut now);
            now.into_iter().for_each(|node| self.node(node));
        }
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Word(word) => self.words.push(Word::new(word.clone(), Role::Option)),
            Node::Class(class) => {
                let bytes = class.draw(self.random, self.keys);
                self.words.push(Word::new(bytes, class.role));
            }
            Node::Range(range) => {
                let number = self.random.between(range.low, range.high);
                self.words.push(Word::new(number.to_string(), Role::Value));
            }
            Node::Defined(name) => {
                let grammar = self.grammar;
                let choice = grammar.definition(name).expect("a grammar was checked");
                self.choice(choice);
            }
            Node::Optional(choice) => {
                if self.random.one_in(3) {
                    self.choice(choice);
                }
            }
            Node::Group(choice, repeat) => {
                let count = match repeat {
                    Repeat::Once => 1,
                    Repeat::Some => 1 + self.repetitions(),
                    Repeat::Any => self.repetitions(),
                };
                (0..count).for_each(|_| self.choice(choice));
            }
        }
    }

    fn choice(&mut self, choice: &Choice) {
        let chosen = self.random.below(choice.0.len());
        self.sequence(&choice.0[chosen]);
    }

    /// Mostly few; sometimes what needs another representation, or several pages.
    fn repetitions(&mut self) -> usize {
        match self.random.below(40) {
            0 => self.random.below(300),
            1..4 => self.random.below(40),
            _ => self.random.below(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn drawn(text: &str) -> BTreeSet<String> {
        let grammar = Grammar::parse("test.gen", text).expect("a grammar");
        let (keys, mut random) = (Keys::of_connection(0, 6), Random::new(4));
        (0..500)
            .map(|_| {
                let line = grammar.pick(false, &mut random).expect("a line");
                let words = words(&line.parts[0], &grammar, &keys, &mut random);
                let words: Vec<_> =
                    words.iter().map(|word| String::from_utf8_lossy(&word.bytes)).collect();
                words.join(" ")
            })
            .collect()
    }

    #[test]
    fn neighbouring_options_come_in_any_order_and_nested_ones_in_theirs() {
        assert_eq!(
            drawn("C [A] [B]"),
            ["C", "C A", "C A B", "C B", "C B A"].map(str::to_owned).into()
        );
        assert_eq!(drawn("C [A [B]]"), ["C", "C A", "C A B"].map(str::to_owned).into());
    }

    #[test]
    fn groups_definitions_and_ranges_are_drawn() {
        assert_eq!(
            drawn("limit = LIMIT {1..2}\nC (x | {limit})"),
            ["C x", "C LIMIT 1", "C LIMIT 2"].map(str::to_owned).into()
        );
        let lens: BTreeSet<usize> =
            drawn("C (a b)*").iter().map(|text| text.split(' ').count()).collect();
        assert!(lens.contains(&1) && lens.iter().all(|len| len % 2 == 1), "{lens:?}");
        assert!(lens.iter().any(|len| *len > 100));
        assert!(!drawn("C (a b)+").contains("C"));
    }
}
