//! The reserved class on one thread: what is refused, what never is, where the credits are.

#![cfg(not(loopy_loom))]

use loopy_ring::{BatchFull, Capacity, Consumer, Full, Permit, Producer, Reserved, ring};

/// A request that carries room for its way home, or a plain notice.
#[derive(Debug)]
enum Message {
    Notice(u32),
    Request { n: u32, home: Permit },
}

impl Message {
    fn number(&self) -> u32 {
        match self {
            Self::Notice(n) | Self::Request { n, .. } => *n,
        }
    }
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Notice(_) => None,
            Self::Request { home, .. } => Some(home),
        }
    }
}

fn small<T: Send>() -> (Producer<T>, Consumer<T>) {
    ring(Capacity { slots: 8, reserved: 3 }).expect("valid capacity")
}

#[test]
fn plain_items_stop_where_the_reserve_begins() {
    let (mut producer, mut consumer) = small();
    for n in 0..5 {
        producer.push(n).expect("a plain slot is free");
    }
    assert_eq!(producer.push(5), Err(Full(5)));
    assert_eq!(consumer.pop(), Some(0));
    producer.push(5).expect("a plain slot is free again");
    assert_eq!(producer.push(6), Err(Full(6)));
}

#[test]
fn a_batch_stops_where_the_reserve_begins() {
    let (mut producer, mut consumer) = small();
    let mut batch: Vec<u32> = (0..6).collect();
    assert_eq!(producer.push_batch(&mut batch), Err(BatchFull { items: 6, plain: 5 }));
    assert_eq!(batch, [0, 1, 2, 3, 4, 5]);
    batch.pop();
    let allocated = batch.capacity();
    assert_eq!(producer.push_batch(&mut batch), Ok(()));
    assert!(batch.is_empty() && batch.capacity() == allocated);
    assert_eq!(producer.push_batch(&mut batch), Ok(()), "nothing always fits");
    assert_eq!(consumer.len(), 5);
    assert_eq!(consumer.drain(usize::MAX, |n| batch.push(n)), 5);
    assert_eq!(batch, [0, 1, 2, 3, 4]);
}

#[test]
fn a_permit_opens_the_reserve() {
    let (mut producer, mut consumer) = small();
    let permit = producer.try_reserve(3).expect("no credit is out");
    for n in 0..5 {
        producer.push(n).expect("a plain slot is free");
    }
    for n in 5..8 {
        producer.push_reserved(n, &permit).expect("the reserve is free");
    }
    assert_eq!(producer.push_reserved(8, &permit), Err(Full(8)), "one more than the credits");
    assert_eq!(producer.push(8), Err(Full(8)));
    let mut received = Vec::new();
    consumer.drain(usize::MAX, |n| received.push(n));
    assert_eq!(received, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn credits_are_all_or_none() {
    let (producer, consumer) = small::<u8>();
    assert!(producer.try_reserve(4).is_none());
    let mut two = producer.try_reserve(2).expect("3 are free");
    assert!(consumer.try_reserve(2).is_none());
    let last = consumer.try_reserve(1).expect("1 is free");
    assert!(producer.try_reserve(1).is_none());
    assert_eq!(producer.try_reserve(0).map(|permit| permit.credits()), Some(0));

    assert!(two.split(3).is_none());
    assert_eq!(two.credits(), 2, "a split that fails changes nothing");
    let half = two.split(1).expect("2 can be split");
    assert_eq!((two.credits(), half.credits()), (1, 1));
    assert!(producer.try_reserve(1).is_none(), "a split frees nothing");
    drop((half, last));
    assert_eq!(producer.try_reserve(2).map(|permit| permit.credits()), Some(2));
    drop(two);
    assert!(producer.try_reserve(3).is_some());
}

#[test]
fn a_permit_outlives_its_ring() {
    let (producer, consumer) = small::<u8>();
    let permit = consumer.try_reserve(3).expect("no credit is out");
    drop((producer, consumer));
    assert_eq!(permit.credits(), 3);
}

#[test]
fn a_permit_of_another_ring_or_without_credit_is_refused() {
    let (mut producer, _consumer) = small();
    let (other, _others_consumer) = small::<u32>();
    let foreign = other.try_reserve(1).expect("no credit is out");
    assert_eq!(producer.push_reserved(1, &foreign), Err(Full(1)));
    let empty = producer.try_reserve(0).expect("nothing is always free");
    assert_eq!(producer.push_reserved(2, &empty), Err(Full(2)));
}

#[test]
fn an_item_must_carry_a_permit_of_this_ring() {
    let (mut producer, _consumer) = small();
    let (other, _others_consumer) = small::<Message>();
    let foreign = other.try_reserve(1).expect("no credit is out");
    let strayed = Message::Request { n: 1, home: foreign };
    for message in [Message::Notice(1), strayed] {
        let Err(Full(back)) = producer.push_carrying(message) else { panic!("accepted") };
        assert_eq!(back.number(), 1);
    }
}

#[test]
fn a_round_trip_through_two_rings() {
    let (mut to_owner, mut owner) = small();
    let (mut to_peer, mut peer) = small();
    for n in 0..3 {
        let home = owner.try_reserve(1).expect("3 credits");
        to_peer.push(Message::Request { n, home }).expect("5 plain slots");
    }
    assert!(owner.try_reserve(1).is_none(), "the credits travel with the requests");
    for n in 10..15 {
        to_owner.push(Message::Notice(n)).expect("5 plain slots");
    }
    assert!(to_owner.push(Message::Notice(15)).is_err());
    peer.drain(usize::MAX, |request| {
        to_owner.push_carrying(request).expect("the owner has kept room");
    });
    let mut received = Vec::new();
    owner.drain(usize::MAX, |message| received.push(message.number()));
    assert_eq!(received, [10, 11, 12, 13, 14, 0, 1, 2]);
    assert!(owner.try_reserve(3).is_some(), "the credits came home");
}

/// Whoever gets an item from a full ring can send it, or one with its credit, back at once.
#[test]
fn the_slot_is_free_when_the_item_is_handed_out() {
    let (mut producer, mut consumer) = small();
    for n in 0..5 {
        producer.push(Message::Notice(n)).expect("5 plain slots");
    }
    for n in 0..3 {
        let home = consumer.try_reserve(1).expect("3 credits");
        producer.push_carrying(Message::Request { n, home }).expect("room is reserved");
    }
    let mut requests = 0;
    consumer.drain(20, |message| match message {
        Message::Notice(_) => {}
        Message::Request { n, home } if requests % 2 == 0 => {
            requests += 1;
            let message = Message::Request { n, home };
            producer.push_carrying(message).expect("the item's own slot is free");
        }
        Message::Request { n, home } => {
            requests += 1;
            drop(home);
            let home = producer.try_reserve(1).expect("the credit just given back");
            let message = Message::Request { n, home };
            producer.push_carrying(message).expect("the credit's slot is free");
        }
    });
    assert_eq!(requests, 15);
    let last = consumer.pop().expect("the requests go round for ever");
    producer.push_carrying(last).expect("popped, so its slot is free");
    assert_eq!(consumer.len(), 3);
}

#[test]
fn reserved_items_wait_their_turn() {
    let (mut producer, mut consumer) = small();
    let permit = producer.try_reserve(1).expect("3 credits");
    producer.push('a').expect("5 plain slots");
    producer.push_reserved('b', &permit).expect("room is reserved");
    producer.push_batch(&mut vec!['c', 'd']).expect("5 plain slots");
    let mut received = String::new();
    consumer.drain(usize::MAX, |c| received.push(c));
    assert_eq!(received, "abcd");
}
