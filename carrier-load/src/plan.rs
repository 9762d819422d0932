//! What a run does, in order: connect, set up, preload, measure, check what is left to check.

use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::Failure;
use crate::interrupt;
use crate::keys::{NextKeys, Order};
use crate::mix::{self, Mix};
use crate::phase::{KeyOrder, Phase};
use crate::report::Report;
use crate::setup::{self, Step};
use crate::tally::Tally;
use crate::target::{Stream, Target};
use crate::template::{Protocol, World};
use crate::worker::{Habits, Shared, Worker};

/// A run, as the options describe it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) world: World,
    pub(crate) target: Target,
    /// Whether connections begin with `HELLO 3`.
    pub(crate) says_hello: bool,
    pub(crate) setup: Vec<Step>,
    pub(crate) preload: Option<Mix>,
    pub(crate) mix: Mix,
    pub(crate) order: Order,
    pub(crate) fresh_from: u64,
    pub(crate) pipeline: usize,
    pub(crate) connections: usize,
    pub(crate) threads: usize,
    pub(crate) rate: Option<u64>,
    pub(crate) tick_ns: u64,
    pub(crate) spins: bool,
    pub(crate) warm_up: u64,
    pub(crate) bounds_ns: Vec<u64>,
    pub(crate) requests: Option<u64>,
    pub(crate) limit_ns: Option<u64>,
    pub(crate) must_hit: bool,
    pub(crate) owns_keys: bool,
    pub(crate) patience_ns: u64,
    pub(crate) seed: u64,
    pub(crate) shows_progress: bool,
}

impl Plan {
    /// Carries it out. To be called once a process, because it listens to signals.
    ///
    /// # Errors
    ///
    /// The first wrong, missing or superfluous reply, what the system refused, or the user's wish
    /// to end before there is anything to report.
    pub fn run(&self) -> Result<Report, Failure> {
        let interrupt = interrupt::watch()
            .map_err(|source| Failure::Io { doing: "listen to signals", source })?;
        let habits = Habits {
            clock: Clock::start(),
            threads: self.threads,
            connections: self.connections,
            seed: self.seed,
            patience_ns: self.patience_ns,
            spins: self.spins,
            bounds_ns: &self.bounds_ns,
            interrupt: &interrupt,
        };
        setup::run(&self.setup, &self.world, &self.target, &habits)?;
        let workers = self.workers(Duration::from_nanos(self.patience_ns))?;
        let mut run = Run { plan: self, habits, workers };
        let mut preload_ns = None;
        if let Some(mix) = &self.preload {
            let start_ns = habits.clock.now_ns();
            let tally = run.uncounted_phase(&self.preload_phase(mix))?;
            preload_ns = Some(tally.end_ns.saturating_sub(start_ns));
        }
        if self.owns_keys {
            run.begin_versions();
        }
        let mut phase = self.measured_phase();
        if self.warm_up > 0 {
            phase.from = run.uncounted_phase(&self.warm_up_phase())?.next_keys;
        }
        let start_ns = habits.clock.now_ns();
        let tally = run.phase(&phase)?;
        let report = self.report(&phase, tally, start_ns, preload_ns);
        if report.is_interrupted() {
            return Ok(report);
        }
        if self.owns_keys {
            run.uncounted_phase(&self.read_back_phase()?)?;
        }
        run.uncounted_phase(&self.farewell_phase()?)?;
        Ok(report)
    }

    fn report(
        &self,
        phase: &Phase,
        tally: Tally,
        start_ns: u64,
        preload_ns: Option<u64>,
    ) -> Report {
        Report {
            elapsed_ns: tally.end_ns.saturating_sub(start_ns),
            preload_ns,
            names: phase.mix.templates().iter().map(|template| template.name.clone()).collect(),
            bounds_ns: self.bounds_ns.clone(),
            rate: self.rate,
            pipeline: self.pipeline,
            connections: self.connections,
            threads: self.threads,
            warm_up: self.warm_up,
            verifies_writes: self.owns_keys,
            tally,
        }
    }

    fn workers(&self, patience: Duration) -> Result<Vec<Worker>, Failure> {
        let refused = |source| Failure::Io { doing: "connect to the server", source };
        let mut streams: Vec<Vec<(usize, Stream)>> = Vec::new();
        streams.resize_with(self.threads, Vec::new);
        for number in 0..self.connections {
            let mut stream = self.target.connect(patience).map_err(refused)?;
            if self.says_hello {
                setup::hello(&mut stream, &self.world)?;
            }
            streams[number % self.threads].push((number, stream));
        }
        let workers = streams.into_iter().enumerate();
        workers.map(|(number, streams)| Worker::new(number, streams).map_err(refused)).collect()
    }

    fn preload_phase(&self, mix: &Mix) -> Phase {
        Phase {
            must_hit: self.must_hit,
            ..self.unmeasured("preload", 1, mix.clone(), KeyOrder::Drawn(Order::Sequential))
        }
    }

    fn measured_phase(&self) -> Phase {
        Phase {
            name: "load",
            number: 3,
            mix: self.mix.clone(),
            keys: KeyOrder::Drawn(self.order.clone()),
            from: NextKeys { sequential: 0, fresh: self.fresh_from },
            pipeline: self.pipeline,
            rate: self.rate,
            tick_ns: self.tick_ns,
            requests: self.requests,
            limit_ns: self.limit_ns,
            must_hit: self.must_hit,
            owns_keys: self.owns_keys,
        }
    }

    fn warm_up_phase(&self) -> Phase {
        Phase {
            name: "warm-up",
            number: 2,
            requests: Some(self.warm_up),
            limit_ns: None,
            ..self.measured_phase()
        }
    }

    /// Reads every key on the connection that wrote it.
    fn read_back_phase(&self) -> Result<Phase, Failure> {
        let mix = mix::parse_names("get", &self.world).map_err(Failure::Setup)?;
        Ok(Phase {
            requests: None,
            must_hit: true,
            owns_keys: true,
            ..self.unmeasured("read back", 4, Mix::new(mix), KeyOrder::Own)
        })
    }

    /// One more request on each connection, whose reply no superfluous one can be taken for.
    fn farewell_phase(&self) -> Result<Phase, Failure> {
        let name = match self.world.protocol {
            Protocol::Resp => "ping",
            Protocol::Memcached => "version",
        };
        let mix = mix::parse_names(name, &self.world).map_err(Failure::Setup)?;
        Ok(Phase {
            pipeline: 1,
            requests: Some(self.connections as u64),
            ..self.unmeasured("last check", 5, Mix::new(mix), KeyOrder::Own)
        })
    }

    /// A phase that is to be over soon and names each key once.
    fn unmeasured(&self, name: &'static str, number: u64, mix: Mix, keys: KeyOrder) -> Phase {
        Phase {
            name,
            number,
            mix,
            keys,
            from: NextKeys::default(),
            pipeline: self.pipeline.max(UNMEASURED_PIPELINE),
            rate: None,
            tick_ns: 1,
            requests: Some(self.world.space.count),
            limit_ns: None,
            must_hit: false,
            owns_keys: false,
        }
    }
}

/// The connections of a run, between phases.
struct Run<'a> {
    plan: &'a Plan,
    habits: Habits<'a>,
    workers: Vec<Worker>,
}

impl Run<'_> {
    /// Runs a phase that the report does not count, and without which there is none.
    fn uncounted_phase(&mut self, phase: &Phase) -> Result<Tally, Failure> {
        let tally = self.phase(phase)?;
        if tally.is_interrupted { Err(Failure::Interrupted) } else { Ok(tally) }
    }

    /// Runs a phase on all threads, and prints how far it is every second.
    fn phase(&mut self, phase: &Phase) -> Result<Tally, Failure> {
        let shared = Shared::default();
        let (habits, world) = (&self.habits, &self.plan.world);
        let start_ns = habits.clock.now_ns();
        let (sender, results) = mpsc::channel();
        std::thread::scope(|scope| {
            for worker in &mut self.workers {
                let (sender, shared) = (sender.clone(), &shared);
                scope.spawn(move || {
                    let result = worker.run(world, phase, habits, shared, start_ns);
                    if result.is_err() {
                        shared.is_over.store(true, Ordering::Relaxed);
                    }
                    // The receiver lives until all threads have ended.
                    let _ = sender.send(result);
                });
            }
            drop(sender);
            self.plan.collect(phase, &results, &shared, habits, start_ns)
        })
    }

    /// Makes the values that the preload wrote the first version of each key.
    fn begin_versions(&mut self) {
        let share = self.plan.world.space.count.div_ceil(self.plan.connections as u64);
        for connection in self.workers.iter_mut().flat_map(|worker| &mut worker.connections) {
            connection.versions = vec![0; share as usize];
        }
    }
}

impl Plan {
    fn collect(
        &self,
        phase: &Phase,
        results: &Receiver<Result<Tally, Failure>>,
        shared: &Shared,
        habits: &Habits<'_>,
        start_ns: u64,
    ) -> Result<Tally, Failure> {
        let mut sum = Tally::new(phase.mix.templates().len(), habits.bounds_ns.len());
        let (mut failure, mut before, mut next_ns) = (None, 0, start_ns + SECOND_NS);
        loop {
            let left = next_ns.saturating_sub(habits.clock.now_ns());
            match results.recv_timeout(Duration::from_nanos(left)) {
                Ok(Ok(tally)) => sum.add(&tally),
                Ok(Err(error)) => failure = failure.or(Some(error)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let replies = shared.replies.load(Ordering::Relaxed);
                    if self.shows_progress {
                        let seconds = (next_ns - start_ns) / SECOND_NS;
                        let rate = replies - before;
                        // A progress line that nobody can read is no reason to stop.
                        let _ = writeln!(
                            io::stderr(),
                            "{} {seconds:>4} s {replies:>12} replies {rate:>10}/s",
                            phase.name
                        );
                    }
                    before = replies;
                    next_ns += SECOND_NS;
                }
            }
        }
        failure.map_or(Ok(sum), Err)
    }
}

const SECOND_NS: u64 = 1_000_000_000;
/// Enough requests in a batch to make what is not measured quick.
const UNMEASURED_PIPELINE: usize = 64;
