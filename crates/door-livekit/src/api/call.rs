//! One call of a method.

use axum::response::Response;
use bytes::Bytes;
use prost::Message;
use serde::de::DeserializeOwned;

use super::Api;
use super::body::Format;
use super::error::TwirpError;
use super::rule::Rule;
use super::schema::Answer;
use super::scope::Scoped;
use crate::token::Grants;

/// A call whose token is good. Whether the token suffices is checked when the request is read.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) rule: Rule,
    pub(super) grants: Grants,
    pub(super) format: Format,
    pub(super) body: Bytes,
}

impl Call {
    /// The request, if the caller may make it.
    pub(super) fn request<R>(&self) -> Result<R, TwirpError>
    where
        R: Message + Default + DeserializeOwned + Scoped,
    {
        let request: R = self.format.read(&self.body)?;
        self.rule.check(&self.grants, &request.scope())?;
        Ok(request)
    }

    pub(super) fn answer<A: Answer>(&self, answer: &A) -> Response {
        self.format.write(answer)
    }
}
