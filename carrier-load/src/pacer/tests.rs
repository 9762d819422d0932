//! Simulated servers: time is a number, so that what must be seen can be computed.

use super::*;

/// A server that answers one batch at a time, each `service_ns` after it took it up, and none
/// while it stalls.
struct Server {
    service_ns: u64,
    stall_ns: std::ops::Range<u64>,
    free_ns: u64,
}

impl Server {
    fn answer_ns(&mut self, sent_ns: u64) -> u64 {
        let mut start_ns = sent_ns.max(self.free_ns);
        if self.stall_ns.contains(&start_ns) {
            start_ns = self.stall_ns.end;
        }
        self.free_ns = start_ns + self.service_ns;
        self.free_ns
    }
}

/// A batch of a simulated run.
#[derive(Debug, Clone, Copy)]
struct Seen {
    due_ns: u64,
    sent_ns: u64,
    answered_ns: u64,
}

/// Runs a pacer of `connections` against the server until nothing happens any more.
fn simulate(schedule: Schedule, connections: usize, end_ns: u64, server: &mut Server) -> Vec<Seen> {
    let numbers = (0..connections as u64).collect();
    let mut pacer = Pacer::new(schedule, connections, numbers, end_ns);
    let mut waiting: Vec<Option<Seen>> = vec![None; connections];
    let (mut seen, mut now_ns) = (Vec::new(), 0);
    loop {
        let mut due = Vec::new();
        for (index, batch) in waiting.iter_mut().enumerate() {
            if let Some(answered) = batch.take_if(|batch| batch.answered_ns <= now_ns) {
                seen.push(answered);
                due.extend(pacer.follow(index, now_ns).map(|due_ns| (index, due_ns)));
            }
        }
        for (index, due_ns) in due {
            let answered_ns = server.answer_ns(now_ns);
            waiting[index] = Some(Seen { due_ns, sent_ns: now_ns, answered_ns });
        }
        while let Some((index, due_ns)) = pacer.take(now_ns, |index| waiting[index].is_none()) {
            let answered_ns = server.answer_ns(now_ns);
            waiting[index] = Some(Seen { due_ns, sent_ns: now_ns, answered_ns });
        }
        let replies = waiting.iter().flatten().map(|batch| batch.answered_ns);
        let wake_ns = Some(pacer.wake_ns()).filter(|wake_ns| *wake_ns < end_ns);
        match replies.chain(wake_ns).min() {
            Some(next_ns) => now_ns = next_ns.max(now_ns + 1),
            None => return seen,
        }
    }
}

const MS: u64 = 1_000_000;

#[test]
fn a_stall_shows_in_every_batch_that_was_due_during_it() {
    for (connections, tick_ns) in [(1, 1), (4, 1), (50, 1), (4, 100_000)] {
        // 10,000 batches a second for a second; none is answered from 300 to 500 ms.
        let schedule = Schedule::new(0, 10_000, 1, tick_ns);
        let stall_ns = 300 * MS..500 * MS;
        let mut server = Server { service_ns: 10_000, stall_ns: stall_ns.clone(), free_ns: 0 };
        let seen = simulate(schedule, connections, 1_000 * MS, &mut server);
        assert_eq!(seen.len(), 10_000, "each batch is sent, however late");
        let stalled: Vec<_> = seen.iter().filter(|b| stall_ns.contains(&b.due_ns)).collect();
        assert_eq!(stalled.len(), 2_000, "as many as were due in 200 ms");
        for batch in stalled {
            let latency_ns = batch.answered_ns - batch.due_ns;
            assert!(latency_ns >= stall_ns.end - batch.due_ns, "{connections}: {batch:?}");
        }
        // Measured from the sending, all but the few that were under way would look quick.
        let slow = seen.iter().filter(|b| b.answered_ns - b.sent_ns > 100 * MS).count();
        assert!(slow <= connections, "{slow} of {connections}");
    }
}

#[test]
fn without_a_stall_batches_are_sent_when_they_are_due() {
    let schedule = Schedule::new(5, 10_000, 1, 1);
    let mut server = Server { service_ns: 10_000, stall_ns: 0..0, free_ns: 0 };
    let seen = simulate(schedule, 7, 1_000 * MS, &mut server);
    assert_eq!(seen.len(), 10_000);
    for (number, batch) in seen.iter().enumerate() {
        assert_eq!(batch.due_ns, schedule.due_ns(number as u64));
        assert_eq!((batch.sent_ns, batch.answered_ns), (batch.due_ns, batch.due_ns + 10_000));
    }
}

#[test]
fn what_could_not_be_sent_is_counted() {
    let schedule = Schedule::new(0, 1_000, 1, 1);
    let mut pacer = Pacer::new(schedule, 4, vec![1, 3], 1_000 * MS);
    assert_eq!(pacer.unsent(), 500, "this thread's half");
    let mut taken: Vec<(usize, u64)> = Vec::new();
    let is_idle = |taken: &[(usize, u64)], index| taken.iter().all(|(other, _)| *other != index);
    while let Some((index, due_ns)) = pacer.take(10 * MS, |index| is_idle(&taken, index)) {
        taken.push((index, due_ns / MS));
    }
    // Far behind, each idle connection is given its oldest batch, once.
    assert_eq!(taken, [(0, 1), (1, 3)]);
    assert_eq!(pacer.follow(0, 10 * MS), Some(5 * MS));
    assert_eq!(pacer.unsent(), 497);
}
