//! What holds of every request, whoever sends it: it is answered, a changed token is refused, and what is
//! granted is within the policy.

mod any_request;
mod changed_tokens;
mod within_policy;
