//! Which shard does what in a transaction.

use super::Spread;
use crate::catalog::Command;
use crate::intents::{Mark, Marks};
use crate::mesh::Mesh;
use crate::request::Request;
use crate::session::DATABASES;
use crate::shared::Shared;
use crate::transaction::{Action, JointKey, Meeting, Part, Plan, Step, StepReply};
use crate::unfinished::OwnedArgs;
use crate::watches::Watched;
use zvm::Args;

/// Makes the plan of a transaction out of its commands.
#[derive(Debug)]
pub(crate) struct Planner<'a> {
    shared: &'a Shared,
    args: OwnedArgs,
    steps: Vec<Step>,
    meetings: Vec<Meeting>,
    parts: Vec<Shard>,
}

/// What one shard does.
#[derive(Debug)]
struct Shard {
    shard: usize,
    marks: Vec<Mark>,
    /// Whether it is changed as a whole.
    whole: bool,
    script: Vec<Action>,
    watched: Vec<Watched>,
}

impl<'a> Planner<'a> {
    /// An empty plan.
    pub(crate) fn new(shared: &'a Shared) -> Self {
        let (steps, meetings, parts) = (Vec::new(), Vec::new(), Vec::new());
        Self { shared, args: OwnedArgs::default(), steps, meetings, parts }
    }

    /// Adds a command; `targets` are the shards and hashes of its groups, or of its keys.
    pub(crate) fn add(
        &mut self,
        request: &Request,
        command: &Command,
        args: Args<'_>,
        spread: &Spread,
        targets: &[(usize, u64)],
    ) {
        let step = self.steps.len();
        let reply = match *spread {
            Spread::Shard { shard, hash } => {
                self.mark_all(command, args);
                let own = self.args.extend((0..args.len()).map(|index| args.get(index)));
                let part = self.part(shard);
                self.parts[part].script.push(Action::Run { step, args: own, hash });
                StepReply::Part(part)
            }
            Spread::Groups(groups) => {
                let of_groups: Box<[u32]> = targets
                    .iter()
                    .map(|&(shard, hash)| {
                        let part = self.part(shard);
                        self.parts[part].marks.push(hash);
                        u32::try_from(part).unwrap_or(u32::MAX)
                    })
                    .collect();
                for part in 0..self.parts.len() {
                    let is_own = |group: &usize| of_groups.get(*group) == Some(&(part as u32));
                    let own = || (0..groups.count).filter(is_own);
                    let Some(first) = own().next() else { continue };
                    let count = own().count().to_string();
                    let args = self.args.extend(groups.args_of(args, own(), &count));
                    let hash = targets.get(first).map_or(0, |&(_, hash)| hash);
                    self.parts[part].script.push(Action::Run { step, args, hash });
                }
                StepReply::Groups(of_groups)
            }
            Spread::Joint => self.add_meeting((step, request.namespace), command, args),
            Spread::Everywhere => {
                let args = self.args.extend((0..args.len()).map(|index| args.get(index)));
                for shard in 0..self.shared.shards {
                    let part = self.part(shard);
                    self.parts[part].whole |= command.writes();
                    let args = args.clone();
                    self.parts[part].script.push(Action::Run { step, args, hash: 0 });
                }
                StepReply::All
            }
        };
        self.steps.push(Step::new(request.clone(), reply));
    }

    /// Adds a command whose reply is known already.
    pub(crate) fn add_reply(&mut self, request: &Request, reply: Vec<u8>) {
        self.steps.push(Step::new(request.clone(), StepReply::Known(reply)));
    }

    /// Adds keys that are to be watched from now on.
    pub(crate) fn begin_watch(&mut self, namespace: u32, keys: &[Box<[u8]>]) {
        for key in keys {
            let hash = self.shared.hash(key);
            let part = self.part(self.shared.shard_of(hash));
            let args = self.args.extend(std::iter::once(&**key));
            self.parts[part].marks.push(hash);
            self.parts[part].script.push(Action::Watch(namespace, args));
        }
    }

    /// Adds a watched key: where it has changed, the transaction takes no effect. It is held as
    /// the keys of the commands are: those before, which may be about to change it, come first.
    pub(crate) fn watch(&mut self, watched: Watched) {
        let hash = watched.mark.1;
        let part = self.part(self.shared.shard_of(hash));
        self.parts[part].marks.push(hash);
        self.parts[part].watched.push(watched);
    }

    /// The plan.
    pub(crate) fn finish(self, mesh: &Mesh) -> Plan {
        let parts = self.parts.into_iter().map(|one| {
            let marks = if one.whole { Marks::All } else { Marks::of(one.marks) };
            Part::new(mesh.host(one.shard), marks, one.script, one.watched)
        });
        let parts = parts.collect();
        Plan { args: self.args, steps: self.steps, meetings: self.meetings, parts }
    }

    /// A command for which all shards of its keys meet.
    fn add_meeting(
        &mut self,
        (step, namespace): (usize, u32),
        command: &Command,
        args: Args<'_>,
    ) -> StepReply {
        let own = self.args.extend((0..args.len()).map(|index| args.get(index)));
        let (number, mut hash) = (self.meetings.len(), None);
        // Which one it is about is known to the program alone, and there are few.
        let databases = match command.uses_databases() {
            true => 0..DATABASES,
            false => namespace..namespace + 1,
        };
        let mut meeting = Meeting::new(step, own.clone(), databases);
        for index in command.signature().keys(args) {
            let key_hash = self.shared.hash(args.get(index));
            hash.get_or_insert(key_hash);
            let part = self.part(self.shared.shard_of(key_hash));
            self.parts[part].marks.push(key_hash);
            meeting.add_key(part, JointKey { argument: own.start + index, hash: key_hash });
        }
        meeting.hash = hash.unwrap_or(0);
        for part in meeting.parts() {
            self.parts[part].script.push(Action::Meet(number));
        }
        self.meetings.push(meeting);
        StepReply::Meeting(number)
    }

    /// Marks the keys of a command that are on one shard.
    fn mark_all(&mut self, command: &Command, args: Args<'_>) {
        for index in command.signature().keys(args) {
            let hash = self.shared.hash(args.get(index));
            let part = self.part(self.shared.shard_of(hash));
            self.parts[part].marks.push(hash);
        }
    }

    /// The part of a shard, which is added where there is none.
    fn part(&mut self, shard: usize) -> usize {
        self.parts.iter().position(|part| part.shard == shard).unwrap_or_else(|| {
            self.parts.push(Shard {
                shard,
                marks: Vec::new(),
                whole: false,
                script: Vec::new(),
                watched: Vec::new(),
            });
            self.parts.len() - 1
        })
    }
}
