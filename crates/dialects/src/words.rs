//! What the dialects say to their clients, in the two languages of their documents.
//!
//! A sentence is chosen by the rejection alone: it never repeats what the client sent, and never says what failed
//! inside.

use std::borrow::Cow;

use crate::field::{FieldError, FieldErrorKind, Limit};
use crate::rejection::RequestRejection;

/// The sentence in English.
pub(crate) fn english(rejection: &RequestRejection) -> Cow<'static, str> {
    Cow::Borrowed(match rejection {
        RequestRejection::Malformed => "The request body is malformed.",
        RequestRejection::Field(error) => return Cow::Owned(english_field(error)),
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
    })
}

/// The sentence in Spanish.
pub(crate) fn spanish(rejection: &RequestRejection) -> Cow<'static, str> {
    Cow::Borrowed(match rejection {
        RequestRejection::Malformed => "El cuerpo de la petición no es válido.",
        RequestRejection::Field(error) => return Cow::Owned(spanish_field(error)),
        RequestRejection::WrongCredentials | RequestRejection::UnknownUser => "Credenciales inválidas.",
        RequestRejection::NotAuthenticated { .. } => "Se requiere un token válido.",
        RequestRejection::Forbidden => "El token no permite esta acción.",
        RequestRejection::NotFound => "Aquí no hay nada.",
        RequestRejection::MethodNotAllowed { .. } => "Este método no está permitido aquí.",
        RequestRejection::TooLarge => "El cuerpo de la petición es demasiado grande.",
        RequestRejection::UnsupportedMediaType => "El tipo de contenido de la petición no está soportado.",
        RequestRejection::Throttled { .. } => "Demasiados intentos fallidos. Inténtalo más tarde.",
        RequestRejection::Busy { .. } => "El servidor está ocupado. Inténtalo más tarde.",
        RequestRejection::Timeout => "La petición tardó demasiado en llegar.",
        RequestRejection::Internal => "Ocurrió un error interno.",
        RequestRejection::Unavailable { .. } => "El servicio no está disponible por el momento.",
    })
}

fn english_field(FieldError { field, kind }: &FieldError) -> String {
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
        FieldErrorKind::NotPositive => format!("The field '{field}' must be greater than zero."),
        FieldErrorKind::Conflict => format!("The field '{field}' contradicts another field."),
    }
}

fn spanish_field(FieldError { field, kind }: &FieldError) -> String {
    match kind {
        FieldErrorKind::Missing => format!("Falta el campo '{field}'."),
        FieldErrorKind::NotText => format!("El campo '{field}' debe ser una cadena."),
        FieldErrorKind::NotInteger => format!("El campo '{field}' debe ser un número entero."),
        FieldErrorKind::NotObject => format!("El campo '{field}' debe ser un objeto."),
        FieldErrorKind::Blank => format!("El campo '{field}' no puede estar vacío."),
        FieldErrorKind::TooLong(Limit::Bytes(max)) => format!("El campo '{field}' admite como máximo {max} bytes."),
        FieldErrorKind::TooLong(Limit::Characters(max)) => {
            format!("El campo '{field}' admite como máximo {max} caracteres.")
        }
        FieldErrorKind::ControlCharacter => format!("El campo '{field}' no puede contener caracteres de control."),
        FieldErrorKind::NotAnEmail => format!("El campo '{field}' debe ser una dirección de correo electrónico."),
        FieldErrorKind::NotPositive => format!("El campo '{field}' debe ser mayor que cero."),
        FieldErrorKind::Conflict => format!("El campo '{field}' contradice a otro campo."),
    }
}
