//! Messages in English.

use std::borrow::Cow;

use crate::field_error::{FieldError, FieldErrorKind, Limit};
use crate::request_rejection::RequestRejection;

/// The message for a rejection, in English: one sentence, or two.
#[must_use]
pub fn english(rejection: &RequestRejection) -> Cow<'static, str> {
    Cow::Borrowed(match rejection {
        RequestRejection::Malformed => "The request body is malformed.",
        RequestRejection::Field(error) => return Cow::Owned(field_message(error)),
        RequestRejection::WrongCredentials | RequestRejection::UnknownUser => {
            "The provided credentials were incorrect."
        }
        RequestRejection::NotAuthenticated { .. } => "A valid token is required.",
        RequestRejection::Forbidden => "The token does not permit this.",
        RequestRejection::NotFound => "There is nothing here.",
        RequestRejection::MethodNotAllowed { .. } => "This method is not allowed here.",
        RequestRejection::TooLarge => "The request body is too large.",
        RequestRejection::UnsupportedMediaType => "The media type of the request body is not supported.",
        RequestRejection::Throttled { .. } => "Too many failed attempts. Try again later.",
        RequestRejection::Busy { .. } => "The server is busy. Try again later.",
        RequestRejection::Timeout => "The request took too long to arrive.",
        RequestRejection::Internal => "An internal error occurred.",
        RequestRejection::Unavailable { .. } => "The service is temporarily unavailable.",
        RequestRejection::DialectSpecific { .. } => "The request was refused.",
    })
}

fn field_message(FieldError { field, kind }: &FieldError) -> String {
    match kind {
        FieldErrorKind::Missing => format!("The field '{field}' is missing."),
        FieldErrorKind::NotText => format!("The field '{field}' must be a string."),
        FieldErrorKind::NotInteger => format!("The field '{field}' must be an integer."),
        FieldErrorKind::NotObject => format!("The field '{field}' must be an object."),
        FieldErrorKind::Blank => format!("The field '{field}' must not be empty."),
        FieldErrorKind::TooLong(Limit::Bytes(max)) => format!("The field '{field}' may have at most {max} bytes."),
        FieldErrorKind::TooLong(Limit::Characters(max)) => {
            format!("The field '{field}' may have at most {max} characters.")
        }
        FieldErrorKind::ControlCharacter => format!("The field '{field}' must not contain control characters."),
        FieldErrorKind::NotAnEmail => format!("The field '{field}' must be an e-mail address."),
        FieldErrorKind::NotAnAddress => format!("The field '{field}' must be an IP address."),
        FieldErrorKind::NotPositive => format!("The field '{field}' must be greater than zero."),
        FieldErrorKind::Conflict => format!("The field '{field}' contradicts another field."),
    }
}
