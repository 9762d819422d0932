//! `mn`, whatever words follow it

use crate::verb::Verb;
use crate::{ArgRange, Form, Request};

pub(crate) fn parse() -> Request {
    let form = Form::Meta { tokens: ArgRange::default(), is_base64: false };
    Request { form, ..Request::new(Verb::Noop) }
}
