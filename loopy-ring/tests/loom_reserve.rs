//! Model: a push under a permit finds a slot, whatever plain producers and the consumer do.

#![cfg(loopy_loom)]

use loom::thread;
use loopy_ring::{Capacity, Full, Permit, Reserved, ring};

/// An item with room for its way home.
struct Message {
    text: &'static str,
    permit: Option<Permit>,
}

impl Message {
    fn plain(text: &'static str) -> Self {
        Self { text, permit: None }
    }
}

impl Reserved for Message {
    fn permit(&self) -> Option<&Permit> {
        self.permit.as_ref()
    }
}

#[test]
fn plain_items_leave_room() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 1 }).expect("valid capacity");
        let permit = producer.try_reserve(1).expect("nobody else wants one");
        let mut plain = producer.clone();
        let sender = thread::spawn(move || (0..2).filter(|&n| plain.push(n).is_ok()).count());
        producer.push_reserved(9, &permit).expect("the reserved slot is free");
        let mut received = 0;
        received += consumer.drain(1, drop);
        let sent = sender.join().expect("the producer does not panic");
        received += consumer.drain(4, drop);
        assert_eq!(received, sent + 1);
    });
}

/// The sender has an old view of `head` and a new one of `tail`: between them lies an item that
/// was taken, whose slot a plain producer has already used again.
#[test]
fn an_old_view_does_not_look_full() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 1 }).expect("valid capacity");
        let permit = producer.try_reserve(1).expect("nobody else wants one");
        producer.push(0).expect("the plain slot is free");
        let mut plain = producer.clone();
        let plain = thread::spawn(move || {
            let _: Result<(), Full<i32>> = plain.push(1);
        });
        let reserved = thread::spawn(move || {
            producer.push_reserved(9, &permit).expect("the reserved slot is free");
        });
        assert_eq!(consumer.pop(), Some(0));
        plain.join().expect("the plain producer does not panic");
        reserved.join().expect("the producer with the permit does not panic");
    });
}

/// The consumer drops an item and its permit; another thread takes the credit and uses it at once.
#[test]
fn a_returned_credit_has_a_slot() {
    loom::model(|| {
        let (mut producer, mut consumer) =
            ring(Capacity { slots: 2, reserved: 1 }).expect("valid capacity");
        let permit = producer.try_reserve(1);
        producer.push(Message::plain("plain")).expect("the plain slot is free");
        producer.push_carrying(Message { text: "first", permit }).expect("room is reserved");
        let sender = thread::spawn(move || {
            let permit = producer.try_reserve(1);
            let next = Message { text: "second", permit };
            next.permit.is_some() && producer.push_carrying(next).map(|()| true).expect("room")
        });
        let mut received = Vec::new();
        consumer.drain(2, |message| received.push(message.text));
        assert_eq!(received, ["plain", "first"]);
        let sent = sender.join().expect("the producer does not panic");
        assert_eq!(consumer.pop().map(|message| message.text), sent.then_some("second"));
    });
}

/// A message goes to a peer through the peer's ring and home through its owner's, which plain
/// items from elsewhere have filled.
#[test]
fn a_message_comes_home_to_a_full_ring() {
    loom::model(|| {
        let small = Capacity { slots: 2, reserved: 1 };
        let (mut to_owner, mut owner) = ring(small).expect("valid capacity");
        let (mut to_peer, mut peer) = ring(small).expect("valid capacity");
        let permit = owner.try_reserve(1);
        assert!(owner.try_reserve(1).is_none());
        to_peer.push(Message { text: "there and back", permit }).expect("the ring is empty");

        let mut home = to_owner.clone();
        let peer = thread::spawn(move || {
            let message = peer.pop().expect("it was pushed before");
            home.push_carrying(message).expect("the owner has reserved a slot");
        });
        for _ in 0..2 {
            let _: Result<(), Full<Message>> = to_owner.push(Message::plain("noise"));
        }
        owner.pop();
        peer.join().expect("the peer does not panic");
        owner.drain(4, drop);
        assert!(owner.try_reserve(1).is_some(), "the credit came back with the message");
    });
}

/// Two peers return a message each, while plain items take every slot they may.
#[test]
fn two_messages_come_home_at_once() {
    loom::model(|| {
        let (mut plain, mut owner) =
            ring(Capacity { slots: 4, reserved: 2 }).expect("valid capacity");
        plain.push(Message::plain("noise")).expect("the ring is empty");
        let peers = ["left", "right"].map(|text| {
            let mut home = plain.clone();
            let message = Message { text, permit: owner.try_reserve(1) };
            thread::spawn(move || home.push_carrying(message).expect("room is reserved"))
        });
        for _ in 0..2 {
            let _: Result<(), Full<Message>> = plain.push(Message::plain("noise"));
        }
        let mut received = Vec::new();
        received.extend(owner.pop().map(|message| message.text));
        for peer in peers {
            peer.join().expect("a peer does not panic");
        }
        owner.drain(8, |message| received.push(message.text));
        received.retain(|&text| text != "noise");
        received.sort_unstable();
        assert_eq!(received, ["left", "right"]);
    });
}

#[test]
fn the_last_credits_go_to_one() {
    loom::model(|| {
        let (producer, consumer) =
            ring::<u8>(Capacity { slots: 4, reserved: 2 }).expect("valid capacity");
        let rival = thread::spawn(move || producer.try_reserve(2).is_some());
        let mine = consumer.try_reserve(2);
        let its = rival.join().expect("the rival does not panic");
        assert!(mine.is_some() || its, "all or none, and not none for both");
        drop(mine);
        assert!(consumer.try_reserve(2).is_some());
    });
}
